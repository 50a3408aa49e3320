"""How well models fitted to the generated rows predict a row's columns from each other.

Legend: N rows under attack, S generated rows, V columns of a table.

Source: MIA-EPT (German et al. 2025, arXiv 2509.13046): rows that a generator was trained on are predicted better by
models of its output. There the errors are evidence for a classifier, as they are here for the stacked attack.
"""

from collections.abc import Mapping

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from torch import Tensor

from pargan.attacks.views import SamplesView
from pargan.records import Categorical
from pargan.records.tables import TableSpec
from pargan.seeding import derive, subset

MOST_ROWS = 3000
"""Generated rows that a forest is fitted to."""

TREES = 20
LEAF = 2
"""Rows in a leaf, at least: forests that remember every row would predict none better than others."""


def prediction_errors(view: SamplesView, records: Tensor) -> Mapping[str, np.ndarray]:
    """Errors of a forest for each column, fitted to the samples to predict it from all others.

    Args:
        view: samples of a table; of other records there are no columns to predict.
        records: (N, width).

    Returns:
        Name -> (N,). Of a number: prediction and absolute error, in standard deviations of the samples. Of a category:
        one minus the probability given to the row's own. Empty for records that are not rows of a table, for tables
        of one column that is learnt, and for a single sample.
    """
    if not isinstance(view.spec, TableSpec) or len(view.samples) < 2:
        return {}
    columns = view.spec.columns
    if sum(column.width > 0 for column in columns) < 2:
        return {}
    chosen = subset(MOST_ROWS, len(view.samples), derive(view.seed, "rows for forests"))
    samples, rows = view.samples.cpu().numpy()[chosen], records.cpu().numpy()
    errors: dict[str, np.ndarray] = {}
    for column, block in zip(columns, view.spec.blocks, strict=True):
        if column.width == 0:  # one value only, or a name of the record
            continue
        inputs = [np.delete(table, block, axis=1) for table in (samples, rows)]
        seed = derive(view.seed, f"forest of {column.name}") % 2**32
        if isinstance(column, Categorical):
            codes, own = (table[:, block].argmax(axis=1) for table in (samples, rows))
            errors[f"{column.name} error"] = _category_error(inputs, codes, own, seed)
        else:
            # A number may stand beside a mark that it is missing; its first value is the number.
            deviation = samples[:, block.start].std() or 1.0
            forest = RandomForestRegressor(TREES, min_samples_leaf=LEAF, random_state=seed, max_features=1 / 3)
            predicted = forest.fit(inputs[0], samples[:, block.start]).predict(inputs[1])
            errors[f"{column.name} prediction"] = predicted / deviation
            errors[f"{column.name} error"] = np.abs(predicted - rows[:, block.start]) / deviation
    return errors


def _category_error(inputs: list[np.ndarray], codes: np.ndarray, own: np.ndarray, seed: int) -> np.ndarray:
    """(N,) one minus the probability of the row's own category; 1 for one that no sample has."""
    forest = RandomForestClassifier(TREES, min_samples_leaf=LEAF, random_state=seed)
    probabilities = forest.fit(inputs[0], codes).predict_proba(inputs[1])
    position = np.searchsorted(forest.classes_, own).clip(max=len(forest.classes_) - 1)
    known = forest.classes_[position] == own
    return 1 - np.where(known, probabilities[np.arange(len(own)), position], 0.0)

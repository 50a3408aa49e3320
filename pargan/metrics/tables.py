"""Quality of generated tables. Legend: S generated, H held-out rows; V columns, categories as indicators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import ks_2samp
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

from pargan.errors import ParganError
from pargan.metrics.finite import finite
from pargan.records.pool import QualityRecords
from pargan.seeding import subset

if TYPE_CHECKING:  # the spec's module may build this measure, so it cannot be imported from here
    from pargan.records.tables import TableSpec

Columns = dict[str, np.ndarray]
"""A table in the user's units: column name -> (rows,)."""

CATEGORICAL = "categorical"


@dataclass(frozen=True)
class TableQuality:
    """Usefulness and faithfulness of generated rows, judged by held-out rows in the user's units.

    AttackMetrics:
        `tstr_accuracy`, `tstr_auc`: a small random forest trained on generated rows, tested on held-out rows
            (arXiv 1706.02633); in [0, 1], AUC macro-averaged one class against the rest.
        `trtr_accuracy`, `trtr_auc`: the same forest trained on as many member rows: what `tstr` can hope for.
        `column_distance`: mean over columns of the Kolmogorov-Smirnov statistic (numbers) or the total
            variation distance (categories), in [0, 1], 0 = equal distributions.
        `correlation_difference`: mean absolute difference of the Pearson correlations between columns,
            categories as indicators; in [0, 2], 0 = equal; sampling alone leaves about 0.8 (1/S + 1/H)^(1/2).

    Attributes:
        spec: the table's facts.
        label: name of the column to predict, with classes as values; None leaves tstr and trtr out.
        num_rows: rows trained on, and rows tested on, at most.
    """

    spec: TableSpec
    label: str | None = None
    num_rows: int = 2000

    def __post_init__(self) -> None:
        names = [column.name for column in self.spec.columns]
        if self.label is not None and self.label not in names:
            raise ParganError(f"dataset.label={self.label} is no column of the table; choose one of {', '.join(names)}")

    def __call__(self, generated: np.ndarray, split: QualityRecords, seed: int) -> dict[str, float]:
        """(S, width) generated rows in model space -> metrics."""
        rng = np.random.default_rng(seed)
        fake = self.spec.decode(finite(generated))
        held_out = self.spec.decode(split.nonmembers)
        categorical = [column.name for column in self.spec.columns if column.type == CATEGORICAL]
        metrics = {
            "column_distance": column_distance(fake, held_out, categorical),
            "correlation_difference": correlation_difference(fake, held_out, categorical),
        }
        if self.label is None:
            return metrics
        size = min(len(generated), len(split.members), self.num_rows)
        members = self.spec.decode(split.members[subset(size, len(split.members), rng)])
        fake = _rows(fake, subset(size, len(generated), rng))
        test = _rows(held_out, subset(self.num_rows, len(split.nonmembers), rng))
        for name, train in (("tstr", fake), ("trtr", members)):
            accuracy, auc = _train_and_test(*_encode(train, test, self.label, categorical), seed)
            metrics |= {f"{name}_accuracy": accuracy, f"{name}_auc": auc}
        return metrics


def column_distance(generated: Columns, real: Columns, categorical: list[str]) -> float:
    """Mean over columns of KS (numbers) or total variation (categories), in [0, 1]."""
    distances = [
        total_variation(generated[name], real[name])
        if name in categorical
        else kolmogorov_smirnov(generated[name], real[name])
        for name in real
    ]
    return float(np.mean(distances))


def kolmogorov_smirnov(left: np.ndarray, right: np.ndarray) -> float:
    """Largest difference of the two empirical distribution functions, in [0, 1]."""
    return float(ks_2samp(left.astype(np.float64), right.astype(np.float64), method="asymp").statistic)


def total_variation(left: np.ndarray, right: np.ndarray) -> float:
    """Half the sum of absolute differences of the shares of each value, in [0, 1]."""
    codes = _codes(left, right)
    size = 1 + max(part.max() for part in codes)
    shares = [np.bincount(part, minlength=size) / len(part) for part in codes]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def correlation_difference(generated: Columns, real: Columns, categorical: list[str]) -> float:
    """Mean absolute difference of Pearson correlations over pairs of different columns, in [0, 2].

    A category is an indicator column; two indicators of one column are not compared. A column that is
    constant on one side correlates with nothing there, and counts as 0. One column alone: 0.
    """
    blocks = [_indicators(generated[name], real[name], name in categorical) for name in real]
    owner = np.repeat(np.arange(len(blocks)), [block[0].shape[1] for block in blocks])  # (V,)
    pairs = owner[:, None] < owner[None, :]
    if not pairs.any():
        return 0.0
    left, right = (_correlations(np.hstack([block[side] for block in blocks])) for side in (0, 1))
    return float(np.abs(left - right)[pairs].mean())


def _indicators(generated: np.ndarray, real: np.ndarray, is_category: bool) -> tuple[np.ndarray, np.ndarray]:
    if not is_category:
        return generated.astype(np.float64)[:, None], real.astype(np.float64)[:, None]
    left, right = _codes(generated, real)
    eye = np.eye(1 + max(left.max(), right.max()))
    return eye[left], eye[right]


def _correlations(table: np.ndarray) -> np.ndarray:
    centred = table - table.mean(axis=0)
    norm = np.sqrt((centred**2).sum(axis=0))
    # Rounding leaves a constant column a norm just above 0, which would correlate with noise.
    constant = norm <= 1e-9 * np.sqrt((table**2).sum(axis=0))
    unit = np.where(constant, 0.0, centred / np.where(constant, 1.0, norm))
    return unit.T @ unit


def _codes(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers for values, shared by both sides."""
    _, codes = np.unique(np.concatenate([left.astype(str), right.astype(str)]), return_inverse=True)
    return codes[: len(left)], codes[len(left) :]


def _rows(table: Columns, index: np.ndarray) -> Columns:
    return {name: values[index] for name, values in table.items()}


def _encode(
    train: Columns, test: Columns, label: str, categorical: list[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Features and classes of training rows, then of test rows; categories as numbers, which trees cut."""
    pairs = [
        _codes(train[name], test[name]) if name in categorical else (train[name], test[name])
        for name in train
        if name != label
    ]
    left, right = (np.column_stack([pair[side] for pair in pairs]).astype(np.float64) for side in (0, 1))
    classes_left, classes_right = _codes(train[label], test[label])
    return left, classes_left, right, classes_right


def _train_and_test(
    features: np.ndarray, classes: np.ndarray, test_features: np.ndarray, test_classes: np.ndarray, seed: int
) -> tuple[float, float]:
    """Accuracy and macro AUC. Rows of one class only train the classifier that always says that class."""
    classifier = (
        RandomForestClassifier(n_estimators=50, min_samples_leaf=5, random_state=seed)
        if len(np.unique(classes)) > 1
        else DummyClassifier(strategy="most_frequent")
    )
    classifier.fit(features, classes)
    accuracy = float((classifier.predict(test_features) == test_classes).mean())
    known = dict(zip(classifier.classes_, classifier.predict_proba(test_features).T, strict=True))
    never = np.zeros(len(test_classes))  # a class the training rows lack has one score for all: AUC 0.5
    found = np.unique(test_classes)
    if len(found) == 1:  # nothing to tell apart
        return accuracy, 0.5
    return accuracy, float(np.mean([roc_auc_score(test_classes == c, known.get(c, never)) for c in found]))

"""Quality of generated tables. Legend: S generated, H held-out rows; V columns, categories as indicators."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import ks_2samp
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

from pargan.errors import ParganError
from pargan.metrics.require_finite import require_finite
from pargan.records.column import overflow_exponent
from pargan.records.pool import QualityRecords
from pargan.records.tables import TableSpec
from pargan.seeding import subset

Columns = dict[str, np.ndarray]
"""A table in the user's units: column name -> (rows,)."""


@dataclass(frozen=True)
class TableQuality:
    """Usefulness and faithfulness of generated rows, compared with held-out rows in the user's units.

    Metrics:
        `tstr_accuracy`, `tstr_auc`: a small random forest trained on generated rows, tested on held-out rows
            (arXiv 1706.02633); in [0, 1], AUC macro-averaged one class against the rest.
        `trtr_accuracy`, `trtr_auc`: the same forest trained on as many member rows, for comparison with `tstr`.
        `column_distance`: mean over columns of the Kolmogorov-Smirnov statistic (numbers) or the total
            variation distance (categories), in [0, 1], 0 = equal distributions.
        `correlation_difference`: mean absolute difference of the Pearson correlations between columns,
            categories as indicators; in [0, 2], 0 = equal; two samples of one distribution have about
            0.8 (1/S + 1/H)^(1/2).

    Attributes:
        spec: record format of the table.
        label: name of the column to predict, whose values are classes; None omits `tstr` and `trtr`.
        num_rows: most rows to train on, and most rows to test on.

    Raises:
        ParganError: `label` is not a column of the table.
    """

    spec: TableSpec
    label: str | None = None
    num_rows: int = 2000

    def __post_init__(self) -> None:
        names = [column.name for column in self.spec.columns]
        if self.label is not None and self.label not in names:
            raise ParganError(
                "is not a column of the table",
                argument="label",
                value=self.label,
                remedy=f"choose one of {', '.join(names)}",
            )

    def __call__(self, generated: np.ndarray, real: QualityRecords, seed: int) -> dict[str, float]:
        """(S, width) generated rows in model space -> metrics."""
        rng = np.random.default_rng(seed)
        size = min(len(generated), len(real.members), self.num_rows)
        members = real.members[subset(size, len(real.members), rng)]
        categorical = [column.name for column in self.spec.learnt if not column.is_number]
        fake, held_out, members = _without_overflow(
            [self._columns(rows) for rows in (require_finite(generated), real.nonmembers, members)], categorical
        )
        metrics = {
            "column_distance": column_distance(fake, held_out, categorical),
            "correlation_difference": correlation_difference(fake, held_out, categorical),
        }
        if self.label is None:
            return metrics
        fake = _rows(fake, subset(size, len(generated), rng))
        test = _rows(held_out, subset(self.num_rows, len(real.nonmembers), rng))
        for name, train in (("tstr", fake), ("trtr", members)):
            accuracy, auc = _train_and_test(*_encode(train, test, self.label, categorical), seed)
            metrics |= {f"{name}_accuracy": accuracy, f"{name}_auc": auc}
        return metrics

    def _columns(self, rows: np.ndarray) -> Columns:
        """The columns that are learnt: numbers and times as float64, NaN where missing, categories as text."""
        table = self.spec.decode(rows)
        return {
            column.name: column.numbers(table[column.name]) if column.is_number else table[column.name].astype(str)
            for column in self.spec.learnt
        }


def _without_overflow(tables: list[Columns], categorical: list[str]) -> list[Columns]:
    """The tables with huge numbers in a larger unit, which no metric depends on."""
    exponents = {
        name: 0 if name in categorical else overflow_exponent(*(table[name] for table in tables)) for name in tables[0]
    }
    return [
        {name: np.ldexp(values, -exponents[name]) if exponents[name] else values for name, values in table.items()}
        for table in tables
    ]


def column_distance(generated: Columns, real: Columns, categorical: list[str]) -> float:
    """Mean over columns of the Kolmogorov-Smirnov statistic (numbers) or total variation (categories), in [0, 1]."""
    distances = [
        total_variation(generated[name], real[name])
        if name in categorical
        else kolmogorov_smirnov(generated[name], real[name])
        for name in real
    ]
    return float(np.mean(distances))


def kolmogorov_smirnov(left: np.ndarray, right: np.ndarray) -> float:
    """Largest difference of the two empirical distribution functions, in [0, 1]; a missing value is the lowest."""
    return float(ks_2samp(*(_missing_as(-np.inf, values) for values in (left, right)), method="asymp").statistic)


def total_variation(left: np.ndarray, right: np.ndarray) -> float:
    """Half the sum of absolute differences between the relative frequencies of the values, in [0, 1]."""
    codes = _codes(left, right)
    size = 1 + max(part.max() for part in codes)
    frequencies = [np.bincount(part, minlength=size) / len(part) for part in codes]
    return float(np.abs(frequencies[0] - frequencies[1]).sum() / 2)


def correlation_difference(generated: Columns, real: Columns, categorical: list[str]) -> float:
    """Mean absolute difference of Pearson correlations over pairs of different columns, in [0, 2].

    Categories are indicator columns; indicators of one column are not compared with one another. The correlations of
    a constant column count as 0. A table of one column has 0. A missing number counts as the mean of the others.
    """
    blocks = [_indicators(generated[name], real[name], name in categorical) for name in real]
    column = np.repeat(np.arange(len(blocks)), [block[0].shape[1] for block in blocks])  # (V,)
    pairs = column[:, None] < column[None, :]
    if not pairs.any():
        return 0.0
    left, right = (_correlations(np.hstack([block[side] for block in blocks])) for side in (0, 1))
    return float(np.abs(left - right)[pairs].mean())


def _indicators(generated: np.ndarray, real: np.ndarray, is_category: bool) -> tuple[np.ndarray, np.ndarray]:
    if not is_category:
        left, right = (_missing_as(None, values) for values in (generated, real))
        return left[:, None], right[:, None]
    left, right = _codes(generated, real)
    eye = np.eye(1 + max(left.max(), right.max()))
    return eye[left], eye[right]


def _missing_as(filling: float | None, values: np.ndarray) -> np.ndarray:
    """(N,) float64 with another value in place of NaN: `filling`, or the mean of the others for None."""
    values = values.astype(np.float64)
    missing = np.isnan(values)
    if filling is None:
        filling = 0.0 if missing.all() else float(values[~missing].mean())
    return np.where(missing, filling, values)


def _correlations(table: np.ndarray) -> np.ndarray:
    centred = table - table.mean(axis=0)
    norm = np.sqrt((centred**2).sum(axis=0))
    # Rounding leaves a constant column a norm just above 0, which would correlate with noise.
    constant = norm <= 1e-9 * np.sqrt((table**2).sum(axis=0))
    unit = np.where(constant, 0.0, centred / np.where(constant, 1.0, norm))
    return unit.T @ unit


def _codes(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Replace values by integer codes, the same in both arrays."""
    _, codes = np.unique(np.concatenate([left.astype(str), right.astype(str)]), return_inverse=True)
    return codes[: len(left)], codes[len(left) :]


def _rows(table: Columns, index: np.ndarray) -> Columns:
    return {name: values[index] for name, values in table.items()}


def _encode(
    train: Columns, test: Columns, label: str, categorical: list[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Features and classes of the training rows, then of the test rows; categories as integer codes."""
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
    """Accuracy and macro AUC. Training rows of a single class give a classifier that always predicts it."""
    classifier = (
        RandomForestClassifier(n_estimators=50, min_samples_leaf=5, random_state=seed)
        if len(np.unique(classes)) > 1
        else DummyClassifier(strategy="most_frequent")
    )
    classifier.fit(features, classes)
    accuracy = float((classifier.predict(test_features) == test_classes).mean())
    scores = dict(zip(classifier.classes_, classifier.predict_proba(test_features).T, strict=True))
    constant = np.zeros(len(test_classes))  # a class without training rows has the same score everywhere: AUC 0.5
    tested = np.unique(test_classes)
    if len(tested) == 1:  # one class has no ROC curve
        return accuracy, 0.5
    return accuracy, float(np.mean([roc_auc_score(test_classes == c, scores.get(c, constant)) for c in tested]))

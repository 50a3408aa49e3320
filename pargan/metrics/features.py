"""Feature extractors that need no download: fitted on the reference group, never on members or nonmembers.

Their features differ from those of Inception (`pargan.metrics.inception`). The name of the extractor is part of
the metric's name; metrics compare only between runs with the same reference group.
Legend: R reference records, N records, F features.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from pargan.errors import ParganError
from pargan.metrics.content_cache import ContentCache
from pargan.seeding import subset

WIDTH = 64  # features
LIMIT = 5000  # most reference records to fit on
EPOCHS = 30  # enough for features; the classifier need not have converged
SEED = 0  # fixed, so that the extractor depends on the reference group only


class Extractor(Protocol):
    """A function from records to features, with a name."""

    @property
    def name(self) -> str:
        """Suffix of the names of metrics that use these features."""

    def __call__(self, records: np.ndarray) -> np.ndarray:
        """(N, *shape) -> (N, F) float64."""


@dataclass(frozen=True)
class ReferenceExtractor:
    """Features of (N, *shape) records, shifted and scaled.

    On the reference group the features have mean 0 and, averaged over F, variance 1.
    """

    name: str
    raw: Callable[[np.ndarray], np.ndarray]
    centre: np.ndarray
    scale: float

    def __call__(self, records: np.ndarray) -> np.ndarray:
        """(N, *shape) -> (N, F) float64."""
        return (self.raw(_flat(records)) - self.centre) / self.scale


def fit_extractor(reference: np.ndarray, labels: np.ndarray | None) -> ReferenceExtractor:
    """Fit a feature extractor on the reference group.

    With labels of two or more classes the features are the hidden layer of a small ReLU classifier (`refmlp`), else
    the leading principal components (`refpca`). The result is cached per process by the content of the arrays:
    quality is measured every few epochs, and attacks may use the same features.

    Args:
        reference: (R, *shape).
        labels: (R,) classes, or None.

    Raises:
        ParganError: fewer than two reference records, or all of them equal.
    """
    return _cached_fit(reference, labels)


def _fit(reference: np.ndarray, labels: np.ndarray | None) -> ReferenceExtractor:
    index = subset(LIMIT, len(reference), np.random.default_rng(SEED))
    records = _flat(reference[index])
    if len(records) < 2 or not records.std(axis=0).any():
        raise ParganError(
            f"holds {len(records)} records without variation: features need two different ones or more",
            argument="reference",
            remedy="give it more records",
        )
    if labels is not None and len(np.unique(labels[index])) > 1:
        name, raw = "refmlp", _hidden_layer(records, labels[index])
    else:
        name, raw = "refpca", PCA(min(WIDTH, *records.shape), random_state=SEED).fit(records).transform
    features = raw(records)
    return ReferenceExtractor(name, raw, features.mean(axis=0), float(np.sqrt(features.var(axis=0).mean())))


# A run has one reference group, which quality measures and attacks share; a sweep has several.
_cached_fit = ContentCache(_fit, size=4)


def _hidden_layer(records: np.ndarray, labels: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    classifier = MLPClassifier((WIDTH,), max_iter=EPOCHS, learning_rate_init=3e-3, random_state=SEED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier.fit(records, labels)
    weights, bias = classifier.coefs_[0], classifier.intercepts_[0]
    return lambda flat: np.maximum(flat @ weights + bias, 0)


def _flat(records: np.ndarray) -> np.ndarray:
    return records.reshape(len(records), -1).astype(np.float64)

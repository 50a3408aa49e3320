"""Feature extractors that need no download: fitted on the reference group, never on members or nonmembers.

Their features are not Inception's (`pargan.metrics.inception`). The extractor's name goes into the metric's
name, and such metrics compare only between runs that share the reference group.
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
LIMIT = 5000  # reference records the extractor is fitted on
EPOCHS = 30  # enough for features; the classifier need not converge
SEED = 0  # one extractor per reference group, whatever the seed of the evaluation


class Extractor(Protocol):
    """A named map from records to features."""

    @property
    def name(self) -> str:
        """What metrics in the space of these features are called after."""

    def __call__(self, records: np.ndarray) -> np.ndarray:
        """(N, *shape) -> (N, F) float64."""


@dataclass(frozen=True)
class ReferenceExtractor:
    """A named map from (N, *shape) records to (N, F) features.

    On the reference the features have mean 0 and, averaged over F, variance 1.
    """

    name: str
    raw: Callable[[np.ndarray], np.ndarray]
    centre: np.ndarray
    scale: float

    def __call__(self, records: np.ndarray) -> np.ndarray:
        """(N, *shape) -> (N, F) float64."""
        return (self.raw(_flat(records)) - self.centre) / self.scale


def fit_extractor(reference: np.ndarray, labels: np.ndarray | None) -> ReferenceExtractor:
    """Fit the extractor the reference group allows.

    With labels of at least two classes: the hidden layer of a small ReLU classifier, `refmlp`. Without: the
    leading principal components, `refpca`. Fitted once in a process for equal data, whoever asks: the quality
    of a run is measured every few epochs, and attacks may use the same features.

    Args:
        reference: (R, *shape).
        labels: (R,) classes, or None.

    Raises:
        ParganError: fewer than two reference records, or all of them equal.
    """
    return _fitted(reference, labels)


def _fit(reference: np.ndarray, labels: np.ndarray | None) -> ReferenceExtractor:
    chosen = subset(LIMIT, len(reference), np.random.default_rng(SEED))
    records = _flat(reference[chosen])
    if len(records) < 2 or not records.std(axis=0).any():
        raise ParganError(
            f"the reference group holds {len(records)} records without variation: features need at least "
            f"two different ones; give the reference a larger share of the pool"
        )
    if labels is not None and len(np.unique(labels[chosen])) > 1:
        name, raw = "refmlp", _hidden_layer(records, labels[chosen])
    else:
        name, raw = "refpca", PCA(min(WIDTH, *records.shape), random_state=SEED).fit(records).transform
    features = raw(records)
    return ReferenceExtractor(name, raw, features.mean(axis=0), float(np.sqrt(features.var(axis=0).mean())))


# The quality over the epochs, the final one and attacks see one reference group; a sweep has several.
_fitted = ContentCache(_fit, size=4)


def _hidden_layer(records: np.ndarray, labels: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    classifier = MLPClassifier((WIDTH,), max_iter=EPOCHS, learning_rate_init=3e-3, random_state=SEED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier.fit(records, labels)
    weights, bias = classifier.coefs_[0], classifier.intercepts_[0]
    return lambda flat: np.maximum(flat @ weights + bias, 0)


def _flat(records: np.ndarray) -> np.ndarray:
    return records.reshape(len(records), -1).astype(np.float64)

"""Whether higher or lower is better, and what a quality metric means, by its name."""

from dataclasses import dataclass
from typing import Literal

Better = Literal["lower", "higher"]


@dataclass(frozen=True)
class MetricMeaning:
    """How to read a quality metric.

    Attributes:
        better: whether generated records are better where the metric is lower, or higher; None for one that describes
            the real records.
        meaning: one sentence.
    """

    better: Better | None
    meaning: str


_MEANINGS = {
    "fid": MetricMeaning("lower", "distance between the features of generated and held-out images"),
    "kid": MetricMeaning("lower", "kernel distance between the same features; does not depend on how many there are"),
    "precision": MetricMeaning("higher", "share of generated images near a held-out one"),
    "recall": MetricMeaning("higher", "share of held-out images near a generated one"),
    "density": MetricMeaning("higher", "how densely held-out images surround generated ones; about 1 is ideal"),
    "coverage": MetricMeaning("higher", "share of held-out images that have a generated one nearby"),
    "column_distance": MetricMeaning("lower", "mean distance between the distributions of a column, 0 to 1"),
    "correlation_difference": MetricMeaning("lower", "mean difference of the correlations between columns"),
    "tstr_accuracy": MetricMeaning("higher", "accuracy of a classifier trained on generated rows, tested on held-out"),
    "tstr_auc": MetricMeaning("higher", "AUC of a classifier trained on generated rows, tested on held-out ones"),
    "trtr_accuracy": MetricMeaning(None, "accuracy of the same classifier trained on as many real rows"),
    "trtr_auc": MetricMeaning(None, "AUC of the same classifier trained on as many real rows"),
    "wasserstein2": MetricMeaning("lower", "2-Wasserstein distance to held-out points, in the unit of the records"),
    "modes_covered": MetricMeaning("higher", "clusters that have a generated point nearby"),
    "rings_covered": MetricMeaning("higher", "rings that have a generated point nearby"),
    "high_quality_share": MetricMeaning("higher", "share of generated points within 3 SD of a cluster or ring"),
}


def metric_meaning(name: str) -> MetricMeaning | None:
    """The meaning of a metric; its name may end in that of a feature extractor, as in fid_refmlp. None if unknown."""
    if name in _MEANINGS:
        return _MEANINGS[name]
    return _MEANINGS.get(name.split("_")[0])

"""A metric with its 95 % interval, and the exact interval of a proportion."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

TAIL = 0.025
"""The probability that a 95 % interval leaves out on either side."""

NORMAL_QUANTILE = float(stats.norm.isf(TAIL))
"""1.96 standard deviations on either side hold 95 % of a normal distribution."""


class Interval(NamedTuple):
    """A metric and its 95 % interval."""

    value: float
    low: float
    high: float


def clopper_pearson(hits: float, trials: int) -> Interval:
    """A proportion and its exact 95 % interval (Clopper and Pearson 1934, doi 10.1093/biomet/26.4.404).

    Computed from quantiles of the beta distribution, so that `hits` may be a half count.
    """
    low = stats.beta.ppf(TAIL, hits, trials - hits + 1) if hits > 0 else 0.0
    high = stats.beta.isf(TAIL, hits + 1, trials - hits) if hits < trials else 1.0
    return Interval(hits / trials, float(low), float(high))


def mean_interval(values: Sequence[float]) -> Interval:
    """The mean of two or more values and its 95 % t interval (Student 1908, doi 10.2307/2331554).

    It supposes that the values are independent and about normal. With two or three values it is wide, as it must be.
    """
    n = len(values)
    mean, error = float(np.mean(values)), float(np.std(values, ddof=1)) / n**0.5
    margin = float(stats.t.isf(TAIL, n - 1)) * error
    return Interval(mean, mean - margin, mean + margin)

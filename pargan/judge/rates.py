"""Two rates compared: how often something happens to members, and how often to records that were held out.

Legend: hits of trials in either group.
"""

from typing import NamedTuple

import numpy as np
from scipy import stats

from pargan.judge.intervals import TAIL, Interval


class Rate(NamedTuple):
    """So many hits in so many trials."""

    hits: int
    trials: int

    @property
    def value(self) -> float:
        """Share of hits, in [0, 1]."""
        return self.hits / self.trials


def wilson(rate: Rate) -> Interval:
    """A rate and its 95 % score interval (Wilson 1927, doi 10.1080/01621459.1927.10502953)."""
    found = stats.binomtest(rate.hits, rate.trials).proportion_ci(1 - 2 * TAIL, method="wilson")
    return Interval(rate.value, float(found.low), float(found.high))


def rate_difference(first: Rate, second: Rate) -> Interval:
    """First rate minus second, with the 95 % interval that joins two score intervals.

    Newcombe 1998, method 10, doi 10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.
    """
    (p1, low1, high1), (p2, low2, high2) = wilson(first), wilson(second)
    value = p1 - p2
    low = value - np.hypot(p1 - low1, high2 - p2)
    high = value + np.hypot(high1 - p1, p2 - low2)
    return Interval(value, float(low), float(high))


def fisher_p_value(first: Rate, second: Rate) -> float:
    """P(at least as many hits in the first group | all hits fall anywhere alike): Fisher's exact test, one-sided."""
    table = [[rate.hits, rate.trials - rate.hits] for rate in (first, second)]
    return float(stats.fisher_exact(table, alternative="greater").pvalue)


def excess_risk(attack: Rate, control: Rate) -> Interval:
    """(a - c) / (1 - c): of what the control does not explain, the share that the attack adds; 95 % interval.

    The half widths of the two rates' score intervals are propagated to first order, as by Giomi et al. 2023 (doi
    10.56553/popets-2023-0055). 0 where the control always succeeds: then nothing is left to add. Below 0 where the
    attack does worse than its control.
    """
    (a, a_low, a_high), (c, c_low, c_high) = wilson(attack), wilson(control)
    if c == 1:
        return Interval(0.0, 0.0, 0.0)
    value = (a - c) / (1 - c)
    # d/da = 1 / (1 - c), d/dc = (a - 1) / (1 - c)^2 <= 0: the risk falls as the control's rate rises.
    slope = (1 - a) / (1 - c) ** 2
    low = value - np.hypot((a - a_low) / (1 - c), slope * (c_high - c))
    high = value + np.hypot((a_high - a) / (1 - c), slope * (c - c_low))
    return Interval(value, float(max(low, -1.0)), float(min(high, 1.0)))

"""What an audit of a given size could have seen."""

from math import comb

from scipy import optimize, stats

from pargan.judge.auc import hanley_mcneil_variance
from pargan.judge.intervals import NORMAL_QUANTILE

POWER = 0.8
"""With this probability the smallest visible AUC would have been marked."""


def smallest_visible_auc(m: int, n: int, num_tests: int, error: float) -> float | None:
    """The smallest true AUC of one attack that m members and n nonmembers show with a probability of 80 %.

    Shown means: the 95 % interval lies above 0.5, and the p-value is at most `error` / `num_tests`, the first step of
    Holm's method. By the normal limit, with the variance of `hanley_mcneil_variance`.

    Args:
        m, n: sizes of the groups.
        num_tests: tests that share the chance of a false alarm.
        error: that chance, in (0, 1).

    Returns:
        An AUC in (0.5, 1), or None where not even a perfect attack would be marked.
    """
    if 1 / comb(m + n, min(m, n)) > error / num_tests:  # the p-value of perfect separation
        return None
    z, z_power = max(float(stats.norm.isf(error / num_tests)), NORMAL_QUANTILE), float(stats.norm.isf(1 - POWER))
    needed = 0.5 + z * hanley_mcneil_variance(0.5, m, n) ** 0.5

    def margin(auc: float) -> float:
        return auc - z_power * hanley_mcneil_variance(auc, m, n) ** 0.5 - needed

    # The normal limit asks for more than 1 where only an attack that is almost perfect passes.
    return float(optimize.brentq(margin, 0.5, 1.0)) if margin(1.0) > 0 else 1.0

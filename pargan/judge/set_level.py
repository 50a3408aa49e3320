"""The set-level form of an attack: which of two sets of records are the members?

Legend: scores of m members and of n nonmembers, (m,) and (n,) float64; M records in a set, T trials.

Source: Hilprecht, Haerterich, Bernau 2019, doi 10.2478/popets-2019-0067, with ties counted half: with ties counted as
successes, as published, guessing would give 0.556 at M = 100.
"""

from typing import NamedTuple

import numpy as np
from scipy import stats

from pargan.judge.intervals import clopper_pearson

SET_SIZE = 100


class SetAccuracy(NamedTuple):
    """Share of trials won, its 95 % interval, its p-value against guessing, and the number of trials."""

    value: float
    low: float
    high: float
    p_value: float
    num_sets: int


def set_accuracy(
    members: np.ndarray, nonmembers: np.ndarray, rng: np.random.Generator, size: int = SET_SIZE
) -> SetAccuracy:
    """Share of trials in which members are more than half of the M highest of M + M scores; 0.5 is guessing.

    A trial is a set of M members against a set of M nonmembers; exactly half counts 1/2. The sets are
    disjoint, T = min(m, n) // M of them, so that the trials are independent, which the published overlapping
    ones are not. Records tied at the cut count by their expected share.

    The p-value is exact where scores are distinct, and conservative with ties. The interval is Clopper and
    Pearson's with half counts; a trial that can end in a tie varies less than a coin, so it is conservative too.

    Args:
        members: (m,), at least M.
        nonmembers: (n,), at least M.
        rng: divides the groups into sets.
        size: M.
    """
    trials = min(len(members), len(nonmembers)) // size
    sets = [rng.permutation(scores)[: trials * size].reshape(trials, size) for scores in (members, nonmembers)]
    cut = np.sort(np.concatenate(sets, axis=1), axis=1)[:, size, None]  # the lowest of the M highest
    above, above_both = _members_and_sum([(scores > cut).sum(1) for scores in sets])
    tied, tied_both = _members_and_sum([(scores == cut).sum(1) for scores in sets])
    # Members among the M highest, above + (M - above_both) tied / tied_both, against M / 2, in whole numbers.
    lead = 2 * (above * tied_both + (size - above_both) * tied) - size * tied_both
    points = int((np.sign(lead) + 1).sum())  # 2 for a win, 1 for a tie
    p_value = float(np.clip(null_distribution_of_points(trials, size)[points:].sum(), 0.0, 1.0))
    return SetAccuracy(*clopper_pearson(points / 2, trials), p_value, trials)


def null_distribution_of_points(trials: int, size: int) -> np.ndarray:
    """(2 T + 1,) probabilities of 0 .. 2 T points (2 for a win, 1 for a tie) where scores ignore membership.

    Of M + M exchangeable records the M highest hold a hypergeometric number of members.
    """
    tie = float(stats.hypergeom.pmf(size / 2, 2 * size, size, size)) if size % 2 == 0 else 0.0
    one_trial = np.array([(1 - tie) / 2, tie, (1 - tie) / 2])
    distribution = np.ones(1)
    for _ in range(trials):
        distribution = np.convolve(distribution, one_trial)
    return distribution


def _members_and_sum(counts: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The members' counts, and those of members and nonmembers together."""
    return counts[0], counts[0] + counts[1]

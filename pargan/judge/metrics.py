"""Scores -> metrics. Pure: knows nothing of attacks, networks or files.

Legend: scores of m members and of n nonmembers, (m,) and (n,); higher = more likely a member.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pargan.errors import ParganError
from pargan.judge import statistics
from pargan.judge.epsilon import epsilon_ceiling, epsilon_lower_bound
from pargan.judge.set_level import SET_SIZE, set_accuracy
from pargan.judge.total_variation import total_variation

FALSE_POSITIVE_RATES = {"tpr_at_0p1pct_fpr": 0.001, "tpr_at_1pct_fpr": 0.01, "tpr_at_10pct_fpr": 0.1}


@dataclass(frozen=True, kw_only=True)
class AttackMetrics:
    """How well scores tell members from nonmembers.

    Attributes:
        auc: area under the ROC curve, ties counted half; 0.5 is guessing. With its 95 % bootstrap interval.
        p_value: of the AUC against permuted membership, one-sided: members score higher.
        tpr_at_0p1pct_fpr: largest TPR at FPR <= 0.1 %, with its 95 % Clopper-Pearson interval; likewise at
            1 % and 10 %. None where there are too few nonmembers; `notes` says so.
        balanced_accuracy: threshold chosen on a separate half; None with fewer than two records in a group.
        advantage: max(TPR - FPR) on the records themselves, so above 0 by chance.
        top_n_accuracy: share of members among the n highest of n + n.
        set_accuracy: the set-level form, how often a set of 100 members is told from one of 100 nonmembers;
            0.5 is guessing. With its 95 % interval, its p-value and the number of disjoint sets. None with
            fewer than 100 records in a group.
        epsilon_low: lower bound on epsilon at delta = 0, one-sided 95 %; 0 where nothing is proven, None where
            nothing could be.
        epsilon_ceiling: what a perfect attack on as many records would give for `epsilon_low`.
        tvd: total variation distance of the two score histograms (50 bins on a common range), in [0, 1].
        tvd_null: its mean over permuted memberships, the floor that leaks nothing; `tvd_null_high` is their
            95 % quantile.
        notes: why a metric is None.
    """

    auc: float
    auc_low: float
    auc_high: float
    p_value: float
    tpr_at_0p1pct_fpr: float | None
    tpr_at_0p1pct_fpr_low: float | None
    tpr_at_0p1pct_fpr_high: float | None
    tpr_at_1pct_fpr: float | None
    tpr_at_1pct_fpr_low: float | None
    tpr_at_1pct_fpr_high: float | None
    tpr_at_10pct_fpr: float | None
    tpr_at_10pct_fpr_low: float | None
    tpr_at_10pct_fpr_high: float | None
    balanced_accuracy: float | None
    advantage: float
    top_n_accuracy: float
    set_accuracy: float | None
    set_accuracy_low: float | None
    set_accuracy_high: float | None
    set_p_value: float | None
    num_sets: int
    epsilon_low: float | None
    epsilon_ceiling: float
    tvd: float
    tvd_null: float
    tvd_null_high: float
    num_members: int
    num_nonmembers: int
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Flat and ready for JSON; None where a metric cannot be had."""
        return asdict(self) | {"notes": list(self.notes)}


def judge(
    member_scores: np.ndarray,
    nonmember_scores: np.ndarray,
    seed: int,
    draws: int = 2000,
    name: str = "attack",
) -> AttackMetrics:
    """All metrics of one attack's scores, deterministic for a seed.

    Args:
        member_scores: (m,).
        nonmember_scores: (n,).
        seed: for bootstrap, halves, subsets, sets and permutations.
        draws: bootstrap draws.
        name: whose scores these are, for the sentence of an error.

    Raises:
        ParganError: no scores, or a score that is NaN or infinite.
    """
    members = _checked(member_scores, f"{name}: scores of members")
    nonmembers = _checked(nonmember_scores, f"{name}: scores of nonmembers")
    # One stream each: another number of draws must not move the other metrics.
    bootstrap, halves, subset, sets, bound, permuted = (np.random.default_rng([seed, stream]) for stream in range(6))
    area = statistics.auc_interval(members, nonmembers, bootstrap, draws)
    rates, notes = _low_fpr_metrics(members, nonmembers)
    by_set, note = _set_metrics(members, nonmembers, sets)
    notes += note
    proven, note = _epsilon_metrics(members, nonmembers, bound)
    notes += note
    distance = total_variation(members, nonmembers, permuted)
    accuracy = None
    if min(len(members), len(nonmembers)) < 2:
        notes.append("balanced_accuracy: takes two members and two nonmembers, one to choose its threshold on")
    else:
        accuracy = statistics.balanced_accuracy(members, nonmembers, halves)
    return AttackMetrics(
        auc=area.value,
        auc_low=area.low,
        auc_high=area.high,
        p_value=statistics.permutation_p_value(members, nonmembers),
        balanced_accuracy=accuracy,
        advantage=statistics.advantage(members, nonmembers),
        top_n_accuracy=statistics.top_n_accuracy(members, nonmembers, subset),
        tvd=distance.value,
        tvd_null=distance.null_mean,
        tvd_null_high=distance.null_high,
        num_members=len(members),
        num_nonmembers=len(nonmembers),
        notes=tuple(notes),
        **rates,
        **by_set,
        **proven,
    )


def _low_fpr_metrics(members: np.ndarray, nonmembers: np.ndarray) -> tuple[dict[str, Any], list[str]]:
    metrics: dict[str, Any] = {}
    notes = []
    for key, rate in FALSE_POSITIVE_RATES.items():
        found: tuple[float | None, ...] = (None, None, None)
        if statistics.resolves(rate, len(nonmembers)):
            found = statistics.tpr_at_fpr(members, nonmembers, rate)
        else:
            notes.append(f"{key}: {len(nonmembers)} nonmembers cannot resolve it, {round(1 / rate)} can")
        metrics |= dict(zip((key, f"{key}_low", f"{key}_high"), found, strict=True))
    return metrics, notes


def _set_metrics(
    members: np.ndarray, nonmembers: np.ndarray, rng: np.random.Generator
) -> tuple[dict[str, Any], list[str]]:
    keys = ("set_accuracy", "set_accuracy_low", "set_accuracy_high", "set_p_value", "num_sets")
    fewest = min(len(members), len(nonmembers))
    if fewest >= SET_SIZE:
        return dict(zip(keys, set_accuracy(members, nonmembers, rng), strict=True)), []
    note = f"set_accuracy: {fewest} records in a group make no set of {SET_SIZE}, {SET_SIZE} can"
    return dict(zip(keys, (None, None, None, None, 0), strict=True)), [note]


def _epsilon_metrics(
    members: np.ndarray, nonmembers: np.ndarray, rng: np.random.Generator
) -> tuple[dict[str, Any], list[str]]:
    ceiling = epsilon_ceiling(len(members), len(nonmembers))
    metrics: dict[str, Any] = {"epsilon_low": None, "epsilon_ceiling": ceiling}
    if ceiling == 0:
        return metrics, [f"epsilon_low: {len(members)} members and {len(nonmembers)} nonmembers cannot prove any"]
    return metrics | {"epsilon_low": epsilon_lower_bound(members, nonmembers, rng)}, []


def _checked(scores: np.ndarray, what: str) -> np.ndarray:
    scores = np.asarray(scores, dtype=np.float64)
    broken = int((~np.isfinite(scores)).sum())
    if scores.size == 0:
        raise ParganError(f"{what} are empty; attack at least one member and one nonmember")
    if broken:
        raise ParganError(
            f"{what}: {broken} of {scores.size} are NaN or infinite: the networks have diverged "
            f"or the attack is broken; look at an earlier checkpoint"
        )
    return scores

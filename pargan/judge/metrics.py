"""All metrics of one attack, computed from its scores alone.

Legend: scores of m members and of n nonmembers, (m,) and (n,); higher = more likely a member.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pargan.errors import ParganError
from pargan.judge.auc import auc_interval
from pargan.judge.epsilon import epsilon_ceiling, epsilon_lower_bound
from pargan.judge.intervals import Interval
from pargan.judge.low_fpr import RESOLVING, is_measurable, is_resolved, tpr_at_fpr, tpr_at_zero_fp, tpr_p_value
from pargan.judge.permutation import permutation_p_value
from pargan.judge.roc import advantage, balanced_accuracy, top_n_accuracy
from pargan.judge.set_level import SET_SIZE, set_accuracy
from pargan.judge.total_variation import total_variation

FALSE_POSITIVE_RATES = {"tpr_at_0p1pct_fpr": 0.001, "tpr_at_1pct_fpr": 0.01, "tpr_at_10pct_fpr": 0.1}

FEW_RECORDS = 10
"""Below so many records in a group the interval of the AUC rests on the model of its variance; a note says so."""


@dataclass(frozen=True, kw_only=True)
class AttackMetrics:
    """How well scores distinguish members from nonmembers.

    Attributes:
        auc: area under the ROC curve, ties counted half; 0.5 is guessing. With its 95 % interval.
        p_value: of the AUC against permuted membership, one-sided: members score higher.
        tpr_at_0_fp: share of members above all nonmembers, with its 95 % interval.
        tpr_at_0p1pct_fpr: largest TPR at FPR <= 0.1 %, with a 95 % interval that takes the threshold's chance in;
            likewise at 1 % and 10 %. None below 1 / rate nonmembers; `notes` says so.
        tpr_at_0p1pct_fpr_p_value: of that TPR against permuted membership, one-sided and exact.
        tpr_at_0p1pct_fpr_resolved: whether there are 10 / rate nonmembers, enough to rely on it; else `notes` calls
            it unreliable.
        balanced_accuracy: threshold chosen on a separate half; None with fewer than two records in a group.
        advantage: max(TPR - FPR), the threshold chosen on the same records, so above 0 by chance.
        top_n_accuracy: share of members among the n highest of n + n.
        set_accuracy: the set-level form, how often 100 members are distinguished from 100 nonmembers;
            0.5 is guessing. With its 95 % interval, its p-value and the number of disjoint sets. None with
            fewer than 100 records in a group.
        epsilon_low: lower bound on epsilon at delta = 0, one-sided 95 %; 0 where the scores prove nothing, None
            where there are too few records to prove anything.
        epsilon_ceiling: what a perfect attack on as many records would give for `epsilon_low`.
        tvd: total variation distance of the two score histograms (50 quantile bins of all scores), in [0, 1].
        tvd_null: its mean over permuted memberships, what scores without any information give; `tvd_null_high`
            is the 95 % quantile over these.
        notes: why a metric is None.
    """

    auc: float
    auc_low: float
    auc_high: float
    p_value: float
    tpr_at_0_fp: float
    tpr_at_0_fp_low: float
    tpr_at_0_fp_high: float
    tpr_at_0p1pct_fpr: float | None
    tpr_at_0p1pct_fpr_low: float | None
    tpr_at_0p1pct_fpr_high: float | None
    tpr_at_0p1pct_fpr_p_value: float | None
    tpr_at_0p1pct_fpr_resolved: bool
    tpr_at_1pct_fpr: float | None
    tpr_at_1pct_fpr_low: float | None
    tpr_at_1pct_fpr_high: float | None
    tpr_at_1pct_fpr_p_value: float | None
    tpr_at_1pct_fpr_resolved: bool
    tpr_at_10pct_fpr: float | None
    tpr_at_10pct_fpr_low: float | None
    tpr_at_10pct_fpr_high: float | None
    tpr_at_10pct_fpr_p_value: float | None
    tpr_at_10pct_fpr_resolved: bool
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
        """Flat and JSON-ready; None for a metric that could not be computed."""
        return asdict(self) | {"notes": list(self.notes)}


def judge(
    member_scores: np.ndarray,
    nonmember_scores: np.ndarray,
    seed: int,
    draws: int = 2000,
    name: str | None = None,
) -> AttackMetrics:
    """All metrics of one attack's scores, deterministic for a seed.

    Args:
        member_scores: (m,).
        nonmember_scores: (n,).
        seed: for bootstrap, halves, subsets, sets and permutations.
        draws: bootstrap draws of the intervals of resolved rates.
        name: of the attack, for error messages.

    Raises:
        ParganError: no scores, or a score that is NaN or infinite.
    """
    members = _finite(member_scores, "member_scores", name)
    nonmembers = _finite(nonmember_scores, "nonmember_scores", name)
    # A random stream for each metric: another number of draws must not change the other metrics.
    bootstrap, halves, subset, sets, bound, permuted = (np.random.default_rng([seed, stream]) for stream in range(6))
    auc = auc_interval(members, nonmembers)
    rates, notes = _low_fpr_metrics(members, nonmembers, bootstrap, draws)
    set_level, set_notes = _set_metrics(members, nonmembers, sets)
    epsilon, epsilon_notes = _epsilon_metrics(members, nonmembers, bound)
    notes += set_notes + epsilon_notes
    distance = total_variation(members, nonmembers, permuted)
    accuracy = None
    if min(len(members), len(nonmembers)) < 2:
        notes.append("balanced_accuracy: needs two members and two nonmembers, one of each to choose the threshold on")
    else:
        accuracy = balanced_accuracy(members, nonmembers, halves)
    return AttackMetrics(
        auc=auc.value,
        auc_low=auc.low,
        auc_high=auc.high,
        p_value=permutation_p_value(members, nonmembers),
        balanced_accuracy=accuracy,
        advantage=advantage(members, nonmembers),
        top_n_accuracy=top_n_accuracy(members, nonmembers, subset),
        tvd=distance.value,
        tvd_null=distance.null_mean,
        tvd_null_high=distance.null_high,
        num_members=len(members),
        num_nonmembers=len(nonmembers),
        notes=tuple(notes),
        **rates,
        **set_level,
        **epsilon,
    )


def _low_fpr_metrics(
    members: np.ndarray, nonmembers: np.ndarray, rng: np.random.Generator, draws: int
) -> tuple[dict[str, Any], list[str]]:
    m, n, notes = len(members), len(nonmembers), []
    if min(m, n) < FEW_RECORDS:
        notes.append(
            f"auc: with {m} members and {n} nonmembers the interval rests on a model of how scores vary, and little "
            f"can be found; attack {FEW_RECORDS} or more of each"
        )
    metrics: dict[str, Any] = _with_bounds("tpr_at_0_fp", tpr_at_zero_fp(members, nonmembers))
    for key, rate in FALSE_POSITIVE_RATES.items():
        measurable, resolved = is_measurable(rate, n), is_resolved(rate, n)
        tpr = tpr_at_fpr(members, nonmembers, rate, rng, draws) if measurable else None
        metrics |= _with_bounds(key, tpr)
        metrics[f"{key}_p_value"] = tpr_p_value(members, nonmembers, rate) if measurable else None
        metrics[f"{key}_resolved"] = resolved
        if not measurable:
            notes.append(f"{key}: {n} nonmembers are too few, needs {round(1 / rate)}")
        elif not resolved:
            notes.append(f"{key}: unreliable with {n} nonmembers, {round(RESOLVING / rate)} resolve it")
    return metrics, notes


def _with_bounds(key: str, interval: Interval | None) -> dict[str, float | None]:
    return dict(zip((key, f"{key}_low", f"{key}_high"), interval or (None, None, None), strict=True))


def _set_metrics(
    members: np.ndarray, nonmembers: np.ndarray, rng: np.random.Generator
) -> tuple[dict[str, Any], list[str]]:
    keys = ("set_accuracy", "set_accuracy_low", "set_accuracy_high", "set_p_value", "num_sets")
    fewest = min(len(members), len(nonmembers))
    if fewest >= SET_SIZE:
        return dict(zip(keys, set_accuracy(members, nonmembers, rng), strict=True)), []
    note = f"set_accuracy: {fewest} records in a group are too few, needs {SET_SIZE}"
    return dict(zip(keys, (None, None, None, None, 0), strict=True)), [note]


def _epsilon_metrics(
    members: np.ndarray, nonmembers: np.ndarray, rng: np.random.Generator
) -> tuple[dict[str, Any], list[str]]:
    ceiling = epsilon_ceiling(len(members), len(nonmembers))
    metrics: dict[str, Any] = {"epsilon_low": None, "epsilon_ceiling": ceiling}
    if ceiling == 0:
        return metrics, [
            f"epsilon_low: {len(members)} members and {len(nonmembers)} nonmembers are too few for a bound"
        ]
    return metrics | {"epsilon_low": epsilon_lower_bound(members, nonmembers, rng)}, []


def _finite(scores: np.ndarray, argument: str, attack: str | None) -> np.ndarray:
    """The scores as float64.

    Raises:
        ParganError: there are none, or one of them is NaN or infinite.
    """
    scores = np.asarray(scores, dtype=np.float64)
    origin = "" if attack is None else f"of attack={attack} "
    if scores.size == 0:
        raise ParganError(
            f"{origin}are empty", argument=argument, remedy="attack at least one member and one nonmember"
        )
    broken = int((~np.isfinite(scores)).sum())
    if broken:
        raise ParganError(
            f"{origin}are NaN or infinite for {broken} of {scores.size} records: the networks have diverged "
            f"or the attack has a bug",
            argument=argument,
            remedy="attack an earlier checkpoint",
        )
    return scores

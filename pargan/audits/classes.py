"""Leakage per class: the members of a class against its nonmembers. Legend: m members, n nonmembers."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pargan.audits.scoring import AttackResult
from pargan.judge.auc import auc_interval
from pargan.judge.multiple import holm
from pargan.judge.permutation import permutation_p_value

FEWEST = 10
"""Members and nonmembers of a class, at least: with fewer an AUC says nothing."""

MOST = 20
"""Classes, the most frequent among the members."""


@dataclass(frozen=True)
class ClassLeakage:
    """Leakage of one class under one attack.

    Attributes:
        attack: its name.
        label: what users call the class.
        num_members, num_nonmembers: how many of the class were attacked.
        auc, auc_low, auc_high: of these members against these nonmembers, with the 95 % interval.
        p_value: of this AUC against permuted membership, one-sided.
        p_adjusted: by Holm's method over all attacks and classes of the audit.
    """

    attack: str
    label: str
    num_members: int
    num_nonmembers: int
    auc: float
    auc_low: float
    auc_high: float
    p_value: float
    p_adjusted: float

    def to_dict(self) -> dict[str, Any]:
        """One flat JSON-ready object."""
        return asdict(self)


def leakage_per_class(
    results: Sequence[AttackResult],
    member_labels: np.ndarray,
    nonmember_labels: np.ndarray,
    names: Sequence[str] | None = None,
) -> list[ClassLeakage]:
    """The AUC of every attack in every class that has enough members and nonmembers; of one class alone, nothing.

    Args:
        results: attacks on members and nonmembers in one order.
        member_labels: (m,) integer classes.
        nonmember_labels: (n,)
        names: what users call class 0, 1, ...; None where it is the number.
    """
    labels, counts = np.unique(member_labels, return_counts=True)
    frequent = sorted(labels[np.argsort(-counts, kind="stable")[:MOST]].tolist())
    known = [k for k in frequent if min((member_labels == k).sum(), (nonmember_labels == k).sum()) >= FEWEST]
    if len(labels) < 2 or not known:
        return []
    pairs = [(result, k) for result in results for k in known]
    groups = [(r.member_scores[member_labels == k], r.nonmember_scores[nonmember_labels == k]) for r, k in pairs]
    p_values = [permutation_p_value(*group) for group in groups]
    leakage = []
    for (result, k), group, p_value, p_adjusted in zip(pairs, groups, p_values, holm(p_values), strict=True):
        label, sizes = str(k) if names is None else names[k], (len(group[0]), len(group[1]))
        leakage.append(ClassLeakage(result.name, label, *sizes, *auc_interval(*group), p_value, p_adjusted))
    return leakage

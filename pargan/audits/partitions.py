"""Leakage per partition: the members of one partition against all nonmembers.

Legend: m_k members of partition k, n nonmembers.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pargan.audits.scoring import AttackResult
from pargan.judge.auc import auc_difference, auc_interval
from pargan.judge.intervals import Interval
from pargan.judge.multiple import ERROR, holm
from pargan.judge.permutation import permutation_p_value


@dataclass(frozen=True)
class PartitionLeakage:
    """Leakage of one partition under one attack.

    Attributes:
        attack: its name.
        partition: k.
        num_members: m_k.
        auc: of the partition's members against all nonmembers, with its 95 % interval.
        p_value: of this AUC against permuted membership, one-sided.
        p_adjusted: by Holm's method over all attacks and partitions of the audit.
        leaks: the interval lies above 0.5, the adjusted p-value is at most 5 %, and the AUC is above that of the
            same attack on untrained networks, where there are any.
    """

    attack: str
    partition: int
    num_members: int
    auc: float
    auc_low: float
    auc_high: float
    p_value: float
    p_adjusted: float
    leaks: bool

    def to_dict(self) -> dict[str, Any]:
        """One flat JSON-ready object."""
        return asdict(self)


def leakage_per_partition(
    results: Sequence[AttackResult], partition: np.ndarray, untrained: Sequence[AttackResult] | None = None
) -> list[PartitionLeakage]:
    """The AUC of every attack on every partition that has members among those attacked.

    Args:
        results: attacks on members in one order.
        partition: (m,) the partition of each of them.
        untrained: the same attacks on untrained networks, as a control; None where there are none.
    """
    partition = np.asarray(partition)
    counterparts = [None] * len(results) if untrained is None else list(untrained)
    pairs = [
        (result, control, k)
        for result, control in zip(results, counterparts, strict=True)
        for k in np.unique(partition)
    ]
    groups = [(result.member_scores[partition == k], result.nonmember_scores) for result, _, k in pairs]
    p_values = [permutation_p_value(*group) for group in groups]
    leakage = []
    for (result, control, k), group, p_value, p_adjusted in zip(pairs, groups, p_values, holm(p_values), strict=True):
        interval, gain = auc_interval(*group), Interval(1.0, 1.0, 1.0)
        if control is not None:
            gain = auc_difference(group, (control.member_scores[partition == k], control.nonmember_scores))
        leaks = interval.low > 0.5 and p_adjusted <= ERROR and gain.low > 0
        leakage.append(PartitionLeakage(result.name, int(k), len(group[0]), *interval, p_value, p_adjusted, leaks))
    return leakage

"""Leakage per partition: the members of one partition against all nonmembers.

Legend: m_k members of partition k, n nonmembers.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pargan.audits.scoring import AttackResult
from pargan.judge.auc import delong_interval


@dataclass(frozen=True)
class PartitionLeakage:
    """Leakage of one partition under one attack.

    The highest of K partitions is above their mean by chance: read it with its interval, and the interval with the
    number of partitions it was chosen from.

    Attributes:
        attack: its name.
        partition: k.
        num_members: m_k.
        auc: of the partition's members against all nonmembers, with its 95 % interval.
    """

    attack: str
    partition: int
    num_members: int
    auc: float
    auc_low: float
    auc_high: float

    def to_dict(self) -> dict[str, Any]:
        """One flat JSON-ready object."""
        return asdict(self)


def leakage_per_partition(results: Sequence[AttackResult], partition: np.ndarray) -> list[PartitionLeakage]:
    """The AUC of every attack on every partition that has members among those attacked.

    Args:
        results: attacks on members in one order.
        partition: (m,) the partition of each of them.
    """
    partition = np.asarray(partition)
    leakage = []
    for result in results:
        for k in np.unique(partition):
            scores = result.member_scores[partition == k]
            interval = delong_interval(scores, result.nonmember_scores)
            leakage.append(PartitionLeakage(result.name, int(k), len(scores), *interval))
    return leakage

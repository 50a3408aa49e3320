"""Leakage per partition: the members of one partition against all nonmembers. Pure.

Legend: m_k members of partition k, n nonmembers.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from scipy import stats

from pargan.attacks.audit import AttackResult
from pargan.attacks.statistics import Interval

SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")


@dataclass(frozen=True)
class PartitionLeakage:
    """What one attack finds of one partition.

    The highest of K partitions is above their mean by chance: judge it by its interval, and the interval by
    the number of partitions it was chosen from.

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
    found = []
    for result in results:
        for k in np.unique(partition):
            own = result.member_scores[partition == k]
            interval = delong_interval(own, result.nonmember_scores)
            found.append(PartitionLeakage(result.name, int(k), len(own), *interval))
    return found


def delong_interval(members: np.ndarray, nonmembers: np.ndarray) -> Interval:
    """AUC with its 95 % interval from the variance of placements (DeLong et al. 1988, doi 10.2307/2531595).

    K attacks times as many intervals as the whole has would take a bootstrap K times as long; this takes a
    sort. It is too narrow below some twenty records in a group, and has width 0 for groups that are separated
    perfectly. One record in a group has no variance to estimate: then the interval is [0, 1].
    """
    m, n = len(members), len(nonmembers)
    of_members, of_nonmembers = placements(members, nonmembers), 1 - placements(nonmembers, members)
    area = float(np.mean(of_members))
    if min(m, n) < 2:
        return Interval(area, 0.0, 1.0)
    spread = np.sqrt(np.var(of_members, ddof=1) / m + np.var(of_nonmembers, ddof=1) / n)
    reach = float(stats.norm.ppf(0.975) * spread)
    return Interval(area, max(0.0, area - reach), min(1.0, area + reach))


def placements(scores: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Share of `among` (n,) below each of the scores (N,), ties counted half: (N,) in [0, 1]."""
    ordered = np.sort(among)
    below, up_to = (np.searchsorted(ordered, scores, side=side) for side in SIDES)
    return (below + up_to) / (2 * len(among))

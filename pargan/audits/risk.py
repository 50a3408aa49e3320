"""Which records are exposed: every attack's score of every record, side by side.

Legend: N = m + n records under attack (m members, n nonmembers), S generated records, A attacks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from torch import Tensor

from pargan.attacks.neighbours import nearest
from pargan.attacks.views import DiscriminatorsView, GeneratorView, PartitionsView, SamplesView
from pargan.audits.scoring import AttackResult
from pargan.judge.auc import placements

VIEWS: tuple[type[SamplesView], ...] = (SamplesView, GeneratorView, DiscriminatorsView, PartitionsView)
WIDTH = {view.level: place for place, view in enumerate(VIEWS)}


@dataclass(frozen=True)
class RiskTable:
    """Records by risk, the most exposed first.

    `risk` is the mean percentile over the attacks of the widest access among those that ran, named in
    `averaged`. A mean, because choosing the attack that scores a record highest is a choice made after the
    fact, and a maximum over many attacks is high for every record. With `own_partition` among the attacks that
    is what an attacker of the highest knowledge finds, an upper bound. A high percentile is no proof: of 100
    nonmembers, one stands above 99 by definition, so compare the members at the top with the nonmembers there.

    Attributes:
        position: (N,) int64, place within its group, in the order in which the group was handed over.
        index: (N,) int64, where the record stands in its source: the pool, or its group's file.
        is_member: (N,) bool.
        partition: (N,) int64, of a member; -1 for a nonmember and where it is not known.
        risk: (N,) in [0, 100].
        scores: attack -> (N,).
        percentiles: attack -> (N,) in [0, 100]: share of nonmembers with a lower score, ties counted half.
        nearest: (N,) int64, the nearest generated record.
        distance: (N,) Euclidean distance to it in model space.
        distance_percentile: (N,) in [0, 100]: share of nonmembers that have a nearer generated record, ties counted
            half. Members that were not copied have 50 on average.
        averaged: names of the attacks that `risk` averages.
    """

    position: np.ndarray
    index: np.ndarray
    is_member: np.ndarray
    partition: np.ndarray
    risk: np.ndarray
    scores: dict[str, np.ndarray]
    percentiles: dict[str, np.ndarray]
    nearest: np.ndarray
    distance: np.ndarray
    distance_percentile: np.ndarray
    averaged: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.risk)

    def take(self, rows: np.ndarray) -> Self:
        """The rows at `rows`, an index or boolean array."""
        parts: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                parts[field.name] = value[rows]
            elif isinstance(value, dict):
                parts[field.name] = {name: column[rows] for name, column in value.items()}
        return replace(self, **parts)

    def exposed_members(self, number: int) -> Self:
        """At most `number` members, the most exposed first."""
        return self.take(np.flatnonzero(self.is_member)[:number])

    def summary(self, number: int = 10) -> dict[str, Any]:
        """The risks as numbers that name no record, JSON-ready.

        Keys: `usual_distance`, the median distance of a nonmember to its nearest generated record, `members_above_99`,
        the share of members with a risk above 99, and `top`, risk and distances of the `number` most exposed members.
        Distances are rounded to three digits, so that they do not serve to look a record up.
        """
        exposed = self.exposed_members(number)
        columns = (exposed.risk.tolist(), exposed.distance.tolist(), exposed.distance_percentile.tolist())
        return {
            "usual_distance": _rounded(np.median(self.distance[~self.is_member])),
            "members_above_99": float((self.risk[self.is_member] > 99).mean()),
            "top": [
                {"risk": risk, "distance": _rounded(distance), "distance_percentile": nearer}
                for risk, distance, nearer in zip(*columns, strict=True)
            ],
        }

    def to_dicts(self) -> list[dict[str, Any]]:
        """One flat JSON-ready object per record; None where a partition is not known."""
        columns: dict[str, list[Any]] = {
            "index": self.index.tolist(),
            "group": ["member" if is_member else "nonmember" for is_member in self.is_member],
            "partition": [None if k < 0 else k for k in self.partition.tolist()],
            "risk": self.risk.tolist(),
        }
        for name, scores in self.scores.items():
            columns |= {f"{name}_score": scores.tolist(), f"{name}_percentile": self.percentiles[name].tolist()}
        columns |= {"nearest_generated": self.nearest.tolist(), "nearest_distance": self.distance.tolist()}
        columns["distance_percentile"] = self.distance_percentile.tolist()
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def column_meanings(self) -> dict[str, str]:
        """What each key of `to_dicts` means, one sentence each."""
        attacks = ", ".join(self.averaged)
        meanings = {
            "index": "place of the record in its source, from 0: the pool, or the file of its group",
            "group": "member (trained on) or nonmember (held out)",
            "partition": "discriminator that a member trained, from 0; empty for a nonmember and where it is not known",
            "risk": f"0 to 100: mean percentile over {attacks}; of 100 nonmembers one stands above 99 by definition, "
            "so nonmembers stand among the first rows too",
        }
        for name in self.scores:
            meanings[f"{name}_score"] = f"score of the attack {name}, in its own unit; higher = more likely a member"
            meanings[f"{name}_percentile"] = f"0 to 100: share of nonmembers with a lower score of {name}"
        return meanings | {
            "nearest_generated": "place of the nearest among the generated records that were compared, from 0",
            "nearest_distance": "Euclidean distance to it, in the scale that the networks see",
            "distance_percentile": "0 to 100: share of nonmembers with a nearer generated record; 50 is usual, "
            "near 0 is suspiciously close",
        }


def risk_table(
    results: Sequence[AttackResult],
    members: Tensor,
    nonmembers: Tensor,
    samples: Tensor,
    partition: np.ndarray | None = None,
    member_index: np.ndarray | None = None,
    nonmember_index: np.ndarray | None = None,
) -> RiskTable:
    """One table with the scores of every attack for every record, the most exposed record first.

    Args:
        results: of at least one attack, on these members and nonmembers.
        members: (m, *shape).
        nonmembers: (n, *shape).
        samples: (S, *shape) generated records, on the same device.
        partition: (m,) partition of each member, where it is known.
        member_index, nonmember_index: (m,) and (n,), where the records stand in their source; None numbers
            them in the order given.
    """
    m, n = len(members), len(nonmembers)
    scores = {result.name: np.concatenate([result.member_scores, result.nonmember_scores]) for result in results}
    percentiles = {result.name: percentile(scores[result.name], result.nonmember_scores) for result in results}
    widest = max((result.access for result in results), key=lambda level: WIDTH[level])
    averaged = tuple(result.name for result in results if result.access == widest)
    risk = np.mean([percentiles[name] for name in averaged], axis=0)
    neighbours = [nearest(group.flatten(1), samples.flatten(1)) for group in (members, nonmembers)]
    distance, position = (np.concatenate([pair[part].cpu().numpy() for pair in neighbours]) for part in (0, 1))
    nonmember_distance = distance[m:]
    unknown = np.full(n, -1)
    table = RiskTable(
        position=np.concatenate([np.arange(m), np.arange(n)]),
        index=np.concatenate([_index(member_index, m), _index(nonmember_index, n)]),
        is_member=np.repeat([True, False], [m, n]),
        partition=np.concatenate([np.full(m, -1) if partition is None else np.asarray(partition), unknown]),
        risk=risk,
        scores=scores,
        percentiles=percentiles,
        nearest=position,
        distance=distance,
        distance_percentile=percentile(distance, nonmember_distance),
        averaged=averaged,
    )
    return table.take(np.lexsort((distance, -risk)))  # of equal risk, the one nearer to a generated record first


def percentile(scores: np.ndarray, nonmember_scores: np.ndarray) -> np.ndarray:
    """Share of nonmembers below each score in per cent, ties counted half: (N,), (n,) -> (N,) in [0, 100]."""
    return 100 * placements(scores, nonmember_scores)


def _rounded(distance: float) -> float:
    return float(f"{distance:.3g}")


def _index(given: np.ndarray | None, size: int) -> np.ndarray:
    return np.arange(size) if given is None else np.asarray(given)

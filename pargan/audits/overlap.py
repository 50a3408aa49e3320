"""Do attacks expose the same records, and how exposed are records that stand apart?

Legend: N = m + n records under attack (m members, n nonmembers), R reference records, A attacks, F features.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil
from typing import Any

import numpy as np
from torch import Tensor

from pargan.attacks.neighbours import k_nearest
from pargan.audits.scoring import AttackResult
from pargan.judge.auc import auc_interval
from pargan.judge.intervals import Interval
from pargan.judge.permutation import permutation_p_value
from pargan.seeding import derive

TOP = 0.01
"""Share of records that an attack is surest of, and share of members that stand apart."""

NEAREST = 5
"""Reference records whose mean distance says how far a record stands apart."""

FEWEST = 10
"""Records that stand apart, at least: with fewer an AUC says nothing."""


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """How far two attacks agree on the records that they are surest of.

    Attributes:
        first, second: the attacks' names.
        jaccard: records in the top 1 % of both over records in the top 1 % of either, in [0, 1].
        chance: the same for attacks that have nothing to do with one another, about 0.005.
    """

    first: str
    second: str
    jaccard: float
    chance: float

    def to_dict(self) -> dict[str, Any]:
        """One flat JSON-ready object."""
        return {"first": self.first, "second": self.second, "jaccard": self.jaccard, "chance": self.chance}


@dataclass(frozen=True, kw_only=True)
class Vulnerable:
    """What an attack finds about the records that stand apart from all others.

    They are the 1 % of the members, and of the nonmembers, with the largest mean distance to their 5 nearest reference
    records (at least 10 of each). They are chosen without the model and without knowing who is a member, so that 0.5
    is still guessing.

    Attributes:
        attack: its name.
        auc: of these members against these nonmembers, with its 95 % interval.
        p_value: one-sided, against permuted membership.
        num_members, num_nonmembers: how many there are.
    """

    attack: str
    auc: Interval
    p_value: float
    num_members: int
    num_nonmembers: int

    def to_dict(self) -> dict[str, Any]:
        """One flat JSON-ready object."""
        return {
            "attack": self.attack,
            "auc": self.auc.value,
            "auc_low": self.auc.low,
            "auc_high": self.auc.high,
            "p_value": self.p_value,
            "num_members": self.num_members,
            "num_nonmembers": self.num_nonmembers,
        }


def overlaps(results: Sequence[AttackResult], seed: int) -> tuple[Overlap, ...]:
    """The overlap of every two attacks, A (A - 1) / 2 of them; records with tied scores are taken at random."""
    tops = {result.name: _top(result, seed) for result in results}
    found = []
    for first, second in combinations(tops, 2):
        both = len(np.intersect1d(tops[first], tops[second]))
        size, total = len(tops[first]), len(results[0].member_scores) + len(results[0].nonmember_scores)
        by_chance = size**2 / total
        found.append(
            Overlap(
                first=first,
                second=second,
                jaccard=both / (2 * size - both),
                chance=by_chance / (2 * size - by_chance),
            )
        )
    return tuple(found)


def vulnerable_records(
    results: Sequence[AttackResult], members: Tensor, nonmembers: Tensor, reference: Tensor
) -> tuple[Vulnerable, ...]:
    """What each attack finds about the records that stand apart.

    Args:
        results: the attacks.
        members: (m, F) in a space, in the order of the scores.
        nonmembers: (n, F).
        reference: (R, F).
    """
    apart = [_farthest(group, reference) for group in (members, nonmembers)]
    found = []
    for result in results:
        scores = (result.member_scores[apart[0]], result.nonmember_scores[apart[1]])
        found.append(
            Vulnerable(
                attack=result.name,
                auc=auc_interval(*scores),
                p_value=permutation_p_value(*scores),
                num_members=len(apart[0]),
                num_nonmembers=len(apart[1]),
            )
        )
    return tuple(found)


def _top(result: AttackResult, seed: int) -> np.ndarray:
    scores = np.concatenate([result.member_scores, result.nonmember_scores])
    order = np.random.default_rng(derive(seed, f"top of {result.name}")).permutation(len(scores))
    return order[np.argsort(-scores[order], kind="stable")[: ceil(TOP * len(scores))]]


def _farthest(records: Tensor, reference: Tensor) -> np.ndarray:
    """Positions of the records with the largest mean distance to their nearest reference records."""
    distance = k_nearest(records, reference, min(NEAREST, len(reference)))[0].mean(1).cpu().numpy()
    return np.argsort(-distance, kind="stable")[: min(len(records), max(FEWEST, ceil(TOP * len(records))))]

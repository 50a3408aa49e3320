"""Tests that compare distances to the members with distances to held-out records. They decide nothing.

They are known by name and asked for, but they look at the generated set as a whole, and pass sets in which attacks
find members (Yao et al. 2025, arXiv 2505.01524).

Legend: S generated records s; members M and held-out records H, n of each; P = 2 n records, M and H together;
F features; k neighbours.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from pargan.attacks.neighbours import k_nearest
from pargan.judge.intervals import TAIL, Interval
from pargan.seeding import derive, subset

NEIGHBOURS = 32
"""Records of P compared with each generated one: those at the same smallest distance are among them."""

BLOCK = 100
"""Permutations, and bootstrap draws, computed at a time."""

TENTH = 10
"""The rank of the NNDR that is compared, beside the 5 % quantile."""


@dataclass(frozen=True, kw_only=True)
class HoldoutTests:
    """What the holdout tests found.

    Attributes:
        dcr_share: share of generated records closer to a member than to any held-out record, ties counted half, with
            its 95 % bootstrap interval over members and held-out records. 0.5 where nothing leaks.
        dcr_share_p_value: P(share at least as high | membership permuted), one-sided. The share is no sum of
            independent trials: many generated records have the same nearest record.
        dcr_overfitting_protection: min(1, 2 (1 - share)), in [0, 1], under the name it is known by.
        nndr_ratio_10th: the 10th smallest ratio of distances to the nearest and the second nearest member, over the
            same for held-out records. Below 1 where generated records lie closer to single members. None where it
            would divide by 0.
        nndr_ratio_5pct: the same for the 5 % quantile.
        num_records: n. The larger group is cut at random to the size of the smaller one.
    """

    dcr_share: Interval
    dcr_share_p_value: float
    dcr_overfitting_protection: float
    nndr_ratio_10th: float | None
    nndr_ratio_5pct: float | None
    num_records: int

    def to_dict(self) -> dict[str, Any]:
        """One flat JSON-ready object."""
        return {
            "dcr_share": self.dcr_share.value,
            "dcr_share_low": self.dcr_share.low,
            "dcr_share_high": self.dcr_share.high,
            "dcr_share_p_value": self.dcr_share_p_value,
            "dcr_overfitting_protection": self.dcr_overfitting_protection,
            "nndr_ratio_10th": self.nndr_ratio_10th,
            "nndr_ratio_5pct": self.nndr_ratio_5pct,
            "num_records": self.num_records,
        }


def holdout_tests(
    samples: Tensor, members: Tensor, nonmembers: Tensor, *, seed: int, draws: int = 1000
) -> HoldoutTests:
    """Compare (S, F) generated records with members and nonmembers (n, F) in a space; deterministic for a seed.

    Args:
        samples: (S, F).
        members: (m, F).
        nonmembers: (n, F), which are held out.
        seed: for the cut to equal sizes, permutations and bootstrap.
        draws: permutations and bootstrap draws.
    """
    rng = np.random.default_rng(derive(seed, "holdout tests"))
    size = min(len(members), len(nonmembers))
    members, nonmembers = (group[subset(size, len(group), rng)] for group in (members, nonmembers))
    nearest = _nearest_records(samples, torch.cat([members, nonmembers]))
    is_member = np.arange(2 * size) < size
    share = float(_shares(nearest, is_member[:, None])[0])
    ratios = [_nndr(samples, group) for group in (members, nonmembers)]
    return HoldoutTests(
        dcr_share=Interval(share, *_bootstrap(nearest, is_member, rng, draws)),
        dcr_share_p_value=_p_value(nearest, is_member, share, rng, draws),
        dcr_overfitting_protection=min(1.0, 2 * (1 - share)),
        nndr_ratio_10th=_ratio(*(float(np.sort(group)[min(TENTH, len(group)) - 1]) for group in ratios)),
        nndr_ratio_5pct=_ratio(*(float(np.quantile(group, 0.05)) for group in ratios)),
        num_records=size,
    )


def _nearest_records(samples: Tensor, records: Tensor) -> sparse.csr_array:
    """(S, P) matrix of 0 and 1: which records are at the smallest distance from each generated one, one or several."""
    distances, positions = k_nearest(samples, records, min(NEIGHBOURS, len(records)))
    tied = (distances == distances[:, :1]).cpu().numpy()
    rows, columns = tied.nonzero()
    found = positions.cpu().numpy()[rows, columns]
    return sparse.csr_array((np.ones(len(rows)), (rows, found)), shape=(len(samples), len(records)))


def _shares(nearest: sparse.csr_array, is_member: np.ndarray) -> np.ndarray:
    """(P, B) bool -> (B,) shares of generated records closer to a member, 1/2 where both are equally close."""
    members_at_smallest = nearest @ is_member.astype(np.float64)  # (S, B)
    at_smallest = nearest.sum(axis=1)[:, None]
    closer = (members_at_smallest > 0).astype(np.float64) + (members_at_smallest == at_smallest)
    return closer.mean(axis=0) / 2


def _p_value(
    nearest: sparse.csr_array, is_member: np.ndarray, share: float, rng: np.random.Generator, draws: int
) -> float:
    """(1 + permutations with at least this share) / (1 + permutations)."""
    exceeding = 0
    for block in np.array_split(np.arange(draws), max(1, draws // BLOCK)):
        permuted = rng.permuted(np.tile(is_member[:, None], len(block)), axis=0)
        exceeding += int((_shares(nearest, permuted) >= share - 1e-12).sum())
    return (1 + exceeding) / (1 + draws)


def _bootstrap(
    nearest: sparse.csr_array, is_member: np.ndarray, rng: np.random.Generator, draws: int
) -> tuple[float, float]:
    """Percentile interval of the share over resampled members and held-out records.

    A record drawn w times counts w times with the generated records that it is nearest to. Were they assigned anew,
    the copies of a member that is not drawn would be given to others, and the share pulled towards 1/2.
    """
    tied = nearest.sum(axis=1)
    tied_members = nearest @ is_member.astype(np.float64)
    both = (tied_members > 0) & (tied_members < tied)
    # Each generated record is shared out: half to either group where both are equally close, evenly in a group.
    weight = np.where(both, 0.5, 1.0)
    to_member = nearest.T @ (weight / np.maximum(tied_members, 1))
    to_other = nearest.T @ (weight / np.maximum(tied - tied_members, 1))
    attracted = np.where(is_member, to_member, to_other)  # (P,)
    size = int(is_member.sum())
    times = rng.multinomial(size, np.full(size, 1 / size), size=(2, draws))  # (2, draws, n)
    members, others = times[0] @ attracted[is_member], times[1] @ attracted[~is_member]
    shares = members / np.maximum(members + others, 1e-12)
    low, high = np.quantile(shares, [TAIL, 1 - TAIL])
    return float(low), float(high)


def _nndr(samples: Tensor, records: Tensor) -> np.ndarray:
    """(S,) distance to the nearest record over that to the second nearest, in [0, 1]; 1 where both are 0."""
    distances = k_nearest(samples, records, min(2, len(records)))[0].double().cpu().numpy()
    first, second = distances[:, 0], distances[:, -1]
    return np.where(second > 0, first / np.where(second > 0, second, 1.0), 1.0)


def _ratio(members: float, nonmembers: float) -> float | None:
    return members / nonmembers if nonmembers > 0 else None

"""Schemes that divide the members into K disjoint partitions of equal size.

Legend: M members, K partitions of n = floor(M / K) records. The remaining M - K n records are dropped: they are in no
partition and therefore not members.
"""

from collections.abc import Callable
from math import inf

import numpy as np

from pargan.errors import ParganError, counted

Scheme = Callable[[np.ndarray, np.ndarray | None, int, np.random.Generator], np.ndarray]
"""(members (M,), labels (M,) or None, K, rng) -> (K, n) int64: members of each partition, as indices into the pool."""


def iid(members: np.ndarray, labels: np.ndarray | None, num_partitions: int, rng: np.random.Generator) -> np.ndarray:
    """Divide the members at random, so that the partitions are exchangeable."""
    return _cut(rng.permutation(members), num_partitions)


def contiguous(
    members: np.ndarray, labels: np.ndarray | None, num_partitions: int, rng: np.random.Generator
) -> np.ndarray:
    """Divide the members into consecutive ranges in the order of the pool, as in the published notebooks."""
    return _cut(np.sort(members), num_partitions)


def by_label(
    members: np.ndarray, labels: np.ndarray | None, num_partitions: int, rng: np.random.Generator
) -> np.ndarray:
    """Give each partition as few labels as equal sizes allow; members of one label are divided at random.

    Raises:
        ParganError: `labels` is None.
    """
    order = rng.permutation(len(members))
    shuffled = _required(labels, "by_label")[order]
    return _cut(members[order[np.argsort(shuffled, kind="stable")]], num_partitions)


def dirichlet(
    members: np.ndarray,
    labels: np.ndarray | None,
    num_partitions: int,
    rng: np.random.Generator,
    *,
    alpha: float,
) -> np.ndarray:
    """Draw the label mixture of each partition from a symmetric Dirichlet(alpha) (arXiv 1909.06335).

    A small `alpha` gives few labels per partition, a large one the same mixture to all. When a label has no members
    left, the other labels replace it in proportion to their weights, so that sizes stay equal.

    Raises:
        ParganError: `labels` is None, or `alpha` is not above 0.
    """
    if not 0 < alpha < inf:
        raise ParganError(
            "is not a parameter of a Dirichlet distribution",
            argument="alpha",
            value=alpha,
            remedy="give a finite number above 0",
        )
    order = rng.permutation(len(members))
    _, codes = np.unique(_required(labels, "dirichlet")[order], return_inverse=True)
    members_by_label = [list(members[order[codes == code]]) for code in range(codes.max(initial=-1) + 1)]
    size, num_labels = _size(len(members), num_partitions), len(members_by_label)
    partitions = [
        _take_mixture(members_by_label, rng.dirichlet(np.full(num_labels, alpha)), size, rng)
        for _ in range(num_partitions)
    ]
    return np.asarray(partitions, dtype=np.int64)


def _take_mixture(
    members_by_label: list[list[int]], mixture: np.ndarray, size: int, rng: np.random.Generator
) -> list[int]:
    """Remove `size` members from `members_by_label` and return them; their labels are drawn from `mixture`."""
    taken: list[int] = []
    while len(taken) < size:
        num_left = np.array([len(members) for members in members_by_label])
        weight = np.where(num_left > 0, mixture, 0.0)
        if weight.sum() <= 0:  # no label with a positive weight has members left
            weight = num_left.astype(np.float64)
        num_drawn = rng.multinomial(size - len(taken), weight / weight.sum())
        for members, count in zip(members_by_label, np.minimum(num_drawn, num_left), strict=True):
            taken += [members.pop() for _ in range(count)]
    return taken


def _required(labels: np.ndarray | None, scheme: str) -> np.ndarray:
    if labels is None:
        raise ParganError(
            "needs labels, which the pool does not have",
            argument="scheme",
            value=scheme,
            remedy="use scheme=iid or scheme=contiguous",
        )
    return labels


def _size(num_members: int, num_partitions: int) -> int:
    if num_partitions < 1:
        raise ParganError(
            "leaves nothing to train on", argument="num_partitions", value=num_partitions, remedy="give 1 or more"
        )
    if num_partitions > num_members:
        raise ParganError(
            f"is more than the {counted(num_members, 'member')}",
            argument="num_partitions",
            value=num_partitions,
            remedy=f"give num_partitions={num_members} or less, or more members",
        )
    return num_members // num_partitions


def _cut(ordered: np.ndarray, num_partitions: int) -> np.ndarray:
    size = _size(len(ordered), num_partitions)
    return ordered[: num_partitions * size].reshape(num_partitions, size).astype(np.int64)

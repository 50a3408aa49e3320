"""Cutting the members into K equal, disjoint partitions.

Legend: M members, K partitions, n = floor(M / K) records in each. The M - K n records that are left over
are dropped: they are in no partition, hence no members.
"""

from collections.abc import Callable

import numpy as np

from pargan.errors import ParganError

Scheme = Callable[[np.ndarray, np.ndarray | None, int, np.random.Generator], np.ndarray]
"""(members (M,), labels (M,) or None, K, rng) -> (K, n) int64: which member goes into which partition."""


def iid(members: np.ndarray, labels: np.ndarray | None, num_partitions: int, rng: np.random.Generator) -> np.ndarray:
    """At random: the partitions are exchangeable."""
    return _cut(rng.permutation(members), num_partitions)


def contiguous(
    members: np.ndarray, labels: np.ndarray | None, num_partitions: int, rng: np.random.Generator
) -> np.ndarray:
    """Consecutive stretches in the order of the pool, as in the published notebooks."""
    return _cut(np.sort(members), num_partitions)


def by_label(
    members: np.ndarray, labels: np.ndarray | None, num_partitions: int, rng: np.random.Generator
) -> np.ndarray:
    """As few labels in each partition as equal sizes allow; at random within a label.

    Raises:
        ParganError: the data set has no labels.
    """
    order = rng.permutation(len(members))
    known = _labels(labels, "by_label")[order]
    return _cut(members[order[np.argsort(known, kind="stable")]], num_partitions)


def dirichlet(
    members: np.ndarray,
    labels: np.ndarray | None,
    num_partitions: int,
    rng: np.random.Generator,
    *,
    alpha: float,
) -> np.ndarray:
    """Each partition draws its own mixture of labels from a symmetric Dirichlet(alpha) (arXiv 1909.06335).

    Small `alpha`: few labels per partition; large `alpha`: all labels alike. A label that has run out is
    replaced in proportion to the others, so that sizes stay equal.

    Raises:
        ParganError: the data set has no labels, or `alpha` is not above 0.
    """
    if not alpha > 0:
        raise ParganError(f"partition.alpha={alpha} is no Dirichlet parameter; give a number above 0")
    order = rng.permutation(len(members))
    _, known = np.unique(_labels(labels, "dirichlet")[order], return_inverse=True)
    pools = [list(members[order[known == label]]) for label in range(known.max(initial=-1) + 1)]
    size = _size(len(members), num_partitions)
    partitions = [_mixed(pools, rng.dirichlet(np.full(len(pools), alpha)), size, rng) for _ in range(num_partitions)]
    return np.asarray(partitions, dtype=np.int64)


def _mixed(pools: list[list[int]], mixture: np.ndarray, size: int, rng: np.random.Generator) -> list[int]:
    """Take `size` records out of `pools`, labels drawn from `mixture` as long as they last."""
    taken: list[int] = []
    while len(taken) < size:
        left = np.array([len(pool) for pool in pools])
        weight = np.where(left > 0, mixture, 0.0)
        if weight.sum() <= 0:  # every label the partition prefers has run out
            weight = left.astype(np.float64)
        wanted = rng.multinomial(size - len(taken), weight / weight.sum())
        for pool, count in zip(pools, np.minimum(wanted, left), strict=True):
            taken += [pool.pop() for _ in range(count)]
    return taken


def _labels(labels: np.ndarray | None, scheme: str) -> np.ndarray:
    if labels is None:
        raise ParganError(
            f"partition={scheme} needs labels, which this data set does not have; use partition=iid or contiguous"
        )
    return labels


def _size(num_members: int, num_partitions: int) -> int:
    if num_partitions < 1:
        raise ParganError(f"num_partitions={num_partitions} leaves nothing to train on; give 1 or more")
    if num_partitions > num_members:
        raise ParganError(
            f"num_partitions={num_partitions} is more than the {num_members} members; "
            f"give num_partitions={num_members} or less, or more data.members"
        )
    return num_members // num_partitions


def _cut(ordered: np.ndarray, num_partitions: int) -> np.ndarray:
    size = _size(len(ordered), num_partitions)
    return ordered[: num_partitions * size].reshape(num_partitions, size).astype(np.int64)

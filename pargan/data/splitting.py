"""The split of a pool into members (in K partitions), nonmembers and reference records.

Legend: N records in the pool; U units, which are put into a group as a whole: a record, or a record and its copies.
"""

from collections.abc import Callable, Mapping

import numpy as np

from pargan.data.membership import Membership, fingerprint
from pargan.data.partition import Scheme, iid
from pargan.errors import ParganError, counted
from pargan.records.pool import Pool
from pargan.seeding import derive

Size = int | float
"""Number of records (int), or fraction of the pool, above 0 and below 1 (float)."""

MOST_FREQUENT, MOST_COPIES, FEWEST_DISTINCT = 0.05, 10, 0.1  # of `default_duplicates`

Duplicates = Callable[[np.ndarray], np.ndarray]
"""(N,) record hashes -> (N,) unit of each record, -1 for records that are left out."""


def drop_copies(hashes: np.ndarray) -> np.ndarray:
    """Keep only the first of several equal records."""
    _, first = np.unique(hashes, return_index=True)
    units = np.full(len(hashes), -1)
    units[np.sort(first)] = np.arange(len(first))
    return units


def keep_copies_together(hashes: np.ndarray) -> np.ndarray:
    """Put all copies of a record into one group; copies of a member may be in different partitions."""
    _, units = np.unique(hashes, return_inverse=True)
    return units


def split_as_they_are(hashes: np.ndarray) -> np.ndarray:
    """Treat equal records like different ones: they may be in several groups, where nobody can tell them apart."""
    return np.arange(len(hashes))


DUPLICATES: Mapping[str, Duplicates] = {
    "drop": drop_copies,
    "together": keep_copies_together,
    "split": split_as_they_are,
}
"""By the name that the configuration has for them."""


def default_duplicates(pool: Pool, hashes: np.ndarray) -> Duplicates:
    """What the pool's source says; but split as they are where so few differ that a group cannot hold all copies.

    That is where the most frequent record makes up more than 5 % of the pool, or 9 of 10 records are copies: all its
    copies in one group would make the groups differ in more than chance.
    """
    _, counts = np.unique(hashes, return_counts=True)
    is_dominated = counts.max() > max(MOST_COPIES, MOST_FREQUENT * len(hashes))
    if pool.duplicates == "together" and (is_dominated or len(counts) < FEWEST_DISTINCT * len(hashes)):
        return split_as_they_are
    return DUPLICATES[pool.duplicates]


def split_pool(
    pool: Pool,
    members: Size,
    nonmembers: Size | None,
    reference: Size | None,
    scheme: Scheme,
    num_partitions: int,
    duplicates: Duplicates | None,
    seed: int,
    coins: bool = False,
) -> Membership:
    """Split a pool at random into three disjoint, exchangeable groups.

    Fractions refer to the records that `duplicates` keeps. If copies are kept together, a group can be smaller than
    requested, by less than the largest number of copies.

    Args:
        pool: the pool.
        members, nonmembers, reference: sizes. None takes the rest; if two are None, each takes half of it.
        scheme: divides the members into partitions.
        num_partitions: K.
        duplicates: decides about equal records; None: `default_duplicates`.
        seed: of this split.
        coins: whether members and nonmembers are paired and a fair coin for each pair chooses the member. There are as
            many pairs as the smaller group has records that equal no other of the pool; the rest stay what they are.

    Raises:
        ParganError: the sizes do not fit the pool, K is below 1 or above the number of members, or `coins` without a
            record that can be paired or with another scheme than `iid`, whose partitions depend on who is in them.
    """
    hashes = pool.hashes()
    units = (duplicates or default_duplicates(pool, hashes))(hashes)
    num_kept = int((units >= 0).sum())
    sizes = _counts(num_kept, {"members": members, "nonmembers": nonmembers, "reference": reference})
    groups = _groups(units, sizes, np.random.default_rng(derive(seed, "groups")))
    labels = None if pool.labels is None else pool.labels[groups[0]]
    partitions = scheme(groups[0], labels, num_partitions, np.random.default_rng(derive(seed, "partitions")))
    held_out, pairs = groups[1], np.empty((0, 2), dtype=np.int64)
    if coins:
        if getattr(scheme, "func", scheme) is not iid:
            problem, remedy = "needs partitions at random", "give partition=iid"
            raise ParganError(problem, argument="split", value="coins", remedy=remedy)
        rng = np.random.default_rng(derive(seed, "coins"))
        partitions, held_out, pairs = _flip_coins(partitions, held_out, hashes, rng)
    return Membership(
        partitions,
        nonmembers=held_out,
        reference=groups[2],
        pool_fingerprint=fingerprint(hashes, pool.spec.shape),
        duplicates_found=len(hashes) - len(np.unique(hashes)),
        duplicates_dropped=len(hashes) - num_kept,
        pairs=pairs,
    )


def _flip_coins(
    partitions: np.ndarray, nonmembers: np.ndarray, hashes: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pair members with nonmembers at random, and let a coin for each pair choose who of the two is the member.

    Returns:
        The new partitions (K, n) and nonmembers, and the pairs (p, 2), the member first.
    """
    _, which, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    is_single = counts[which] == 1  # a record with copies would be in several pairs, or in a group beside its pair
    members, nonmembers = partitions.reshape(-1).copy(), nonmembers.copy()
    slots, places = (rng.permutation(np.flatnonzero(is_single[group])) for group in (members, nonmembers))
    size = min(len(slots), len(places))
    if not size:
        raise ParganError(
            "finds no member and nonmember without copies to pair",
            argument="split",
            value="coins",
            remedy="give split=random",
        )
    swapped = rng.random(size) < 0.5
    slots, places = slots[:size], places[:size]
    into, out = slots[swapped], places[swapped]
    members[into], nonmembers[out] = nonmembers[out], members[into]
    pairs = np.stack([members[slots], nonmembers[places]], axis=1)
    return members.reshape(partitions.shape), nonmembers, pairs


def split_reference(
    pool: Pool, membership: Membership, share: float, scheme: Scheme, num_partitions: int, seed: int
) -> Membership:
    """Draw the members of a reference model from the reference records of the attacked model.

    Args:
        pool: the pool, in the model space of the attacked model.
        membership: membership of the attacked model.
        share: fraction of its reference records to draw, above 0 and below 1.
        scheme: divides the drawn records into partitions.
        num_partitions: K.
        seed: of this draw.

    Returns:
        A membership with the rest of the reference records, in their order, as `reference`. It has no nonmembers,
        because those of the attacked model are under attack.

    Raises:
        ParganError: fewer than K records are drawn.
    """
    rng = np.random.default_rng(derive(seed, "groups"))
    drawn = np.sort(rng.permutation(membership.reference)[: int(share * len(membership.reference))])
    labels = None if pool.labels is None else pool.labels[drawn]
    partitions = scheme(drawn, labels, num_partitions, np.random.default_rng(derive(seed, "partitions")))
    return Membership(
        partitions,
        nonmembers=np.empty(0, dtype=np.int64),
        reference=membership.reference[~np.isin(membership.reference, partitions)],
        pool_fingerprint=fingerprint(pool.hashes(), pool.spec.shape),  # a table's model space is another than before
    )


def _groups(units: np.ndarray, sizes: list[int], rng: np.random.Generator) -> list[np.ndarray]:
    """Fill the groups one after the other with units in random order; returns their sorted record indices."""
    copies = np.bincount(units[units >= 0])  # (U,) number of records of each unit
    order = rng.permutation(len(copies))
    group_of_unit = np.full(len(copies) + 1, -1)  # the last entry stands for unit -1: records that are left out
    start = 0
    for group, size in enumerate(sizes):
        num_filled = np.cumsum(copies[order[start:]])
        stop = start + int(np.searchsorted(num_filled, size, side="right"))
        group_of_unit[order[start:stop]] = group
        start = stop
    group_of_record = group_of_unit[units]
    groups = [np.flatnonzero(group_of_record == group) for group in range(len(sizes))]
    for name, indices in zip(("members", "nonmembers", "reference"), groups, strict=True):
        if not len(indices):
            raise ParganError(
                "is empty: the pool holds too few different records",
                argument=name,
                remedy="add records to the pool, or give duplicates=split",
            )
    return groups


def _counts(num_records: int, sizes: Mapping[str, Size | None]) -> list[int]:
    """Numbers of records of the groups; `sizes` are those of members, nonmembers and reference, in this order."""
    requested = {name: size for name, size in sizes.items() if size is not None}
    counts = {name: _count(name, size, num_records) for name, size in requested.items()}
    rest = num_records - sum(counts.values())
    open_names = [name for name in sizes if name not in requested]
    if rest < len(open_names):
        (first, size), *further = requested.items()
        joined = " with " + " and ".join(f"{name}={size}" for name, size in further) if further else ""
        raise ParganError(
            f"does not fit{joined}: the pool holds {counted(num_records, 'record')} after duplicates, and members, "
            f"nonmembers and reference need at least one each",
            argument=first,
            value=size,
            remedy="ask for less",
        )
    counts |= {name: (rest + place) // len(open_names) for place, name in enumerate(open_names)}
    return [counts[name] for name in sizes]


def _count(name: str, size: Size, num_records: int) -> int:
    count = size if isinstance(size, int) else round(size * num_records) if 0 < size < 1 else 0
    if count < 1:
        raise ParganError(
            f"does not work for a pool of {counted(num_records, 'record')}",
            argument=name,
            value=size,
            remedy=f"give a count such as {max(1, num_records // 2)} or a share such as 0.5",
        )
    return count

"""One pool -> members (cut into K partitions), nonmembers, reference.

Legend: N records in the pool, U units: what is moved into a group as a whole, a record or all its copies.
"""

from collections.abc import Callable

import numpy as np

from pargan.data.membership import Membership, fingerprint
from pargan.data.partition import Scheme
from pargan.errors import ParganError
from pargan.records.pool import Pool
from pargan.seeding import derive

Size = int | float
"""A count of records (int), or a share of the pool strictly between 0 and 1 (float)."""

Duplicates = Callable[[np.ndarray], np.ndarray]
"""(N,) record hashes -> (N,) unit of each record, -1 for a record that is left out."""


def drop_copies(hashes: np.ndarray) -> np.ndarray:
    """The first of several equal records stays, so that all records are distinct."""
    _, first = np.unique(hashes, return_index=True)
    units = np.full(len(hashes), -1)
    units[np.sort(first)] = np.arange(len(first))
    return units


def keep_copies_together(hashes: np.ndarray) -> np.ndarray:
    """Copies stay, all of one record in one group; they may still fall into different partitions."""
    _, units = np.unique(hashes, return_inverse=True)
    return units


def split_pool(
    records: Pool,
    members: Size,
    nonmembers: Size | None,
    reference: Size | None,
    scheme: Scheme,
    num_partitions: int,
    duplicates: Duplicates,
    seed: int,
) -> Membership:
    """QualityRecords a pool at random; the three groups are disjoint and exchangeable.

    Shares are of the records that `duplicates` left. Where copies are kept together a group can be smaller
    than asked for, by less than the largest number of copies.

    Args:
        records: the pool.
        members, nonmembers, reference: sizes; None takes the rest, two times None the rest in equal halves.
        scheme: how members are cut into partitions.
        num_partitions: K.
        duplicates: what happens to equal records.
        seed: of this split alone.

    Raises:
        ParganError: sizes that the pool cannot give, K < 1 or more partitions than members.
    """
    hashes = records.hashes()
    units = duplicates(hashes)
    kept = int((units >= 0).sum())
    sizes = _sizes(kept, members, nonmembers, reference)
    groups = _groups(units, sizes, np.random.default_rng(derive(seed, "groups")))
    labels = None if records.labels is None else records.labels[groups[0]]
    return Membership(
        scheme(groups[0], labels, num_partitions, np.random.default_rng(derive(seed, "partitions"))),
        nonmembers=groups[1],
        reference=groups[2],
        records=fingerprint(hashes, records.spec.shape),
        duplicates_found=len(hashes) - len(np.unique(hashes)),
        duplicates_dropped=len(hashes) - kept,
    )


def split_reference(
    records: Pool, membership: Membership, share: float, scheme: Scheme, num_partitions: int, seed: int
) -> Membership:
    """Who is a member of a reference model: a random part of the reference set, and nobody else.

    Args:
        records: the pool.
        membership: the attacked model's.
        share: of its reference set, above 0 and below 1.
        scheme: how the part is cut into partitions.
        num_partitions: K.
        seed: of this draw alone.

    Returns:
        A membership whose `reference` is the rest of the reference set, in the order it had, and which has no
        nonmembers: those of the attacked model are under attack.

    Raises:
        ParganError: the part holds fewer than K records.
    """
    rng = np.random.default_rng(derive(seed, "groups"))
    drawn = np.sort(rng.permutation(membership.reference)[: int(share * len(membership.reference))])
    labels = None if records.labels is None else records.labels[drawn]
    partitions = scheme(drawn, labels, num_partitions, np.random.default_rng(derive(seed, "partitions")))
    return Membership(
        partitions,
        nonmembers=np.empty(0, dtype=np.int64),
        reference=membership.reference[~np.isin(membership.reference, partitions)],
        records=membership.records,
    )


def _groups(units: np.ndarray, sizes: list[int], rng: np.random.Generator) -> list[np.ndarray]:
    """Units in random order, filled into one group after the other; sorted record indices of each."""
    copies = np.bincount(units[units >= 0])  # (U,) records in each unit
    order = rng.permutation(len(copies))
    group_of_unit = np.full(len(copies) + 1, -1)  # the last entry is the unit -1, left out
    start = 0
    for group, size in enumerate(sizes):
        filled = np.cumsum(copies[order[start:]])
        stop = start + int(np.searchsorted(filled, size, side="right"))
        group_of_unit[order[start:stop]] = group
        start = stop
    group_of_record = group_of_unit[units]
    groups = [np.flatnonzero(group_of_record == group) for group in range(len(sizes))]
    for name, found in zip(("members", "nonmembers", "reference"), groups, strict=True):
        if not len(found):
            raise ParganError(f"data.{name} is empty: the pool holds too few different records; add records")
    return groups


def _sizes(total: int, members: Size, nonmembers: Size | None, reference: Size | None) -> list[int]:
    asked = {"members": members, "nonmembers": nonmembers, "reference": reference}
    count = {key: _count(key, size, total) for key, size in asked.items() if size is not None}
    rest = total - sum(count.values())
    open_keys = [key for key in asked if key not in count]
    if rest < len(open_keys):
        wanted = ", ".join(f"data.{key}={size}" for key, size in asked.items() if size is not None)
        raise ParganError(
            f"{wanted} does not fit: the pool holds {total} records after duplicates, and each of members, "
            f"nonmembers and reference needs at least one; ask for less"
        )
    count |= {key: (rest + place) // len(open_keys) for place, key in enumerate(open_keys)}
    return [count[key] for key in asked]


def _count(key: str, size: Size, total: int) -> int:
    count = round(size * total) if isinstance(size, float) else size
    if count < 1 or (isinstance(size, float) and not size < 1):
        raise ParganError(
            f"data.{key}={size} is no size for a pool of {total} records; "
            f"give a count such as {max(1, total // 2)} or a share such as 0.5"
        )
    return count

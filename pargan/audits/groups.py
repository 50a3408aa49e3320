"""Groups of records that somebody brings to an audit, checked before anything runs.

Legend: m members, n nonmembers, r reference records, *shape of one record in model space.
"""

from collections.abc import Mapping
from itertools import combinations
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from pargan.audits.records import AttackRecords
from pargan.audits.settings import AuditSettings
from pargan.errors import ParganError, counted
from pargan.records.pool import Pool, QualityRecords, distinct, record_hashes, shared
from pargan.seeding import derive, subset

Array: TypeAlias = np.ndarray | Tensor
MIN_GROUP_SIZE = 2
"""A single record has no variance and cannot be halved."""

LARGEST = 1e150
"""Sums of squares of larger numbers exceed float64."""


def attack_records(
    members: Array,
    nonmembers: Array,
    reference: Array | None,
    partition: Array | None = None,
    *,
    seed: int,
    dtype: torch.dtype = torch.float32,
    pools: Mapping[str, Pool] | None = None,
) -> AttackRecords:
    """Groups to attack with, checked: at least two of each, finite, of one shape, and no record in two of them.

    Equal rows of a table are different people, so a table may have them in two groups; they are not attacked, because
    nobody can tell their membership.

    Of equal records in a group one is attacked: copies are not independent, so intervals would be too narrow, and
    the blind classifier would recognise the copies of what it was trained on. The reference set keeps its copies.

    Args:
        members, nonmembers, reference, partition: as in `audit`.
        seed: for the half of the nonmembers that is set aside where there is no reference.
        dtype: of the records.
        pools: that the groups are all records of, by group; None where they came as arrays. Pools know which rows of a
            table are equal, and the classes of the records.

    Raises:
        ParganError: one of these conditions does not hold; `argument` names the group.
    """
    given = {"members": members, "nonmembers": nonmembers, "reference": reference}
    groups = {name: checked_records(group, name, dtype) for name, group in given.items() if group is not None}
    shape = groups["members"].shape[1:]
    for name, group in groups.items():
        is_halved = name == "nonmembers" and reference is None
        lowest = 2 * MIN_GROUP_SIZE if is_halved else MIN_GROUP_SIZE
        if len(group) < lowest:
            remedy = ", half of which become the reference set, or give a reference set" if is_halved else ""
            raise ParganError(
                f"holds {counted(len(group), 'record')}", argument=name, remedy=f"give {lowest} or more{remedy}"
            )
        if group.shape[1:] != shape:
            raise ParganError(
                f"holds records of shape {tuple(group.shape[1:])}, and members of {tuple(shape)}",
                argument=name,
                remedy="give records of one shape",
            )
    hashes = {name: record_hashes(group.cpu().numpy()) for name, group in groups.items()}
    identities = {name: pool.identities for name, pool in (pools or {}).items() if pool.identities is not None}
    if identities:
        hashes = {name: identities[name] for name in groups}
    else:
        _refuse_overlap(hashes)
    stay = np.arange(len(groups["nonmembers"]))
    if reference is None:
        aside, stay = set_aside(hashes["nonmembers"], seed)
        groups["reference"], hashes["reference"] = groups["nonmembers"][aside], hashes["nonmembers"][aside]
        hashes["nonmembers"] = hashes["nonmembers"][stay]
    kept, indistinguishable = {}, {}
    for name, other in (("members", "nonmembers"), ("nonmembers", "members")):
        is_shared = shared(hashes[name], hashes[other], hashes["reference"])
        first, _ = distinct(hashes[name])
        index = first[~is_shared[first]]
        indistinguishable[name] = int(is_shared.sum())
        if len(index) < MIN_GROUP_SIZE:
            also = f", {is_shared.sum()} of which are in another group too" if is_shared.any() else ""
            raise ParganError(
                f"holds {counted(len(first), 'different record')}{also}",
                argument=name,
                remedy=f"give {MIN_GROUP_SIZE} or more{' that are in no other group' * bool(also)}",
            )
        kept[name] = index
    kept["nonmembers"] = stay[kept["nonmembers"]]
    return AttackRecords(
        groups["members"][kept["members"]],
        None if partition is None else torch.as_tensor(partition).long()[kept["members"]],
        groups["nonmembers"][kept["nonmembers"]],
        groups["reference"],
        member_index=kept["members"],
        nonmember_index=kept["nonmembers"],
        copies={
            "members": len(groups["members"]) - len(kept["members"]) - indistinguishable["members"],
            "nonmembers": len(stay) - len(kept["nonmembers"]) - indistinguishable["nonmembers"],
        },
        indistinguishable=indistinguishable,
        **({} if pools is None else _labels(pools, kept)),
    )


def set_aside(hashes: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Sorted indices of the nonmembers that become the reference set, half of them, and of those that stay.

    Copies of a record are on one side. `hashes` (n,) are those of the nonmembers.
    """
    _, units = distinct(hashes)
    number = int(units.max(initial=-1)) + 1
    order = np.random.default_rng(derive(seed, "reference set aside")).permutation(number)
    is_aside = np.isin(units, order[: number // 2])
    return np.flatnonzero(is_aside), np.flatnonzero(~is_aside)


def checked_records(group: Array, argument: str, dtype: torch.dtype = torch.float32) -> Tensor:
    """Records (N, *shape) as float32, or as another `dtype`.

    Raises:
        ParganError: an array that holds no numbers, or not one record per row, or a number that is not finite or too
            large; `argument` is the name it is known by.
    """
    if isinstance(group, np.ndarray):
        if group.dtype.kind not in "biufc":
            raise ParganError(
                f"has shape {group.shape} and type {group.dtype}, which are not numbers",
                argument=argument,
                remedy="give an array of numbers, one record per row: (N, *shape)",
            )
        group = np.ascontiguousarray(group, dtype=group.dtype.newbyteorder("="))  # all that torch takes
    records = torch.as_tensor(group)
    if records.ndim < 2 or records.dtype == torch.bool or records.is_complex():
        raise ParganError(
            f"has shape {tuple(records.shape)} and type {records.dtype}",
            argument=argument,
            remedy="give numbers, one record per row: (N, *shape)",
        )
    broken = int((~records.flatten(1).isfinite().all(1)).sum())
    if broken:
        raise ParganError(
            f"holds NaN or infinity in {broken} of {len(records)} records",
            argument=argument,
            remedy="repair or drop these records",
        )
    records = records.to(dtype)
    largest = min(torch.finfo(dtype).max, LARGEST)
    beyond = int((records.flatten(1).abs() > largest).any(1).sum())
    if beyond:
        raise ParganError(
            f"holds numbers beyond {largest:.1e} in {beyond} of {len(records)} records, whose squares overflow",
            argument=argument,
            remedy="give the records in another unit",
        )
    return records


def widest_common(*groups: Array | None) -> torch.dtype:
    """float64 if all groups hold as many digits, else float32, in which their equal records are equal."""
    given = [np.asarray(group) if not isinstance(group, Tensor) else group for group in groups if group is not None]
    narrow = ("float32", "float16", "bfloat16")
    return torch.float32 if any(str(group.dtype).removeprefix("torch.") in narrow for group in given) else torch.float64


def quality_records(
    members: np.ndarray,
    nonmembers: np.ndarray,
    reference: Tensor,
    is_halved: bool,
    settings: AuditSettings,
) -> QualityRecords:
    """At most `settings.num_quality` of the records given, copies among them, and the whole reference set.

    With `is_halved` the reference set was taken out of the nonmembers.
    """
    if is_halved:
        nonmembers = nonmembers[set_aside(record_hashes(nonmembers), settings.seed)[1]]

    def few(group: np.ndarray, name: str) -> np.ndarray:
        return group[subset(settings.num_quality, len(group), derive(settings.seed, f"quality {name}"))]

    return QualityRecords(few(members, "members"), few(nonmembers, "nonmembers"), reference.cpu().numpy())


def _labels(pools: Mapping[str, Pool], kept: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The fields of `AttackRecords` that hold classes, of the records kept; none where a group has no classes."""
    members, nonmembers = pools["members"].labels, pools["nonmembers"].labels
    if members is None or nonmembers is None:
        return {}
    return {
        "member_labels": members[kept["members"]],
        "nonmember_labels": nonmembers[kept["nonmembers"]],
        "label_names": pools["members"].label_names,
    }


def _refuse_overlap(hashes: Mapping[str, np.ndarray]) -> None:
    for (first_name, first), (second_name, second) in combinations(hashes.items(), 2):
        shared, in_first, in_second = np.intersect1d(first, second, return_indices=True)
        if len(shared):
            earliest = int(in_first.argmin())
            # Dropped from one group only, records that occur often would be left in the other one.
            remedy = f"drop them from {second_name}" if second_name == "reference" else "drop them from both"
            raise ParganError(
                f"and {second_name} share {counted(len(shared), 'record')} (the first is number {in_first[earliest]} "
                f"of {first_name} and {in_second[earliest]} of {second_name}, counted from 0)",
                argument=first_name,
                remedy=remedy,
            )

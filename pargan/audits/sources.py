"""Groups of an audit given as DataFrames or as files, read as the command reads them. Legend: N records of a group."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from pargan.audits.groups import Array, set_aside
from pargan.data.sources.groups import GENERATED, read_groups
from pargan.data.sources.tables.schema import TableOptions
from pargan.data.sources.tables.source import table_groups
from pargan.errors import ParganError, ParganWarning
from pargan.records.pool import Pool, QualityRecords
from pargan.seeding import derive, subset

Group: TypeAlias = Array | pd.DataFrame | str | Path
"""What a group of records may be given as."""


def read_sources(given: Mapping[str, Any]) -> dict[str, Pool] | None:
    """Pools of the groups by argument, in the format of the real ones; None where the groups are arrays.

    Warns of what generated records hold and no real one does.

    Args:
        given: by argument of `audit`: target, members, nonmembers, reference; None where there is none. The target may
            be a network beside files.

    Raises:
        ParganError: groups of several kinds, files that are missing or differ, or columns that cannot be used.
    """
    groups = {name: group for name, group in given.items() if group is not None}
    frames = {name: group for name, group in groups.items() if isinstance(group, pd.DataFrame)}
    paths = {name: str(group) for name, group in groups.items() if isinstance(group, str | Path)}
    if frames:
        _refuse_others(
            groups, frames, "DataFrame", "give generated rows and all groups as DataFrames with the same columns"
        )
        pools = table_groups(frames, TableOptions(), generated=("target",))
    elif paths:
        records = {name: group for name, group in groups.items() if name != "target" or hasattr(group, "__len__")}
        _refuse_others(records, paths, "path", "give generated records and all groups as paths of files of one kind")
        pools = _read_files(paths)
    else:
        return None
    for note in pools["target"].notes if "target" in pools else ():
        warnings.warn(f"target: {note}", ParganWarning, stacklevel=3)
    return pools


def quality_records_of(
    pools: Mapping[str, Pool], groups: Mapping[str, np.ndarray], size: int, seed: int
) -> QualityRecords:
    """At most `size` members and nonmembers, for the quality; the reference set whole, as it is in training.

    Args:
        pools: members, nonmembers, and the reference set where it is not half of the nonmembers.
        groups: (N, *shape) the records of each in model space.
        size: records of a group, at most.
        seed: of the audit.
    """
    index = {name: np.arange(len(group)) for name, group in groups.items()}
    source = {"members": "members", "nonmembers": "nonmembers", "reference": "reference"}
    if "reference" not in pools:
        index["reference"], index["nonmembers"] = set_aside(pools["nonmembers"].hashes(), seed)
        source["reference"] = "nonmembers"
    for name in ("members", "nonmembers"):
        index[name] = index[name][subset(size, len(index[name]), derive(seed, f"quality {name}"))]
    labels = {name: pools[origin].labels for name, origin in source.items()}
    return QualityRecords(
        *(groups[origin][index[name]] for name, origin in source.items()),
        *(None if known is None else known[index[name]] for name, known in labels.items()),
    )


def reading_notes(pools: Mapping[str, Pool]) -> list[str]:
    """The notes of the sources, each once, with the groups that it is about."""
    notes = dict.fromkeys(note for pool in pools.values() for note in pool.notes)
    return [f"{', '.join(name for name, pool in pools.items() if note in pool.notes)}: {note}" for note in notes]


def _read_files(paths: Mapping[str, str]) -> dict[str, Pool]:
    try:
        pools = read_groups({GENERATED if name == "target" else name: path for name, path in paths.items()})
    except ParganError as error:
        if error.argument != GENERATED:
            raise
        value = {"value": error.value} if error.has_value else {}
        raise ParganError(error.problem, argument="target", remedy=error.remedy, **value) from error
    return {"target" if name == GENERATED else name: pool for name, pool in pools.items()}


def _refuse_others(groups: Mapping[str, Any], of_kind: Mapping[str, Any], kind: str, remedy: str) -> None:
    if len(of_kind) < len(groups):
        other = next(name for name in groups if name not in of_kind)
        raise ParganError(
            f"is not a {kind}, but {next(iter(of_kind))} is one", argument=other, remedy=f"{remedy}, or all as arrays"
        )

"""DataFrames as groups of an audit, read by one schema. Legend: N rows, width of a row in model space."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pargan.data.sources.table_schema import TableOptions
from pargan.data.sources.tables import table_groups
from pargan.errors import ParganError, ParganWarning
from pargan.records.pool import Quality
from pargan.records.spec import RecordSpec


@dataclass(frozen=True)
class Frames:
    """Groups in model space.

    Attributes:
        groups: by argument of `audit`: (N, width) float32.
        spec: their record format.
        quality: the measure for tables.
        identities: by argument: (N,) hashes of the rows.
    """

    groups: Mapping[str, np.ndarray]
    spec: RecordSpec
    quality: Quality
    identities: Mapping[str, np.ndarray]


def read_frames(given: Mapping[str, Any]) -> Frames | None:
    """Groups from DataFrames, whose schema is that of the real ones; None if there is no DataFrame.

    Warns of what generated rows hold and no real one does.

    Args:
        given: by argument of `audit`: target, members, nonmembers, reference; None where there is none.

    Raises:
        ParganError: some groups are DataFrames and others are not, or columns that cannot be used.
    """
    tables = {name: group for name, group in given.items() if group is not None}
    frames = {name: group for name, group in tables.items() if isinstance(group, pd.DataFrame)}
    if not frames:
        return None
    if len(frames) < len(tables):
        other = next(name for name in tables if name not in frames)
        raise ParganError(
            f"is not a DataFrame, but {next(iter(frames))} is one",
            argument=other,
            remedy="give generated rows and all groups as DataFrames with the same columns, or all as arrays",
        )
    pools = table_groups(frames, TableOptions(), generated=("target",))
    for note in pools["target"].notes:
        warnings.warn(f"target: {note}", ParganWarning, stacklevel=3)
    return Frames(
        {name: pool.take(np.arange(len(pool))) for name, pool in pools.items()},
        pools["members"].spec,
        pools["members"].quality,
        {name: pool.hashes() for name, pool in pools.items()},
    )

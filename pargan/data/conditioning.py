"""What networks are told of the records of a pool: the choices of `conditioning=`.

Legend: N records in the pool, c categories, *shape of one record.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Self, TypeAlias

import numpy as np
import torch
from torch import Tensor

from pargan.data.membership import Membership
from pargan.errors import ParganError
from pargan.records.categories import Categorical
from pargan.records.conditioning import UNCONDITIONAL, Categories, ClassCondition, ColumnCondition, Conditioning
from pargan.records.pool import Pool, record_hashes
from pargan.records.tables import TableSpec


@dataclass(frozen=True, eq=False)
class PoolConditions:
    """The condition of every record of a pool.

    Attributes:
        conditioning: what the networks are told.
        codes: (N,) int64, position of each record's category in `conditioning.categories`; None without a condition.
    """

    conditioning: Conditioning = UNCONDITIONAL
    codes: np.ndarray | None = None

    def rows(self, members: np.ndarray, device: torch.device | None = None) -> Callable[[Tensor], Tensor] | None:
        """Positions (K, B) among the members -> their conditions (K, B, c) on a device; None without a condition."""
        if self.codes is None:
            return None
        return partial(_rows, torch.eye(self.conditioning.size).to(device), torch.from_numpy(self.codes[members]))

    def lookup(self, pool: Pool, membership: Membership) -> "ConditionLookup":
        """The conditions of the run's records, by their content; of equal ones a member's."""
        index = np.concatenate([membership.members, membership.nonmembers, membership.reference])
        codes = np.zeros(0, np.int64) if self.codes is None else self.codes[index]
        return ConditionLookup(self.conditioning, lambda: pool.take(index), codes)


def _rows(indicators: Tensor, codes: Tensor, positions: Tensor) -> Tensor:
    return indicators[codes[positions].to(indicators.device)]


Scheme: TypeAlias = Callable[[Pool, Membership], PoolConditions]
"""Decides what networks are told of a pool's records."""


def unconditional(pool: Pool, membership: Membership) -> PoolConditions:
    """Tell the networks nothing: the published method."""
    return PoolConditions()


def by_class(pool: Pool, membership: Membership) -> PoolConditions:
    """Tell the networks the class of a record, by the labels of the pool; points and images.

    Raises:
        ParganError: the pool has no labels, or is a table, whose label is a column.
    """
    if isinstance(pool.spec, TableSpec):
        raise ParganError(
            "is for points and images, and a class of a table is one of its columns",
            argument="conditioning",
            value="by_class",
            remedy="give conditioning=by_column and conditioning.column=... instead",
        )
    if pool.labels is None:
        raise ParganError(
            "needs the class of every record, and this data set has no labels",
            argument="conditioning",
            value="by_class",
            remedy="add labels to the data, or give conditioning=none",
        )
    classes, codes = np.unique(pool.labels, return_inverse=True)
    names = label_texts(pool, classes)
    return _conditions(ClassCondition, "label", names, codes.reshape(-1).astype(np.int64), membership)


def label_texts(pool: Pool, labels: np.ndarray) -> list[str]:
    """(N,) labels of a pool -> what users call these classes."""
    return [str(label) if pool.label_names is None else pool.label_names[label] for label in labels.tolist()]


def by_column(pool: Pool, membership: Membership, column: str | None = None) -> PoolConditions:
    """Tell the networks a column of a table, which the generator is then given and does not generate.

    Args:
        pool: of a table.
        membership: who is a member.
        column: name of a column of categories, or of yes and no.

    Raises:
        ParganError: the records are not rows of a table, or it has no such column.
    """
    if not isinstance(pool.spec, TableSpec):
        raise ParganError(
            f"is for tables, and the records are of kind {pool.spec.kind}",
            argument="conditioning",
            value="by_column",
            remedy="give conditioning=by_class, or conditioning=none",
        )
    fitting = [each.name for each in pool.spec.columns if isinstance(each, Categorical)]
    known = f"choose one of {', '.join(fitting)}" if fitting else "give conditioning=none: there is no such column"
    if column is None:
        raise ParganError("is missing", argument="column", remedy=f"{known}, with conditioning.column=NAME")
    found = [place for place in zip(pool.spec.columns, pool.spec.blocks, strict=True) if place[0].name == column]
    if not found or not isinstance(found[0][0], Categorical):
        problem = "is not a column of the table" if not found else f"is a column of type {found[0][0].type}"
        raise ParganError(
            f"{problem}, and a condition is a column of categories", argument="column", value=column, remedy=known
        )
    chosen, block = found[0]
    names = chosen.text(chosen.decode(np.eye(chosen.width, dtype=np.float32)))
    codes = pool.take(np.arange(len(pool)))[:, block].argmax(axis=1)
    return _conditions(ColumnCondition, column, names, codes.astype(np.int64), membership, start=block.start)


def _conditions(
    kind: type[Categories], name: str, categories: list[str], codes: np.ndarray, membership: Membership, **more: int
) -> PoolConditions:
    """Categories as frequent as in the reference set, among those that members have.

    The members' own frequencies would say in every release how many members each category has, to the last one.
    """
    size = len(categories)
    members, reference = (
        np.bincount(codes[group], minlength=size) for group in (membership.members, membership.reference)
    )
    counts = np.where(members > 0, reference, 0)
    if not counts.any():  # the reference set has other categories
        counts = members > 0
    return PoolConditions(
        kind(
            name,
            tuple(categories),
            tuple((counts / counts.sum()).tolist()),
            tuple(category for category, count in zip(categories, members, strict=True) if not count),
            **more,
        ),
        codes,
    )


class ConditionLookup:
    """The conditions of records by their content: (N, *shape) -> (N, c), or None without a condition.

    An attacker knows the class of a record under attack. Attacks are handed records alone, in random order.

    Args:
        conditioning: what the networks are told.
        take: returns the (M, *shape) records whose class is known; called once, when it is needed.
        codes: (M,) positions of their categories in `conditioning.categories`, -1 for one that is not among them. Of
            equal records the first one's counts.
    """

    def __init__(self, conditioning: Conditioning, take: Callable[[], np.ndarray], codes: np.ndarray) -> None:
        self._conditioning = conditioning
        self._take = take
        self._all_codes = codes

    @classmethod
    def of_pools(cls, conditioning: Conditioning, pools: Mapping[str, Pool]) -> Self | None:
        """That of all records of some pools, as their labels say; None where a pool has none, or no class is told."""
        if not isinstance(conditioning, ClassCondition):
            return None
        places = {name: code for code, name in enumerate(conditioning.categories)}
        codes = []
        for pool in pools.values():
            if pool.labels is None:
                return None
            codes.append([places.get(name, -1) for name in label_texts(pool, pool.labels)])
        return cls(
            conditioning,
            lambda: np.concatenate([pool.take(np.arange(len(pool))) for pool in pools.values()]),
            np.concatenate(codes).astype(np.int64),
        )

    def __call__(self, records: Tensor) -> Tensor | None:
        """The conditions of these records, on their device.

        Raises:
            ParganError: another record, or one of a class that the networks were not told of.
        """
        if not isinstance(self._conditioning, ClassCondition):
            return self._conditioning.of_records(records)
        codes = [self._codes.get(bytes(each), -1) for each in record_hashes(records.cpu().numpy())]
        if -1 in codes:
            raise ParganError(
                f'holds a record whose "{self._conditioning.name}" is not known',
                argument="records",
                remedy="give records whose class is one of " + ", ".join(self._conditioning.categories),
            )
        condition = self._conditioning.indicators(np.array(codes))
        assert condition is not None
        return condition.to(records.device)

    @cached_property
    def _codes(self) -> dict[bytes, int]:
        """Hash -> code."""
        hashes = record_hashes(self._take())
        return dict(zip(map(bytes, hashes[::-1]), self._all_codes[::-1].tolist(), strict=True))

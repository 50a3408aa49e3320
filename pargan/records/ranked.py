"""Columns of numbers and times encoded by ranks, with the values that many records share as categories.

Legend: N rows. A mode is a category beside the number: "another value", each frequent value, and "missing".
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from pargan.records.column import Column, draw_category
from pargan.records.missing import WithMissing, is_missing, with_gaps, without_missing
from pargan.records.ranks import SUPPORT, Ranks, choose_knots
from pargan.records.tails import continued_tails

FREQUENT = 0.05  # share of the records, or of those without such a value, from which on a value is a category
ENOUGH = 20  # records with a value, from which on its share of those makes it a category
FEW = 20  # different values up to which each is a category
OTHER = 0  # the mode of all other values


@dataclass(frozen=True)
class Ranked:
    """A number or time by the normal score of its rank, which hides neither tails nor values that many records have.

    In model space: the score in [-1, 1], then, where a value is frequent or missing, indicators of the modes: another
    value, each frequent value, missing. The score of a frequent value is its place between the others, so that the
    order of all values is kept; that of a missing one is 0.

    Attributes:
        column: of the values, with their range.
        knots: values in the notation of the file, ascending, between which ranks are interpolated. Values beyond the
            first and the last count as these. Several records stand behind each, and the tails go on beyond these as
            their distances suggest: an extreme value belongs to somebody.
        levels: two for each knot: the share of values below it, and up to it.
        frequent: values that are modes, in the notation of the file, ascending.
    """

    column: Column
    knots: tuple[str, ...]
    levels: tuple[float, ...]
    frequent: tuple[str, ...] = ()
    is_number: ClassVar[bool] = True
    first_indicator: ClassVar[int] = 1

    @classmethod
    def fit(cls, column: Column, values: np.ndarray) -> Self:
        """Fit to (N,) values of a column, missing ones among them."""
        base = without_missing(column)
        absent = is_missing(values)
        places = base.places(column.present(values, absent) if isinstance(column, WithMissing) else values)
        distinct, counts = np.unique(places, return_counts=True)
        is_frequent = are_frequent(counts)
        rest = places[~np.isin(places, distinct[is_frequent])]
        frequent = _texts(base, distinct[is_frequent])
        # Rounded as the file is, so that they are the same when they are read from a schema.
        knots = np.unique(_places(base, _texts(base, np.concatenate([choose_knots(rest), distinct[is_frequent]]))))
        if len(knots) < 2:
            knots = np.unique(np.concatenate([[-1.0], knots, [1.0]]))
        else:
            knots, rest = continued_tails(rest, knots)
            knots = np.unique(_places(base, _texts(base, knots)))
        texts = dict(zip(base.text(base.values_at(knots)), knots, strict=True))  # the range may be rounded to one text
        ranks = Ranks.fit(np.array(list(texts.values())), rest)
        return cls(column, tuple(texts), ranks.levels, tuple(frequent))

    def __post_init__(self) -> None:
        self._ranks  # noqa: B018  raises ValueError where knots and levels do not fit

    @property
    def type(self) -> str:
        """That of the values."""
        return self.column.type

    @property
    def name(self) -> str:
        """Name in the user's table."""
        return self.column.name

    @property
    def has_missing(self) -> bool:
        """Whether values may be missing."""
        return isinstance(self.column, WithMissing)

    @property
    def width(self) -> int:
        """The score and, where there is more than one, the modes."""
        modes = 1 + len(self.frequent) + self.has_missing
        return 1 + (modes if modes > 1 else 0)

    @property
    def scales(self) -> np.ndarray:
        """As without modes: values are at most 1 apart; a missing one is as far, (1/2)^2 in score and 3/4 by its mode.

        A frequent value differs from others by its score.
        """
        scales = np.zeros(self.width, np.float32)
        scales[0] = 0.5
        if self.has_missing:
            scales[-1] = 0.75**0.5
        return scales

    @property
    def _base(self) -> Any:
        return without_missing(self.column)

    @cached_property
    def _ranks(self) -> Ranks:
        return Ranks(tuple(_places(self._base, self.knots).tolist()), self.levels)

    @cached_property
    def _frequent_values(self) -> np.ndarray:
        return np.asarray(self._base.parse(list(self.frequent))[0])

    @cached_property
    def _mode_scores(self) -> np.ndarray:
        """(modes - 1,) scores of the frequent values, and 0 for a missing one."""
        scores = self._ranks.forward(self._base.places(self._frequent_values)) if self.frequent else np.zeros(0)
        return np.concatenate([scores, np.zeros(int(self.has_missing))]).astype(np.float32)

    @property
    def is_clipped(self) -> bool:
        """Whether an end of the range, which a single record may have, is left out."""
        low, high = _places(self._base, [self.knots[0], self.knots[-1]])
        return bool(low > -1 or high < 1)

    def published(self) -> Self:
        """The same encoding without the ends of the range of the real records: from the first knot to the last."""
        base = self._base
        low, high = base.parse([self.knots[0], self.knots[-1]])[0].astype(base.values_at(np.zeros(1)).dtype)
        narrow = replace(base, low=type(base.low)(low), high=type(base.high)(high))
        column = replace(self.column, column=narrow) if isinstance(self.column, WithMissing) else narrow
        return replace(self, column=column)

    def parse(self, cells: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """As the column of the values."""
        return self.column.parse(cells)

    def deviations(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """As the column of the values."""
        return self.column.deviations(values)

    def canonical(self, values: np.ndarray) -> list[str]:
        """As the column of the values."""
        return self.column.canonical(values)

    def encode(self, values: np.ndarray) -> np.ndarray:
        """(N,) -> (N, width) float32."""
        absent = is_missing(values)
        block = np.zeros((len(values), self.width), dtype=np.float32)
        present = self.column.present(values, absent) if isinstance(self.column, WithMissing) else values
        places = self._base.places(present)
        block[~absent, 0] = self._ranks.forward(places)
        if self.width == 1:
            return block
        modes = np.full(len(values), self.width - 2)
        modes[~absent] = OTHER
        if self.frequent:
            known = self._base.places(self._frequent_values)
            i = np.clip(np.searchsorted(known, places), 0, len(known) - 1)
            modes[~absent] = np.where(known[i] == places, 1 + i, OTHER)
        block[np.arange(len(values)), 1 + modes] = 1
        return block

    def decode(self, block: np.ndarray) -> np.ndarray:
        """(N, width) -> (N,): the value of the largest mode, in the fitted range and rounded as the file is."""
        modes = block[:, 1:].argmax(axis=1) if self.width > 1 else np.full(len(block), OTHER)
        values = self._base.values_at(self._ranks.inverse(block[:, 0].astype(np.float64)))
        for mode, value in enumerate(self._frequent_values, start=1):
            values[modes == mode] = value
        if not self.has_missing:
            return np.asarray(values)
        absent = modes == self.width - 2
        return with_gaps(values[~absent], absent)

    def activation(self, block: Tensor) -> Tensor:
        """Scores by tanh, modes by relaxed draws; the score of a frequent or missing value is that of real records."""
        score = torch.tanh(block[..., :1])
        if self.width == 1:
            return score
        indicators = draw_category(block[..., 1:])
        of_modes = torch.as_tensor(self._mode_scores, dtype=block.dtype, device=block.device)
        score = score * indicators[..., :1] + (indicators[..., 1:] * of_modes).sum(-1, keepdim=True)
        return torch.cat([score, indicators], dim=-1)

    def text(self, values: np.ndarray) -> list[str]:
        """As the column of the values."""
        return self.column.text(values)

    def numbers(self, values: np.ndarray) -> np.ndarray:
        """As the column of the values."""
        return self.column.numbers(values)

    def describe(self) -> str:
        """As the column of the values."""
        return self.column.describe()

    def to_dict(self) -> dict[str, Any]:
        """That of the values, with `normal_scores`."""
        ranks = {"frequent": list(self.frequent), "knots": list(self.knots), "levels": list(self.levels)}
        return {**self.column.to_dict(), "normal_scores": ranks}

    @classmethod
    def from_dict(cls, column: Column, ranks: dict[str, Any]) -> Self:
        """The inverse of `to_dict`, from the column of the values; TypeError or ValueError if it does not fit."""
        return cls(column, **{name: tuple(values) for name, values in ranks.items()})


def are_frequent(counts: np.ndarray) -> np.ndarray:
    """How many records have each value (V,) -> (V,) bool: whether it is a category.

    Where most records have one value, such as no capital gain, a value that is frequent among the others is one too:
    many records with exactly the same sum have something else in common.
    """
    if len(counts) <= FEW:
        return np.asarray(counts >= SUPPORT)
    frequent = counts >= max(SUPPORT, FREQUENT * counts.sum())
    return np.asarray(frequent | (counts >= max(ENOUGH, FREQUENT * counts[~frequent].sum())))


def _texts(column: Any, places: np.ndarray) -> list[str]:
    """Places as values in the notation of the file, each once."""
    return list(dict.fromkeys(column.text(column.values_at(places)))) if len(places) else []


def _places(column: Any, texts: Sequence[str]) -> np.ndarray:
    values, readable = column.parse(list(texts))
    if not np.all(readable):
        raise ValueError("knots and frequent values must be values of the column")
    return np.asarray(column.places(values), dtype=np.float64)

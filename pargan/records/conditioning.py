"""What generator and discriminators are told of a record beside it: its class, or its category in a column of a table.

The class is told as in the conditional GAN (Mirza and Osindero 2014, arXiv 1411.1784): one-hot indicators beside the
latents, and beside the records that a discriminator judges.

Legend: K partitions, B records of each, c categories, *shape of one record in model space.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from pargan.errors import ParganError, counted
from pargan.records.asked_categories import Where, asked_shares


@dataclass(frozen=True)
class Conditioning:
    """No condition, and the interface of those that there are; `conditioning=none`. Immutable and picklable."""

    size: ClassVar[int] = 0
    """c, numbers beside a latent."""

    size_beside: ClassVar[int] = 0
    """Numbers, or channels of an image, beside a record that a discriminator judges; 0 where the record holds them."""

    def tell_latents(self, latents: Tensor, condition: Tensor | None) -> Tensor:
        """What the generator takes: (..., latent_dim), (..., c) -> (..., latent_dim + c)."""
        return latents

    def fill(self, records: Tensor, condition: Tensor | None) -> Tensor:
        """Generated records with what is given and not generated: (..., *shape), (..., c) -> (..., *shape)."""
        return records

    def tell_records(self, records: Tensor, condition: Tensor | None) -> Tensor:
        """What a discriminator takes: (..., *shape), (..., c) -> (..., *shape with the condition in its first axis)."""
        return records

    def record_slopes(self, gradients: Tensor) -> Tensor:
        """The part of gradients at `tell_records`, (K, n, ...), that is not at the condition, which never varies."""
        return gradients

    def of_records(self, records: Tensor) -> Tensor | None:
        """The condition that records (N, *shape) hold themselves, (N, c).

        Raises:
            ParganError: they do not hold it.
        """
        return None

    def indicators(self, codes: np.ndarray | None) -> Tensor | None:
        """(N,) codes of categories -> (N, c) float32, a single 1 in each row; None without a condition."""
        return None

    def draw(self, num: int, seed: int) -> np.ndarray | None:
        """(num,) codes of categories as frequent as in the data; None without a condition."""
        return None

    def labels(self, codes: np.ndarray | None) -> np.ndarray | None:
        """(N,) codes -> the (N,) classes that are written beside records; None where the records hold them."""
        return None

    def shares(self, where: Where | None, balanced: bool = False) -> np.ndarray | None:
        """(c,) shares of the categories that a user asks for; None: as frequent as in the data.

        Args:
            where: what is asked for, or None.
            balanced: all categories that the generator has learnt, equally often.

        Raises:
            ParganError: something is asked for that was not learnt, or both arguments are given.
        """
        for name, value in (("where", where), ("balanced", balanced or None)):
            if value is not None:
                raise ParganError(
                    "asks for a condition, and the generator was trained without one",
                    argument=name,
                    value=value,
                    remedy="train with conditioning=by_class or conditioning=by_column",
                )
        return None

    def to_dict(self) -> dict[str, Any] | None:
        """JSON-ready; `conditioning_from_dict` is the inverse."""
        return None


UNCONDITIONAL = Conditioning()


@dataclass(frozen=True)
class Categories(Conditioning):
    """One of c categories. Base of `ClassCondition` and `ColumnCondition`.

    Attributes:
        name: by which users ask for a category.
        categories: texts, in the order of their indicators.
        frequencies: (c,) how often each is generated where none is asked for; 0 for some, with sum 1.
        not_learnt: categories that no member has: the generator has never been asked for them.
    """

    name: str
    categories: tuple[str, ...]
    frequencies: tuple[float, ...]
    not_learnt: tuple[str, ...] = ()

    @property
    def size(self) -> int:  # type: ignore[override]
        """c."""
        return len(self.categories)

    @property
    def learnt(self) -> list[str]:
        """The categories that can be asked for."""
        return [category for category in self.categories if category not in self.not_learnt]

    def tell_latents(self, latents: Tensor, condition: Tensor | None) -> Tensor:
        """(..., latent_dim), (..., c) -> (..., latent_dim + c)."""
        return torch.cat([latents, self._required(condition)], -1)

    def indicators(self, codes: np.ndarray | None) -> Tensor | None:
        """(N,) -> (N, c)."""
        assert codes is not None
        return torch.eye(self.size)[torch.as_tensor(codes)]

    def draw(self, num: int, seed: int) -> np.ndarray | None:
        """(num,) int64, drawn from `frequencies`; equal seeds, equal codes."""
        return np.random.default_rng(seed).choice(self.size, num, p=self.frequencies)

    def shares(self, where: Where | None, balanced: bool = False) -> np.ndarray | None:
        """(c,) weights, 0 or more; see the base."""
        return asked_shares(self.name, self.categories, self.learnt, where, balanced)

    def to_dict(self) -> dict[str, Any] | None:
        """JSON-ready, with the class's name in lower case as `kind`."""
        return {"kind": KINDS[type(self)], **asdict(self)}

    def _required(self, condition: Tensor | None) -> Tensor:
        if condition is None or condition.shape[-1] != self.size:
            found = (
                "is missing" if condition is None else f"has {counted(condition.shape[-1], 'number')} for each record"
            )
            raise ParganError(
                f'{found}, and the networks are told "{self.name}" in {self.size}',
                argument="condition",
                remedy="give the condition of every record, as PartitionDataModule(..., conditioning=...) does",
            )
        return condition


@dataclass(frozen=True)
class ClassCondition(Categories):
    """The class of a record, which stands beside it: `conditioning=by_class`, for points and images.

    A discriminator of points gets the indicators as further coordinates, one of images as further channels, each 0 or 1
    in all pixels; one that takes its records flat, behind the pixels.
    """

    @property
    def size_beside(self) -> int:  # type: ignore[override]
        """c."""
        return self.size

    def tell_records(self, records: Tensor, condition: Tensor | None) -> Tensor:
        """(..., d, *rest), (..., c) -> (..., d + c, *rest)."""
        known = self._required(condition).to(records.device)
        rest = records.shape[known.dim() :]
        known = known[(..., *(None for _ in rest))].expand(*known.shape, *rest)
        return torch.cat([records, known], -1 - len(rest))

    def record_slopes(self, gradients: Tensor) -> Tensor:
        """(K, n, d + c, *rest) -> (K, n, d, *rest)."""
        return gradients[:, :, : -self.size]

    def labels(self, codes: np.ndarray | None) -> np.ndarray | None:
        """(N,) int64 where all classes are whole numbers, else text."""
        names = np.array(self.categories)
        numbers = all(name.removeprefix("-").isdecimal() and str(int(name)) == name for name in self.categories)
        return (names.astype(np.int64) if numbers else names)[codes]

    def of_records(self, records: Tensor) -> Tensor | None:
        """Refused: a record does not show its class."""
        raise ParganError(
            f'are judged under their "{self.name}", which is not known of these',
            argument="records",
            remedy="attack the run itself, with attack.py run=... or pargan.audits.audit_module; target=release "
            "takes files with classes, which are folders of images or labels in an .npz file",
        )


@dataclass(frozen=True)
class ColumnCondition(Categories):
    """The category of a column of a table, which is part of the record: `conditioning=by_column`.

    The column is given, not generated: the generator's output for it is replaced by the indicators asked for, so that
    a generated row always has the category that was asked for. A discriminator sees the column in the record.

    Attributes:
        start: position of the column's first indicator in a record.
    """

    start: int = 0

    def fill(self, records: Tensor, condition: Tensor | None) -> Tensor:
        """(..., width), (..., c) -> (..., width)."""
        given = self._required(condition)
        return torch.cat([records[..., : self.start], given, records[..., self.start + self.size :]], -1)

    def record_slopes(self, gradients: Tensor) -> Tensor:
        """(K, n, width) -> (K, n, width - c)."""
        return torch.cat([gradients[..., : self.start], gradients[..., self.start + self.size :]], -1)

    def of_records(self, records: Tensor) -> Tensor | None:
        """(N, width) -> (N, c)."""
        return records[:, self.start : self.start + self.size]


KINDS: dict[type[Categories], str] = {ClassCondition: "class", ColumnCondition: "column"}


def conditioning_from_dict(fields: Mapping[str, Any] | None) -> Conditioning:
    """The inverse of `Conditioning.to_dict`.

    Raises:
        KeyError, TypeError, ValueError: fields that do not fit.
    """
    if fields is None:
        return UNCONDITIONAL
    given = dict(fields)
    kind = {name: kind for kind, name in KINDS.items()}[given.pop("kind")]
    given |= {name: tuple(given[name]) for name in ("categories", "frequencies", "not_learnt")}
    made = kind(**given)
    if len(made.frequencies) != made.size or not np.isclose(sum(made.frequencies), 1):
        raise ValueError("frequencies of categories must be as many as these, with sum 1")
    return made

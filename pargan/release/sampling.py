"""Generated records in a file: as many as asked for, with a count of copies. Legend: *shape of one record."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import nn

from pargan.errors import ParganError
from pargan.io.progress import progress_bar
from pargan.records.asked_categories import Where
from pargan.records.conditioning import UNCONDITIONAL, Conditioning
from pargan.records.spec import RecordSpec
from pargan.release.copies import KnownRecords
from pargan.release.streaming import Drawn, stream
from pargan.release.write_records import check_output, write_records

MOST_COPIES = 50
"""Batches in a row without a single new record, after which dropping copies is given up."""

BATCH = 5000
"""Records held in memory, unless it is said how many."""

MEMBERS = "members"
"""The group of known records whose copies are dropped."""


class OnlyCopiesError(ParganError):
    """A generator that returns nothing but members' records, where these were to be left out."""


@dataclass(frozen=True)
class Generator:
    """A trained generator, and what is needed to draw records from it.

    Attributes:
        network: (B, latent_dim) -> (B, *shape).
        spec: the record format.
        latent_dim: size of a latent; latents are standard normal.
        conditioning: what the generator is told beside a latent.
    """

    network: nn.Module
    spec: RecordSpec
    latent_dim: int

    conditioning: Conditioning = UNCONDITIONAL

    def batches(
        self, num: int, seed: int, batch_size: int = BATCH, where: Where | None = None, balanced: bool = False
    ) -> Iterator[np.ndarray]:
        """`num` records in model space, in batches of at most `batch_size`; equal seeds give equal records.

        Args:
            num: records.
            seed: of latents and conditions.
            batch_size: records of a batch.
            where: the condition, where the generator was trained with one, {"label": 3}; or shares of several,
                {"label": {"3": 0.2, "7": 0.8}}, which come in turn and whose counts are exact.
            balanced: every category equally often. By default categories are drawn, as frequent as in the data.

        Raises:
            ParganError: `num` or `batch_size` is below 1, or `where` asks for what the generator has not learnt.
        """
        for drawn in self._drawn(num, seed, batch_size, self.conditioning.shares(where, balanced)):
            yield drawn.records

    def _drawn(self, num: int, seed: int, batch_size: int, shares: np.ndarray | None) -> Iterator[Drawn]:
        left = num
        batches = self._stream(num, seed, batch_size, shares)
        while left > 0:
            batch = next(batches).part(0, left)
            left -= len(batch.records)
            yield batch

    def _stream(self, num: int, seed: int, batch_size: int, shares: np.ndarray | None) -> Iterator[Drawn]:
        for name, value in (("num", num), ("batch_size", batch_size)):
            if value < 1:
                raise ParganError("generates nothing", argument=name, value=value, remedy="give 1 or more")
        size = min(num, batch_size)
        return stream(self.network, self.spec, self.latent_dim, seed, size, self.conditioning, shares)

    def write(
        self,
        path: Path,
        num: int,
        seed: int,
        *,
        known: KnownRecords | None = None,
        drop_copies: bool = False,
        batch_size: int = BATCH,
        where: Where | None = None,
        balanced: bool = False,
    ) -> None:
        """Write `num` records to a new file or folder, in memory that does not grow with `num`; shows a progress bar.

        Args:
            path: .csv for tables, .npz for points and images, or a folder for images.
            num: records to write.
            seed: equal seeds give equal records, whatever the batch size; a larger `num` continues a smaller one.
            known: real records, whose copies among the generated ones are counted.
            drop_copies: leave out exact copies of the group `members` of `known`; others are generated instead.
            batch_size: records held in memory.
            where, balanced: as in `batches`. Classes are written beside points and images: as the array `y` of an .npz,
                or as one folder of images for each.

        Raises:
            ParganError: `where` asks for what was not learnt; `path` exists, does not suit the records, or cannot be
                written; a number is below 1; or nothing but copies is generated (`OnlyCopiesError`). Nothing is left
                behind.
        """
        shares = self.conditioning.shares(where, balanced)
        check_output(path, self.spec)
        if drop_copies and shares is not None and np.count_nonzero(shares) > 1:
            raise ParganError(
                "would leave other counts of the categories than those asked for",
                argument="drop_copies",
                value=True,
                remedy="ask for one category at a time, or for none",
            )
        batches = self._without_copies(num, seed, batch_size, known, shares) if drop_copies and known else None
        with (
            write_records(path, self.spec, num) as append,
            progress_bar(f"writing {path.name}", num) as show,
        ):
            written = 0
            for batch in batches or self._drawn(num, seed, batch_size, shares):
                if known is not None and batches is None:
                    known.find(batch.records)
                labels = self.conditioning.labels(batch.codes)
                append(batch.records, *(() if labels is None else (labels,)))
                written += len(batch.records)
                show(written)

    def _without_copies(
        self, num: int, seed: int, batch_size: int, known: KnownRecords, shares: np.ndarray | None
    ) -> Iterator[Drawn]:
        left, in_a_row = num, 0
        for batch in self._stream(num, seed, batch_size, shares):
            new = batch.only(~known.find(batch.records)[MEMBERS]).part(0, left)
            left -= len(new.records)
            in_a_row = 0 if len(new.records) else in_a_row + 1
            if in_a_row == MOST_COPIES:
                raise OnlyCopiesError(
                    f"leaves {num - left} of {num} records: all others equal a member",
                    argument="drop_copies",
                    value=True,
                    remedy="give drop_copies=False, or a smaller num",
                )
            if len(new.records):
                yield new
            if not left:
                return

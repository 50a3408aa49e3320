"""Generated records in a file: as many as asked for, with a count of copies. Legend: *shape of one record."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import nn

from pargan.errors import ParganError
from pargan.io.progress import progress_bar
from pargan.records.spec import RecordSpec
from pargan.release.copies import KnownRecords
from pargan.release.streaming import stream
from pargan.release.write_records import check_output, write_records

MOST_COPIES = 50
"""Batches in a row without a single new record, after which dropping copies is given up."""

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
    """

    network: nn.Module
    spec: RecordSpec
    latent_dim: int

    def batches(self, num: int, seed: int, batch_size: int = 5000) -> Iterator[np.ndarray]:
        """`num` records in model space, in batches of at most `batch_size`; equal seeds give equal records.

        Raises:
            ParganError: `num` or `batch_size` is below 1.
        """
        for name, value in (("num", num), ("batch_size", batch_size)):
            if value < 1:
                raise ParganError("generates nothing", argument=name, value=value, remedy="give 1 or more")
        drawn = stream(self.network, self.spec, self.latent_dim, seed, min(num, batch_size))
        left = num
        while left > 0:
            batch = next(drawn)[:left]
            left -= len(batch)
            yield batch

    def write(
        self,
        path: Path,
        num: int,
        seed: int,
        *,
        known: KnownRecords | None = None,
        drop_copies: bool = False,
        batch_size: int = 5000,
    ) -> None:
        """Write `num` records to a new file or folder, in memory that does not grow with `num`; shows a progress bar.

        Args:
            path: .csv for tables, .npz for points and images, or a folder for images.
            num: records to write.
            seed: equal seeds give equal records, whatever the batch size; a larger `num` continues a smaller one.
            known: real records, whose copies among the generated ones are counted.
            drop_copies: leave out exact copies of the group `members` of `known`; others are generated instead.
            batch_size: records held in memory.

        Raises:
            ParganError: `path` exists, does not suit the records, or cannot be written; a number is below 1; or nothing
                but copies is generated (`OnlyCopiesError`). Nothing is left behind.
        """
        check_output(path, self.spec)
        batches = self._without_copies(num, seed, batch_size, known) if drop_copies and known else None
        with (
            write_records(path, self.spec, num) as append,
            progress_bar(f"writing {path.name}", num) as show,
        ):
            written = 0
            for batch in batches or self.batches(num, seed, batch_size):
                if known is not None and batches is None:
                    known.find(batch)
                append(batch)
                written += len(batch)
                show(written)

    def _without_copies(self, num: int, seed: int, batch_size: int, known: KnownRecords) -> Iterator[np.ndarray]:
        left, in_a_row = num, 0
        for batch in stream(self.network, self.spec, self.latent_dim, seed, min(num, batch_size)):
            new = batch[~known.find(batch)[MEMBERS]][:left]
            left -= len(new)
            in_a_row = 0 if len(new) else in_a_row + 1
            if in_a_row == MOST_COPIES:
                raise OnlyCopiesError(
                    f"leaves {num - left} of {num} records: all others equal a member",
                    argument="drop_copies",
                    value=True,
                    remedy="give drop_copies=False, or a smaller num",
                )
            if len(new):
                yield new
            if not left:
                return

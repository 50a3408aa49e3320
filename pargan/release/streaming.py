"""Generated records in a stream of constant memory. Legend: *shape of one record in model space."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from torch import nn

from pargan.gan.sampling import draw_latents, evaluating, generate
from pargan.records.asked_categories import in_turn
from pargan.records.conditioning import UNCONDITIONAL, Conditioning
from pargan.records.spec import RecordSpec
from pargan.seeding import derive, seeded

BLOCK = 500
"""Records evaluated at a time, whatever the caller holds: a table's generator draws its categories for a whole block,
and rounding depends on its size too."""


@dataclass(frozen=True)
class Drawn:
    """Generated records (N, *shape) float32 in model space, and the codes (N,) of their categories, or None."""

    records: np.ndarray
    codes: np.ndarray | None

    def part(self, start: int, stop: int | None) -> "Drawn":
        """The records from start to stop."""
        return Drawn(self.records[start:stop], None if self.codes is None else self.codes[start:stop])

    def only(self, chosen: np.ndarray) -> "Drawn":
        """Those that are chosen, (N,) bool."""
        return Drawn(self.records[chosen], None if self.codes is None else self.codes[chosen])

    def joined(self, other: "Drawn") -> "Drawn":
        """These and those after them."""
        codes = None if self.codes is None or other.codes is None else np.concatenate([self.codes, other.codes])
        return Drawn(np.concatenate([self.records, other.records]), codes)


def stream(
    generator: nn.Module,
    spec: RecordSpec,
    latent_dim: int,
    seed: int,
    batch_size: int = 5000,
    conditioning: Conditioning = UNCONDITIONAL,
    shares: np.ndarray | None = None,
) -> Iterator[Drawn]:
    """Endless batches of batch_size records, rounded to records that a user could hold.

    The records depend on the seed only: not on the size of the batches, nor on how many are taken.

    Args:
        generator: (B, latent_dim) -> (B, *shape).
        spec: its record format.
        latent_dim: size of a latent; latents are standard normal.
        seed: equal seeds give equal records on one kind of device.
        batch_size: records of a batch.
        conditioning: what the generator is told.
        shares: (c,) of the categories, which come in turn; None: drawn as frequent as in the data.
    """
    blocks = _blocks(generator, spec, latent_dim, seed, conditioning, shares)
    held = next(blocks)
    while True:
        while len(held.records) < batch_size:
            held = held.joined(next(blocks))
        yield held.part(0, batch_size)
        held = held.part(batch_size, None)


def _blocks(
    generator: nn.Module,
    spec: RecordSpec,
    latent_dim: int,
    seed: int,
    conditioning: Conditioning,
    shares: np.ndarray | None,
) -> Iterator[Drawn]:
    device = next((parameter.device for parameter in generator.parameters()), torch.device("cpu"))
    turns = None if shares is None else in_turn(shares)
    position = 0
    while True:
        if turns is None:
            codes = conditioning.draw(BLOCK, derive(seed, "streamed conditions", position))
        else:
            codes = np.fromiter(islice(turns, BLOCK), np.int64, BLOCK)
        latents = draw_latents(BLOCK, latent_dim, derive(seed, "streamed latents", position)).to(device)
        with evaluating(generator), seeded(derive(seed, "streamed noise", position), device):
            records = generate(generator, latents, conditioning, conditioning.indicators(codes)).cpu().numpy()
        yield Drawn(spec.snap(records), codes)
        position += 1

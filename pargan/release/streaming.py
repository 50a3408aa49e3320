"""Generated records in a stream of constant memory. Legend: *shape of one record in model space."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from pargan.gan.sampling import draw_latents, evaluating
from pargan.records.spec import RecordSpec
from pargan.seeding import derive, seeded

BLOCK = 500
"""Records evaluated at a time, whatever the caller holds: a table's generator draws its categories for a whole block,
and rounding depends on its size too."""


def stream(
    generator: nn.Module, spec: RecordSpec, latent_dim: int, seed: int, batch_size: int = 5000
) -> Iterator[np.ndarray]:
    """Endless batches (batch_size, *shape) float32 in model space, rounded to records that a user could hold.

    The records depend on the seed only: not on the size of the batches, nor on how many are taken.

    Args:
        generator: (B, latent_dim) -> (B, *shape).
        spec: its record format.
        latent_dim: size of a latent; latents are standard normal.
        seed: equal seeds give equal records on one kind of device.
        batch_size: records of a batch.
    """
    blocks = _blocks(generator, spec, latent_dim, seed)
    held = next(blocks)
    while True:
        while len(held) < batch_size:
            held = np.concatenate([held, next(blocks)])
        yield held[:batch_size]
        held = held[batch_size:]


def _blocks(generator: nn.Module, spec: RecordSpec, latent_dim: int, seed: int) -> Iterator[np.ndarray]:
    device = next((parameter.device for parameter in generator.parameters()), torch.device("cpu"))
    position = 0
    while True:
        latents = draw_latents(BLOCK, latent_dim, derive(seed, "streamed latents", position))
        with evaluating(generator), seeded(derive(seed, "streamed noise", position), device):
            records = generator(latents.to(device)).cpu().numpy()
        yield spec.snap(records)
        position += 1

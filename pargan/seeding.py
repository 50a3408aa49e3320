"""Random numbers that depend on a seed, a purpose and a position, never on what was drawn before.

A run that is resumed at step s must draw the same numbers as the uninterrupted run, and a callback must not change
the numbers of the next step. Therefore every step seeds its own stream from (seed, step).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from zlib import crc32

import numpy as np
import torch

from pargan.errors import ParganError


def derive(seed: int, purpose: str, position: int = 0) -> int:
    """A 63-bit seed for a purpose at a position; different purposes or positions have unrelated random streams.

    Args:
        seed: seed of the run, 0 or more.
        purpose: what the numbers are used for, for example "training step".
        position: step or epoch, for purposes that need numbers more than once.

    Raises:
        ParganError: the seed is negative.
    """
    if seed < 0:
        raise ParganError("is negative", argument="seed", value=seed, remedy="give 0 or more")
    entropy = (seed, crc32(purpose.encode()), position)
    low, high = np.random.SeedSequence(entropy).generate_state(2, np.uint32).tolist()
    return (high << 32 | low) >> 1


def subset(size: int | None, total: int, rng: np.random.Generator | int) -> np.ndarray:
    """Draw (min(size, total),) distinct indices below `total`, sorted; all of them if `size` is None.

    `rng` is a generator, or the seed of a new one.
    """
    if size is None or size >= total:
        return np.arange(total)
    return np.sort(np.random.default_rng(rng).choice(total, size, replace=False))


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's global generators (CPU and `device`) for the block, and restore their states afterwards."""
    accelerators = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=accelerators):
        torch.random.default_generator.manual_seed(seed)
        if accelerators:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield

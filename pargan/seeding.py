"""Random numbers that depend on a name and a position, never on what was drawn before.

A run that is resumed at step s must draw what the uninterrupted run drew there, and a callback that looks
at the run must not shift what the next step draws. So every step seeds its own stream from (seed, step).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from zlib import crc32

import numpy as np
import torch


def derive(seed: int, purpose: str, position: int = 0) -> int:
    """A 63-bit seed for one purpose at one position; other purposes, neighbouring positions: unrelated streams.

    Args:
        seed: the run's seed, 0 or more.
        purpose: what the numbers are for, for example "training step".
        position: the step or epoch, where the purpose has one.
    """
    entropy = (seed, crc32(purpose.encode()), position)
    low, high = np.random.SeedSequence(entropy).generate_state(2, np.uint32).tolist()
    return (high << 32 | low) >> 1


def subset(size: int | None, total: int, rng: np.random.Generator | int) -> np.ndarray:
    """(min(size, total),) distinct indices below `total`, sorted: all of them where `size` allows or is None.

    `rng` is a generator or the seed of a new one.
    """
    if size is None or size >= total:
        return np.arange(total)
    return np.sort(np.random.default_rng(rng).choice(total, size, replace=False))


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Run a block on torch's global generators seeded with `seed`, and restore their states afterwards."""
    accelerators = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=accelerators):
        torch.random.default_generator.manual_seed(seed)
        if accelerators:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield

"""Random numbers of networks that are evaluated one after another: a stream for each."""

from collections.abc import Sequence
from typing import Any

import torch


class PartitionStreams:
    """Streams of random numbers, one per network, which take the place of torch's global generator in turn.

    What network k draws then depends on the seed of stream k alone, and not on which networks run before it. A stream
    continues where it was left, so two passes of a network in one step draw different numbers.

    Args:
        number: of streams.
        device: the device whose generator is replaced.

    Attributes:
        generators: the streams, which a CUDA graph has to know.
    """

    def __init__(self, number: int, device: torch.device) -> None:
        self.device = device
        self.generators = [torch.Generator(device) for _ in range(number)]
        self._global: Any = None  # state of the global generator, meanwhile

    def seed(self, seeds: Sequence[int]) -> None:
        """Start every stream anew."""
        for generator, seed in zip(self.generators, seeds, strict=True):
            generator.manual_seed(seed)

    @torch.compiler.disable
    def enter(self, index: int) -> None:
        """Draw from stream `index` from now on."""
        if self.device.type == "cuda":  # exchanges a pointer, which may be recorded
            generator = torch.cuda.default_generators[self.device.index or 0]
            self._global = generator.graphsafe_get_state()
            generator.graphsafe_set_state(self.generators[index])
        else:
            self._global = torch.random.get_rng_state()
            torch.random.set_rng_state(self.generators[index].get_state())

    @torch.compiler.disable
    def leave(self, index: int) -> None:
        """Draw from the global stream again, where it was left."""
        if self.device.type == "cuda":
            torch.cuda.default_generators[self.device.index or 0].graphsafe_set_state(self._global)
        else:
            self.generators[index].set_state(torch.random.get_rng_state())
            torch.random.set_rng_state(self._global)

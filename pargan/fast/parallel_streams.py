"""Small networks that run at the same time on a GPU, each on a CUDA stream of its own."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


class ParallelStreams:
    """CUDA streams for calls that do not depend on each other.

    A discriminator's kernels fill a part of a GPU; K of them together take less time than one after another. Autograd
    runs the backward pass of each call on the stream of its forward pass, and a CUDA graph records the branches.

    Args:
        number: of calls.
        device: a CUDA device.
    """

    def __init__(self, number: int, device: torch.device) -> None:
        self.device = device
        self._streams = [torch.cuda.Stream(device) for _ in range(number)]

    def map(self, function: Callable[[int, Tensor], Tensor], inputs: Sequence[Tensor]) -> list[Tensor]:
        """`function(index, inputs[index])` of every index; the current stream waits for the results."""
        current, outputs = torch.cuda.current_stream(self.device), []
        for index, (stream, each) in enumerate(zip(self._streams, inputs, strict=True)):
            stream.wait_stream(current)
            with torch.cuda.stream(stream):
                output = function(index, each)
            # Memory that one stream allocated and another one reads must not be reused before it was read: the
            # backward pass may free it while kernels of the other stream still wait.
            each.record_stream(stream)
            output.record_stream(current)
            outputs.append(output)
        for stream in self._streams:
            current.wait_stream(stream)
        return outputs

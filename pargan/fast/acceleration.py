"""Ways to run a training step, all with the same result to rounding: fast, plain, compiled, recorded and replayed.

A step consists of updates of the discriminators and of the generator; each computes gradients, and an optimizer's
step follows. Legend: K partitions.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

import torch
from torch import Tensor
from torch.optim import Optimizer

from pargan.errors import ParganError


class Tensors(Protocol):
    """A batch, of which only its tensors matter here: `pargan.records.Batch`."""

    @property
    def tensors(self) -> list[Tensor]:
        """The tensors that are present."""

    def map(self, function: Callable[[Tensor], Tensor]) -> Self:
        """A batch of `function(tensor)`."""


Losses = Callable[..., Tensor]
"""A batch and random tensors -> the loss (K,) of each partition, with its graph."""

Gradients = Callable[[Any], Tensor]
"""A batch -> the loss (K,) of each partition, its gradients left on the parameters."""


class Update(Protocol):
    """`Gradients`, and the losses in them: `pargan.gan.updates.Update`."""

    def __call__(self, batch: Any) -> Tensor:
        """The losses (K,), detached; the gradients are left on the parameters."""

    @property
    def losses(self) -> Losses:
        """The losses alone."""

    def with_losses(self, losses: Losses) -> Gradients:
        """The update with other code for its losses."""


class Acceleration:
    """The default, `acceleration=fast`: faster layers, and alike dense discriminators evaluated as one.

    The other ways change a part of it.
    """

    fast_networks: ClassVar[bool] = True
    """Whether networks get the layers of `use_fast_layers` and discriminators are stacked where they can be."""

    keeps_gradients: ClassVar[bool] = False
    """Whether gradients must keep their memory from one update to the next."""

    def refuse(self, device: torch.device, precision: str) -> None:
        """Refuse devices and precisions on which this way cannot run.

        Raises:
            ParganError: there is one.
        """

    def reset(self) -> None:
        """Forget other trainings of the process: called when one starts and when it ends."""

    def gradients(
        self,
        function: Update,
        reads: Sequence[Tensor],
        leaves_on: Sequence[Tensor],
        generators: Sequence[torch.Generator] = (),
    ) -> Gradients:
        """A function that leaves the same gradients on the same parameters.

        Args:
            function: computes the gradients of a batch.
            reads: the parameters it reads.
            leaves_on: those of them that receive gradients.
            generators: what it draws from beside the global generator.
        """
        return function

    def optimizer(self, optimizer: Optimizer) -> Optimizer:
        """The optimizer, which takes the same steps."""
        return optimizer


def refuse_scaled_gradients(precision: str, acceleration: str) -> None:
    """Refuse fp16 where updates are recorded.

    Raises:
        ParganError: it was given.
    """
    if precision.startswith("16"):
        raise ParganError(
            f"scales gradients step by step, which acceleration={acceleration} cannot record",
            argument="precision",
            value=precision,
            remedy="use precision=32-true or precision=bf16-mixed",
        )


class Plain(Acceleration):
    """PyTorch's own layers and a loop over the K discriminators: what the other ways are compared with."""

    fast_networks = False


class Recorder(Protocol):
    """Records what a function launches on a device, to launch it again without the function."""

    def record(self, function: Callable[[], Tensor], generators: Sequence[torch.Generator]) -> Tensor:
        """Record without executing; returns where the results will be."""

    def replay(self) -> None:
        """Execute what was recorded, on the present contents of the same memory."""


class CudaRecorder:
    """A CUDA graph."""

    def __init__(self) -> None:
        self._graph = torch.cuda.CUDAGraph()

    def record(self, function: Callable[[], Tensor], generators: Sequence[torch.Generator]) -> Tensor:
        """Capture."""
        for generator in generators:
            self._graph.register_generator_state(generator)
        # The threads of a data loader may allocate pinned memory meanwhile.
        with torch.cuda.graph(self._graph, capture_error_mode="thread_local"):
            return function()

    def replay(self) -> None:
        """Launch the whole graph; random numbers come from the generator's state at that moment."""
        self._graph.replay()


@dataclass(frozen=True)
class Graphed(Acceleration):
    """CUDA graphs: one launch for all kernels of an update, except the optimizer's.

    For networks whose kernels run for less time than Python takes to launch them. A batch of another shape than the
    recorded one runs without the graph. If parameters or gradients have moved in memory, an update is recorded again.
    No Python runs in a replay: Lightning's `on_before_backward` and `on_after_backward` are not called.

    Args:
        warm_up: updates of each player that run without a graph before one is recorded, as CUDA requires.
        recorder: builds a recorder.
    """

    warm_up: int = 3
    recorder: Callable[[], Recorder] = CudaRecorder
    keeps_gradients: ClassVar[bool] = True

    def refuse(self, device: torch.device, precision: str) -> None:
        """Refuse other devices than GPUs, and fp16, whose gradient scaling waits for the device.

        Raises:
            ParganError: either.
        """
        if self.recorder is CudaRecorder and device.type != "cuda":
            raise ParganError(
                f"records CUDA graphs, and the device is {device.type}",
                argument="acceleration",
                value="graph",
                remedy="train on a GPU, or use acceleration=fast or acceleration=compile",
            )
        refuse_scaled_gradients(precision, "graph")

    def gradients(
        self,
        function: Update,
        reads: Sequence[Tensor],
        leaves_on: Sequence[Tensor],
        generators: Sequence[torch.Generator] = (),
    ) -> Gradients:
        """`function`, replayed from its `warm_up`-th call on."""
        return _Replayed(function, reads, leaves_on, generators, self)


@dataclass
class _Replayed:
    function: Update
    reads: Sequence[Tensor]
    leaves_on: Sequence[Tensor]
    generators: Sequence[torch.Generator]
    settings: Graphed

    def __post_init__(self) -> None:
        self._left = self.settings.warm_up
        self._recorder: Recorder | None = None
        self._addresses: list[int] = []  # of parameters and gradients, when they were recorded
        self._batch: Any = None  # memory from which a recorded update reads its batch
        self._loss: Any = None  # and to which it writes its loss

    def __call__(self, batch: Tensors) -> Tensor:
        if self._recorder is not None and (self._addresses != self._current_addresses() or self._is_larger(batch)):
            self._recorder, self._left = None, self.settings.warm_up  # a short batch may have been first
        if self._left > 0:
            self._left -= 1
            return self._warmed(batch)
        if self._recorder is None:
            recorder, self._batch = self.settings.recorder(), batch.map(torch.clone)
            self._loss = recorder.record(lambda: self.function(self._batch), self.generators)
            self._recorder, self._addresses = recorder, self._current_addresses()
        elif _shapes(batch) != _shapes(self._batch):
            return self.function(batch)
        for place, tensor in zip(self._batch.tensors, batch.tensors, strict=True):
            place.copy_(tensor)
        self._recorder.replay()
        return self._loss.clone()

    def _is_larger(self, batch: Tensors) -> bool:
        return batch.tensors[0].numel() > self._batch.tensors[0].numel()

    def _current_addresses(self) -> list[int]:
        gradients = [parameter.grad for parameter in self.leaves_on]
        return [0 if tensor is None else tensor.data_ptr() for tensor in (*self.reads, *gradients)]

    def _warmed(self, batch: Tensors) -> Tensor:
        """Run without a graph, on a stream of its own, as CUDA requires before a capture."""
        device = batch.tensors[0].device
        if device.type != "cuda":
            return self.function(batch)
        stream = torch.cuda.Stream(device)
        stream.wait_stream(torch.cuda.current_stream(device))
        with torch.cuda.stream(stream):
            loss = self.function(batch)
        torch.cuda.current_stream(device).wait_stream(stream)
        return loss


def _shapes(batch: Tensors) -> list[torch.Size]:
    return [tensor.shape for tensor in batch.tensors]

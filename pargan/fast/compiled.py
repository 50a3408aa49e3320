"""Training steps compiled by torch.compile: every update one function, every optimizer's step another.

Legend: K partitions.
"""

import logging
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import MethodType
from typing import Any

import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import make_fx
from torch.optim import Optimizer

from pargan.errors import ParganError
from pargan.fast.acceleration import Acceleration, Gradients, Tensors, Update, refuse_scaled_gradients

AS_EAGER: dict[str, str | int | bool | Callable[..., Any]] = {"fallback_random": True}
"""Random numbers are those of PyTorch's own operations, so that a compiled training is the same."""


@dataclass(frozen=True)
class Compiled(Acceleration):
    """`torch.compile` for whole updates, gradient penalties included, and for the optimizers' steps.

    The first steps take a minute or more; on a CPU they need a C++ compiler. The training is that of the default to
    rounding. No Python runs in a compiled update: Lightning's `on_before_backward` and `on_after_backward` are not
    called. Of discriminators in a loop only the losses are compiled, and no gradient penalty.
    """

    def refuse(self, device: torch.device, precision: str) -> None:
        """Refuse a CPU without a compiler, and fp16, whose gradients are scaled outside of an update.

        Raises:
            ParganError: either.
        """
        compiler = os.environ.get("CXX", "g++")
        if device.type == "cpu" and shutil.which(compiler) is None:
            raise ParganError(
                f"needs the C++ compiler {compiler} on a CPU, which was not found",
                argument="acceleration",
                value="compile",
                remedy="install it, name another in the environment variable CXX, or use acceleration=fast",
            )
        refuse_scaled_gradients(precision, "compile")

    def reset(self) -> None:
        """Drop all that torch.compile made: its versions of a function are limited, and a process may train often."""
        torch.compiler.reset()

    def gradients(
        self,
        function: Update,
        reads: Sequence[Tensor],
        leaves_on: Sequence[Tensor],
        generators: Sequence[torch.Generator] = (),
    ) -> Gradients:
        """`function`, compiled at the first batch of each shape.

        A graph knows one stream of random numbers. Where there are others, the losses alone are compiled, around the
        places where streams change, and without a gradient penalty.
        """
        if not generators:
            return _Compiled(function, reads, leaves_on)
        return function.with_losses(torch.compile(function.losses, dynamic=False, options=AS_EAGER))

    def optimizer(self, optimizer: Optimizer) -> Optimizer:
        """The optimizer, its step compiled unless PyTorch has one fused function for it.

        A compiled step has its learning rates in it; with others, as where they fall, the step is the optimizer's own.
        """
        if optimizer.defaults.get("fused"):
            return optimizer
        # torch would warn that its profiler does not see the name of a compiled step.
        logging.getLogger("torch._dynamo.variables.ctx_manager").setLevel(logging.ERROR)
        own, compiled = optimizer.step, torch.compile(optimizer.step)
        rates = [group["lr"] for group in optimizer.param_groups]

        def step(self: Optimizer, closure: Callable[[], Any] | None = None) -> Any:
            with torch.enable_grad():
                loss = None if closure is None else closure()
            (compiled if rates == [group["lr"] for group in self.param_groups] else own)()
            return loss

        optimizer.step = MethodType(step, optimizer)  # type: ignore[method-assign]
        return optimizer


@dataclass
class _Compiled:
    function: Gradients
    reads: Sequence[Tensor]
    leaves_on: Sequence[Tensor]
    compiled: dict[tuple[Any, ...], Callable[..., Any]] = field(default_factory=dict)

    def __call__(self, batch: Tensors) -> Tensor:
        # Views of parameters are recorded with their memory, so it is compiled again where a parameter has moved.
        key = (*(tensor.shape for tensor in batch.tensors), *(tensor.data_ptr() for tensor in self.reads))
        if key not in self.compiled:
            loss, self.compiled[key] = self._traced(batch)
            return loss
        with torch.no_grad():
            loss, gradients = self.compiled[key](*batch.tensors)
        for parameter, gradient in zip(self.leaves_on, gradients, strict=True):
            if parameter.grad is None:
                parameter.grad = gradient
            else:  # of which the gradients of stacked networks are views
                parameter.grad.copy_(gradient)
        return loss

    def _traced(self, batch: Tensors) -> tuple[Tensor, Callable[..., Any]]:
        """Compute the update for once; its losses, and a compiled function of the operations that this took.

        torch.compile itself cannot follow a gradient that is differentiated again.
        """
        losses = list[Tensor]()

        def update(*tensors: Tensor) -> tuple[Tensor, list[Tensor | None]]:
            given = iter(tensors)
            losses.append(self.function(batch.map(lambda _: next(given))))
            return losses[0], [parameter.grad for parameter in self.leaves_on]

        for parameter in self.leaves_on:  # else the operations would add to the gradients of before
            parameter.grad = None
        device = batch.tensors[0].device.type
        autocast = torch.is_autocast_enabled(device)
        # Without the cache, from which an earlier update's weights would be taken.
        with torch.autocast(device, torch.get_autocast_dtype(device), autocast, cache_enabled=False):
            graph = make_fx(update)(*batch.tensors)
        graph.graph.eliminate_dead_code()
        graph.recompile()
        return losses[0], torch.compile(graph, dynamic=False, options=AS_EAGER)

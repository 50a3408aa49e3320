"""LeakyReLU for discriminators whose gradient a loss differentiates again, alone and with dropout after it."""

from typing import Any

import torch
from torch import Tensor, nn

from pargan.fast.convolution import MADE_BY
from pargan.fast.dropout import Dropout
from pargan.fast.torch_internals import transforming


class LeakyReLU(nn.LeakyReLU):
    """`nn.LeakyReLU` whose second derivative, zero wherever there is one, is left out rather than computed.

    PyTorch's own sends a tensor of zeros back through all layers before it, which is a quarter of the work of a
    gradient penalty.
    """

    def forward(self, activations: Tensor) -> Tensor:
        """(..., F) -> (..., F)."""
        if not torch.jit.is_scripting():
            return self._without_second_derivative(activations)
        return nn.functional.leaky_relu(activations, self.negative_slope)

    @torch.jit.unused
    def _without_second_derivative(self, activations: Tensor) -> Tensor:
        return super().forward(activations) if transforming() else _Leaky.apply(activations, self.negative_slope)


class _Leaky(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, activations: Tensor, slope: float) -> Tensor:
        ctx.save_for_backward(activations)
        ctx.slope = slope
        return nn.functional.leaky_relu(activations, slope)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (activations,) = ctx.saved_tensors
        # Differentiable in the gradient alone.
        return torch.ops.aten.leaky_relu_backward(gradient, activations.detach(), ctx.slope, False), None


class LeakyDropout(nn.Sequential):
    """LeakyReLU, then dropout; in training on a CPU as one product, in the memory of a convolution before it.

    Nothing but the multiplier is kept for the gradient, which is one product too. Only what a convolution of PyTorch's
    or the house's has just made is overwritten: it needs its result no more. Who else wants that must copy it, as with
    `inplace=True`; hooks of the house's `Conv2d` need not.

    Args:
        negative_slope: what negative numbers are multiplied with, in (0, 1).
        p: share of activations dropped.
    """

    def __init__(self, negative_slope: float, p: float) -> None:
        super().__init__(LeakyReLU(negative_slope), Dropout(p))

    def forward(self, activations: Tensor) -> Tensor:
        """(..., F) -> (..., F)."""
        if not torch.jit.is_scripting():
            multiplier = self._multiplier(activations)
            if multiplier is not None:
                overwritten = self._may_overwrite(activations)
                return activations.mul_(multiplier) if overwritten else activations * multiplier
        for layer in self:
            activations = layer(activations)
        return activations

    @torch.jit.unused
    def _multiplier(self, activations: Tensor) -> Tensor | None:
        if torch.compiler.is_compiling():  # better left to it
            return None
        leaky, dropout = self
        assert isinstance(leaky, LeakyReLU)
        assert isinstance(dropout, Dropout)
        scale = dropout.scale(activations)
        if scale is not None:
            slope = leaky.negative_slope
            torch.ops.aten.leaky_relu_backward.grad_input(scale, activations.detach(), slope, False, grad_input=scale)
        return scale

    @torch.jit.unused
    def _may_overwrite(self, activations: Tensor) -> bool:
        made_by = activations.grad_fn
        by_convolution = made_by is not None and made_by.name() in MADE_BY
        return by_convolution and torch.is_grad_enabled() and not getattr(self, "_forward_pre_hooks", True)

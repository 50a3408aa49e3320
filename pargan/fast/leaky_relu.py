"""LeakyReLU for discriminators with a gradient penalty, alone and followed by dropout."""

from typing import Any

import torch
from torch import Tensor, nn

from pargan.fast.dropout import Dropout
from pargan.fast.torch_internals import tracing, transforming


class LeakyReLU(nn.LeakyReLU):
    """`nn.LeakyReLU` without its second derivative, which is zero wherever it exists.

    PyTorch's own propagates a tensor of zeros back through all layers before it, a quarter of the work of a gradient
    penalty.
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
    """LeakyReLU, then dropout; in training on a CPU one product.

    Only the factor is saved for the gradient, which is one product too.

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
                return activations * multiplier
        for layer in self:
            activations = layer(activations)
        return activations

    @torch.jit.unused
    def _multiplier(self, activations: Tensor) -> Tensor | None:
        if tracing():  # a compiler fuses both layers itself
            return None
        leaky, dropout = self
        assert isinstance(leaky, LeakyReLU)
        assert isinstance(dropout, Dropout)
        scale = dropout.scale(activations)
        if scale is not None:
            slope = leaky.negative_slope
            torch.ops.aten.leaky_relu_backward.grad_input(scale, activations.detach(), slope, False, grad_input=scale)
        return scale

"""LeakyReLU for discriminators whose gradient a loss differentiates again, alone and with dropout after it."""

from typing import Any

import torch
from torch import Tensor, nn

from pargan.models.dropout import Dropout


class LeakyReLU(nn.LeakyReLU):
    """`nn.LeakyReLU` whose second derivative, zero wherever there is one, is left out rather than computed.

    PyTorch's own sends a tensor of zeros back through all layers before it, which is a quarter of the work of a
    gradient penalty.
    """

    def forward(self, activations: Tensor) -> Tensor:
        """(..., F) -> (..., F)."""
        if torch.jit.is_scripting():
            return nn.functional.leaky_relu(activations, self.negative_slope)
        return _Leaky.apply(activations, self.negative_slope)


class _Leaky(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(activations: Tensor, slope: float) -> Tensor:
        return nn.functional.leaky_relu(activations, slope)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, float], output: Tensor) -> None:
        activations, ctx.slope = inputs
        ctx.save_for_backward(activations)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (activations,) = ctx.saved_tensors
        # Differentiable in the gradient alone.
        return torch.ops.aten.leaky_relu_backward(gradient, activations.detach(), ctx.slope, False), None


class LeakyDropout(nn.Sequential):
    """LeakyReLU, then dropout; in training on a CPU as one product, in the memory of what comes in.

    Nothing but the multiplier is kept for the gradient, which is one product too.

    Args:
        negative_slope: what negative numbers are multiplied with, in (0, 1).
        p: share of activations dropped.
    """

    def __init__(self, negative_slope: float, p: float) -> None:
        super().__init__(LeakyReLU(negative_slope), Dropout(p))

    def forward(self, activations: Tensor) -> Tensor:
        """(..., F) -> (..., F), over what a layer before has computed."""
        if not torch.jit.is_scripting():
            multiplier = self._multiplier(activations)
            if multiplier is not None:
                return _Multiplied.apply(activations, multiplier)
        for layer in self:
            activations = layer(activations)
        return activations

    @torch.jit.unused
    def _multiplier(self, activations: Tensor) -> Tensor | None:
        if activations.grad_fn is None or torch.compiler.is_compiling():  # not a layer's, or better left to a compiler
            return None
        leaky, dropout = self
        assert isinstance(leaky, LeakyReLU)
        assert isinstance(dropout, Dropout)
        scale = dropout.scale(activations)
        if scale is not None:
            slope = leaky.negative_slope
            torch.ops.aten.leaky_relu_backward.grad_input(scale, activations.detach(), slope, False, grad_input=scale)
        return scale


class _Multiplied(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, activations: Tensor, multiplier: Tensor) -> Tensor:
        ctx.mark_dirty(activations)
        ctx.save_for_backward(multiplier)
        return activations.mul_(multiplier)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (multiplier,) = ctx.saved_tensors
        return gradient * multiplier, None

"""LeakyReLU for discriminators whose gradient a loss differentiates again."""

from typing import Any

import torch
from torch import Tensor, nn


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

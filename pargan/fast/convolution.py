"""Convolutions and transposed convolutions with faster algorithms on a CPU.

Legend: B records, I channels in, O channels out, H x W pixels in, k x k weights.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, fold

from pargan.fast.fft_convolution import spectral_convolution
from pargan.fast.torch_internals import transforming

FEW = 4  # channels

WORTH_TRANSFORMING = range(5, 13)
"""Sides of an image, in pixels, for which the transform was measured to be faster, with 5 x 5 weights: on smaller ones
PyTorch's own convolution skips the half of the weights that meet padding."""

PRECISE = {torch.float32, torch.float64}  # in half precision the intermediate products would be rounded
NUMBERS = {Tensor, nn.Parameter}  # not the tensors without data of torch.export and others


class Conv2d(nn.Conv2d):
    """`nn.Conv2d` with a faster gradient at images of a few channels on a CPU; the same to rounding."""

    def forward(self, images: Tensor) -> Tensor:
        """(B, I, H, W) -> (B, O, H', W')."""
        if not torch.jit.is_scripting():
            return self._with_faster_backward(images)
        return self._conv_forward(images, self.weight, self.bias)

    @torch.jit.unused
    def _with_faster_backward(self, images: Tensor) -> Tensor:
        plain = self.groups == 1 and self.padding_mode == "zeros" and not isinstance(self.padding, str)
        few = images.requires_grad and _applies(images) and self.in_channels <= FEW
        if not (plain and few) or torch.jit.is_tracing():
            return super().forward(images)
        return _BackToFewChannels.apply(images, self.weight, self.bias, self.stride, self.padding, self.dilation)


class _BackToFewChannels(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, images: Tensor, weight: Tensor, bias: Tensor | None, *where: Any) -> Tensor:
        ctx.save_for_backward(images, weight)
        ctx.where, ctx.biases = where, None if bias is None else [len(bias)]
        return conv2d(images, weight, bias, *where)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        images, weight = ctx.saved_tensors
        settings, wanted = (*map(list, ctx.where), False, [0, 0], 1), [False, *ctx.needs_input_grad[1:3]]
        _, weight_gradient, bias_gradient = torch.ops.aten.convolution_backward(
            gradient, images, weight, ctx.biases, *settings, wanted
        )
        image_gradient = scattered(gradient, weight, images.shape[2:], *ctx.where)
        return image_gradient, weight_gradient, bias_gradient, None, None, None


class ConvTranspose2d(nn.ConvTranspose2d):
    """`nn.ConvTranspose2d` with faster algorithms on a CPU for some sizes; the same to rounding.

    - At stride 1 on small images it multiplies Fourier transforms, in half the time: 5 x 5 weights on 7 x 7 pixels
      need 25 x 49 products of real matrices, or 41 of complex ones.
    - With a few output channels, one matrix product and `fold`, which sums overlapping pixels, take a quarter of the
      time of PyTorch's own.
    """

    def forward(self, images: Tensor, output_size: list[int] | None = None) -> Tensor:
        """(B, I, H, W) -> (B, O, H', W')."""
        if not torch.jit.is_scripting():
            faster = self._faster(images) if output_size is None and not torch.jit.is_tracing() else None
            return super().forward(images, output_size) if faster is None else faster(images)
        assert output_size is None  # TorchScript does not support super()
        return conv_transpose2d(
            images,
            self.weight,
            self.bias,
            self.stride,
            self.padding,  # type: ignore[arg-type]
            self.output_padding,
            self.groups,
            self.dilation,
        )

    @torch.jit.unused
    def _faster(self, images: Tensor) -> Callable[[Tensor], Tensor] | None:
        if not _applies(images) or self.bias is not None or self.groups != 1:
            return None
        (added, added_width), (step, step_width) = self.output_padding, self.stride
        if added >= step or added_width >= step_width:  # pixels that no input reaches, which fold does not add
            return None
        if self.out_channels <= FEW:
            return self._scattered
        odd, side = self.kernel_size[0], images.shape[3]
        keeps_size = (*self.stride, *self.dilation) == (1,) * 4 and odd % 2 == 1
        keeps_size = keeps_size and self.kernel_size == (odd, odd) and self.padding == (odd // 2, odd // 2)
        if keeps_size and images.shape[2] == side in WORTH_TRANSFORMING:
            return partial(spectral_convolution, weight=self.weight)
        return None

    def _scattered(self, images: Tensor) -> Tensor:
        padding = (int(self.padding[0]), int(self.padding[1]))
        return scattered(images, self.weight, self._output_sides(images), self.stride, padding, self.dilation)

    def _output_sides(self, images: Tensor) -> tuple[int, int]:
        height, width = (
            (side - 1) * self.stride[axis]
            - 2 * int(self.padding[axis])
            + self.dilation[axis] * (self.kernel_size[axis] - 1)
            + self.output_padding[axis]
            + 1
            for axis, side in enumerate(images.shape[2:])
        )
        return height, width


def scattered(images: Tensor, weight: Tensor, sides: Sequence[int], *where: tuple[int, ...]) -> Tensor:
    """The transposed convolution (B, I, H, W), (I, O, k, k) -> (B, O, *sides) as one matrix product and `fold`."""
    spread = torch.bmm(weight.flatten(1).mT.expand(len(images), -1, -1), images.flatten(2))  # (B, Okk, HW)
    stride, padding, dilation = where
    return fold(spread, tuple(sides), weight.shape[2:], dilation, padding, stride)


def _applies(images: Tensor) -> bool:
    """Whether the faster algorithms apply: real numbers on a CPU, no transform active. Cheapest checks first."""
    if not images.is_cpu or images.dtype not in PRECISE or images.dim() != 4 or not images.numel():
        return False
    return type(images) in NUMBERS and not transforming() and not torch.is_autocast_enabled("cpu")

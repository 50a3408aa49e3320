"""Transposed convolutions by a shorter way on a CPU.

Legend: B records, I channels in, O channels out, H x W pixels in, k x k weights, F frequencies.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from math import pi

import torch
from torch import Tensor, nn
from torch.nn.functional import conv_transpose2d, fold

CPU = torch.device("cpu")
FEW = 4  # channels out

WORTH_TRANSFORMING = range(5, 13)
"""Sides of a picture, in pixels, for which it was measured, with 5 x 5 weights: of smaller ones PyTorch's own
convolution skips the half of the weights that meet padding."""


class ConvTranspose2d(nn.ConvTranspose2d):
    """`nn.ConvTranspose2d` that takes a shorter way on a CPU where its sizes allow one; the same result to rounding.

    - At stride 1 on small pictures it multiplies spectra, in half the time: 5 x 5 weights on 7 x 7 pixels need 25 x 49
      products of real matrices, or 45 of complex ones.
    - To a few channels there is next to nothing to multiply, and PyTorch's own spends its time elsewhere: one matrix
      product and a sum of what falls on the same pixel take a quarter of it.
    """

    def forward(self, pictures: Tensor, output_size: list[int] | None = None) -> Tensor:
        """(B, I, H, W) -> (B, O, H', W')."""
        if not torch.jit.is_scripting():
            shorter = self._shorter_way(pictures) if output_size is None and not torch.jit.is_tracing() else None
            return super().forward(pictures, output_size) if shorter is None else shorter(pictures)
        assert output_size is None  # TorchScript knows no super()
        return conv_transpose2d(
            pictures,
            self.weight,
            self.bias,
            self.stride,
            self.padding,  # type: ignore[arg-type]
            self.output_padding,
            self.groups,
            self.dilation,
        )

    @torch.jit.unused
    def _shorter_way(self, pictures: Tensor) -> Callable[[Tensor], Tensor] | None:
        in_half = pictures.dtype.itemsize < 4 or torch.is_autocast_enabled("cpu")  # each product would round anew
        if pictures.device.type != "cpu" or in_half or pictures.dim() != 4 or self.bias is not None or self.groups != 1:
            return None
        if self.out_channels <= FEW:
            return self._scattered
        odd, side = self.kernel_size[0], pictures.shape[3]
        keeps_size = (*self.stride, *self.dilation) == (1,) * 4 and odd % 2 == 1
        keeps_size = keeps_size and self.kernel_size == (odd, odd) and self.padding == (odd // 2, odd // 2)
        if keeps_size and pictures.shape[2] == side in WORTH_TRANSFORMING:
            return partial(spectral_convolution, weight=self.weight, bases=_bases(side, odd, pictures.dtype))
        return None

    def _scattered(self, pictures: Tensor) -> Tensor:
        spread = torch.bmm(self.weight.flatten(1).mT.expand(len(pictures), -1, -1), pictures.flatten(2))  # (B, Okk, HW)
        sides = self._output_sides(pictures)
        padding = (int(self.padding[0]), int(self.padding[1]))
        return fold(spread, sides, self.kernel_size, self.dilation, padding, self.stride)

    def _output_sides(self, pictures: Tensor) -> tuple[int, int]:
        height, width = (
            (side - 1) * self.stride[axis]
            - 2 * int(self.padding[axis])
            + self.dilation[axis] * (self.kernel_size[axis] - 1)
            + self.output_padding[axis]
            + 1
            for axis, side in enumerate(pictures.shape[2:])
        )
        return height, width


def spectral_convolution(pictures: Tensor, weight: Tensor, bases: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """The transposed convolution (B, I, H, W), (I, O, k, k) -> (B, O, H, W) by the transforms of `_bases`.

    Every product is laid out so that the next one reads it where it lies.
    """
    forth, of_weights, back = bases
    size, channels = pictures.shape[0], weight.shape[1]
    frequencies = len(forth) // 2
    spectrum = torch.bmm(forth.expand(size, -1, -1), pictures.flatten(2).mT)  # (B, 2F, I): real part, imaginary part
    real, imaginary = spectrum.view(size, frequencies, 2, -1).permute(2, 1, 0, 3).unbind()  # (F, B, I) each
    weights = torch.bmm(of_weights.expand(len(weight), -1, -1), weight.flatten(2).mT)  # (I, 4F, O)
    by_real, by_imaginary = weights.view(len(weight), frequencies, 2, 2 * channels).permute(2, 1, 0, 3).unbind()
    product = torch.baddbmm(torch.bmm(real, by_real), imaginary, by_imaginary)  # (F, B, 2O)
    real, imaginary = product.view(frequencies, size, 2, channels).permute(2, 1, 3, 0).unbind()  # (B, O, F) each
    of_real, of_imaginary = back.expand(size, -1, -1, -1).unbind(1)
    return torch.baddbmm(torch.bmm(real, of_real), imaginary, of_imaginary).view(size, channels, *pictures.shape[2:])


@torch.compiler.assume_constant_result
@lru_cache
@torch.inference_mode(False)  # tensors made in it could take no part in training later
def _bases(side: int, kernel: int, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Discrete Fourier transforms of pictures, of weights, and back, as real matrices.

    Circular convolution over side + kernel // 2 places: what wraps around falls on the margin, which is cut off.

    Returns:
        (2F, side^2): real and imaginary part of each frequency in turn. (4F, kernel^2): of each frequency what the
        real part of a picture is multiplied with to give real and imaginary part, then the same for its imaginary
        part. (2, F, side^2): what real and imaginary part contribute to each pixel.
    """
    reach = kernel // 2
    length = side + reach
    half = length // 2 + 1  # of a real signal, the others follow by symmetry

    def transform(positions: Tensor) -> Tensor:
        """(F, positions^2), complex."""
        angles = torch.outer(torch.arange(length, device=CPU, dtype=torch.float64), positions) * (-2 * pi / length)
        waves = torch.polar(torch.ones_like(angles), angles)
        return torch.kron(waves, waves[:half])

    pictures = transform(torch.arange(side, device=CPU, dtype=torch.float64))
    weights = transform(torch.arange(-reach, reach + 1, device=CPU, dtype=torch.float64))
    twice = torch.full((half,), 2.0, device=CPU, dtype=torch.float64)
    twice[0] = 1
    if length % 2 == 0:
        twice[-1] = 1
    inverse = pictures.conj() * twice.repeat(length)[:, None] / length**2
    forth = torch.stack([pictures.real, pictures.imag], 1).flatten(0, 1)
    of_weights = torch.stack([weights.real, weights.imag, -weights.imag, weights.real], 1).flatten(0, 1)
    back = torch.stack([inverse.real, -inverse.imag])
    return forth.to(dtype), of_weights.to(dtype), back.to(dtype)

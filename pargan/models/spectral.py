"""Transposed convolution at stride 1 as a product of spectra.

Legend: B records, I channels in, O channels out, S x S pixels, k x k weights, F frequencies.
"""

from functools import lru_cache
from math import pi
from typing import Any

import torch
from torch import Tensor

CPU = torch.device("cpu")


def spectral_convolution(pictures: Tensor, weight: Tensor) -> Tensor:
    """The transposed convolution (B, I, S, S), (I, O, k, k) -> (B, O, S, S) at stride 1 and padding k // 2, k odd."""
    convolved: Tensor = _Convolution.apply(pictures, weight)
    return convolved


class _Convolution(torch.autograd.Function):
    """Every matrix is laid out so that the next product reads it where it lies, forwards and backwards."""

    @staticmethod
    def forward(ctx: Any, pictures: Tensor, weight: Tensor) -> Tensor:
        of_pictures, of_weight, back = bases(pictures.shape[-1], weight.shape[-1], pictures.dtype)
        real, imaginary = spectrum = _transformed(of_pictures, pictures)  # (F, B, I) each
        by_real, by_imaginary = weights = _transformed(of_weight, weight)  # (F, I, O) each
        ctx.save_for_backward(pictures, weight, *spectrum, *weights)
        product = (
            torch.bmm(real, by_real).baddbmm_(imaginary, by_imaginary, alpha=-1),
            torch.bmm(real, by_imaginary).baddbmm_(imaginary, by_real),
        )
        return _transformed_back(product, back, pictures.shape[-1])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None]:
        pictures, weight, real, imaginary, by_real, by_imaginary = ctx.saved_tensors
        if torch.is_grad_enabled():  # to be differentiated again
            half, wanted = [weight.shape[-1] // 2] * 2, [*ctx.needs_input_grad, False]
            of_pictures, of_weight, _ = torch.ops.aten.convolution_backward(
                gradient, pictures, weight, None, [1, 1], half, [1, 1], True, [0, 0], 1, wanted
            )
            return of_pictures, of_weight
        to_pictures, to_weight, forth = bases(pictures.shape[-1], weight.shape[-1], pictures.dtype)
        of_real, of_imaginary = _transformed(forth, gradient)  # (F, B, O) each
        of_pictures = of_weight = None
        if ctx.needs_input_grad[0]:
            spectrum = (
                torch.bmm(of_real, by_real.mT).baddbmm_(of_imaginary, by_imaginary.mT),
                torch.bmm(of_imaginary, by_real.mT).baddbmm_(of_real, by_imaginary.mT, alpha=-1),
            )
            of_pictures = _transformed_back(spectrum, to_pictures, pictures.shape[-1])
        if ctx.needs_input_grad[1]:
            spectrum = (
                torch.bmm(real.mT, of_real).baddbmm_(imaginary.mT, of_imaginary),
                torch.bmm(real.mT, of_imaginary).baddbmm_(imaginary.mT, of_real, alpha=-1),
            )
            of_weight = _transformed_back(spectrum, to_weight, weight.shape[-1])
        return of_pictures, of_weight


def _transformed(basis: Tensor, signals: Tensor) -> tuple[Tensor, Tensor]:
    """Real and imaginary part (F, M, N) of signals (M, N, side, side)."""
    real, imaginary = torch.mm(basis, signals.reshape(-1, basis.shape[1]).T).view(2, -1, *signals.shape[:2])
    return real, imaginary


def _transformed_back(spectra: tuple[Tensor, Tensor], basis: Tensor, side: int) -> Tensor:
    """What spectra (F, M, N) each contribute to signals (M, N, side, side)."""
    (real, imaginary), (by_real, by_imaginary) = (part.flatten(1).T for part in spectra), basis.chunk(2)
    return torch.mm(real, by_real).addmm_(imaginary, by_imaginary).view(*spectra[0].shape[1:], side, side)


@torch.compiler.assume_constant_result
@lru_cache
@torch.inference_mode(False)  # tensors made in it could take no part in training later
def bases(side: int, kernel: int, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Discrete Fourier transforms of pictures, of weights, and back, as real matrices.

    Circular convolution over side + kernel // 2 places: what wraps around falls on the margin, which is cut off.

    Returns:
        (2F, side^2), (2F, kernel^2): the real parts of each frequency of pictures and of weights, then the imaginary
        parts. (2F, side^2): what each of these contributes to a pixel.
    """
    reach = kernel // 2
    length = side + reach
    half = length // 2 + 1  # columns of frequencies of a real signal; the others mirror them
    column = torch.arange(half, device=CPU)
    mirrors_itself = (column == 0) | (2 * column == length)  # its lower half mirrors the upper one
    rows = torch.arange(length, device=CPU)[:, None]
    needed = ~mirrors_itself | (rows < half)  # (length, half)
    alone = mirrors_itself & ((rows == 0) | (2 * rows == length))  # whose mirror image is itself

    def transform(positions: Tensor) -> Tensor:
        """(F, positions^2), complex."""
        angles = torch.outer(torch.arange(length, device=CPU, dtype=torch.float64), positions) * (-2 * pi / length)
        waves = torch.polar(torch.ones_like(angles), angles)
        return torch.kron(waves, waves[:half])[needed.flatten()]

    pictures = transform(torch.arange(side, device=CPU, dtype=torch.float64))
    weights = transform(torch.arange(-reach, reach + 1, device=CPU, dtype=torch.float64))
    times = torch.where(alone, 1.0, 2.0).to(torch.float64)[needed]  # it occurs, with its mirror image
    inverse = pictures.conj() * times[:, None] / length**2
    forth, of_weights = (torch.cat([each.real, each.imag]) for each in (pictures, weights))
    back = torch.cat([inverse.real, -inverse.imag])
    return forth.to(dtype), of_weights.to(dtype), back.to(dtype)

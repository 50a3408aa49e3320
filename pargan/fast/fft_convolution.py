"""Transposed convolution at stride 1 as a product of Fourier transforms.

Legend: B records, I channels in, O channels out, S x S pixels, k x k weights, F frequencies.
"""

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Array = npt.NDArray[Any]


def spectral_convolution(images: Tensor, weight: Tensor) -> Tensor:
    """The transposed convolution (B, I, S, S), (I, O, k, k) -> (B, O, S, S) at stride 1 and padding k // 2, k odd."""
    convolved: Tensor = _Convolution.apply(images, weight)
    return convolved


class _Convolution(torch.autograd.Function):
    """Matrices are laid out so that the next product needs no copy, forwards and backwards."""

    @staticmethod
    def forward(ctx: Any, images: Tensor, weight: Tensor) -> Tensor:
        ctx.bases = as_tensors(images.shape[-1], weight.shape[-1], images.dtype)
        of_images, of_weight, back = ctx.bases
        real, imaginary = spectrum = _transformed(of_images, images)  # (F, B, I) each
        by_real, by_imaginary = weights = _transformed(of_weight, weight)  # (F, I, O) each
        ctx.save_for_backward(images, weight, *spectrum, *weights)
        product = (
            torch.bmm(real, by_real).baddbmm_(imaginary, by_imaginary, alpha=-1),
            torch.bmm(real, by_imaginary).baddbmm_(imaginary, by_real),
        )
        return _transformed_back(product, back, images.shape[-1])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None]:
        images, weight, real, imaginary, by_real, by_imaginary = ctx.saved_tensors
        if torch.is_grad_enabled():  # to be differentiated again
            half, wanted = [weight.shape[-1] // 2] * 2, [*ctx.needs_input_grad, False]
            of_images, of_weight, _ = torch.ops.aten.convolution_backward(
                gradient, images, weight, None, [1, 1], half, [1, 1], True, [0, 0], 1, wanted
            )
            return of_images, of_weight
        to_images, to_weight, forth = ctx.bases
        of_real, of_imaginary = _transformed(forth, gradient)  # (F, B, O) each
        of_images = of_weight = None
        if ctx.needs_input_grad[0]:
            spectrum = (
                torch.bmm(of_real, by_real.mT).baddbmm_(of_imaginary, by_imaginary.mT),
                torch.bmm(of_imaginary, by_real.mT).baddbmm_(of_real, by_imaginary.mT, alpha=-1),
            )
            of_images = _transformed_back(spectrum, to_images, images.shape[-1])
        if ctx.needs_input_grad[1]:
            spectrum = (
                torch.bmm(real.mT, of_real).baddbmm_(imaginary.mT, of_imaginary),
                torch.bmm(real.mT, of_imaginary).baddbmm_(imaginary.mT, of_real, alpha=-1),
            )
            of_weight = _transformed_back(spectrum, to_weight, weight.shape[-1])
        return of_images, of_weight


def _transformed(basis: Tensor, signals: Tensor) -> tuple[Tensor, Tensor]:
    """Real and imaginary part (F, M, N) of signals (M, N, side, side)."""
    real, imaginary = torch.mm(basis, signals.reshape(-1, basis.shape[1]).T).view(2, -1, *signals.shape[:2])
    return real, imaginary


def _transformed_back(spectra: tuple[Tensor, Tensor], basis: Tensor, side: int) -> Tensor:
    """The inverse transform of spectra (F, M, N): signals (M, N, side, side)."""
    (real, imaginary), (by_real, by_imaginary) = (part.flatten(1).T for part in spectra), basis.chunk(2)
    return torch.mm(real, by_real).addmm_(imaginary, by_imaginary).view(*spectra[0].shape[1:], side, side)


@torch.compiler.assume_constant_result
def as_tensors(side: int, kernel: int, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """`bases` as tensors that share their memory, made in the current mode (inference, fake tensors)."""
    forth, of_weights, back = bases(side, kernel, dtype)
    return torch.from_numpy(forth), torch.from_numpy(of_weights), torch.from_numpy(back)


@lru_cache
def bases(side: int, kernel: int, dtype: torch.dtype) -> tuple[Array, Array, Array]:
    """Discrete Fourier transforms of images, of weights, and back, as real matrices.

    Circular convolution over side + kernel // 2 places: what wraps around falls on the margin, which is cut off.
    NumPy arrays, because cached tensors made in inference mode could not be used outside it.

    Returns:
        (2F, side^2), (2F, kernel^2): the real parts of each frequency of images and of weights, then the imaginary
        parts. (2F, side^2): what each of these contributes to a pixel.
    """
    reach = kernel // 2
    length = side + reach
    half = length // 2 + 1  # columns of frequencies of a real signal; the others mirror them
    column = np.arange(half)
    mirrors_itself = (column == 0) | (2 * column == length)  # columns whose lower half mirrors the upper one
    rows = np.arange(length)[:, None]
    needed = ~mirrors_itself | (rows < half)  # (length, half)
    alone = mirrors_itself & ((rows == 0) | (2 * rows == length))  # frequencies that are their own mirror image

    def transform(positions: Array) -> Array:
        """(F, positions^2)."""
        waves = np.exp(np.outer(np.arange(length), positions) * (-2j * np.pi / length))
        return np.kron(waves, waves[:half])[needed.ravel()]

    images, weights = transform(np.arange(side)), transform(np.arange(-reach, reach + 1))
    times = np.where(alone, 1.0, 2.0)[needed]  # a frequency counts twice, with its mirror image
    inverse = images.conj() * times[:, None] / length**2
    parts = (images.real, images.imag), (weights.real, weights.imag), (inverse.real, -inverse.imag)
    precision = str(dtype).removeprefix("torch.")
    forth, of_weights, back = (np.concatenate(each).astype(precision) for each in parts)
    return forth, of_weights, back

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
        image_basis, weight_basis, inverse_basis = ctx.bases
        real, imaginary = spectrum = _transformed(image_basis, images)  # (F, B, I) twice
        weight_real, weight_imaginary = weights = _transformed(weight_basis, weight)  # (F, I, O) twice
        ctx.save_for_backward(images, weight, *spectrum, *weights)
        product = (
            torch.bmm(real, weight_real).baddbmm_(imaginary, weight_imaginary, alpha=-1),
            torch.bmm(real, weight_imaginary).baddbmm_(imaginary, weight_real),
        )
        return _transformed_back(product, inverse_basis, images.shape[-1])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None]:
        images, weight, real, imaginary, weight_real, weight_imaginary = ctx.saved_tensors
        if torch.is_grad_enabled():  # to be differentiated again
            half, wanted = [weight.shape[-1] // 2] * 2, [*ctx.needs_input_grad, False]
            image_gradient, weight_gradient, _ = torch.ops.aten.convolution_backward(
                gradient, images, weight, None, [1, 1], half, [1, 1], True, [0, 0], 1, wanted
            )
            return image_gradient, weight_gradient
        image_basis, weight_basis, inverse_basis = ctx.bases  # the adjoint of a transform goes the other way
        gradient_real, gradient_imaginary = _transformed(inverse_basis, gradient)  # (F, B, O) twice
        image_gradient = weight_gradient = None
        if ctx.needs_input_grad[0]:
            spectrum = (
                torch.bmm(gradient_real, weight_real.mT).baddbmm_(gradient_imaginary, weight_imaginary.mT),
                torch.bmm(gradient_imaginary, weight_real.mT).baddbmm_(gradient_real, weight_imaginary.mT, alpha=-1),
            )
            image_gradient = _transformed_back(spectrum, image_basis, images.shape[-1])
        if ctx.needs_input_grad[1]:
            spectrum = (
                torch.bmm(real.mT, gradient_real).baddbmm_(imaginary.mT, gradient_imaginary),
                torch.bmm(real.mT, gradient_imaginary).baddbmm_(imaginary.mT, gradient_real, alpha=-1),
            )
            weight_gradient = _transformed_back(spectrum, weight_basis, weight.shape[-1])
        return image_gradient, weight_gradient


def _transformed(basis: Tensor, signals: Tensor) -> tuple[Tensor, Tensor]:
    """Real and imaginary part (F, M, N) of signals (M, N, side, side)."""
    real, imaginary = torch.mm(basis, signals.reshape(-1, basis.shape[1]).T).view(2, -1, *signals.shape[:2])
    return real, imaginary


def _transformed_back(spectra: tuple[Tensor, Tensor], basis: Tensor, side: int) -> Tensor:
    """The inverse transform of spectra (F, M, N): signals (M, N, side, side)."""
    (real, imaginary), (basis_real, basis_imaginary) = (part.flatten(1).T for part in spectra), basis.chunk(2)
    return torch.mm(real, basis_real).addmm_(imaginary, basis_imaginary).view(*spectra[0].shape[1:], side, side)


@torch.compiler.assume_constant_result
def as_tensors(side: int, kernel: int, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """`bases` as tensors that share their memory, made in the current mode (inference, fake tensors)."""
    image_basis, weight_basis, inverse_basis = bases(side, kernel, dtype)
    return torch.from_numpy(image_basis), torch.from_numpy(weight_basis), torch.from_numpy(inverse_basis)


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
    image_basis, weight_basis, inverse_basis = (np.concatenate(part).astype(precision) for part in parts)
    return image_basis, weight_basis, inverse_basis

"""The categories of generated rows made as frequent as in real ones, once a training has ended.

Legend: N generated rows; R real ones; c categories of one column; width, the numbers of a row in model space.

A generator that plays against discriminators forgets rare categories: where one record of a thousand has it, few
batches show it, and whether it is generated at all hardly moves a loss. How frequent each category is, the reference
set says; one number for each, added to what the generator says of it, makes it come as often.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax
from torch import Tensor

from pargan.errors import ParganError
from pargan.gan.module import ParGANModule
from pargan.gan.sampling import draw_codes, draw_latents, evaluating
from pargan.seeding import derive

SAMPLES = 10_000
"""Generated rows in which the categories are counted."""


@runtime_checkable
class ShiftableGenerator(Protocol):
    """A generator of rows that says from what its head draws, and can shift it."""

    def before_head(self, latents: Tensor) -> Tensor:
        """(N, latent_dim + c) -> (N, width): what the head gets."""

    def shift_before_head(self, shift: Tensor) -> None:
        """Add (width,) to what the head gets, from now on."""


def match_frequencies(
    module: ParGANModule, reference: np.ndarray, categories: Sequence[slice], num_samples: int = SAMPLES
) -> None:
    """Make categories, frequent values and missing values as frequent as in real records, in the released generator.

    What the generator says of two categories beside each other stays: in every row the odds of one are multiplied by a
    number that is the same for all rows. Differences that chance explains stay too: see `shrunk_frequencies`.

    Args:
        module: after its training; the generator it releases is changed.
        reference: (R, width) real records in model space that are not members, so that nothing of a member is told.
        categories: the parts of a row that are indicators of the categories of one column.
        num_samples: N, rows in which the generated categories are counted.

    Raises:
        ParganError: the generator has no `before_head` and `shift_before_head`.
    """
    generator = module.released
    if not isinstance(generator, ShiftableGenerator):
        raise ParganError(
            "has no methods before_head and shift_before_head, by which its categories could be shifted",
            argument="generator",
            value=type(generator).__name__,
            remedy="write them as pargan.models.MLPGenerator does",
        )
    seed = derive(module.seed, "matched frequencies")
    codes = draw_codes(module.conditioning, num_samples, seed)
    latents = draw_latents(num_samples, module.latent_dim, seed).to(module.device)
    condition = module.conditioning.indicators(codes)
    told = module.conditioning.tell_latents(latents, None if condition is None else condition.to(latents))
    with evaluating(generator):
        logits = generator.before_head(told).double().cpu().numpy()
        shift = np.zeros(logits.shape[1])
        for part in categories:
            drawn = softmax(logits[:, part], axis=1).mean(axis=0)
            real = reference[:, part].mean(axis=0, dtype=np.float64)
            shift[part] = frequency_shift(logits[:, part], shrunk_frequencies(real, drawn, len(reference)))
        generator.shift_before_head(torch.as_tensor(shift).to(latents))


def shrunk_frequencies(real: np.ndarray, drawn: np.ndarray, num_real: int) -> np.ndarray:
    """What chance does not explain of the difference between the frequencies (c,) of R real and of the drawn rows.

    Few real rows say little: each frequency goes from the drawn one towards the real one by the share 1 - 1/z^2, or not
    at all where |z| is below 1. z is the difference of the square roots, whose standard error is 1 / (2 sqrt(R))
    whatever the frequency (Freeman and Tukey, doi 10.1214/aoms/1177729756).
    """
    z = 2 * np.sqrt(num_real) * (np.sqrt(real) - np.sqrt(drawn))
    share = 1 - 1 / np.maximum(z**2, 1)
    wanted = drawn + share * (real - drawn)
    return np.asarray(wanted / wanted.sum())


def frequency_shift(logits: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """The numbers (c,) to add to logits (N, c) so that categories drawn from their softmax have these frequencies (c,).

    The frequencies are above 0, with sum 1. The numbers are the minimum of a convex function, whose gradient is the
    difference between the frequencies that are drawn and those that are asked for.
    """

    def excess(shift: np.ndarray) -> tuple[float, np.ndarray]:
        shifted = logits + shift
        normalizer = logsumexp(shifted, axis=1)
        drawn = np.exp(shifted - normalizer[:, None]).mean(axis=0)
        return float(normalizer.mean() - frequencies @ shift), drawn - frequencies

    start = np.zeros(len(frequencies))
    found = minimize(excess, start, jac=True, method="L-BFGS-B", options={"gtol": 1e-5, "ftol": 1e-12})
    return np.asarray(found.x)

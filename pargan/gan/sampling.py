"""Draw records from a generator, reproducibly."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

import numpy as np
import torch
from torch import Tensor, nn

from pargan.records.asked_categories import in_turn
from pargan.records.conditioning import UNCONDITIONAL, Conditioning
from pargan.seeding import derive, seeded


@contextmanager
def evaluating(*networks: nn.Module) -> Iterator[None]:
    """Eval mode without gradients; afterwards every submodule has its previous mode again, also after an error."""
    modes = [(module, module.training) for network in networks for module in network.modules()]
    for network in networks:
        network.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, mode in modes:
            module.training = mode


def draw_latents(num_samples: int, latent_dim: int, seed: int) -> Tensor:
    """The latents (num_samples, latent_dim) that `sample` starts from: standard normal, on the CPU."""
    return torch.randn(num_samples, latent_dim, generator=torch.Generator().manual_seed(seed))


def sample(
    generator: nn.Module,
    num_samples: int,
    latent_dim: int,
    seed: int,
    batch_size: int = 1000,
    conditioning: Conditioning = UNCONDITIONAL,
    codes: np.ndarray | None = None,
) -> Tensor:
    """Generated records (num_samples, *shape) in model space, on the generator's device.

    Latents are standard normal, drawn on the CPU from `seed` alone, so the same seed gives the same latents
    on every device and for every batch size. Numbers that the generator itself draws (tables draw
    their categories) depend on the seed, the batch size and the kind of device. torch's global random state is
    restored.

    Records are generated under the conditions `codes`, (num_samples,), by default as `draw_codes` draws them.
    """
    device = next((parameter.device for parameter in generator.parameters()), torch.device("cpu"))
    latents = draw_latents(num_samples, latent_dim, seed)
    codes = draw_codes(conditioning, num_samples, seed) if codes is None else codes
    with evaluating(generator), seeded(derive(seed, "generator's own noise"), device):
        blocks = [
            generate(
                generator,
                latents[start : start + batch_size].to(device),
                conditioning,
                conditioning.indicators(None if codes is None else codes[start : start + batch_size]),
            )
            for start in range(0, num_samples, batch_size)
        ]
        return torch.cat(blocks)


def draw_codes(
    conditioning: Conditioning, num_samples: int, seed: int, shares: np.ndarray | None = None
) -> np.ndarray | None:
    """The categories (num_samples,) under which to generate; None without a condition.

    By default they are as frequent as in the data. With `shares` (c,) of `Conditioning.shares` they come in turn.
    """
    if shares is None:
        return conditioning.draw(num_samples, derive(seed, "conditions"))
    return np.fromiter(islice(in_turn(shares), num_samples), np.int64, num_samples)


def generate(
    generator: Callable[[Tensor], Tensor],
    latents: Tensor,
    conditioning: Conditioning = UNCONDITIONAL,
    condition: Tensor | None = None,
) -> Tensor:
    """Records (n, *shape) from latents (n, latent_dim) and, where it was trained with them, conditions (n, c)."""
    condition = None if condition is None else condition.to(latents)
    return conditioning.fill(generator(conditioning.tell_latents(latents, condition)), condition)

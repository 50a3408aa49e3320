"""Draw records from a generator, reproducibly."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

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


def sample(generator: nn.Module, num_samples: int, latent_dim: int, seed: int, batch_size: int = 1000) -> Tensor:
    """Generated records (num_samples, *shape) in model space, on the generator's device.

    Latents are standard normal, drawn on the CPU from `seed` alone, so the same seed gives the same latents
    on every device and for every batch size. Numbers that the generator itself draws (tables draw
    their categories) depend on the seed, the batch size and the kind of device. torch's global random state is
    restored.
    """
    device = next((parameter.device for parameter in generator.parameters()), torch.device("cpu"))
    latents = draw_latents(num_samples, latent_dim, seed)
    with evaluating(generator), seeded(derive(seed, "generator's own noise"), device):
        return torch.cat([generator(block.to(device)) for block in latents.split(batch_size)])

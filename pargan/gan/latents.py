"""Latents of an update: one set per discriminator, or one for all.

Legend: K partitions, B records of each.
"""

import torch
from torch import Tensor


def independent(num_partitions: int, batch_size: int, latent_dim: int, device: torch.device) -> Tensor:
    """(K, B, latent_dim) standard normal, as published: every discriminator meets fakes of its own."""
    return torch.randn(num_partitions, batch_size, latent_dim, device=device)


def shared(num_partitions: int, batch_size: int, latent_dim: int, device: torch.device) -> Tensor:
    """(1, B, latent_dim) standard normal: all discriminators meet the same fakes.

    The generator is evaluated on a K-th of the latents, so its BatchNorm sees B records instead of K * B.
    """
    return torch.randn(1, batch_size, latent_dim, device=device)

"""Latents of an update: one set per discriminator, or one set for all of them.

Legend: K partitions, B records of each.
"""

import torch
from torch import Tensor


def independent(num_partitions: int, batch_size: int, latent_dim: int, device: torch.device) -> Tensor:
    """(K, B, latent_dim) standard normal, as published: every discriminator gets its own fakes."""
    return torch.randn(num_partitions, batch_size, latent_dim, device=device)


def shared(num_partitions: int, batch_size: int, latent_dim: int, device: torch.device) -> Tensor:
    """(1, B, latent_dim) standard normal: all discriminators get the same fakes.

    The generator is evaluated on B latents instead of K * B, which are also what its BatchNorm averages over. With a
    condition every discriminator gets these latents under the conditions of its own partition, so that the generator is
    evaluated on K * B of them: a condition that a partition lacks must not be asked of its discriminator.
    """
    return torch.randn(1, batch_size, latent_dim, device=device)

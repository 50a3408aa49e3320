"""K discriminators evaluated together.

Legend: K partitions, B records of each, *shape of one record.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from pargan.errors import ParganError


class Discriminators(nn.ModuleList):
    """K independent networks; network k sees only what stands at index k of a batch.

    Args:
        discriminator: builds one network, (B, *shape) -> (B,) or (B, 1) logits; called K times, so that
            every network starts from its own random weights.
        num_partitions: K.

    Raises:
        ParganError: K < 1, or the factory returned the same network twice.
    """

    def __init__(self, discriminator: Callable[[], nn.Module], num_partitions: int) -> None:
        if num_partitions < 1:
            raise ParganError(f"num_partitions={num_partitions} leaves no discriminator; give 1 or more")
        networks = [discriminator() for _ in range(num_partitions)]
        if len({id(network) for network in networks}) < num_partitions:
            raise ParganError(
                "the discriminator factory returned one network twice, so the partitions would share it; "
                "give a function that builds a new network at every call"
            )
        super().__init__(networks)

    def forward(self, records: Tensor) -> Tensor:
        """Logits of every network on its own records: (K, B, *shape) -> (K, B)."""
        if len(records) != len(self):
            raise ParganError(
                f"a batch of {len(records)} partitions met {len(self)} discriminators; "
                f"batches are (K, B, *shape) with K={len(self)}"
            )
        return torch.stack([network(own).reshape(len(own)) for network, own in zip(self, records, strict=True)])

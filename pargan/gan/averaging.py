"""A moving average of the generator, which is often better than the generator of the last step."""

from copy import deepcopy
from itertools import chain

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from pargan.errors import ParganError


class AveragedGenerator(nn.Module):
    """Exponential moving average of a generator's parameters and buffers, from its initial weights on.

    Args:
        generator: its copy is averaged into; itself stays as it is.
        ema: the share of the average that is kept at each update, in (0, 1); 0.999 is common.

    Raises:
        ParganError: ema outside (0, 1).
    """

    def __init__(self, generator: nn.Module, ema: float) -> None:
        if not 0 < ema < 1:
            raise ParganError(
                "averages nothing or never changes",
                argument="ema",
                value=ema,
                remedy="give a number above 0 and below 1, for example ema=0.999, or ema=null for no average",
            )
        super().__init__()
        self.ema = ema
        self.network = deepcopy(generator).requires_grad_(False)

    def forward(self, latents: Tensor) -> Tensor:
        """(n, latent_dim) -> (n, *shape), from averaged weights."""
        return self.network(latents)

    @torch.no_grad()
    def update(self, generator: nn.Module) -> None:
        """Take in the generator's present weights and BatchNorm statistics; integer buffers are copied."""
        averages, values = list[Tensor](), list[Tensor]()
        for average, value in zip(_tensors(self.network), _tensors(generator), strict=True):
            if value.is_floating_point():
                averages.append(average)
                values.append(value)
            else:
                average.copy_(value)
        get_ema_multi_avg_fn(self.ema)(averages, values, None)


def _tensors(network: nn.Module) -> chain[Tensor]:
    return chain(network.parameters(), network.buffers())

"""Fully connected networks: points, tables, and small images.

Legend: B records, *shape of one record.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import prod
from typing import ClassVar

import torch
from torch import Tensor, nn

from pargan.models.keras_defaults import BATCH_NORM_EPS, BATCH_NORM_MOMENTUM, LEAKY_SLOPE, glorot_
from pargan.models.sizes import check_dropout, check_hidden, check_size
from pargan.records.spec import RecordSpec


class BesideInput(nn.Sequential):
    """Layers whose output is put beside their input: (B, n) -> (B, m + n)."""

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, n) -> (B, m + n)."""
        outputs = inputs
        for layer in self:  # not super(), which TorchScript refuses
            outputs = layer(outputs)
        return torch.cat([outputs, inputs], dim=1)


class MLPGenerator(nn.Sequential):
    """Dense layers with LeakyReLU between, then the head of the record format: (B, latent_dim + c) -> (B, *shape).

    Args:
        spec: the record format.
        latent_dim: size of a latent.
        hidden: width of each hidden layer; (256, 256) in the published experiments on points.
        batch_norm: BatchNorm before each LeakyReLU; without it a generator of many columns tends to collapse.
        skip_connections: put the output of each hidden layer beside its input, so that every layer sees the latents
            and all layers before it (DenseNet, arXiv 1608.06993; for tables CTGAN, arXiv 1907.00503).
        condition_size: c, numbers of a condition beside each latent; 0 without a condition.

    Raises:
        ParganError: a size below 1.
    """

    def __init__(
        self,
        spec: RecordSpec,
        latent_dim: int,
        hidden: Sequence[int] = (256, 256),
        batch_norm: bool = False,
        condition_size: int = 0,
        skip_connections: bool = False,
    ) -> None:
        check_size("latent_dim", latent_dim)
        check_hidden(hidden)
        widths = (latent_dim + condition_size, *hidden)
        widths_in = list(accumulate(widths)) if skip_connections else list(widths)
        layers: list[nn.Module] = []
        for width_in, width_out in zip(widths_in, hidden, strict=False):
            layer = _hidden_layer(width_in, width_out, batch_norm=batch_norm)
            layers += [BesideInput(*layer)] if skip_connections else layer
        super().__init__(
            *layers,
            nn.Linear(widths_in[-1], prod(spec.shape)),
            nn.Unflatten(1, spec.shape),
            spec.head(),
        )
        glorot_(self)

    def before_head(self, latents: Tensor) -> Tensor:
        """(B, latent_dim + c) -> (B, *shape): what the head of the record format gets."""
        outputs = latents
        for layer in list(self)[:-1]:
            outputs = layer(outputs)
        return outputs

    @torch.no_grad()
    def shift_before_head(self, shift: Tensor) -> None:
        """Add (*shape,) to what the head gets from now on, by the biases of the last dense layer."""
        last = next(layer for layer in reversed(self) if isinstance(layer, nn.Linear))
        last.bias.add_(shift.flatten())


class MLPDiscriminator(nn.Sequential):
    """Dense layers with LeakyReLU between, linear output: (B, *shape) -> (B, 1); with a condition (B, d + c) -> (B, 1).

    Args:
        spec: the record format.
        hidden: width of each hidden layer; (256,) in the published experiments on points.
        dropout: share of activations dropped after each hidden layer.
        condition_size: c, numbers of a condition behind those of each record; 0 without a condition.

    Raises:
        ParganError: a size below 1, or a dropout outside [0, 1).
    """

    flat_records: ClassVar[bool] = True
    """A condition stands behind the flat record, not in further channels of an image."""

    def __init__(
        self, spec: RecordSpec, hidden: Sequence[int] = (256,), dropout: float = 0.0, condition_size: int = 0
    ) -> None:
        check_hidden(hidden)
        check_dropout(dropout)
        widths = (prod(spec.shape) + condition_size, *hidden)
        layers = [layer for pair in pairwise(widths) for layer in _hidden_layer(*pair, dropout=dropout)]
        super().__init__(nn.Flatten(), *layers, nn.Linear(widths[-1], 1))
        glorot_(self)


def _hidden_layer(width_in: int, width_out: int, *, batch_norm: bool = False, dropout: float = 0.0) -> list[nn.Module]:
    layers: list[nn.Module] = [nn.Linear(width_in, width_out, bias=not batch_norm)]
    layers += [nn.BatchNorm1d(width_out, BATCH_NORM_EPS, BATCH_NORM_MOMENTUM)] if batch_norm else []
    layers.append(nn.LeakyReLU(LEAKY_SLOPE, inplace=True))
    layers += [nn.Dropout(dropout)] if dropout else []
    return layers

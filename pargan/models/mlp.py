"""Fully connected networks: points, tables, and small images.

Legend: B records, *shape of one record.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import prod

import torch
from torch import Tensor, nn

from pargan.models.keras_defaults import BATCH_NORM_EPS, BATCH_NORM_MOMENTUM, LEAKY_SLOPE, glorot_
from pargan.models.number_bins import NumberBins
from pargan.models.sizes import check_dropout, check_hidden, check_sharpness, check_size
from pargan.records.spec import RecordSpec
from pargan.records.tables import TableSpec


class BesideInput(nn.Sequential):
    """Layers whose output is put beside their input: (B, n) -> (B, m + n)."""

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, n) -> (B, m + n)."""
        outputs = inputs
        for layer in self:  # not super(), which TorchScript refuses
            outputs = layer(outputs)
        return torch.cat([outputs, inputs], dim=1)


class SharperCategories(nn.Module):
    """Of a trained generator, what it says of categories times `sharpness`: (B, *shape) -> (B, *shape).

    Each category of a row is drawn by itself, so that two may contradict each other, as a degree and years of school.
    A training needs these draws for its gradients. The trained generator leaves less to them: its latents vary enough.

    Args:
        spec: of rows.
        sharpness: 1 changes nothing; more makes the likeliest category likelier.
    """

    factors: Tensor

    def __init__(self, spec: TableSpec, sharpness: float) -> None:
        super().__init__()
        factors = torch.ones(spec.shape)
        for part in spec.categories:
            factors[part] = sharpness
        self.register_buffer("factors", factors, persistent=False)

    def forward(self, outputs: Tensor) -> Tensor:
        """(B, *shape) -> (B, *shape); in training mode the same."""
        return outputs if self.training else outputs * self.factors


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
        sharpness: outside training, by which factor it is surer of each category of a row, see `SharperCategories`.

    Raises:
        ParganError: a size below 1, or a sharpness that is not above 0.
    """

    def __init__(
        self,
        spec: RecordSpec,
        latent_dim: int,
        hidden: Sequence[int] = (256, 256),
        batch_norm: bool = False,
        condition_size: int = 0,
        skip_connections: bool = False,
        sharpness: float = 1.0,
    ) -> None:
        check_size("latent_dim", latent_dim)
        check_sharpness(sharpness)
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
            *([SharperCategories(spec, sharpness)] if isinstance(spec, TableSpec) and sharpness != 1 else []),
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
        """Add (*shape,) to what the head gets from now on outside training, by the biases of the last dense layer."""
        for layer in reversed(self):
            if isinstance(layer, SharperCategories):
                shift = shift / layer.factors
            if isinstance(layer, nn.Linear):
                layer.bias.add_(shift.flatten())
                return


class MLPDiscriminator(nn.Sequential):
    """Dense layers with LeakyReLU between, linear output: (B, f + c) -> (B, 1), from f features of a record.

    Without bins and condition it also takes records (B, *shape).

    Args:
        spec: the record format.
        hidden: width of each hidden layer; (256,) in the published experiments on points.
        dropout: share of activations dropped after each hidden layer.
        condition_size: c, numbers of a condition behind the features of each record; 0 without a condition.
        number_bins: bins as which a record's numbers are given beside themselves, see `NumberBins`; 0 for none.

    Raises:
        ParganError: a size below 1, a dropout outside [0, 1), or bins below 0.
    """

    def __init__(
        self,
        spec: RecordSpec,
        hidden: Sequence[int] = (256,),
        dropout: float = 0.0,
        condition_size: int = 0,
        number_bins: int = 0,
    ) -> None:
        check_hidden(hidden)
        check_dropout(dropout)
        if number_bins:
            check_size("number_bins", number_bins)
        size = prod(spec.shape)
        bins = NumberBins(spec.numbers if isinstance(spec, TableSpec) else range(size), number_bins)
        widths = (size + bins.size + condition_size, *hidden)
        layers = [layer for pair in pairwise(widths) for layer in _hidden_layer(*pair, dropout=dropout)]
        super().__init__(nn.Flatten(), *layers, nn.Linear(widths[-1], 1))
        glorot_(self)
        self.record_ndim = len(spec.shape)
        self.bins = bins

    def features_of(self, records: Tensor) -> Tensor:
        """(..., *shape) -> (..., f): flat records and, with bins, these."""
        flat = records.flatten(-self.record_ndim)
        return self.bins(flat) if self.bins.size else flat


def _hidden_layer(width_in: int, width_out: int, *, batch_norm: bool = False, dropout: float = 0.0) -> list[nn.Module]:
    layers: list[nn.Module] = [nn.Linear(width_in, width_out, bias=not batch_norm)]
    layers += [nn.BatchNorm1d(width_out, BATCH_NORM_EPS, BATCH_NORM_MOMENTUM)] if batch_norm else []
    layers.append(nn.LeakyReLU(LEAKY_SLOPE, inplace=True))
    layers += [nn.Dropout(dropout)] if dropout else []
    return layers

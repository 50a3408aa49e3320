"""Attacks on the K discriminators: a discriminator's logit is higher for records it was trained on.

Legend: K discriminators, N records under attack, R reference records; z is (K, N).

Sources: LOGAN (Hayes et al. 2019, arXiv 1705.07663) for the score of one discriminator; PAR-GAN (Chen et
al. 2021, doi 10.1145/3447548.3467445) for mean and maximum over K.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from pargan.attacks.views import DiscriminatorsView, PartitionsView

RESOLUTION = 1e-6
"""Logits whose range, relative to their size, is below this differ by float32 rounding only."""


@dataclass(frozen=True)
class DiscriminatorMean:
    """Mean over k of z_k(x).

    Args:
        standardise: z_k is the logit in standard deviations from its mean on the reference set; False takes
            the raw logits, as in the published experiments, so that networks with larger logits weigh more.
    """

    standardise: bool = True
    access: ClassVar[type[DiscriminatorsView]] = DiscriminatorsView

    def __call__(self, view: DiscriminatorsView, records: Tensor) -> Tensor:
        """(N, *shape) -> (N,) scores."""
        return _logits(view, records, self.standardise).mean(0)


@dataclass(frozen=True)
class DiscriminatorMax:
    """Maximum over k of z_k(x): high if any one discriminator was trained on x.

    Args:
        standardise: as in `DiscriminatorMean`; with raw logits the network with the largest offset dominates.
    """

    standardise: bool = True
    access: ClassVar[type[DiscriminatorsView]] = DiscriminatorsView

    def __call__(self, view: DiscriminatorsView, records: Tensor) -> Tensor:
        """(N, *shape) -> (N,) scores."""
        return _logits(view, records, self.standardise).amax(0)


@dataclass(frozen=True)
class DiscriminatorGap:
    """Maximum over k of z_k(x) minus the mean of the other K - 1.

    At most one discriminator was trained on x, so the others show, without further training, what logit x gets from
    models that never saw it, like the "out" models of a calibrated attack. With K = 1 the score is z_0(x).

    Args:
        standardise: as in `DiscriminatorMean`.
    """

    standardise: bool = True
    access: ClassVar[type[DiscriminatorsView]] = DiscriminatorsView

    def __call__(self, view: DiscriminatorsView, records: Tensor) -> Tensor:
        """(N, *shape) -> (N,) scores."""
        z = _logits(view, records, self.standardise)
        highest = z.amax(0)
        mean_of_rest = (z.sum(0) - highest) / max(len(z) - 1, 1)  # 0 where K = 1
        return highest - mean_of_rest


@dataclass(frozen=True)
class OwnPartition:
    """z_k(x) of the discriminator of x's own partition k: an upper bound, since no attacker knows k.

    Args:
        standardise: as in `DiscriminatorMean`.
    """

    standardise: bool = True
    access: ClassVar[type[PartitionsView]] = PartitionsView

    def __call__(self, view: PartitionsView, records: Tensor) -> Tensor:
        """(N, *shape) -> (N,) scores."""
        return _logits(view, records, self.standardise).gather(0, view.partition[None]).squeeze(0)


def standardised_logits(view: DiscriminatorsView, records: Tensor) -> Tensor:
    """z: every discriminator's logits in standard deviations from its mean on the reference set.

    Offsets and scales of the K networks' logits are arbitrary (above all those of Wasserstein critics); z can be
    compared over k. A discriminator with constant logits has z = 0 everywhere.

    Args:
        view: the attacker's view of the target.
        records: (N, *shape).

    Returns:
        (K, N).
    """
    reference = view.logits(view.reference)  # (K, R)
    scale = reference.std(1, correction=0, keepdim=True)
    z = (view.logits(records) - reference.mean(1, keepdim=True)) / scale
    return z.masked_fill(_is_dead(reference)[:, None], 0.0)


def dead_discriminators(view: DiscriminatorsView) -> list[int]:
    """The k whose logit is the same for every reference record, up to rounding: they carry no information."""
    return _is_dead(view.logits(view.reference)).nonzero().flatten().tolist()


def _logits(view: DiscriminatorsView, records: Tensor, standardise: bool) -> Tensor:
    return standardised_logits(view, records) if standardise else view.logits(records)


def _is_dead(logits: Tensor) -> Tensor:
    """Which discriminators have constant logits: (K, R) -> (K,) bool."""
    spread = logits.amax(1) - logits.amin(1)
    return torch.less_equal(spread, RESOLUTION * logits.abs().amax(1))

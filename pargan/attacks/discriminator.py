"""Attacks that read the K discriminators: a network rates higher what it was trained on.

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
"""Logits whose range is this small beside their size differ by float32 rounding only."""


@dataclass(frozen=True)
class DiscriminatorMean:
    """Mean over k of z_k(x).

    Args:
        standardise: z_k is the logit in standard deviations from its mean on the reference set; False takes
            the raw logits, as the published metrics do, so that networks with larger logits weigh more.
    """

    standardise: bool = True
    access: ClassVar[type[DiscriminatorsView]] = DiscriminatorsView

    def __call__(self, view: DiscriminatorsView, records: Tensor) -> Tensor:
        """(N, *shape) -> (N,) scores."""
        return _z(view, records, self.standardise).mean(0)


@dataclass(frozen=True)
class DiscriminatorMax:
    """Maximum over k of z_k(x): somebody has seen x.

    Args:
        standardise: as in `DiscriminatorMean`; with raw logits the network with the largest offset decides.
    """

    standardise: bool = True
    access: ClassVar[type[DiscriminatorsView]] = DiscriminatorsView

    def __call__(self, view: DiscriminatorsView, records: Tensor) -> Tensor:
        """(N, *shape) -> (N,) scores."""
        return _z(view, records, self.standardise).amax(0)


@dataclass(frozen=True)
class DiscriminatorGap:
    """Maximum over k of z_k(x) minus the mean of the other K - 1.

    At most one discriminator was trained on x, so the others are free models of how difficult x is, as the
    "out" models of a calibrated attack are. With K = 1 there is no other, and the score is z_0(x).

    Args:
        standardise: as in `DiscriminatorMean`.
    """

    standardise: bool = True
    access: ClassVar[type[DiscriminatorsView]] = DiscriminatorsView

    def __call__(self, view: DiscriminatorsView, records: Tensor) -> Tensor:
        """(N, *shape) -> (N,) scores."""
        z = _z(view, records, self.standardise)
        highest = z.amax(0)
        others = (z.sum(0) - highest) / max(len(z) - 1, 1)  # 0 where K = 1
        return highest - others


@dataclass(frozen=True)
class OwnPartition:
    """z_k(x) of the one discriminator that would have seen x: an upper bound, since no attacker knows k.

    Args:
        standardise: as in `DiscriminatorMean`.
    """

    standardise: bool = True
    access: ClassVar[type[PartitionsView]] = PartitionsView

    def __call__(self, view: PartitionsView, records: Tensor) -> Tensor:
        """(N, *shape) -> (N,) scores."""
        return _z(view, records, self.standardise).gather(0, view.partition[None]).squeeze(0)


def standardised_logits(view: DiscriminatorsView, records: Tensor) -> Tensor:
    """z: every discriminator's logits in standard deviations from its mean on the reference set.

    Offsets and scales of the K networks are arbitrary (a critic's above all), and only z can be compared
    over k. A dead discriminator has z = 0 everywhere.

    Args:
        view: what the attacker holds.
        records: (N, *shape).

    Returns:
        (K, N).
    """
    reference = view.logits(view.reference)  # (K, R)
    scale = reference.std(1, correction=0, keepdim=True)
    z = (view.logits(records) - reference.mean(1, keepdim=True)) / scale
    return z.masked_fill(_is_dead(reference)[:, None], 0.0)


def dead_discriminators(view: DiscriminatorsView) -> list[int]:
    """The k whose logit is the same for every reference record, to rounding: they know nothing to leak."""
    return _is_dead(view.logits(view.reference)).nonzero().flatten().tolist()


def _z(view: DiscriminatorsView, records: Tensor, standardise: bool) -> Tensor:
    return standardised_logits(view, records) if standardise else view.logits(records)


def _is_dead(logits: Tensor) -> Tensor:
    """(K, R) -> (K,) bool."""
    spread = logits.amax(1) - logits.amin(1)
    return torch.less_equal(spread, RESOLUTION * logits.abs().amax(1))

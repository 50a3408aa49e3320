"""Membership inference attacks: functions from records to scores, and the figures that judge scores."""

from pargan.attacks.audit import AttackResult, make_target, run_attacks
from pargan.attacks.calibrated import Calibrated
from pargan.attacks.discriminator import (
    DiscriminatorGap,
    DiscriminatorMax,
    DiscriminatorMean,
    OwnPartition,
    dead_discriminators,
    standardised_logits,
)
from pargan.attacks.evaluate import Figures, judge
from pargan.attacks.monte_carlo import DistancePercentile, MedianNearest, MonteCarlo
from pargan.attacks.neighbours import NearestNeighbour
from pargan.attacks.reference import NeedsModels, ReferenceModel, refuse_without_models
from pargan.attacks.shadow import Lira, Rmia
from pargan.attacks.spaces import PrincipalComponents, RawSpace
from pargan.attacks.target import (
    Attack,
    DiscriminatorsView,
    GeneratorView,
    PartitionsView,
    SamplesView,
    Target,
)

__all__ = [
    "Attack",
    "AttackResult",
    "Calibrated",
    "DiscriminatorGap",
    "DiscriminatorMax",
    "DiscriminatorMean",
    "DiscriminatorsView",
    "DistancePercentile",
    "Figures",
    "GeneratorView",
    "Lira",
    "MedianNearest",
    "MonteCarlo",
    "NearestNeighbour",
    "NeedsModels",
    "OwnPartition",
    "PartitionsView",
    "PrincipalComponents",
    "RawSpace",
    "ReferenceModel",
    "Rmia",
    "SamplesView",
    "Target",
    "dead_discriminators",
    "judge",
    "make_target",
    "refuse_without_models",
    "run_attacks",
    "standardised_logits",
]

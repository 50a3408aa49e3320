"""Membership inference attacks: functions from records to scores, and the figures that judge scores."""

from pargan.attacks.audit import AttackResult, make_target, run_attacks
from pargan.attacks.controls import Controls, judge_controls
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
    "Controls",
    "DiscriminatorGap",
    "DiscriminatorMax",
    "DiscriminatorMean",
    "DiscriminatorsView",
    "DistancePercentile",
    "Figures",
    "GeneratorView",
    "MedianNearest",
    "MonteCarlo",
    "NearestNeighbour",
    "OwnPartition",
    "PartitionsView",
    "PrincipalComponents",
    "RawSpace",
    "SamplesView",
    "Target",
    "dead_discriminators",
    "judge",
    "judge_controls",
    "make_target",
    "run_attacks",
    "standardised_logits",
]

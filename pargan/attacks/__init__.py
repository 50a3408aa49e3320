"""Membership inference attacks: functions from records to scores, and the figures that judge scores."""

from pargan.attacks.audit import AttackResult, make_target, run_attacks
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
from pargan.attacks.per_partition import PartitionLeakage, leakage_per_partition
from pargan.attacks.risk import RiskTable, risk_table
from pargan.attacks.spaces import PrincipalComponents, RawSpace
from pargan.attacks.standard import standard_attacks
from pargan.attacks.target import (
    Attack,
    DiscriminatorsView,
    GeneratorView,
    PartitionsView,
    SamplesView,
    Target,
    narrow,
)

__all__ = [
    "Attack",
    "AttackResult",
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
    "PartitionLeakage",
    "PartitionsView",
    "PrincipalComponents",
    "RawSpace",
    "RiskTable",
    "SamplesView",
    "Target",
    "dead_discriminators",
    "judge",
    "leakage_per_partition",
    "make_target",
    "narrow",
    "risk_table",
    "run_attacks",
    "standard_attacks",
    "standardised_logits",
]

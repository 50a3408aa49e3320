"""Membership inference attacks: functions from records to scores, and the figures that judge scores."""

from pargan.attacks.audit import AttackResult, make_target, run_attacks
from pargan.attacks.calibrated import Calibrated
from pargan.attacks.controls import Controls, judge_controls
from pargan.attacks.density import DensityRatio, GaussianDensity, KernelDensity
from pargan.attacks.discriminator import (
    DiscriminatorGap,
    DiscriminatorMax,
    DiscriminatorMean,
    OwnPartition,
    dead_discriminators,
    standardised_logits,
)
from pargan.attacks.evaluate import Figures, judge
from pargan.attacks.latent_search import LatentSearch, NearestSample, RandomLatent, Zeros
from pargan.attacks.monte_carlo import DistancePercentile, MedianNearest, MonteCarlo, ReferenceMedianNearest
from pargan.attacks.neighbours import NearestNeighbour
from pargan.attacks.per_partition import PartitionLeakage, leakage_per_partition
from pargan.attacks.reference import NeedsModels, ReferenceModel, refuse_without_models
from pargan.attacks.risk import RiskTable, risk_table
from pargan.attacks.shadow import Lira, Rmia
from pargan.attacks.spaces import FeatureSpace, MixedTypeSpace, PrincipalComponents, RawSpace
from pargan.attacks.standard import standard_attacks
from pargan.attacks.surrogate import SurrogateDiscriminator
from pargan.attacks.target import (
    Attack,
    DiscriminatorsView,
    GeneratorView,
    PartitionsView,
    SamplesView,
    Scored,
    Target,
    narrow,
)

__all__ = [
    "Attack",
    "AttackResult",
    "Calibrated",
    "Controls",
    "DensityRatio",
    "DiscriminatorGap",
    "DiscriminatorMax",
    "DiscriminatorMean",
    "DiscriminatorsView",
    "DistancePercentile",
    "FeatureSpace",
    "Figures",
    "GaussianDensity",
    "GeneratorView",
    "KernelDensity",
    "LatentSearch",
    "Lira",
    "MedianNearest",
    "MixedTypeSpace",
    "MonteCarlo",
    "NearestNeighbour",
    "NearestSample",
    "NeedsModels",
    "OwnPartition",
    "PartitionLeakage",
    "PartitionsView",
    "PrincipalComponents",
    "RandomLatent",
    "RawSpace",
    "ReferenceMedianNearest",
    "ReferenceModel",
    "RiskTable",
    "Rmia",
    "SamplesView",
    "Scored",
    "SurrogateDiscriminator",
    "Target",
    "Zeros",
    "dead_discriminators",
    "judge",
    "judge_controls",
    "leakage_per_partition",
    "make_target",
    "narrow",
    "refuse_without_models",
    "risk_table",
    "run_attacks",
    "standard_attacks",
    "standardised_logits",
]

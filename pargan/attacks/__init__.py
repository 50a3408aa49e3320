"""Membership inference attacks: functions from records to scores, and the figures that judge scores."""

from pargan.attacks.audit import AttackResult, make_target, run_attacks
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
from pargan.attacks.monte_carlo import DistancePercentile, MedianNearest, MonteCarlo
from pargan.attacks.neighbours import NearestNeighbour
from pargan.attacks.spaces import FeatureSpace, MixedTypeSpace, PrincipalComponents, RawSpace
from pargan.attacks.surrogate import SurrogateDiscriminator
from pargan.attacks.target import (
    Attack,
    DiscriminatorsView,
    GeneratorView,
    PartitionsView,
    SamplesView,
    Scored,
    Target,
)

__all__ = [
    "Attack",
    "AttackResult",
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
    "MedianNearest",
    "MixedTypeSpace",
    "MonteCarlo",
    "NearestNeighbour",
    "NearestSample",
    "OwnPartition",
    "PartitionsView",
    "PrincipalComponents",
    "RandomLatent",
    "RawSpace",
    "SamplesView",
    "Scored",
    "SurrogateDiscriminator",
    "Target",
    "Zeros",
    "dead_discriminators",
    "judge",
    "judge_controls",
    "make_target",
    "run_attacks",
    "standardised_logits",
]

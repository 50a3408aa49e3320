from .calibrated import Calibrated
from .density import DensityRatio, GaussianDensity, KernelDensity
from .discriminator import (
    DiscriminatorGap,
    DiscriminatorMax,
    DiscriminatorMean,
    OwnPartition,
    dead_discriminators,
    standardised_logits,
)
from .latent_search import LatentSearch, NearestSample, RandomLatent, Zeros
from .monte_carlo import DistancePercentile, MedianNearest, MonteCarlo, ReferenceMedianNearest, log_closeness
from .neighbours import NearestNeighbour
from .reference_models import NeedsModels, ReferenceModel, refuse_without_models
from .shadow import Lira, Rmia
from .spaces import FeatureSpace, MixedTypeSpace, PrincipalComponents, RawSpace
from .standard import standard_attacks
from .surrogate import SurrogateDiscriminator
from .views import Attack, DiscriminatorsView, GeneratorView, PartitionsView, SamplesView, Scored, Target, narrow

__all__ = [
    "Attack",
    "Calibrated",
    "DensityRatio",
    "DiscriminatorGap",
    "DiscriminatorMax",
    "DiscriminatorMean",
    "DiscriminatorsView",
    "DistancePercentile",
    "FeatureSpace",
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
    "PartitionsView",
    "PrincipalComponents",
    "RandomLatent",
    "RawSpace",
    "ReferenceMedianNearest",
    "ReferenceModel",
    "Rmia",
    "SamplesView",
    "Scored",
    "SurrogateDiscriminator",
    "Target",
    "Zeros",
    "dead_discriminators",
    "log_closeness",
    "narrow",
    "refuse_without_models",
    "standard_attacks",
    "standardised_logits",
]

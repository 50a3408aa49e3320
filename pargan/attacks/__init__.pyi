from .calibrated import Calibrated
from .dcr_difference import DCRDifference
from .density import DensityRatio, GaussianDensity, KernelDensity
from .discriminator import (
    DiscriminatorGap,
    DiscriminatorMax,
    DiscriminatorMean,
    OwnPartition,
    dead_discriminators,
    standardised_logits,
)
from .dpi import DataPlagiarismIndex
from .gen_lra import GenLRA
from .kernel_density_ratio import KernelDensityRatio
from .kernels import FittedKernel, Kernel, KernelPair, WhitenedKernel
from .latent_search import LatentSearch, NearestSample, RandomLatent, Zeros
from .monte_carlo import (
    DistancePercentile,
    MedianNearest,
    MonteCarlo,
    ReferenceMedianNearest,
    ReferenceQuantileNearest,
    log_closeness,
)
from .neighbours import NearestNeighbour
from .product_kernel import ProductKernel, RecordKernel
from .reference_models import NeedsModels, ReferenceModel, refuse_without_models
from .shadow import Lira, Rmia
from .spaces import FeatureSpace, MixedTypeSpace, PrincipalComponents, RawSpace, RecordSpace, StandardisedColumns
from .standard import standard_attacks
from .surrogate import SurrogateDiscriminator
from .views import Attack, DiscriminatorsView, GeneratorView, PartitionsView, SamplesView, Scored, Target, narrow

__all__ = [
    "Attack",
    "Calibrated",
    "DCRDifference",
    "DataPlagiarismIndex",
    "DensityRatio",
    "DiscriminatorGap",
    "DiscriminatorMax",
    "DiscriminatorMean",
    "DiscriminatorsView",
    "DistancePercentile",
    "FeatureSpace",
    "FittedKernel",
    "GaussianDensity",
    "GenLRA",
    "GeneratorView",
    "Kernel",
    "KernelDensity",
    "KernelDensityRatio",
    "KernelPair",
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
    "ProductKernel",
    "RandomLatent",
    "RawSpace",
    "RecordKernel",
    "RecordSpace",
    "ReferenceMedianNearest",
    "ReferenceModel",
    "ReferenceQuantileNearest",
    "Rmia",
    "SamplesView",
    "Scored",
    "StandardisedColumns",
    "SurrogateDiscriminator",
    "Target",
    "WhitenedKernel",
    "Zeros",
    "dead_discriminators",
    "log_closeness",
    "narrow",
    "refuse_without_models",
    "standard_attacks",
    "standardised_logits",
]

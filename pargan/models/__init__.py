"""Networks that take their sizes from the data: a generator and a discriminator per family."""

from pargan.models.dcgan import DCGANDiscriminator, DCGANGenerator
from pargan.models.mlp import MLPDiscriminator, MLPGenerator

__all__ = ["DCGANDiscriminator", "DCGANGenerator", "MLPDiscriminator", "MLPGenerator"]

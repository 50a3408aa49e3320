from .discriminators import Discriminators
from .latents import independent, shared
from .module import ParGANModule

__all__ = [
    "Discriminators",
    "ParGANModule",
    "independent",
    "shared",
]

from .acceleration import Acceleration, Graphed, Plain
from .compiled import Compiled
from .layers import use_fast_layers

__all__ = [
    "Acceleration",
    "Compiled",
    "Graphed",
    "Plain",
    "use_fast_layers",
]

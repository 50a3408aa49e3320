from .acceleration import Acceleration, Compiled, Graphed, Plain
from .layers import use_fast_layers

__all__ = [
    "Acceleration",
    "Compiled",
    "Graphed",
    "Plain",
    "use_fast_layers",
]

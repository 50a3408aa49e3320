from .acceleration import Acceleration, Compiled, Graphed

__all__ = [
    "Acceleration",
    "Compiled",
    "Graphed",
]

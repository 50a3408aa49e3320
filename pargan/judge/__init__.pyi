from .metrics import Figures, judge

__all__ = [
    "Figures",
    "judge",
]

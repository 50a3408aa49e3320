from .images import ImageQuality
from .inception import Inception
from .points import PointsQuality, RingQuality
from .tables import TableQuality

__all__ = [
    "ImageQuality",
    "Inception",
    "PointsQuality",
    "RingQuality",
    "TableQuality",
]

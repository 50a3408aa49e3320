from .images import ImageSpec
from .points import PointsSpec
from .pool import Pool, Quality, QualityRecords
from .spec import RecordSpec
from .tables import Categorical, Column, Integer, Numeric, TableSpec

__all__ = [
    "Categorical",
    "Column",
    "ImageSpec",
    "Integer",
    "Numeric",
    "PointsSpec",
    "Pool",
    "Quality",
    "QualityRecords",
    "RecordSpec",
    "TableSpec",
]

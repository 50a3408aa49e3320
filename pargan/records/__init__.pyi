from .batch import Batch
from .columns import Categorical, Column, Integer, Numeric
from .images import ImageSpec
from .points import PointsSpec
from .pool import Pool, Quality, QualityRecords
from .spec import RecordSpec
from .tables import TableSpec

__all__ = [
    "Batch",
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

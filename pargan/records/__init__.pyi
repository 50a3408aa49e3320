from .images import ImageSpec
from .points import PointsSpec
from .pool import Quality, Records, Split
from .spec import RecordSpec
from .tables import Categorical, Column, Integer, Numeric, TableSpec

__all__ = [
    "Categorical",
    "Column",
    "ImageSpec",
    "Integer",
    "Numeric",
    "PointsSpec",
    "Quality",
    "RecordSpec",
    "Records",
    "Split",
    "TableSpec",
]

from .batch import Batch
from .columns import (
    Boolean,
    Categorical,
    Column,
    Constant,
    Date,
    DateTime,
    Duration,
    Identifier,
    Integer,
    Numeric,
    Ranked,
    WithMissing,
)
from .conditioning import ClassCondition, ColumnCondition, Conditioning
from .images import ImageSpec
from .points import PointsSpec
from .pool import Pool, Quality, QualityRecords
from .schema import Schema
from .spec import RecordSpec
from .tables import TableSpec

__all__ = [
    "Batch",
    "Boolean",
    "Categorical",
    "ClassCondition",
    "Column",
    "ColumnCondition",
    "Conditioning",
    "Constant",
    "Date",
    "DateTime",
    "Duration",
    "Identifier",
    "ImageSpec",
    "Integer",
    "Numeric",
    "PointsSpec",
    "Pool",
    "Quality",
    "QualityRecords",
    "Ranked",
    "RecordSpec",
    "Schema",
    "TableSpec",
    "WithMissing",
]

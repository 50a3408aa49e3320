"""How good generated records are: figures for points, images and tables, against held-out records.

The records a figure compares with are the nonmembers: a generator that returns its members gains nothing.
Whatever has to be fitted (feature extractor, scale) is fitted on the reference group. The first figure of
each measure is its main one, and there lower is better.
"""

from pargan.metrics.images import ImageQuality
from pargan.metrics.inception import Inception
from pargan.metrics.points import PointsQuality, RingQuality
from pargan.metrics.tables import TableQuality

__all__ = ["ImageQuality", "Inception", "PointsQuality", "RingQuality", "TableQuality"]

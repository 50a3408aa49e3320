"""How good generated records are: metrics for points, images and tables, against held-out records.

The records a metric compares with are the nonmembers: a generator that returns its members gains nothing.
Whatever has to be fitted (feature extractor, scale) is fitted on the reference group. The first metric of
each measure is its main one, and there lower is better.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

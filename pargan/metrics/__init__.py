"""Quality of generated points, images and tables, measured against held-out records.

Generated records are compared with the nonmembers, so that a generator that returns its members gains nothing.
Feature extractors are fitted on the reference group. The first metric of each quality measure is its main one;
lower is better.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

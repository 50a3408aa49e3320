"""Scores to metrics: pure functions of two arrays, the scores of members and those of nonmembers."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

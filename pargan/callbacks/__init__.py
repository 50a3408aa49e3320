"""Callbacks that watch a run without changing it, and the record they leave in the run directory."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

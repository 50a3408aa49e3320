"""Lightning callbacks that measure a run without changing it, and write what they measure to the run directory."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

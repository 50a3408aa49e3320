"""Data sources, the split of a pool into groups and partitions, and the batches of a training step."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

"""Records from a trained generator, and a folder to hand on that holds nothing but the generator."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

"""A run directory, for people: plots, and the tables that end a run and a sweep."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

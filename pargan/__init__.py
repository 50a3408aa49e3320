"""PAR-GAN for PyTorch Lightning: one generator, K discriminators on disjoint partitions, leakage measured.

Public names are imported on first use, so that `import pargan` takes no time and brings in no framework.
"""

from importlib.metadata import PackageNotFoundError, version

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

try:
    __version__ = version("pargan")
except PackageNotFoundError:  # a checkout on the path, not installed
    __version__ = "0+unknown"

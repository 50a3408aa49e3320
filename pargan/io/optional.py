"""Work that may fail without losing anything: plots, and what loggers show."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from pargan.errors import ParganWarning


@contextmanager
def optional(what: str) -> Iterator[None]:
    """Turn an error of the block into one `ParganWarning`, because no metric depends on the block.

    Args:
        what: what is missing if the block fails, as the subject of a sentence.
    """
    try:
        yield
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        warnings.warn(f"{what} is missing ({reason}); no metric depends on it", ParganWarning, stacklevel=3)

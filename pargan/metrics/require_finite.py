"""The check that generated records are finite, which every quality measure makes first."""

import numpy as np

from pargan.errors import ParganError


def require_finite(generated: np.ndarray) -> np.ndarray:
    """Return (S, *shape) `generated` unchanged.

    Raises:
        ParganError: a record holds NaN or infinity, so that its distances are undefined.
    """
    num_broken = int((~np.isfinite(generated.reshape(len(generated), -1))).any(axis=1).sum())
    if num_broken:
        raise ParganError(
            f"{num_broken} of {len(generated)} generated records hold NaN or infinity: the generator has diverged",
            remedy="lower the learning rate or go back to an earlier checkpoint",
        )
    return generated

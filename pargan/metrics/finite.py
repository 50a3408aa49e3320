"""Finite records: what every measure needs before it measures."""

import numpy as np

from pargan.errors import ParganError


def finite(generated: np.ndarray) -> np.ndarray:
    """`generated` as it came.

    Raises:
        ParganError: a record holds NaN or infinity, so that no distance to it means anything.
    """
    broken = int((~np.isfinite(generated.reshape(len(generated), -1))).any(axis=1).sum())
    if broken:
        raise ParganError(
            f"{broken} of {len(generated)} generated records hold NaN or infinity: the generator has "
            f"diverged; lower the learning rate or go back to an earlier checkpoint"
        )
    return generated

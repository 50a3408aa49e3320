"""Many tests at once: p-values adjusted so that one false alarm among all of them stays rare."""

from collections.abc import Sequence

import numpy as np

ERROR = 0.05
"""The chance that anything at all is marked where nothing leaks."""


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted by Holm's step-down method (1979, jstor 4615733), in the order given; each in [0, 1].

    Marking those at most a leaves the chance of any false mark at most a, however the tests depend on each other.
    The i-th smallest of A p-values becomes the largest of (A - j + 1) p_j over j <= i.
    """
    values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    steps = values[order] * np.arange(len(values), 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return [float(value) for value in adjusted]

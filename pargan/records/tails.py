"""The ends of a distribution, described without the values of the few most extreme records.

Beyond the last value that several records support, a generalised Pareto distribution goes on: peaks over a threshold
(doi 10.1214/aos/1176343003, 10.1111/j.2517-6161.1990.tb01796.x). The most extreme records tell it only that they lie
beyond the others. Legend: N values; places are values on the scale of their column, from -1 (lowest) to 1 (highest).
"""

import numpy as np
from scipy.optimize import minimize
from scipy.stats import genpareto

from pargan.records.ranks import SPARE_KNOTS, SUPPORT

SHARE = 0.05  # of the records, from which on values are a tail
FEWEST, MOST = 10 * SUPPORT, 1000  # records to fit a tail to
SHAPES = (-1.0, 0.25)  # even spread to an end; 0 is an exponential tail; heavier ones than 1/4 few records cannot tell
HALVINGS = SPARE_KNOTS // 2  # knots beyond the last one, each with half the records of the one before


def continued_tails(places: np.ndarray, knots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Continue both ends in place of the few most extreme places themselves.

    Args:
        places: (N,) the places that were described.
        knots: ascending, from `choose_knots`.

    Returns:
        The knots with those of the tails, and the (N,) places sorted, those beyond the given knots replaced.
    """
    places = np.sort(places)
    knots, places = _continued(places, knots)
    knots, places = _continued(-places[::-1], -knots[::-1])
    return -knots[::-1], -places[::-1]


def _continued(places: np.ndarray, knots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same at the upper end."""
    beyond = int((places > knots[-1]).sum())
    clipped = np.minimum(places, knots[-1])
    size = min(max(int(SHARE * len(places)), FEWEST), MOST)
    if beyond < SUPPORT or len(places) < 2 * size:
        return knots, clipped
    threshold = places[-size - 1]
    excesses = places[-size:-SUPPORT] - threshold
    excesses = excesses[excesses > 0]
    if len(excesses) < FEWEST // 2:
        return knots, clipped
    shape, scale = _fit(excesses)
    scale += shape * (knots[-1] - threshold)  # of what lies beyond the last knot
    if scale <= 0:
        return knots, clipped
    tail = knots[-1] + genpareto.isf(0.5 ** np.arange(1, HALVINGS + 1), shape, scale=scale)
    tail = tail[tail <= 1]  # no value is made up that lies beyond those of the column
    shares = (np.arange(beyond) + 0.5) / beyond
    clipped[-beyond:] = np.interp(-np.log2(1 - shares), np.arange(len(tail) + 1), [knots[-1], *tail])
    return np.concatenate([knots, tail]), clipped


def _fit(excesses: np.ndarray) -> tuple[float, float]:
    """Shape and scale of a generalised Pareto distribution by maximum likelihood.

    Args:
        excesses: ascending, above 0; `SUPPORT` more lie beyond the last.
    """
    unit = excesses.mean()

    def loss(parameters: np.ndarray) -> float:
        """Minus the log likelihood; the logarithm of the share beyond x is minus `decay`."""
        shape, log_scale = parameters
        x = excesses / unit / np.exp(log_scale)
        if shape * x[-1] <= -1:
            return np.inf
        decay = np.log1p(shape * x) / shape if shape else x
        return float(len(x) * log_scale + (1 + shape) * decay.sum() + SUPPORT * decay[-1])

    bounds = [SHAPES, (-np.log(MOST), np.log(MOST))]
    shape, log_scale = minimize(loss, [0.0, 0.0], method="Nelder-Mead", bounds=bounds).x
    return float(shape), float(unit * np.exp(log_scale))

"""Where the channels stand in an array of images. Legend: N images of H x W pixels with C channels."""

import numpy as np

from pargan.data.sources.arrays.reading import Arrays
from pargan.errors import ParganError

CHANNEL_AXES = {"NHWC": 3, "NCHW": 1}
CHANNELS = (1, 3)


def channels_last(array: Arrays, layout: str | None) -> np.ndarray:
    """(N, H, W), (N, H, W, C) or (N, C, H, W) with C = 1 or 3 -> (N, H, W) or (N, H, W, C).

    Args:
        array: what a file holds.
        layout: NHWC or NCHW; None takes the one of them in which C is 1 or 3.

    Raises:
        ParganError: neither layout fits, or both do.
    """
    values = array.values
    if layout is not None and layout not in CHANNEL_AXES:
        raise ParganError(
            "is no layout of images", argument="layout", value=layout, remedy="give layout=NHWC, layout=NCHW or None"
        )
    if values.ndim == 3:
        return values
    allowed = CHANNEL_AXES if layout is None else {layout: CHANNEL_AXES[layout]}
    fitting = [axis for axis in allowed.values() if values.shape[axis] in CHANNELS]
    if len(fitting) > 1 and values.shape[1:] != (1, 1, 1):
        raise array.refusal(
            f"of shape {values.shape}, whose channels may stand second or last",
            "say where: layout=NCHW or layout=NHWC",
        )
    if not fitting:
        four = values.shape[1] == 4 or values.shape[3] == 4
        hint = ", and transparency laid on a ground before" if four else ""
        raise array.refusal(
            f"of shape {values.shape}",
            f"write images (N, H, W), (N, H, W, C) or (N, C, H, W) with C = 1 or 3{hint}",
        )
    return np.moveaxis(values, fitting[0], 3)

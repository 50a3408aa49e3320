"""Checks of the numbers that networks are built with."""

from collections.abc import Sequence
from math import inf

from pargan.errors import ParganError


def check_size(argument: str, value: int) -> None:
    """Refuse a number of units, channels or latents below 1.

    Raises:
        ParganError: `value` is no whole number of at least 1.
    """
    if not _is_size(value):
        raise ParganError("is not a size", argument=argument, value=value, remedy="give a whole number, 1 or more")


def check_hidden(hidden: Sequence[int]) -> None:
    """Refuse widths of hidden layers below 1; an empty list is a network without hidden layers.

    Raises:
        ParganError: one of them is no whole number of at least 1.
    """
    if isinstance(hidden, str) or not isinstance(hidden, Sequence) or not all(map(_is_size, hidden)):
        raise ParganError(
            "is not a list of layer widths",
            argument="hidden",
            value=hidden,
            remedy="give whole numbers, 1 or more, such as [256, 256]",
        )


def check_dropout(dropout: float) -> None:
    """Refuse a share of dropped activations outside [0, 1).

    Raises:
        ParganError: the share is not below 1 or not at least 0.
    """
    if not 0 <= dropout < 1:
        raise ParganError(
            "is no share of activations", argument="dropout", value=dropout, remedy="give 0 or more, and less than 1"
        )


def check_sharpness(sharpness: float) -> None:
    """Refuse a factor that is not above 0.

    Raises:
        ParganError: so it is, or it is not finite.
    """
    if not 0 < sharpness < inf:
        raise ParganError(
            "is no factor", argument="sharpness", value=sharpness, remedy="give a number above 0; 1 changes nothing"
        )


def _is_size(value: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1

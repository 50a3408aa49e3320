"""Which grey levels the numbers of images stand for: the range that is scaled to 0..255.

A range is inferred over all images together, never for each alone, so that a dark image stays darker than a bright one.
Where two readings are plausible, the user is asked. Legend: N images.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from pargan.errors import ParganError

Range: TypeAlias = tuple[float, float]
"""The numbers that become 0 and 255."""

BYTES: Range = (0, 255)
FEW_LEVELS = 16
"""Whole numbers of at most this are as likely few grey levels (scikit-learn's digits have 0..16) as dark images."""

BIT_DEPTHS = (10, 12, 14, 16)
"""What cameras and scanners write into files of 16 bits."""


@dataclass(frozen=True)
class PixelValues:
    """What is known of the numbers in some images.

    Attributes:
        dtype: of the numbers.
        low, high: the smallest and the largest.
        whole: whether all are whole numbers.
    """

    dtype: np.dtype
    low: float
    high: float
    whole: bool

    @classmethod
    def of(cls, values: np.ndarray) -> "PixelValues":
        """Look through an array of finite numbers, at least one."""
        whole = values.dtype.kind != "f" or bool((values == np.rint(values)).all())
        return cls(values.dtype, float(values.min()), float(values.max()), whole)

    @classmethod
    def joined(cls, parts: Sequence["PixelValues"]) -> "PixelValues":
        """What is known of all parts together; they have one type."""
        low, high = min(part.low for part in parts), max(part.high for part in parts)
        return cls(parts[0].dtype, low, high, all(part.whole for part in parts))

    @property
    def description(self) -> str:
        """For messages: type, smallest and largest number."""
        return f"{self.dtype.newbyteorder('=')} from {self.low:.6g} to {self.high:.6g}"

    def inferred_range(self) -> Range | None:
        """The range that these numbers are certain to have been written for; None where there is no telling."""
        if self.low < 0:
            return (-1, 1) if self.dtype.kind == "f" and self.low >= -1 and self.high <= 1 else None
        if self.dtype == np.uint8 and (self.high > FEW_LEVELS or self.high == 0):
            return BYTES
        if self.high <= 1:
            return (0, 1)
        if BYTES[1] / 2 < self.high <= BYTES[1]:
            return BYTES
        if self.dtype.kind in "iu":
            fitting = [2**bits - 1 for bits in BIT_DEPTHS if BYTES[1] < self.high <= 2**bits - 1]
            return (0, fitting[0]) if fitting else None
        return None

    def is_usual(self, pixel_range: Range) -> bool:
        """Whether the range follows from the type alone, so that nobody needs to be told."""
        return pixel_range == BYTES if self.dtype == np.uint8 else pixel_range == (0, 1) and self.dtype.kind in "fb"


def checked_range(pixel_range: Sequence[float] | None) -> Range | None:
    """The range that a user gave.

    Raises:
        ParganError: anything but two finite numbers, the smaller one first.
    """
    if pixel_range is None:
        return None
    numbers = list(pixel_range) if isinstance(pixel_range, Sequence) and not isinstance(pixel_range, str) else []
    are_numbers = all(isinstance(number, int | float) and np.isfinite(number) for number in numbers)
    if len(numbers) != 2 or not are_numbers or numbers[0] >= numbers[1]:
        raise ParganError(
            "is no range of numbers",
            argument="pixel_range",
            value=pixel_range,
            remedy="give what is black and what is white, for example pixel_range=[0,4095]",
        )
    return (float(numbers[0]), float(numbers[1]))


def chosen_ranges(
    seen: Mapping[str, Mapping[np.dtype, PixelValues]],
    paths: Mapping[str, str],
    generated: str | None,
    given: Range | None,
) -> dict[str, dict[np.dtype, Range]]:
    """The range of each type of numbers in each group: the same in all real groups, which generated images follow.

    Args:
        seen: group -> type -> what is known of its numbers.
        paths: group -> its file, for errors.
        generated: the group of generated images, which tell nothing about the real ones; or None.
        given: what the user said; not for numbers of 8 bits beside deeper ones, which have 256 levels.

    Raises:
        ParganError: a range that cannot be inferred.
    """
    types = {dtype for group in seen.values() for dtype in group}
    real = [group for name, group in seen.items() if name != generated]

    def chosen(name: str, dtype: np.dtype) -> Range:
        if dtype == np.uint8 and len(types) > 1:
            return BYTES
        if given is not None:
            return given
        known = PixelValues.joined([group[dtype] for group in real if dtype in group] or [seen[name][dtype]])
        inferred = known.inferred_range()
        if inferred is None:
            raise ParganError(
                f"holds images of {known.description}, which may be read in several ways",
                argument=name,
                value=paths[name],
                remedy=question(known),
            )
        return inferred

    return {name: {dtype: chosen(name, dtype) for dtype in group} for name, group in seen.items()}


def question(seen: PixelValues) -> str:
    """What a user has to answer about numbers whose range cannot be inferred."""
    choices = [f"pixel_range=[{min(seen.low, 0):.6g},{seen.high:.6g}]"]
    if seen.low >= 0 and seen.high < BYTES[1]:
        choices.append("pixel_range=[0,255]")
    return f"say which numbers are black and white: {' or '.join(choices)}"


def described(subject: str, seen: PixelValues, pixel_range: Range) -> str:
    """A note for the user that numbers were scaled, and what changes it; `subject` as in "images x hold"."""
    low, high = pixel_range
    clipped = ", and what lies outside is cut off" if seen.low < low or seen.high > high else ""
    return (
        f"{subject} {seen.description}: {low:.6g} is read as black and {high:.6g} as white{clipped} "
        f"(pixel_range changes it)"
    )


def scaled(values: np.ndarray, pixel_range: Range) -> np.ndarray:
    """Numbers -> float32 in [0, 255], the range stretched and what lies outside cut off."""
    low, high = pixel_range
    return np.clip((values.astype(np.float64) - low) * (BYTES[1] / (high - low)), *BYTES).astype(np.float32)


def to_bytes(values: np.ndarray, pixel_range: Range) -> np.ndarray:
    """Numbers -> uint8 levels, rounded; an array of uint8 in 0..255 is returned itself."""
    if values.dtype == np.uint8 and pixel_range == BYTES:
        return values
    return np.rint(scaled(values, pixel_range)).astype(np.uint8)

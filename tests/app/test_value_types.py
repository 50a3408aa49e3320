from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import pytest

from pargan.app.value_types import annotations, fits, wanted


class Loss(Protocol):
    pass


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        (3, int),
        (3, float),
        (0.5, float),
        ("a", str),
        ("a", Path),
        (None, int | None),
        ([1, 2], Sequence[int]),
        ([0.5, 1], tuple[float, float]),
        ([1, 2, 3], tuple[int, ...]),
        ({"a": "b"}, Mapping[str, str]),
        ({"_target_": "x"}, Loss),
        ({"_target_": "x"}, int),
        ("a", Literal["a", "b"]),
        (float("nan"), Any),
        (5, Any),
    ],
)
def test_fits_accepts(value, annotation):
    assert fits(value, annotation)


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        (True, int),
        (1.0, int),
        (float("nan"), float),
        (float("inf"), float | None),
        (3, str),
        (3, Path),
        (None, int),
        (None, Loss),
        (None, Callable[[int], int]),
        ("js", Loss),
        ("abc", Sequence[int]),
        ([1, "a"], Sequence[int]),
        ([0.5], tuple[float, float]),
        ({"a": 1}, Mapping[str, str]),
        (["a"], Mapping[str, str] | None),
        ("c", Literal["a", "b"]),
    ],
)
def test_fits_refuses(value, annotation):
    assert not fits(value, annotation)


def test_wanted_describes_what_fits():
    assert wanted(int | None) == "a whole number, or null"
    assert wanted(tuple[float, float]) == "a list of 2 finite numbers"
    assert wanted(Sequence[int]) == "a list of whole numbers"
    assert wanted(Mapping[str, str] | None) == "pairs such as {name: value}, or null"


def test_annotations_of_a_function_without_any():
    assert annotations(lambda x: x) == {"x": Any}
    assert annotations(dict) == {}

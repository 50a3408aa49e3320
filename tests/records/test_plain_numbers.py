"""Numbers in plain notation, looked at together, are what a look at each of them finds."""

import re

import numpy as np
import pytest

from pargan.records.numbers import floats
from pargan.records.plain_numbers import PlainNumbers

PLAIN = ["12", "-0.5", "+3.25", "0", "-0", "0.0", "007", "-1.50", "913368.77", "0.00001", "5.0", "123456789.1234567"]
OTHER = ["", "5.", ".5", "-.5", "1e5", "1,5", "--1", "1-", "1.2.3", "-", "٣", "1\n2", " 1", "1 ", "/", ":", "1_0", "x"]


def test_plain_numbers_describe_each_cell():
    found = PlainNumbers.of(PLAIN)
    assert found.decimals.tolist() == [len(cell.partition(".")[2]) for cell in PLAIN]
    assert found.longest == max(len(cell.lstrip("+-")) for cell in PLAIN)
    assert found.has_leading_zeros
    assert not PlainNumbers.of(["0.5", "-0.25", "0", "10"]).has_leading_zeros


@pytest.mark.parametrize("other", OTHER)
@pytest.mark.parametrize("place", [0, 5, len(PLAIN)])
def test_plain_numbers_are_refused_with_one_other_cell(other, place):
    assert PlainNumbers.of([*PLAIN[:place], other, *PLAIN[place:]]) is None
    assert PlainNumbers.of([other]) is None


def test_plain_numbers_of_no_cells():
    assert PlainNumbers.of([]) is None


def test_are_shortest_only_where_python_writes_the_same():
    rng = np.random.default_rng(0)
    cells = PLAIN + [
        f"{value:.{place % 9}f}" for place, value in enumerate(rng.normal(0, 1, 500) * 10.0 ** rng.integers(-5, 9, 500))
    ]
    written = [repr(float(cell) + 0.0) for cell in cells]
    found = PlainNumbers.of(cells).are_shortest(np.array([float(cell) for cell in cells]))
    assert all(cell == text for cell, text, shortest in zip(cells, written, found, strict=True) if shortest)
    ordinary = [cell for cell in cells if re.fullmatch(r"-?[1-9][0-9]{0,5}\.[0-9]{0,4}[1-9]", cell)]
    assert len(ordinary) > 50
    assert PlainNumbers.of(ordinary).are_shortest(np.array([float(cell) for cell in ordinary])).all()


def test_floats_are_those_of_python():
    cells = [*PLAIN, "1e5", "-2.5E-300", "1e999", "5.", ".5", "+7", "0.1", "123456789012345678901234567890"]
    np.testing.assert_array_equal(floats(cells), [float(cell) for cell in cells])
    assert floats([]).shape == (0,)

import numpy as np
import pytest

from pargan.data.sources.tables.infer_times import infer_times

CLOCK = ["12:05 a.m.", "03:45 a.m.", "12:00 p.m.", "03:45 p.m.", "11:59 p.m."]
HOURS = [0, 3, 12, 15, 23]


def inferred(cells, **options):
    return infer_times(cells, np.ones(len(cells), dtype=int), "time", **options)


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("gap", [" ", ""])
def test_infer_times_of_day_with_points_in_am_and_pm(upper, gap):
    cells = [cell.replace(" ", gap) for cell in CLOCK]
    cells = [cell.upper() for cell in cells] if upper else cells
    column, why = inferred(cells)
    assert column.type == "duration"
    assert why == f"times of day written as %I:%M{gap}{'A.M.' if upper else 'a.m.'}"
    values, readable = column.parse(cells)
    assert readable.all()
    assert (values // np.timedelta64(1, "h")).tolist() == HOURS
    assert column.text(values) == cells


@pytest.mark.parametrize("zone", ["", " +0200"])
def test_infer_points_in_time_with_points_in_am_and_pm(zone):
    cells = [f"{day:02}/25/2019 {clock}{zone}" for day, clock in enumerate(CLOCK, start=1)]
    column, _ = inferred(cells)
    assert column.type == "datetime"
    values, readable = column.parse(cells)
    assert readable.all()
    written = values + np.timedelta64(2 if zone else 0, "h")
    assert (written.astype("datetime64[h]").astype(int) % 24).tolist() == HOURS
    assert [text.replace("+02:00", "+0200") for text in column.text(values)] == cells


@pytest.mark.parametrize("odd", ["3:45 pm", "3:45", "13:45 p.m.", "3:45 x.m.", "3:45 P.m.", "3:45 a.m.p.m.", "a.m."])
def test_infer_times_keeps_one_notation(odd):
    assert inferred([*CLOCK, odd]) is None
    column, _ = inferred(CLOCK)
    assert column.parse([odd])[1].tolist() == [odd == "3:45"]  # which is read beside every notation of a duration


def test_infer_times_in_a_format_that_is_given():
    column, _ = inferred(["1/2/2019 3:45 p.m."], format="%d/%m/%Y %I:%M a.m.")
    assert str(column.low) == "2019-02-01T15:45"

import json
import pickle
from datetime import datetime, timedelta

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pargan.records.columns import (
    Boolean,
    Categorical,
    Constant,
    Date,
    DateTime,
    Duration,
    Identifier,
    Integer,
    Numeric,
    WithMissing,
    column_from_dict,
)
from pargan.records.number_format import NumberFormat

MONEY = NumberFormat(prefix="$", thousands=",", least_decimals=2, most_decimals=2)
COLUMNS = {
    "numeric": (Numeric("a", -2.5, 7.0, NumberFormat(most_decimals=2)), ["-2.5", "7", "0.25"]),
    "money": (Numeric("a", 0.0, 5000.0, MONEY), ["$0.00", "$1,234.50", "$5,000.00"]),
    "integer": (Integer("a", -3, 12), ["-3", "12", "0"]),
    "boolean": (Boolean("a", ("no", "yes")), ["no", "yes"]),
    "categorical": (Categorical("a", ("x", "y", "z"), missing="NA"), ["x", "z", ""]),
    "date": (Date("a", "1999-01-01", "2020-02-29", "D", "%d.%m.%Y"), ["01.01.1999", "29.02.2020", "05.06.2001"]),
    "datetime": (
        DateTime("a", "2019-01-01T00:00", "2019-12-31T22:59", "m", "%Y-%m-%dT%H:%M:%S%z", "+02:00"),
        ["2019-01-01T02:00:00+02:00", "2019-07-01T08:30:00+02:00", "2020-01-01T00:59:00+02:00"],
    ),
    "duration": (Duration("a", 60, 90000, "s", has_days=True), ["0 days 00:01:00", "1 days 01:00:00"]),
    "time of day": (Duration("a", 0, 1439, "m", format="%I:%M %p"), ["03:45 PM", "12:00 AM", "11:59 PM"]),
    "number with gaps": (WithMissing(Integer("a", 0, 9), "?"), ["0", "", "9"]),
    "date with gaps": (WithMissing(Date("a", "2000-01-01", "2001-01-01", "D"), ""), ["2000-01-01", "", "2001-01-01"]),
    "constant": (Constant("a", "5"), ["5", "5"]),
    "id": (Identifier("a", "C", 4, 18), ["C0001", "C0017"]),
}
LEARNT = {name: column for name, column in COLUMNS.items() if column[0].width}


@pytest.mark.parametrize(("column", "cells"), LEARNT.values(), ids=LEARNT)
def test_column_gives_back_its_cells(column, cells):
    values, readable = column.parse(cells)
    assert readable.all()
    block = column.encode(values)
    assert block.shape == (len(cells), column.width)
    assert block.dtype == np.float32
    again = column.decode(block)
    assert column.canonical(again) == column.canonical(values)
    written, _ = column.parse(["" if text == getattr(column, "mark", "NA") else text for text in column.text(again)])
    assert column.canonical(written) == column.canonical(values)
    assert not any(rows.any() for rows in column.deviations(values).values())


@pytest.mark.parametrize(("column", "cells"), COLUMNS.values(), ids=COLUMNS)
def test_column_is_described_by_json_and_pickled(column, cells):
    again = column_from_dict(json.loads(json.dumps(column.to_dict())))
    assert again == column
    assert pickle.loads(pickle.dumps(column)) == column
    assert column.describe()
    assert len(column.scales) == column.width


@pytest.mark.parametrize(("column", "cells"), LEARNT.values(), ids=LEARNT)
def test_scales_bring_any_two_values_at_most_one_apart(column, cells):
    encoded = column.encode(column.parse(cells)[0]) * column.scales
    distances = np.linalg.norm(encoded[:, None] - encoded[None], axis=-1)
    assert 0.85 < distances.max() <= 1 + 1e-6  # the cells hold both ends of the range


@pytest.mark.parametrize(("column", "cells"), LEARNT.values(), ids=LEARNT)
def test_activation_gives_what_encoding_could(column, cells):
    outputs = torch.randn(500, column.width, requires_grad=True)
    block = column.activation(outputs)
    (block.square().sum() + block[:, 0].sum()).backward()
    assert torch.isfinite(outputs.grad).all()
    decoded = column.decode(block.detach().numpy())
    assert not any(rows.any() for rows in column.deviations(decoded).values())
    snapped = column.encode(decoded)
    assert np.abs(snapped).max() <= 1


def test_activation_of_a_missing_number_is_zero_where_it_is_missing():
    column = WithMissing(Numeric("a", 0.0, 1.0))
    outputs = torch.tensor([[3.0, -80.0, 80.0], [3.0, 80.0, -80.0]])
    block = column.activation(outputs)
    torch.testing.assert_close(
        block, torch.tensor([[0.0, 0.0, 1.0], [float(np.tanh(3.0)), 1.0, 0.0]]), atol=1e-6, rtol=0
    )


@given(
    values=hnp.arrays(np.int64, st.integers(1, 40), elements=st.integers(0, 2**24 - 1)),
    offset=st.integers(-(2**62), 2**62),
)
def test_integer_is_exact_up_to_a_span_of_24_bits(values, offset):
    column = Integer.fit("a", values + offset)
    np.testing.assert_array_equal(column.decode(column.encode(values + offset)), values + offset)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20))
def test_integer_reads_and_writes_all_digits(numbers):
    column = Integer.fit("a", np.array(numbers, dtype=np.int64))
    values, readable = column.parse([str(number) for number in numbers])
    assert readable.all()
    assert column.text(values) == [str(number) for number in numbers] == column.canonical(values)
    decoded = column.decode(np.array([[-1.0], [1.0], [0.3]], dtype=np.float32))
    assert decoded[:2].tolist() == [min(numbers), max(numbers)]
    assert min(numbers) <= decoded[2] <= max(numbers)


@given(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=5), min_size=1))
def test_categorical_is_exact(texts):
    values = np.array(texts, dtype=np.str_)
    column = Categorical.fit("a", values)
    assert column.decode(column.encode(values)).tolist() == texts


@given(
    hnp.arrays(
        np.float64,
        st.integers(2, 30),
        elements=st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3)),
    )
)
def test_numeric_is_exact_to_single_precision(values):
    column = Numeric.fit("a", values)
    np.testing.assert_allclose(column.decode(column.encode(values)), values, atol=1e-7 * np.ptp(values) + 1e-9)


def test_numeric_of_the_largest_numbers_of_both_signs():
    values = np.array([-1.7e308, 1.7e308, 0.0])
    column = Numeric.fit("a", values)
    np.testing.assert_array_equal(column.encode(values)[:, 0], [-1, 1, 0])
    np.testing.assert_allclose(column.decode(column.encode(values)), values)


@given(
    st.lists(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)), min_size=1, max_size=10),
    st.sampled_from(["", "Z", "+02:00", "-09:30"]),
)
def test_datetime_reads_every_year_and_zone(moments, zone):
    moments = [moment.replace(microsecond=0) for moment in moments]
    shape = "%Y-%m-%dT%H:%M:%S" + ("%z" if zone else "")
    written = [f"{moment:%Y}".zfill(4) + f"{moment:-%m-%dT%H:%M:%S}{zone}" for moment in moments]
    column = DateTime("a", "0001-01-01", "9999-12-31", "s", shape, zone)
    values, readable = column.parse(written)
    assert readable.all()
    shift = datetime.strptime(zone, "%z").utcoffset() if zone not in ("", "Z") else timedelta(0)
    assert values.tolist() == [moment - shift for moment in moments]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        *[
            (Numeric("a", 0.0, 1.0), cell)
            for cell in ("x", "nan", "inf", "1e400", "1_000", "\uff11\uff12", "", "1,5", "0x10")
        ],
        *[(Integer("a", 0, 1), cell) for cell in ("x", "1e400", "--1")],
        *[(Date("a", "2000-01-01", "2001-01-01", "D"), cell) for cell in ("2000-13-01", "20000101x", "x")],
        *[(Duration("a", 0, 1, "s"), cell) for cell in ("1:75", "x")],
    ],
)
def test_parse_tells_cells_of_another_type(column, cell):
    good = column.text(column.decode(np.zeros((1, 1), dtype=np.float32)))
    _, readable = column.parse([*good, cell])
    assert readable.tolist() == [True, False]


def test_integer_takes_a_fraction_as_a_deviation():
    column = Integer("a", 0, 10)
    values, readable = column.parse(["3", "4.5", "12"])
    assert readable.all()
    assert {kind: rows.tolist() for kind, rows in column.deviations(values).items()} == {
        "out of the range of the real records": [False, False, True],
        "not whole numbers": [False, True, False],
    }
    np.testing.assert_allclose(column.encode(values)[:, 0], [-0.4, -0.1, 1.0], atol=1e-6)
    assert column.canonical(values) == ["3", "4.5", "12"]


@pytest.mark.parametrize(
    ("categories", "cells", "meant"),
    [
        (("0", "1"), ["0.0", "1.0", "False", "TRUE", "1"], ["0", "1", "0", "1", "1"]),
        (("False", "True"), ["0", "1.0", "false", "true"], ["False", "True", "False", "True"]),
        (("1", "2", "3"), ["1.0", "2.00", "3", "4.0"], ["1", "2", "3", "4.0"]),
        (("01", "1"), ["01", "1.0", "1"], ["01", "1", "1"]),
        (("no", "yes"), ["No", "yes"], ["no", "yes"]),
        (("a", "A"), ["a", "A", "b"], ["a", "A", "b"]),
    ],
)
def test_categorical_understands_other_spellings_of_a_category(categories, cells, meant):
    values, _ = Categorical("a", categories).parse(cells)
    assert values.tolist() == meant


def test_boolean_understands_other_words_for_yes_and_no():
    values, _ = Boolean("a", ("n", "y")).parse(["yes", "0", "False", "1.0", "maybe"])
    assert values.tolist() == ["y", "n", "n", "y", "maybe"]


def test_categorical_counts_what_it_was_not_fitted_on():
    column = Categorical("a", ("x", "y"))
    values, _ = column.parse(["x", "q", "y"])
    (rows,) = column.deviations(values).values()
    assert rows.tolist() == [False, True, False]
    with pytest.raises(ValueError, match="q"):
        column.encode(values)
    wider = Categorical("a", ("x", "y"), other="(other)")
    assert wider.encode(values).argmax(1).tolist() == [0, 2, 1]
    assert wider.decode(wider.encode(values)).tolist() == ["x", "(other)", "y"]


def test_categorical_has_a_category_for_missing_values():
    column = Categorical("a", ("NA", "x"), missing="")
    values, _ = column.parse(["NA", "", "x"])
    assert values.tolist() == ["NA", None, "x"]
    assert column.decode(column.encode(values)).tolist() == ["NA", None, "x"]
    assert column.text(values) == ["NA", "", "x"]
    assert len(set(column.canonical(values))) == 3


@pytest.mark.parametrize(
    ("cells", "new"),
    [
        (["C0001", "C0017", "C0003"], ["C0018", "C0019"]),
        (["1", "2", "4"], ["5", "6"]),
        (["1", "2", "300"], ["310", "311"]),  # no count: 301 would give 300 away
        (["K12345678", "K99957123"], ["K99960000", "K99960001"]),
        (["DE0995", "DE9957"], ["DE10000", "DE10001"]),
        (["1099983535493218633", "1001701053385708115"], ["1100000000000000000", "1100000000000000001"]),
        (["ab", "c-d"], ["new-1", "new-2"]),
        (["new-7", "x"], ["new-8", "new-9"]),
    ],
)
def test_identifier_makes_names_that_no_record_has(cells, new):
    column = Identifier.fit("a", cells)
    assert column.decode(np.empty((2, 0), np.float32)).tolist() == new
    assert not set(new) & set(cells)


@pytest.mark.parametrize(
    ("notation", "cell", "plain"),
    [
        (NumberFormat(decimal=","), "29,3", "29.3"),
        (NumberFormat(decimal=","), "29.3", "29.3"),  # a program wrote it in its own notation
        (NumberFormat(decimal=",", thousands="."), "1.234,5", "1234.5"),
        (NumberFormat(decimal=",", thousands="."), "1.234", "1234"),
        (MONEY, "-$1,234.50", "-1234.50"),
        (MONEY, "$-1,234.50", "-1234.50"),
        (MONEY, "1234.5", "1234.5"),
        (MONEY, "$12,34.50", None),
        (NumberFormat(suffix="%"), "41%", "41"),
        (NumberFormat(), "41%", None),
    ],
)
def test_number_format_reads_its_notation(notation, cell, plain):
    assert notation.plain(cell) == plain


@pytest.mark.parametrize(
    ("notation", "value", "cell"),
    [
        (NumberFormat(least_decimals=1, most_decimals=2), 27.0, "27.0"),
        (NumberFormat(least_decimals=1, most_decimals=2), 54.35, "54.35"),
        (NumberFormat(least_decimals=2, most_decimals=2), 0.1, "0.10"),
        (
            NumberFormat(decimal=",", thousands=".", suffix=" €", least_decimals=2, most_decimals=2),
            -1234.5,
            "-1.234,50 €",
        ),
        (MONEY, -0.001, "$0.00"),
        (NumberFormat(most_decimals=0), 2**62 + 1, str(2**62 + 1)),
        (NumberFormat(), 1.23456789, "1.234568"),
    ],
)
def test_number_format_writes_its_notation(notation, value, cell):
    assert notation.text(value) == cell


def test_zone_of_the_file_is_written():
    column = COLUMNS["datetime"][0]
    (text,) = column.text(np.array(["2019-07-01T06:30"], dtype="datetime64[us]"))
    assert text == "2019-07-01T08:30:00+02:00"

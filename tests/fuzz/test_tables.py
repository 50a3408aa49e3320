"""Bytes of a csv file: read into rows that are encoded, decoded and written as they were, or refused."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pargan.data.sources.tables.source import csv_table
from tests.helpers.fuzzed import examples, result_or_sentence

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::pargan.errors.ParganWarning")]

CELLS = st.one_of(
    st.integers(-5, 5).map(str),
    st.integers(-(2**70), 2**70).map(str),
    st.floats().map(repr),
    st.floats(-1e3, 1e3).map(lambda number: f"{number:.2f}"),
    st.floats(-1e3, 1e3).map(lambda number: f"{number:.1f}".replace(".", ",")),
    st.sampled_from(
        ["", "NA", "?", "nan", "inf", "-", "1_000", "\uff11\uff12", "1e308", "-1e308", "1e-320", "007", "1,234"]
    ),
    st.sampled_from(["yes", "no", "true", "False", "a b", '"', "'", "=1+1", "@x", "$5.00", "-$5", "12%", "\0", "\t"]),
    st.dates().map(str),
    st.datetimes().map(str),
    st.times().map(str),
    st.timedeltas().map(str),
    st.text(max_size=5),
)
ENCODINGS = ("utf-8", "utf-8-sig", "latin-1", "utf-16", "cp1252", "utf-32")


@st.composite
def columns_of_cells(draw, num_rows):
    """Cells of one kind, or of a few values, or of anything."""
    kind = draw(st.sampled_from(CELLS.element_strategies))
    few = st.lists(CELLS, min_size=1, max_size=3).flatmap(st.sampled_from)
    cells = draw(st.sampled_from([kind, kind, few, CELLS]))
    return draw(st.lists(cells, min_size=num_rows, max_size=num_rows))


@st.composite
def files(draw):
    """A table as programs write it, a few bytes of which may be others."""
    num_rows, num_columns = draw(st.integers(0, 25)), draw(st.integers(1, 4))
    rows = list(zip(*(draw(columns_of_cells(num_rows)) for _ in range(num_columns)), strict=True))
    if draw(st.booleans()):
        rows = [[f"name{k}" for k in range(num_columns)], *rows]
    text = io.StringIO()
    delimiter, end = draw(st.sampled_from(",,,;\t|")), draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(rows)
    content = bytearray(text.getvalue().encode(draw(st.sampled_from(ENCODINGS)), errors="replace"))
    for _ in range(draw(st.integers(0, 3)) if draw(st.booleans()) else 0):
        place = draw(st.integers(0, len(content)))
        content[place : place + draw(st.integers(0, 2))] = draw(st.binary(max_size=3))
    return bytes(content)


def _assert_sane(pool, folder):
    index = np.arange(len(pool))
    records = pool.take(index)
    assert records.shape == (len(pool), *pool.spec.shape)
    assert np.isfinite(records).all()
    assert np.abs(records).max(initial=0) <= 1
    table = pool.spec.decode(records)
    assert {len(values) for values in table.values()} <= {len(pool)}
    assert np.isfinite(pool.spec.encode(table)).all()
    assert len(pool.hashes()) == len(pool)
    written = csv_table(str(pool.spec.write(records, folder / "written")), header=pool.spec.has_header)
    assert len(written) == len(pool)


@given(content=st.one_of(files(), files(), files(), st.binary(max_size=300)))
@examples(120)
def test_csv_table_reads_or_refuses_any_bytes(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("fuzz", numbered=True)
    path = folder / "my.csv"
    path.write_bytes(content)
    pool = result_or_sentence(lambda: csv_table(str(path)))
    if pool is not None:
        _assert_sane(pool, folder)

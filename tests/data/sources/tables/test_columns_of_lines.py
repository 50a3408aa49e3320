"""Columns cut from the bytes of a file are those that pandas reads."""

import io

import numpy as np
import pandas as pd
import pytest

from pargan.data.sources.tables import collected_texts, line_cells
from pargan.data.sources.tables.collected_texts import CollectedTexts
from pargan.data.sources.tables.source import table

LONG = "long " * 40
FILES = {
    "lines": "a,b\n1,2\n3,4\n",
    "no last end": "a,b\n1,2\n3,4",
    "windows": "a,b\r\n1,2\r\n3,4\r\n",
    "empty lines": "\n\na,b\n\n1,2\n\n",
    "empty cells": "a,b\n,\n1,\n,2\n",
    "spaces": "a, b\n 1,  2\n3 ,\t4\n\u00a05,6\u2003\n",
    "umlauts": "größe,b\nä,ü\nä,ж\n",
    "mark": "\ufeffa,b\n1,2\n",
    "eight and more bytes": "12345678,123456789\n12345678,1234567890123456\n12345679,12345678901234567\n",
    "long": f"a,b\n{LONG},x\n{LONG}!,{LONG}\nx,y\n{LONG},x\n",
}


def columns(text):
    cells = [CollectedTexts(), CollectedTexts()]
    for block in line_cells.columns_of_lines(io.BytesIO(text.encode()), ",", 2):
        for column, part in zip(cells, block, strict=True):
            column.add(part)
    return [column.column() for column in cells]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("block", [1, 9, 2**20])
def test_columns_of_lines_are_those_that_pandas_reads(name, block, monkeypatch):
    monkeypatch.setattr(line_cells, "BLOCK", block)
    text = FILES[name]
    frame = pd.read_csv(io.StringIO(text.removeprefix("\ufeff")), header=None, dtype=object, na_filter=False)
    for place, (texts, codes) in enumerate(columns(text)):
        expected = [cell.strip() for cell in frame[place]]
        assert np.array(texts, dtype=object)[codes].tolist() == expected
        assert texts == list(dict.fromkeys(expected))


def test_collected_texts_tell_cells_of_one_hash_apart(monkeypatch):
    monkeypatch.setattr(collected_texts, "MULTIPLIER", np.uint64(0))
    cells = ["a" * 9, "b" * 9, "aaaaaaaab", "b" * 9, "aaaaaaaab"]
    collected = CollectedTexts()
    collected.add(np.array([cell.encode() for cell in cells], dtype="S16"))
    texts, codes = collected.column()
    assert texts == list(dict.fromkeys(cells))
    assert [texts[code] for code in codes] == cells


def test_table_is_the_same_with_and_without_quotes(tmp_path):
    rng = np.random.default_rng(0)
    rows = [
        (f"{amount:.{place % 4}f}", "xyz"[place % 3], str(place % 7), "" if place % 9 == 0 else f"{amount:.2f}")
        for place, amount in enumerate(rng.normal(0, 1000, 300))
    ]
    plain = "\n".join(["amount,kind,count,income", *map(",".join, rows)])
    (tmp_path / "plain.csv").write_text(plain)
    (tmp_path / "quoted.csv").write_text(
        "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in plain.split("\n"))
    )
    one, other = (table(str(tmp_path / f"{name}.csv")) for name in ("plain", "quoted"))
    np.testing.assert_array_equal(one.identities, other.identities)
    np.testing.assert_array_equal(np.asarray(one.values), np.asarray(other.values))
    assert one.spec.schema == other.spec.schema

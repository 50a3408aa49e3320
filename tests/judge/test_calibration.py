"""The simulations of docs/calibration.md: their tables are printed, and their figures checked."""

import re
from pathlib import Path

import pytest

from benchmarks import calibration

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tables():
    found = calibration.tables(repeats=300)
    for title, (_, rows) in found.items():
        print(f"\n{title}", *rows, sep="\n")
    return {title: rows for title, (_, rows) in found.items()}


def shares(row):
    return [value for value in row.values() if isinstance(value, float)]


# The standard error of 0.95 over 300 simulations is 0.013.
@pytest.mark.slow
def test_calibration_of_intervals(tables):
    for row in tables["Interval of the AUC"]:
        few = [row["2 + 100"], row["5 + 100"]]
        assert min(few) >= 0.85, row  # discrete: one of two members decides
        assert min(value for key, value in row.items() if key not in ("scores", "2 + 100", "5 + 100")) >= 0.92, row
    for row in tables["TPR at a low FPR"]:
        covered = [value for key, value in row.items() if key.startswith("shift")]
        assert min(covered) >= (0.91 if row["resolved"] else 0.98), row
    alone = [row["Clopper-Pearson alone"] for row in tables["TPR at a low FPR"]]
    assert max(alone) < 0.85
    assert [row["low"] for row in tables["Few lost pairs"]] == sorted(
        (row["low"] for row in tables["Few lost pairs"]), reverse=True
    )


@pytest.mark.slow
def test_calibration_of_marks(tables):
    for row in tables["Marks where nothing leaks"]:
        assert row["leak found"] <= 0.085, row
        assert row["leak found, one attack"] <= 0.085, row
    for row in tables["Marks of partitions where nothing leaks"]:
        assert row["marked"] <= 0.085 < row["an interval above 0.5"], row
    for row in tables["The smallest AUC that an audit could have seen"]:
        assert row["found"] == pytest.approx(0.8, abs=0.09), row


@pytest.mark.slow
def test_calibration_of_data_and_attacks(tables):
    once, *more = tables["Copies"]
    assert once["interval covers"] >= 0.92
    assert once["blind classifier warns"] <= 0.15
    assert all(row["interval covers"] < 0.9 for row in more)
    assert more[-1]["blind classifier warns"] > 0.9
    by_nonmembers, by_reference = tables["Choosing a checkpoint"]
    assert by_nonmembers["mean AUC"] < 0.5 - 4 * by_nonmembers["standard error"]
    assert by_reference["mean AUC"] == pytest.approx(0.5, abs=4 * by_reference["standard error"])
    normal, heavy = tables["Score histograms"]
    assert heavy["quantiles"] == normal["quantiles"] > 5 * heavy["equal widths"]
    copied, fresh = tables["Bandwidth of density_ratio"]
    assert copied["Scott's rule"] < 0.65 < 0.95 < copied["held-out likelihood"]
    assert fresh["held-out likelihood"] == pytest.approx(0.5, abs=4 * 0.0129)


def test_calibration_of_one_run(tables):
    for row in tables["Epsilon from one run"]:
        assert row["bound above epsilon"] <= 0.08  # 0.05 and the chance of 300 runs
        assert row["median bound"] < row["epsilon"]


def test_calibration_page_has_every_table():
    page = (ROOT / "docs" / "calibration.md").read_text()
    titles = re.findall(r"^## (.*)$", page, flags=re.M)
    source = (ROOT / "benchmarks" / "calibration.py").read_text()
    assert len(titles) == 11
    assert all(f'"{title}": (' in source for title in titles)

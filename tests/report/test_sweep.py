import csv

import pytest

from pargan.report import sweep_rows, sweep_table, write_sweep
from tests.helpers.results import job, printed

FAILED = {
    "status": "failed",
    "error": "batch_size=999 is larger than a partition; use at most 80",
    "settings": {"dataset": "digits", "loss": "js", "num_partitions": 10, "seed": 0},
}
SWEEP = [job(1, 0, 0.6, 3.0), job(1, 1, 0.7, 5.0), job(5, 0, 0.8, 2.0), FAILED]


def test_sweep_rows_have_mean_and_sd_over_seeds():
    one, five, failed = sweep_rows(SWEEP)
    assert (one["num_partitions"], one["jobs"], one["failed"]) == (1, 2, 0)
    assert one["quality/fid_refmlp/mean"] == 4.0
    assert one["quality/fid_refmlp/sd"] == pytest.approx(2**0.5)
    assert one["attack/own_partition/auc/mean"] == pytest.approx(0.65)
    assert one["attack/own_partition/auc/sd"] == pytest.approx(0.1 / 2**0.5)
    assert five["quality/fid_refmlp/sd"] is None
    assert failed == {"num_partitions": 10, "jobs": 0, "failed": 1}
    assert "loss" not in one
    assert "seed" not in one


def test_sweep_rows_separate_jobs_by_a_setting_that_only_some_have():
    changed = job(1, 0, 0.6, 3.0)
    changed["settings"] = changed["settings"] | {"model.width": 32}
    assert [row["model.width"] for row in sweep_rows([job(1, 0, 0.6, 3.0), changed])] == [None, 32]


def test_write_sweep_writes_a_csv_that_reads_back(tmp_path):
    with write_sweep(SWEEP, tmp_path / "sweep.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["num_partitions"] for row in rows] == ["1", "5", "10"]
    assert float(rows[0]["quality/fid_refmlp/mean"]) == 4.0
    assert rows[1]["quality/fid_refmlp/sd"] == rows[2]["quality/fid_refmlp/mean"] == ""


def test_sweep_table_shows_groups_and_failures_within_100_columns():
    text = printed(sweep_table(SWEEP))
    assert "num_partitions=1" in text
    assert "4 ± 1.4" in text
    assert "0.65 ± 0.071" in text
    assert "failed: num_partitions=10 seed=0: batch_size=999 is larger than a partition" in text


def test_sweep_table_of_many_groups_is_split_into_several():
    jobs = [job(k, 0, 0.5 + k / 100, float(k)) for k in range(1, 12)]
    text = printed(sweep_table(jobs))
    for k in range(1, 12):
        assert f"num_partitions={k}" in text
    assert "…" not in text


def test_sweep_table_of_seeds_alone_and_of_failed_jobs_alone():
    assert "2 seeds" in printed(sweep_table(SWEEP[:2]))
    assert "failed: seed=0: batch_size=999" in printed(sweep_table([FAILED]))
    assert sweep_rows([]) == []

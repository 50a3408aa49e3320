import csv
import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from pargan.report import summary, sweep_rows, sweep_table, write_sweep
from pargan.report.summary import verdict


def printed(renderable: Any) -> str:
    console = Console(width=100, file=io.StringIO(), force_terminal=False)
    console.print(renderable)
    return console.file.getvalue()


def attack(name: str, auc: float, margin: float = 0.02, **changes: Any) -> dict[str, Any]:
    metrics = {"attack": name, "access": "discriminators", "auc": auc, "auc_low": auc - margin}
    metrics |= {"auc_high": auc + margin, "p_value": 0.01, "num_members": 800, "num_nonmembers": 500}
    metrics |= {"tpr_at_1pct_fpr": 0.04, "tpr_at_1pct_fpr_low": 0.02, "tpr_at_1pct_fpr_high": 0.07}
    return metrics | changes


def job(k: int, seed: int, auc: float, fid: float, **changes: Any) -> dict[str, Any]:
    return {
        "status": "finished",
        "settings": {"dataset": "digits", "loss": "js", "num_partitions": k, "seed": seed},
        "quality": {"fid_refmlp": fid},
        "attacks": [attack("own_partition", auc)],
    } | changes


FAILED = {
    "status": "failed",
    "error": "batch_size=999 is larger than a partition; use at most 80",
    "settings": {"dataset": "digits", "loss": "js", "num_partitions": 10, "seed": 0},
}
SWEEP = [job(1, 0, 0.6, 3.0), job(1, 1, 0.7, 5.0), job(5, 0, 0.8, 2.0), FAILED]


def test_summary_shows_everything_within_100_columns():
    names = ("discriminator_mean", "discriminator_gap", "nearest_neighbour")
    attacks = [attack(name, auc) for name, auc in zip(names, (0.61, 0.51, 0.45), strict=True)]
    result = job(5, 0, 0.6, 3.21987, attacks=attacks)
    directory = Path("outputs/digits-js-k5-s0/2026-11-23_10-00-00")
    text = printed(summary(result, directory))
    lines = text.splitlines()
    assert "dataset=digits  loss=js  num_partitions=5  seed=0" in lines[0]
    assert "3.22" in next(line for line in lines if "fid_refmlp" in line)
    for shown in ("discriminator_mean", "0.610", "[0.590, 0.630]", "0.040", "[0.020, 0.070]", "leaks"):
        assert shown in next(line for line in lines if "discriminator_mean" in line)
    assert "leaks" not in next(line for line in lines if "discriminator_gap" in line)
    assert "below 0.5" in next(line for line in lines if "nearest_neighbour" in line)
    assert f"run directory: {directory}" in text
    assert "800 members against 500 nonmembers" in text
    assert "…" not in text


def test_summary_without_attacks_or_with_too_few_nonmembers():
    text = printed(summary(job(5, 0, 0.6, 3.0, attacks=[]), Path("run")))
    assert "run directory: run" in text
    unresolved = attack("monte_carlo", 0.5, tpr_at_1pct_fpr=None, tpr_at_1pct_fpr_low=None)
    assert "too few" in printed(summary(job(5, 0, 0.6, 3.0, attacks=[unresolved]), Path("run")))


def control(name: str, permuted: float, untrained: float | None) -> dict[str, Any]:
    row: dict[str, Any] = {"attack": name}
    for key, value in (("permuted_auc", permuted), ("untrained_auc", untrained)):
        bounds = (None, None) if value is None else (value - 0.02, value + 0.02)
        row |= {key: value, f"{key}_low": bounds[0], f"{key}_high": bounds[1]}
    return row


def test_summary_ends_with_controls_and_warnings():
    blind = {"auc": 0.506, "auc_low": 0.46, "auc_high": 0.55, "p_value": 0.4}
    controls = {"blind_classifier": blind, "dead_discriminators": []}
    controls["attacks"] = [control("a", 0.489, 0.503), control("b", 0.501, 0.52)]
    sentence = "members and nonmembers are not exchangeable: " + "words " * 20
    lines = printed(
        summary(job(5, 0, 0.6, 3.0, controls=controls, warnings=[sentence.strip()]), Path("run"))
    ).splitlines()
    rows = {name: next(line for line in lines if line.startswith(name)) for name in ("blind", "permuted", "untrained")}
    assert "0.506" in rows["blind"]
    assert "[0.460, 0.550]" in rows["blind"]
    assert "0.489 to 0.501" in rows["permuted"]
    assert "[0.469, 0.521]" in rows["permuted"]
    assert "0.503 to 0.520" in rows["untrained"]
    assert any(line.startswith("warning: members and nonmembers") for line in lines)
    assert sentence.strip() in " ".join(line.strip() for line in lines)
    assert max(map(len, lines)) <= 100


def test_summary_leaves_out_controls_that_could_not_be_had():
    controls = {"blind_classifier": None, "dead_discriminators": [], "attacks": [control("a", 0.489, None)]}
    text = printed(summary(job(5, 0, 0.6, 3.0, controls=controls), Path("run")))
    assert "permuted membership" in text
    assert "blind" not in text
    assert "untrained" not in text
    assert "Controls" not in printed(summary(job(5, 0, 0.6, 3.0, controls=None), Path("run")))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.5, 0.6, ""), (0.501, 0.6, "leaks"), (0.4, 0.5, ""), (0.3, 0.499, "below 0.5"), (0.4, 0.6, "")],
)
def test_only_an_interval_without_one_half_is_marked(low, high, expected):
    assert verdict({"auc_low": low, "auc_high": high}) == expected


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


def test_a_setting_that_only_some_jobs_have_separates_them():
    changed = job(1, 0, 0.6, 3.0)
    changed["settings"] = changed["settings"] | {"model.width": 32}
    assert [row["model.width"] for row in sweep_rows([job(1, 0, 0.6, 3.0), changed])] == [None, 32]


def test_sweep_csv_reads_back(tmp_path):
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


def test_a_wide_sweep_is_split_and_loses_nothing():
    jobs = [job(k, 0, 0.5 + k / 100, float(k)) for k in range(1, 12)]
    text = printed(sweep_table(jobs))
    for k in range(1, 12):
        assert f"num_partitions={k}" in text
    assert "…" not in text


def test_a_sweep_of_seeds_alone_and_one_where_all_failed():
    assert "2 seeds" in printed(sweep_table(SWEEP[:2]))
    assert "failed: seed=0: batch_size=999" in printed(sweep_table([FAILED]))
    assert sweep_rows([]) == []

"""fail_if: exit status 2 and the clause; what cannot be checked is refused before anything starts."""

import csv
from xml.etree import ElementTree

import jsonschema
import numpy as np
import pytest

from pargan.report import result_schema
from tests.helpers.launch import SMALL, only_run, result_of

QUICK = ("audit.draws=50", "device=cpu", "attack=[nearest_neighbour]", "audit.controls=false")


@pytest.fixture
def files(tmp_path):
    """Three tables, of which the generated one holds the members."""
    rng = np.random.default_rng(0)
    rows = np.unique(rng.integers(0, 10_000, (480, 3)), axis=0)
    groups = {"members": rows[:120], "nonmembers": rows[120:360], "synthetic": rows[:120]}
    for group, values in groups.items():
        with (tmp_path / f"{group}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("a", "b", "c"), *values.tolist()])
    return ["target=samples", "dataset.label=null", *(f"{group}={group}.csv" for group in groups)]


@pytest.mark.parametrize(
    ("condition", "parts"),
    [
        ("samples.aux > 0.5", ["names samples.aux", "after samples. choose one of auc, auc.low"]),
        ("discriminators.auc > 0.5", ["begin with one of samples, nearest_neighbour, quality, copies"]),
        ("blind_classifier.auc > 0.5", ["names blind_classifier.auc"]),  # the controls are off
        ("quality.fid > 0.5", ["after quality. choose one of distance, column_distance"]),
        ("samples.auc > ", ["it ends where a metric or a number should be"]),
        ("1", ["fail_if=1 does not work", "a condition"]),
    ],
)
def test_attack_refuses_a_gate_that_it_cannot_check(refuses, files, condition, parts):
    refuses("attack", [*files, *QUICK, f"fail_if={condition}"], parts)


def test_attack_ends_with_status_2_where_the_gate_fails(run, files, tmp_path):
    gate = "samples.auc.low > 0.9 or samples.tpr_at_0p1pct_fpr > 1 or copies.copied_members < 1"
    ended = run("attack", *files, *QUICK, "hydra.run.dir=out", f"fail_if={gate}")
    assert ended.status == 2
    line = ended.out.splitlines()[-1]
    assert line.startswith("fail_if: failed. Clauses: 3, failed: 1, not measured: 1; failed samples.auc.low > 0.9 (")
    assert "= 1 by nearest_neighbour" not in line  # the lower bound, not the AUC
    assert "not measured samples.tpr_at_0p1pct_fpr > 1 (samples.tpr_at_0p1pct_fpr was not measured: 120" in line
    result = result_of(tmp_path / "out")
    jsonschema.validate(result, result_schema())
    assert [clause["status"] for clause in result["gate"]["clauses"]] == ["failed", "not measured", "passed"]
    suite = ElementTree.parse(tmp_path / "out" / "junit.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "1")


@pytest.mark.slow
def test_train_checks_its_gate_before_it_trains_and_after_the_audit(run, refuses, tmp_path):
    quick = [*SMALL, "attack=[nearest_neighbour]", "trainer.max_epochs=1", "logger=none"]
    refuses("train", [*quick, "fail_if=samples.aux > 0.5"], ["names samples.aux"])
    refuses("train", [*quick, "fail_if=quality.fid > 0.5"], ["choose one of distance, wasserstein2"])
    ended = run("train", *quick, "fail_if=samples.auc > 1 and quality.modes_covered < 9")
    assert ended.status == 0, ended.err
    assert ended.out.splitlines()[-1] == "fail_if: passed. Clauses: 1, failed: 0, not measured: 0"
    directory = only_run(tmp_path)
    again = run("train", f"resume={directory}", "trainer.max_epochs=2", "fail_if=samples.auc > 0")
    assert again.status == 2, again.err
    assert result_of(directory)["gate"]["status"] == "failed"

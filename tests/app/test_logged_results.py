"""What loggers show of a whole run, and the shipped W&B sweep over such runs."""

import itertools
from pathlib import Path

import yaml
from hydra.utils import instantiate

from pargan.app.logged_results import curve_summaries, run_summary
from pargan.audits import Gate
from pargan.io.run_directory import RunDirectory
from tests.helpers.audited import audited, result_of_audit
from tests.helpers.composed import composed

SWEEP = Path(__file__).parents[2] / "docs" / "wandb_sweep.yaml"


def test_curve_summaries_are_the_highest_auc_and_the_best_quality():
    assert curve_summaries(["monte_carlo"], ["fid_refmlp", "coverage", "trtr_auc", "mine"]) == {
        "attack/monte_carlo/auc": "last,max",
        "quality/distance": "last,min",
        "quality/fid_refmlp": "last,min",
        "quality/coverage": "last,max",
    }


def test_run_summary_holds_the_final_metrics_and_the_verdict_and_no_path(tmp_path):
    gate = Gate.parse("samples.auc > 1").apply(audited()).to_dict()
    result, directory = result_of_audit(gate=gate), RunDirectory(tmp_path / "digits-js-k5-s0" / "now")
    summary = run_summary(result, directory, with_paths=False)
    for attack in result["attacks"]:
        assert summary[f"final/attack/{attack['attack']}/auc"] == attack["auc"]
    assert summary["final/quality/distance"] == next(iter(result["quality"].values()))
    assert summary["verdict/samples"] == "leak found"
    assert summary["verdict"].startswith("Releasing the samples: leak found.")
    assert summary["fail_if"] == "passed"
    assert summary["report"] == "digits-js-k5-s0/now/report.html"
    assert not [value for value in summary.values() if str(tmp_path) in str(value)]
    assert None not in summary.values()
    assert run_summary(result, directory, with_paths=True)["report"] == str(directory.report)


def test_run_summary_of_an_audit_without_attacks(tmp_path):
    result = result_of_audit(attacks=[], verdict=None, quality={}, gate=None)
    assert list(run_summary(result, RunDirectory(tmp_path), with_paths=False)) == ["report"]


def test_wandb_sweep_gives_commands_that_compose_and_a_metric_that_runs_log(tmp_path):
    sweep = yaml.safe_load(SWEEP.read_text())
    assert (sweep["program"], sweep["command"][-1]) == ("train.py", "${args_no_hyphens}")
    choices = [
        [f"{name}={value}" for value in given.get("values", [given.get("value")])]
        for name, given in sweep["parameters"].items()
    ]
    jobs = list(itertools.product(*choices))
    assert len(jobs) == 24
    for job in (jobs[0], jobs[-1]):
        cfg = composed(*job, folder=tmp_path)
        instantiate(cfg.loss)
        assert cfg.logger.wandb.project == "pargan"
    assert (cfg.num_partitions, cfg.seed) == (10, 2)
    logged = run_summary(result_of_audit(gate=None), RunDirectory(tmp_path), with_paths=False)
    assert sweep["metric"]["name"] in logged

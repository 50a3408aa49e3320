"""A finished run rebuilt from its directory: the same networks, records and metrics."""

import json
import shutil

import jsonschema
import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from pargan.app import resolvers
from pargan.app.attack import attack
from pargan.app.config_directory import config_directory
from pargan.app.load_run import load_run
from pargan.app.objects import build_datamodule, build_module
from pargan.app.train import objective, train
from pargan.data.membership import Membership
from pargan.errors import ParganError
from pargan.report import result_schema
from tests.helpers.tiny import assert_equal_weights, weights

SIZES = ["audit.num_samples=60", "audit.num_records=40", "audit.num_quality=30", "audit.draws=20"]
SMALL = ["dataset=blobs", "trainer=cpu", "num_partitions=3", "data.members=90", "data.batch_size=10"]
SMALL += ["data.nonmembers=60", "data.reference=60", "trainer.max_epochs=2", "evaluate_every=1"]


def composed(name, *overrides):
    resolvers.register()
    with initialize_config_dir(str(config_directory()), version_base="1.3"):
        return compose(name, list(overrides))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outputs") / "run"
    cfg = composed("train", *SMALL, *SIZES, f"run_directory={folder}")
    (folder / ".hydra").mkdir(parents=True)
    OmegaConf.save(cfg, folder / ".hydra" / "config.yaml")  # which Hydra does before a run
    return folder, train(cfg, {"num_partitions": 3, "seed": 0})


def without_times(results):
    return [{key: value for key, value in each.items() if key != "seconds"} for each in results]


def test_attack_of_the_last_checkpoint_repeats_the_final_metrics(finished, tmp_path):
    folder, trained = finished
    result = attack(composed("attack", f"run={folder}", "device=cpu", *SIZES), tmp_path)
    assert without_times(result["attacks"]) == without_times(trained["attacks"])
    assert result["quality"] == trained["quality"]
    assert result["data"] == trained["data"]
    assert result["controls"] == trained["controls"]  # of the same initial weights, built again
    assert result["warnings"] == trained["warnings"]
    assert result["training"] == {"epochs": 2, "generator_steps": 6, "steps_per_epoch": 3}
    assert (tmp_path / "result.json").is_file()
    assert (tmp_path / "plots" / "roc.png").is_file()


def test_attack_of_the_last_checkpoint_names_a_better_epoch_of_the_run(finished, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(finished[0], folder)
    header = "epoch,quality/distance,quality/coverage,quality/mine," + ",".join(
        f"attack/nearest_neighbour/{key}" for key in ("auc", "auc_low", "auc_high")
    )
    (folder / "metrics.csv").write_text(f"{header}\n0,2,0.5,2,0.6,0.58,0.62\n1,5,0.4,5,0.9,0.88,0.92\n")
    names = {}
    for checkpoint in ("last", "best"):
        cfg = composed("attack", f"run={folder}", "device=cpu", f"checkpoint={checkpoint}", *SIZES)
        names[checkpoint] = " ".join(attack(cfg, tmp_path / checkpoint)["verdict"]["advice"])
    assert "Epoch 1 was better and leaked less than the last one: mine 2 instead of 5" in names["last"]
    assert "Epoch" not in names["best"]  # which need not be the last one


def test_run_and_attack_leave_a_report_and_a_result_that_conforms_to_the_schema(finished, tmp_path):
    folder, _ = finished
    attack(composed("attack", f"run={folder}", "device=cpu", *SIZES), tmp_path)
    for directory in (folder, tmp_path):
        jsonschema.validate(json.loads((directory / "result.json").read_text()), result_schema())
        assert "Leakage" in (directory / "report.html").read_text()
    assert "Leakage over the epochs" in (folder / "report.html").read_text()


def test_attack_without_controls(finished, tmp_path, capsys):
    folder, trained = finished
    cfg = composed("attack", f"run={folder}", "device=cpu", *SIZES, "audit.controls=false")
    result = attack(cfg, tmp_path)
    assert (result["controls"], result["warnings"]) == (None, [])
    printed = capsys.readouterr().out
    assert "Releasing the samples" in printed
    assert not any(line.endswith(" ") for line in printed.splitlines())
    assert (tmp_path / "summary.txt").read_text() in printed
    assert without_times(result["attacks"]) == without_times(trained["attacks"])


def test_load_run_gives_back_trained_and_initial_weights(finished, tmp_path):
    folder, _ = finished
    run = load_run(folder)
    trained = torch.load(folder / "private" / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    assert_equal_weights(weights(run.module), trained)
    cfg = composed("train", *SMALL, *SIZES, f"run_directory={tmp_path}")
    assert_equal_weights(weights(run.untrained()), weights(build_module(cfg, build_datamodule(cfg).spec)))
    assert any(not torch.equal(weight, trained[name]) for name, weight in weights(run.untrained()).items())
    assert run.module.generator_steps == 6
    assert run.module.discriminators.stacked  # as while they were trained, so that every logit is the same to the bit
    assert run.datamodule.membership == Membership.load(folder / "private" / "membership.npz")


def test_load_run_refuses_what_is_not_there(finished, tmp_path):
    folder, _ = finished
    with pytest.raises(ParganError, match="choose one of best, last"):
        load_run(folder, checkpoint="first")
    with pytest.raises(ParganError) as error:
        load_run(folder, dataset_path=str(tmp_path))
    assert error.value.argument == "dataset.path"
    with pytest.raises(ParganError, match="is not a run directory"):
        load_run(tmp_path)


@pytest.mark.parametrize("checkpoint", ["last", "best"])
def test_attack_counts_the_epochs_of_the_checkpoint(finished, checkpoint, tmp_path):
    folder, _ = finished
    cfg = composed(
        "attack", f"run={folder}", f"checkpoint={checkpoint}", "attack=[own_partition]", "device=cpu", *SIZES
    )
    training = attack(cfg, tmp_path)["training"]
    assert training["generator_steps"] == 3 * training["epochs"]  # 90 members, K = 3, B = 10
    assert training["epochs"] in ((2,) if checkpoint == "last" else (1, 2))


def test_objective_is_a_metric_of_the_result(finished):
    _, trained = finished
    by_name = {each["attack"]: each["auc"] for each in trained["attacks"]}
    objectives = {
        "quality/distance": trained["quality"]["wasserstein2"],
        "quality/modes_covered": trained["quality"]["modes_covered"],
        "attack/own_partition/auc": by_name["own_partition"],
    }
    for name, expected in objectives.items():
        assert objective(name, trained) == expected
    with pytest.raises(ParganError, match=r"^objective=speed was not measured; choose one of quality/"):
        objective("speed", trained)


def test_train_returns_plain_python_numbers(finished):
    _, trained = finished
    assert not [value for each in trained["attacks"] for value in each.values() if isinstance(value, np.generic)]
    assert trained["timings"]["in_fit"].keys() == {"attacks", "gap", "quality", "samples"}


def test_train_with_coins_bounds_epsilon_again_when_the_run_is_attacked(tmp_path):
    folder = tmp_path / "run"
    sizes = [each for each in SIZES if not each.startswith("audit.num_records")]
    cfg = composed("train", *SMALL, *sizes, "data.split=coins", f"run_directory={folder}")
    (folder / ".hydra").mkdir(parents=True)
    OmegaConf.save(cfg, folder / ".hydra" / "config.yaml")
    trained = train(cfg, {"num_partitions": 3, "seed": 0})
    assert trained["data"]["pairs"] == trained["one_run_epsilon"]["pairs"] == 60
    assert set(trained["one_run_epsilon"]["attacks"]) == {
        each["attack"] for each in trained["attacks"] if each["access"] != "partitions"
    }
    assert any(note.startswith("one-run epsilon: ") for note in trained["notes"])
    again = attack(composed("attack", f"run={folder}", "device=cpu", *sizes), tmp_path / "again")
    assert again["one_run_epsilon"] == trained["one_run_epsilon"]
    jsonschema.validate(again, result_schema())

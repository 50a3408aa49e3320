"""A finished run rebuilt from its directory: the same networks, records and metrics."""

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from pargan.app import resolvers, run
from pargan.app.build import build
from pargan.app.config_directory import config_directory
from pargan.data.membership import Membership
from pargan.errors import ParganError
from tests.helpers.tiny import assert_equal_weights, weights

SIZES = ["evaluation.num_samples=60", "evaluation.num_records=40", "evaluation.num_quality=30", "evaluation.draws=20"]
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
    return folder, run.train(cfg, {"num_partitions": 3, "seed": 0})


def without_times(results):
    return [{key: value for key, value in each.items() if key != "seconds"} for each in results]


def test_attacking_the_last_checkpoint_repeats_the_final_metrics(finished, tmp_path):
    folder, trained = finished
    result = run.attack(composed("attack", f"run={folder}", "device=cpu", *SIZES), tmp_path)
    assert without_times(result["attacks"]) == without_times(trained["attacks"])
    assert result["quality"] == trained["quality"]
    assert result["data"] == trained["data"]
    assert result["controls"] == trained["controls"]  # of the same initial weights, built again
    assert result["warnings"] == trained["warnings"]
    assert result["training"] == {"epochs": 2, "generator_steps": 6, "steps_per_epoch": 3}
    assert (tmp_path / "result.json").is_file()
    assert (tmp_path / "plots" / "roc.png").is_file()


def test_controls_can_be_left_out(finished, tmp_path):
    folder, trained = finished
    cfg = composed("attack", f"run={folder}", "device=cpu", *SIZES, "evaluation.controls=false")
    result = run.attack(cfg, tmp_path)
    assert (result["controls"], result["warnings"]) == (None, [])
    assert without_times(result["attacks"]) == without_times(trained["attacks"])


def test_the_control_is_the_run_before_its_first_step(finished, tmp_path):
    folder, _ = finished
    cfg = composed("train", *SMALL, *SIZES, f"run_directory={tmp_path}")
    built = build(cfg, Membership.load(folder / "membership.npz"))
    trained = torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    built.module.load_state_dict(trained)
    assert_equal_weights(weights(built.untrained), weights(build(cfg).module))
    assert any(not torch.equal(weight, trained[name]) for name, weight in weights(built.untrained).items())


@pytest.mark.parametrize("checkpoint", ["last", "best"])
def test_the_epochs_of_a_checkpoint_are_those_it_was_trained_for(finished, checkpoint, tmp_path):
    folder, _ = finished
    cfg = composed(
        "attack", f"run={folder}", f"checkpoint={checkpoint}", "attack=[own_partition]", "device=cpu", *SIZES
    )
    training = run.attack(cfg, tmp_path)["training"]
    assert training["generator_steps"] == 3 * training["epochs"]  # 90 members, K = 3, B = 10
    assert training["epochs"] in ((2,) if checkpoint == "last" else (1, 2))


def test_the_objective_is_a_figure_of_the_result(finished):
    _, trained = finished
    by_name = {each["attack"]: each["auc"] for each in trained["attacks"]}
    objectives = {
        "quality/distance": trained["quality"]["wasserstein2"],
        "quality/modes_covered": trained["quality"]["modes_covered"],
        "attack/own_partition/auc": by_name["own_partition"],
    }
    for name, expected in objectives.items():
        assert run.objective(OmegaConf.create({"objective": name}), trained) == expected
    with pytest.raises(ParganError, match=r"^objective=speed was not measured; choose one of quality/"):
        run.objective(OmegaConf.create({"objective": "speed"}), trained)


def test_results_hold_numbers_of_python(finished):
    _, trained = finished
    assert not [value for each in trained["attacks"] for value in each.values() if isinstance(value, np.generic)]
    assert trained["timings"]["in_fit"].keys() == {"attacks", "gap", "quality", "samples"}

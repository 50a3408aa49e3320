"""The recipe of reference models: whose records, what its digest stands for, and models found instead of trained."""

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir

from pargan.app import resolvers
from pargan.app.config_directory import config_directory
from pargan.app.load_run import LoadedRun
from pargan.app.objects import build_datamodule, build_module
from pargan.app.reference_models import ReferenceRecipe, with_reference_models
from pargan.attacks import Calibrated, Lira, NearestNeighbour
from pargan.errors import ParganError
from pargan.io.checkpoints import load_checkpoint
from pargan.io.run_directory import RunDirectory
from tests.helpers.lock_holder import hold_lock
from tests.helpers.tiny import assert_equal_weights

SMALL = ["dataset=blobs", "trainer=cpu", "num_partitions=3", "data.members=90", "data.batch_size=10"]
SMALL += ["data.nonmembers=60", "data.reference=130", "evaluate_every=2"]


def recipe(folder, *overrides, share=0.5, seed=0, steps=7):
    """That of a run as it stands after `steps` generator steps."""
    resolvers.register()
    with initialize_config_dir(str(config_directory()), version_base="1.3"):
        cfg = compose("train", [*SMALL, *overrides, f"run_directory={folder}"])
    datamodule = build_datamodule(cfg)
    module = build_module(cfg, datamodule.spec)
    module.generator_steps = steps
    return ReferenceRecipe(LoadedRun(RunDirectory(folder), cfg, datamodule, module), share, seed)


def with_models(recipe, attacks):
    return with_reference_models(attacks, recipe.run, seed=0, num_samples=40)


def test_membership_of_draws_other_members_from_the_reference_set_for_each_model(tmp_path):
    made = recipe(tmp_path)
    attacked = made.run.datamodule.membership
    one, two = (made.membership_of(number) for number in (0, 1))
    for each in (one, two):
        assert each.partitions.shape == (3, 21)  # half of 130, cut into three
        assert set(each.members) <= set(attacked.reference)
        assert set(each.reference) == set(attacked.reference) - set(each.members)
    assert set(one.members) != set(two.members)


def test_digest_changes_with_everything_a_model_depends_on(tmp_path):
    digest = recipe(tmp_path).digest
    same = [("data_dir=elsewhere",), ("audit.num_samples=5",), ("attack=none",), ("trainer.devices=[0]",)]
    same.append(("acceleration=graph",))
    assert {recipe(tmp_path / "moved", *overrides).digest for overrides in same} == {digest}
    other = [("module.d_steps=3",), ("model.latent_dim=5",), ("data.batch_size=9",), ("seed=1",), ("loss=hinge",)]
    others = [recipe(tmp_path, *overrides).digest for overrides in other]
    others += [recipe(tmp_path, **{key: value}).digest for key, value in (("share", 0.6), ("seed", 3), ("steps", 8))]
    assert len({digest, *others}) == 1 + len(others)


def test_digest_does_not_depend_on_where_a_table_lies(tmp_path):
    digests = set()
    for name in ("one.csv", "other.csv"):
        rows = [f"{i},{i % 7},{'yes' if i % 3 else 'no'}" for i in range(280)]
        (tmp_path / name).write_text("\n".join(["a,b,c", *rows]) + "\n")
        digests.add(recipe(tmp_path, "dataset=csv", f"dataset.path={tmp_path / name}").digest)
    assert len(digests) == 1


def test_with_reference_models_trains_as_long_as_the_target_and_reuses_models(tmp_path, capfd):
    made = recipe(tmp_path)
    inner = NearestNeighbour()
    attacks = {"plain": inner, "calibrated": Calibrated(inner), "shadow": Lira(inner, models=2)}
    ready = with_models(made, attacks)
    assert [line.split(" in ")[0] for line in capfd.readouterr().err.splitlines()] == [
        "reference model 1 of 2: trained",
        "reference model 2 of 2: trained",
    ]
    assert ready["plain"] is attacks["plain"]
    assert [len(ready[name].references) for name in ("calibrated", "shadow")] == [1, 2]
    paths = [made.directory_of(number).last_checkpoint for number in (0, 1)]
    checkpoints = [load_checkpoint(path) for path in paths]
    assert [each["pargan"]["generator_steps"] for each in checkpoints] == [8, 8]  # whole epochs of 2 steps
    assert not torch.equal(*(next(iter(each["state_dict"].values())) for each in checkpoints))
    before = [path.stat().st_mtime_ns for path in paths]
    with_models(made, attacks | {"more": Lira(NearestNeighbour(), models=3)})
    said = capfd.readouterr().err.splitlines()
    assert said[:2] == ["reference model 1 of 3: found", "reference model 2 of 3: found"]
    assert said[2].startswith("reference model 3 of 3: trained in ")
    assert [path.stat().st_mtime_ns for path in paths] == before


def test_with_reference_models_waits_for_another_process(tmp_path, capfd):
    made = recipe(tmp_path)
    lock = made.directory_of(0).lock
    lock.parent.mkdir(parents=True)
    process = hold_lock(lock)
    threading.Timer(0.5, process.kill).start()
    with_models(made, {"calibrated": Calibrated(NearestNeighbour())})
    process.communicate()
    assert [line.split(" in ")[0] for line in capfd.readouterr().err.splitlines()] == [
        "reference model 1 of 1: another process is training it; waiting",
        "reference model 1 of 1: trained",
    ]


def test_with_reference_models_hands_over_trained_models(tmp_path):
    made = recipe(tmp_path)
    ready = with_models(made, {"calibrated": Calibrated(NearestNeighbour())})
    (model,) = ready["calibrated"].references
    target, membership = model.target(), made.membership_of(0)
    pool = made.run.datamodule.pool.values
    np.testing.assert_array_equal(target.reference, pool[membership.reference])
    reference = made.run.datamodule.take_reference(None)
    np.testing.assert_array_equal(reference[model.left_out.numpy()], target.reference)
    assert target.samples.shape == (40, 2)
    assert torch.equal(target.samples, model.target().samples)


def test_with_reference_models_trains_nothing_for_other_attacks(tmp_path):
    attacks = {"plain": NearestNeighbour()}
    assert with_models(recipe(tmp_path), attacks) == attacks
    assert not list(tmp_path.iterdir())


def test_with_reference_models_refuses_a_small_reference_set_before_writing(tmp_path):
    made = recipe(tmp_path, "data.reference=50")
    with pytest.raises(ParganError) as error:
        with_models(made, {"calibrated": Calibrated(NearestNeighbour())})
    assert (error.value.argument, error.value.value) == ("data.reference", 50)
    assert "need 30" in error.value.problem
    assert "data.reference=60" in error.value.remedy
    assert not list(tmp_path.iterdir())
    assert replace(made, share=0.6).membership_of(0).partitions.shape == (3, 10)


def test_with_reference_models_changes_neither_the_target_nor_the_random_state(tmp_path):
    made = recipe(tmp_path)
    before = {key: value.clone() for key, value in made.run.module.state_dict().items()}
    state = torch.random.get_rng_state()
    with_models(made, {"calibrated": Calibrated(NearestNeighbour())})
    assert_equal_weights(made.run.module.state_dict(), before)
    assert torch.equal(torch.random.get_rng_state(), state)

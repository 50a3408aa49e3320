"""Whether a training ends with categories as frequent as in the reference set."""

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf

from pargan.app.matched_categories import match_categories, note_on_categories
from pargan.app.prepare import prepare
from tests.helpers.composed import composed

SMALL = ("trainer=cpu", "num_partitions=2", "data.batch_size=10", "trainer.max_epochs=1", "attack=[]", "callbacks=none")


@pytest.fixture(scope="module")
def overrides(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    colours = ["red"] * 10 + ["blue"] * 190
    (folder / "my.csv").write_text("\n".join(["size,colour", *(f"{n},{c}" for n, c in enumerate(colours))]))
    return "dataset=csv", f"dataset.path={folder / 'my.csv'}", f"run_directory={folder / 'run'}", *SMALL


def prepared(overrides, **changes):
    cfg = composed(*overrides)
    return OmegaConf.merge(cfg, changes), prepare(cfg)


def share_of_red(run):
    table = run.datamodule.spec.decode(run.module.sample(4000, seed=1).numpy())
    return float((table["colour"] == "red").mean())


def test_categories_come_as_often_as_in_the_reference_set(overrides):
    cfg, run = prepared(overrides)
    before = share_of_red(run)
    match_categories(cfg, run.module, run.datamodule)
    reference = run.datamodule.spec.decode(run.datamodule.take_reference())["colour"]
    assert before > 0.2  # as untrained networks draw it
    assert share_of_red(run) == pytest.approx(float((reference == "red").mean()), abs=0.02)
    assert note_on_categories(cfg, run.module, run.datamodule.spec) == []


def test_categories_stay_where_they_are_not_to_be_matched(overrides):
    for changes in ({"match_frequencies": False}, {}):
        cfg, run = prepared(overrides, **changes)
        if not changes:
            del cfg.match_frequencies  # as in runs from before there was the key
        before = [parameter.clone() for parameter in run.module.parameters()]
        match_categories(cfg, run.module, run.datamodule)
        assert all(map(torch.equal, before, run.module.parameters()))


def test_points_and_images_have_nothing_to_match():
    cfg = composed("dataset=blobs", "num_partitions=2", *SMALL)
    run = prepare(cfg)
    before = np.asarray(run.module.sample(10))
    match_categories(cfg, run.module, run.datamodule)
    np.testing.assert_array_equal(run.module.sample(10), before)


def test_a_generator_that_cannot_shift_is_named_before_it_is_trained(overrides):
    cfg, run = prepared(overrides)
    run.module.generator = torch.nn.Sequential(*run.module.generator)
    (note,) = note_on_categories(cfg, run.module, run.datamodule.spec)
    assert note.startswith("the categories of Sequential are generated as often as it has learnt")
    match_categories(cfg, run.module, run.datamodule)

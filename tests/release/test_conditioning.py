"""Releases of conditional generators: categories asked for, classes beside records, and what is refused."""

import json
from itertools import islice

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from pargan.errors import ParganError
from pargan.models import MLPGenerator
from pargan.records import Categorical, ClassCondition, ColumnCondition, ImageSpec, Integer, PointsSpec, TableSpec
from pargan.records.asked_categories import in_turn
from pargan.release import Generator, KnownRecords, Release, export_release, load_generator
from tests.helpers.releases import RESULT

LABEL = ClassCondition("label", ("3", "7", "9"), (0.75, 0.25, 0.0), ("9",))
TOWN = ColumnCondition("town", ("Köln", "Ulm"), (0.5, 0.5), start=1)
TABLE = TableSpec.fit(
    {"age": np.arange(20, 40), "town": np.array(["Köln", "Ulm"] * 10)}, {"age": Integer, "town": Categorical}
)
FACTS = {"dataset": "mine", "loss": "js", "num_partitions": 2, "checkpoint": "last", "result": RESULT}
LATENT = 4
IMAGES, POINTS = ImageSpec(1, 2, 2), PointsSpec(2)


class Telltale(nn.Module):
    """Records that show their class: 3 is dark, 7 grey and 9 white."""

    def __init__(self, shape):
        super().__init__()
        self.shape = shape

    def forward(self, told):
        level = told[:, LATENT:].argmax(1).float() - 1
        return level.reshape(-1, *(1 for _ in self.shape)).expand(-1, *self.shape)


def telltale(spec=IMAGES, conditioning=LABEL):
    return Generator(Telltale(spec.shape), spec, LATENT, conditioning)


def exported(folder, spec=POINTS, conditioning=LABEL, **settings):
    arguments = {"latent_dim": LATENT, "hidden": [6], "condition_size": conditioning.size}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        generator = Generator(MLPGenerator(spec, **arguments), spec, LATENT, conditioning)
    release = Release(generator, {"class": "pargan.models.MLPGenerator", "arguments": arguments}, FACTS)
    nobody = KnownRecords({"members": np.full((1, *spec.shape), 9.0, np.float32)}, spec)
    export_release(release, folder, nobody, num=30, **settings)
    return generator


def classes_of(images):
    return [{0: 3, 128: 7, 255: 9}[int(image[0, 0])] for image in images]


@pytest.mark.parametrize("asked", [{}, {"balanced": True}, {"where": {"label": {"7": 3, "3": 1}}}])
def test_write_puts_the_class_of_every_record_beside_it(asked, tmp_path):
    telltale().write(tmp_path / "out.npz", 1200, 5, batch_size=700, **asked)
    with np.load(tmp_path / "out.npz") as content:
        assert content["y"].dtype == np.int64
        assert content["y"].tolist() == classes_of(content["x"])
        counts = [(content["y"] == label).sum() for label in (3, 7, 9)]
    if asked:
        assert counts == ([600, 600, 0] if "balanced" in asked else [300, 900, 0])
    else:
        np.testing.assert_allclose(counts, [900, 300, 0], atol=50)


def test_write_makes_one_folder_of_images_for_each_class(tmp_path):
    telltale().write(tmp_path / "out", 10, 0, balanced=True)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["3", "7"]
    for folder in (tmp_path / "out").iterdir():
        images = [np.asarray(Image.open(path)) for path in folder.iterdir()]
        assert classes_of(images) == [int(folder.name)] * 5


@pytest.mark.parametrize("name", ["a/b", "..", ""])
def test_write_refuses_classes_that_are_no_names_of_folders(name, tmp_path):
    conditioning = ClassCondition("label", (name, "7"), (0.5, 0.5))
    with pytest.raises(ParganError, match="cannot be the name of a folder; write an array"):
        telltale(conditioning=conditioning).write(tmp_path / "out", 10, 0)
    assert not list(tmp_path.iterdir())
    telltale(conditioning=conditioning).write(tmp_path / "out.npz", 10, 0)
    assert set(np.load(tmp_path / "out.npz")["y"]) == {name, "7"}


def test_batches_depend_on_the_seed_only_and_a_larger_number_continues_a_smaller_one():
    generator = telltale(POINTS)
    for asked in ({}, {"where": {"label": {"3": 1, "7": 2}}}):
        whole = np.concatenate(list(generator.batches(1234, 1, **asked)))
        for batch_size in (7, 501):
            parts = np.concatenate(list(generator.batches(800, 1, batch_size, **asked)))
            np.testing.assert_array_equal(parts, whole[:800])
    turns = list(islice(in_turn(np.array([1.0, 2.0, 0.0])), 1234))
    assert (whole[:, 0] + 1).astype(int).tolist() == turns


def test_load_generator_gives_back_the_condition(tmp_path):
    generator = exported(tmp_path / "out")
    loaded = load_generator(tmp_path / "out")
    assert loaded.conditioning == LABEL
    for asked in ({}, {"where": {"label": 7}}, {"balanced": True}):
        expected = np.concatenate(list(generator.batches(40, 2, **asked)))
        np.testing.assert_allclose(loaded.generate(40, 2, **asked), expected, atol=1e-6)
    points, labels = loaded.generate_labelled(40, 2, balanced=True)
    np.testing.assert_array_equal(points, loaded.generate(40, 2, balanced=True))
    assert labels.tolist() == [3, 7] * 20 or labels.tolist() == [7, 3] * 20
    with np.load(tmp_path / "out" / "samples.npz") as content:
        assert content["y"].shape == (30,)
    card = (tmp_path / "out" / "README.md").read_text()
    assert "where={'label': '3'}" in card
    assert 'how frequent the categories of "label" are in the reference set, and that no member has 9' in card
    with pytest.raises(ParganError, match=r'"9", which "label" has for no member.*choose one of 3, 7'):
        loaded.generate(5, where={"label": 9})


def test_load_generator_gives_rows_of_the_category_asked_for(tmp_path):
    exported(tmp_path / "out", TABLE, TOWN)
    loaded = load_generator(tmp_path / "out")
    towns = loaded.generate(40, where={"town": {"Ulm": 3, "Köln": 1}})["town"]
    assert (towns == "Ulm").sum() == 30
    loaded.write(tmp_path / "ulm.csv", 20, 0, where={"town": "Ulm"})
    assert (tmp_path / "ulm.csv").read_text().count("Ulm") == 20
    with pytest.raises(ParganError, match="not trained with conditioning=by_class; call generate"):
        loaded.generate_labelled(5)


@pytest.mark.parametrize(
    "changes",
    [
        {"categories": ["3", "7"]},
        {"categories": ["3", "7"], "frequencies": [0.5, 0.5]},
        {"frequencies": [1, 1, 1]},
        {"kind": "colour"},
        {"kind": "column", "start": 1},
        {"name": None, "unknown": 1},
    ],
)
def test_load_generator_refuses_a_condition_that_does_not_fit(changes, tmp_path):
    exported(tmp_path / "out")
    path = tmp_path / "out" / "config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, "conditioning": {**config["conditioning"], **changes}}))
    with pytest.raises(ParganError, match=r"is damaged or was altered: config\.json"):
        load_generator(tmp_path / "out")


def test_write_refuses_to_drop_copies_where_counts_are_asked_for(tmp_path):
    generator = telltale(POINTS)
    known = KnownRecords({"members": np.zeros((1, 2), np.float32)}, PointsSpec(2))  # what a 7 looks like
    with pytest.raises(ParganError, match=r"would leave other counts.*ask for one category at a time"):
        generator.write(tmp_path / "out.npz", 10, 0, known=known, drop_copies=True, balanced=True)
    generator.write(tmp_path / "out.npz", 10, 0, known=known, drop_copies=True)
    with np.load(tmp_path / "out.npz") as content:
        assert set(content["y"]) == {3}  # labels of what was left


def test_export_refuses_programs_of_conditional_generators(tmp_path):
    with pytest.raises(ParganError, match="format=pt2 is for generators without a condition") as error:
        exported(tmp_path / "out", programs=["pt2"])
    assert error.value.argument == "format"
    assert not list(tmp_path.iterdir())

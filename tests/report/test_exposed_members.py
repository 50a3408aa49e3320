import csv

import numpy as np
import pytest
import torch
from PIL import Image

from pargan.audits import AttackResult, risk_table
from pargan.io.run_directory import RunDirectory
from pargan.judge import judge
from pargan.records.columns import Categorical, Integer
from pargan.records.images import ImageSpec
from pargan.records.points import PointsSpec
from pargan.records.tables import TableSpec
from pargan.report import exposed_members
from pargan.report.exposed_members import write_exposed, write_rows

TABLE = TableSpec.fit(
    {"age": np.arange(50), "town": np.repeat(["Ulm", "Köln"], 25)}, {"age": Integer, "town": Categorical}
)


def table_of(members, nonmembers, samples, partition=None):
    """A risk table by the distance to the nearest generated record."""
    groups = [torch.as_tensor(group) for group in (members, nonmembers)]
    scores = [-torch.cdist(group.flatten(1), torch.as_tensor(samples).flatten(1)).amin(1).numpy() for group in groups]
    metrics = judge(*scores, seed=0, draws=10)
    result = AttackResult("nearest_neighbour", "samples", *scores, metrics, num_samples=len(samples), seconds=0.0)
    return risk_table([result], *groups, torch.as_tensor(samples), partition)


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_write_exposed_puts_rows_beside_generated_ones_in_the_users_units(tmp_path):
    people = {"age": np.array([3, 44, 20]), "town": np.array(["Ulm", "Köln", "Ulm"])}
    samples = {"age": np.array([21, 44, 7]), "town": np.array(["Ulm", "Köln", "Ulm"])}
    members, generated = TABLE.encode(people), TABLE.encode(samples)
    table = table_of(members, TABLE.encode({"age": np.array([49, 0]), "town": np.array(["Ulm"] * 2)}), generated)
    path = write_exposed(TABLE, table, members, generated, RunDirectory(tmp_path))
    assert path == tmp_path / "private" / "exposed.csv"
    written = rows(path)
    assert [
        (row["index"], row["age"], row["generated age"], row["town"], row["generated town"]) for row in written
    ] == [
        ("1", "44", "44", "Köln", "Köln"),
        ("2", "20", "21", "Ulm", "Ulm"),
        ("0", "3", "7", "Ulm", "Ulm"),
    ]
    assert float(written[0]["nearest_distance"]) == 0
    assert [float(row["distance_percentile"]) for row in written] == [0, 0, 0]
    usual = float(np.median(table.distance[~table.is_member]))
    assert [float(row["usual_distance"]) for row in written] == pytest.approx([usual] * 3, abs=1e-3)
    assert written[0]["partition"] == ""


@pytest.mark.parametrize(("channels", "number"), [(1, 40), (3, 3)])
def test_write_exposed_draws_any_number_of_images(tmp_path, channels, number):
    rng = np.random.default_rng(0)
    members, nonmembers, samples = rng.uniform(-1, 1, (3, number, channels, 8, 8)).astype(np.float32)
    table = table_of(members, nonmembers, samples, np.arange(number) % 2)
    path = write_exposed(ImageSpec(channels, 8, 8), table, members, samples, RunDirectory(tmp_path))
    assert path == tmp_path / "private" / "exposed.png"
    with Image.open(path) as plot:
        assert plot.width == 1200
        assert plot.height < 1500
        assert len(plot.convert("L").getcolors()) > 50  # grey levels: images were drawn


def test_write_exposed_draws_the_member_left_and_the_generated_record_right(tmp_path):
    red, blue, grey = (
        np.broadcast_to(np.array(colour, np.float32)[:, None, None], (number, 3, 8, 8)).copy()
        for colour, number in (((1, -1, -1), 1), ((-1, -1, 1), 1), ((0, 0, 0), 2))
    )
    write_exposed(ImageSpec(3, 8, 8), table_of(red, grey, blue), red, blue, RunDirectory(tmp_path))
    with Image.open(tmp_path / "private" / "exposed.png") as plot:
        pixels = np.asarray(plot.convert("RGB"))
    reds, blues = (np.argwhere((pixels == colour).all(axis=2)) for colour in ((255, 0, 0), (0, 0, 255)))
    assert len(reds) > 1000
    np.testing.assert_array_equal(np.ptp(reds, axis=0), np.ptp(blues, axis=0))
    np.testing.assert_array_equal(np.unique(reds[:, 0]), np.unique(blues[:, 0]))
    assert reds[:, 1].max() < blues[:, 1].min()


def test_write_exposed_shows_the_distance_of_a_near_copy(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(exposed_members, "save", lambda figure, path: drawn.append(figure))
    members, nonmembers = np.random.default_rng(0).uniform(-1, 1, size=(2, 9, 1, 8, 8)).astype(np.float32)
    samples = members.copy()
    samples[:, 0, 0, 0] += 6e-5
    write_exposed(ImageSpec(1, 8, 8), table_of(members, nonmembers, samples), members, samples, RunDirectory(tmp_path))
    captions = [text.get_text() for axes in drawn[0].axes for text in axes.texts]
    assert len(captions) == 9
    assert all("d = 0.0000" in caption and "d = 0.00\n" not in caption for caption in captions)


def test_write_exposed_writes_nothing_for_points(tmp_path):
    members, nonmembers, samples = np.random.default_rng(0).normal(size=(3, 9, 2)).astype(np.float32)
    table = table_of(members, nonmembers, samples)
    assert write_exposed(PointsSpec(2), table, members, samples, RunDirectory(tmp_path)) is None
    assert not list(tmp_path.iterdir())


def test_write_rows_keeps_all_digits(tmp_path):
    members, nonmembers, samples = np.random.default_rng(0).normal(size=(3, 9, 2)).astype(np.float32)
    table = table_of(members, nonmembers, samples, np.arange(9) % 3)
    written = rows(write_rows(table.to_dicts(), tmp_path / "records.csv"))
    assert len(written) == 18
    assert [float(row["risk"]) for row in written] == table.risk.tolist()
    assert [float(row["nearest_neighbour_score"]) for row in written] == table.scores["nearest_neighbour"].tolist()
    assert {row["partition"] for row in written if row["group"] == "nonmember"} == {""}

import csv

import numpy as np
import pytest
from PIL import Image

from pargan.errors import ParganError
from pargan.release import KnownRecords
from pargan.release.sampling import OnlyCopiesError
from tests.helpers.releases import KINDS, example


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def records(made, num, seed=0, **settings):
    return np.concatenate(list(made.generator.batches(num, seed, **settings)))


@pytest.mark.parametrize("kind", KINDS)
def test_batches_depend_on_the_seed_only(kind):
    made = example(kind)
    whole = records(made, 1234)
    assert whole.shape == (1234, *made.spec.shape)
    for batch_size in (7, 500, 1001, 5000):
        np.testing.assert_array_equal(records(made, 1234, batch_size=batch_size), whole)
    np.testing.assert_array_equal(records(made, 400), whole[:400])
    assert (records(made, 1234, seed=1) != whole).any()
    np.testing.assert_array_equal(made.spec.snap(whole), whole)


def test_batches_hold_no_more_than_asked_for():
    sizes = [len(batch) for batch in example("table").generator.batches(2300, 0, batch_size=600)]
    assert sizes == [600, 600, 600, 500]


@pytest.mark.parametrize("name", ["num", "batch_size"])
def test_batches_refuse_numbers_below_one(name):
    with pytest.raises(ParganError) as error:
        list(example("points").generator.batches(**{"num": 5, "seed": 0, "batch_size": 5, name: 0}))
    assert (error.value.argument, error.value.value) == (name, 0)


ENDINGS = {"points": ".npz", "grey": ".npz", "colour": ".npz", "table": ".csv"}


@pytest.mark.parametrize("kind", ENDINGS)
def test_write_leaves_the_decoded_records(tmp_path, kind):
    made = example(kind)
    path = tmp_path / "new" / f"out{ENDINGS[kind]}"
    made.generator.write(path, 1100, 5, batch_size=300)
    assert names(path.parent) == [path.name]
    decoded = made.spec.decode(records(made, 1100, 5))
    if kind == "table":
        expected = made.spec.write(records(made, 1100, 5), tmp_path / "expected")
        assert path.read_bytes() == expected.read_bytes()
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert [row["town"] for row in rows] == decoded["town"].tolist()
        assert [row["key"] for row in rows] == [f"C{i:04d}" for i in range(998, 998 + 1100)]
    else:
        with np.load(path) as content:
            assert content["x"].dtype == decoded.dtype
            np.testing.assert_array_equal(content["x"], decoded)


@pytest.mark.parametrize("kind", ["grey", "colour"])
def test_write_makes_a_folder_of_images(tmp_path, kind):
    made = example(kind)
    made.generator.write(tmp_path / "images", 12, 0, batch_size=5)
    files = names(tmp_path / "images")
    assert files == [f"{i:05d}.png" for i in range(12)]
    decoded = made.spec.decode(records(made, 12))
    for name, expected in zip(files, decoded, strict=True):
        np.testing.assert_array_equal(Image.open(tmp_path / "images" / name), expected)


@pytest.mark.parametrize(
    ("kind", "name", "remedy"),
    [
        ("table", "out.npz", "out=samples.csv"),
        ("table", "folder", "out=samples.csv"),
        ("points", "out.csv", "out=samples.npz"),
        ("grey", "out.csv", "out=samples.npz or out=samples"),
        ("grey", "out.png", "out=samples.npz or out=samples"),
    ],
)
def test_write_refuses_an_ending_that_does_not_suit(tmp_path, kind, name, remedy):
    with pytest.raises(ParganError) as error:
        example(kind).generator.write(tmp_path / name, 5, 0)
    assert (error.value.argument, error.value.value) == ("out", tmp_path / name)
    assert remedy in error.value.remedy
    assert not names(tmp_path)


@pytest.mark.parametrize("content", ["file", "folder", "link"])
def test_write_overwrites_nothing(tmp_path, content):
    path = tmp_path / "out.npz"
    {"file": path.touch, "folder": path.mkdir, "link": lambda: path.symlink_to("nowhere")}[content]()
    with pytest.raises(ParganError, match="exists already") as error:
        example("points").generator.write(path, 5, 0)
    assert str(tmp_path / "out-2.npz") in error.value.remedy
    example("points").generator.write(tmp_path / "out-2.npz", 5, 0)


@pytest.mark.parametrize(("kind", "name"), [("points", "out.npz"), ("grey", "images"), ("table", "out.csv")])
@pytest.mark.parametrize("failure", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_write_leaves_nothing_after_a_failure(tmp_path, monkeypatch, kind, name, failure):
    made = example(kind)
    monkeypatch.setattr(type(made.spec), "decode", _failing(type(made.spec).decode, failure))
    expected = ParganError if isinstance(failure, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as error:
        made.generator.write(tmp_path / "new" / name, 60, 0, batch_size=20)
    assert expected is KeyboardInterrupt or "disk is full" in str(error.value)
    assert not names(tmp_path)


def _failing(decode, failure):
    calls = []

    def decode_twice(self, batch):
        calls.append(len(batch))
        if calls.count(20) > 1:
            raise failure
        return decode(self, batch)

    return decode_twice


def test_write_counts_copies_of_each_group_and_keeps_them(tmp_path):
    made = example("table")
    drawn = records(made, 900)
    other = made.spec.snap(-np.abs(drawn[:1]))
    known = KnownRecords({"members": np.concatenate([drawn[:2], other]), "nonmembers": drawn[5:6]}, made.spec)
    made.generator.write(tmp_path / "out.csv", 900, 0, known=known, batch_size=100)
    equal = {name: (drawn == row).all(1).sum() for name, row in (("a", drawn[0]), ("b", drawn[1]), ("n", drawn[5]))}
    members = (drawn[:, None] == np.concatenate([drawn[:2], other])[None]).all(2).any(1).sum()
    assert known.counts.copies == {"members": members, "nonmembers": equal["n"]}
    assert known.counts.sizes == {"members": 3, "nonmembers": 1}
    assert known.counts.checked == 900
    assert "of 900 generated records" in known.counts.sentence()


def test_write_drops_copies_of_members_and_fills_up(tmp_path):
    made = example("table")
    drawn = records(made, 900)
    known = KnownRecords({"members": drawn[:400], "nonmembers": drawn[:0]}, made.spec)
    made.generator.write(tmp_path / "out.csv", 500, 0, known=known, drop_copies=True, batch_size=100)
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        kept = [tuple(row[1:]) for row in csv.reader(file)][1:]
    made.spec.write(drawn[:400], tmp_path / "members")
    with (tmp_path / "members.csv").open(newline="", encoding="utf-8") as file:
        members = {tuple(row[1:]) for row in csv.reader(file)}
    assert len(kept) == 500
    assert not members & set(kept)


def test_write_gives_up_where_everything_is_a_copy(tmp_path):
    made = example("survey")
    with pytest.raises(OnlyCopiesError) as error:
        made.generator.write(tmp_path / "out.csv", 500, 0, known=made.known(), drop_copies=True)
    assert error.value.argument == "drop_copies"
    assert not names(tmp_path)

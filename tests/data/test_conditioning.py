from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from pargan.data import PartitionDataModule, by_class, by_column, image_folder, npz
from pargan.data.conditioning import ConditionLookup
from pargan.data.partition import by_label
from pargan.data.sources.blobs import blobs
from pargan.data.sources.tables.source import table
from pargan.errors import ParganError
from pargan.records.conditioning import UNCONDITIONAL, ClassCondition
from pargan.records.points import PointsSpec
from pargan.records.pool import Pool

LABELS = np.array([0, 2, 2, 5] * 30)


def pool(**changes):
    values = np.random.default_rng(0).normal(size=(120, 2)).astype(np.float32)
    return replace(Pool(values, PointsSpec(2), quality=None, labels=LABELS), **changes)


def data(source=pool, conditioning=by_class, **settings):
    made = PartitionDataModule(source, 3, 5, conditioning=conditioning, **settings)
    made.setup()
    return made


def people():
    rng = np.random.default_rng(1)
    columns = {
        "age": rng.integers(18, 80, 120),
        "town": np.array(["a", "b", "c"])[rng.integers(0, 3, 120)],
        "rich": np.array(["yes", "no"])[rng.integers(0, 2, 120)],
    }
    return table(pd.DataFrame(columns), {"age": "numeric", "town": "categorical", "rich": "boolean"})


@pytest.mark.parametrize("num_workers", [0, 1])
def test_by_class_serves_each_record_with_its_class(num_workers, monkeypatch):
    made = data(num_workers=num_workers)
    if num_workers:
        monkeypatch.setattr("pargan.data.datamodule.RESIDENT_BYTES", 0)
    (batch, *_) = made.train_dataloader()
    assert batch.condition.shape == (3, 5, 3)
    values = {value.tobytes(): label for value, label in zip(made.pool.values, LABELS, strict=True)}
    for records, conditions in zip(batch.records, batch.condition, strict=True):
        names = [made.conditioning.categories[code] for code in conditions.argmax(1)]
        assert names == [str(values[record.numpy().tobytes()]) for record in records]
        assert torch.equal(made.condition_of(records), conditions)


def test_unconditional_batches_hold_no_condition():
    made = PartitionDataModule(pool, 3, 5)
    made.setup()
    (batch, *_) = made.train_dataloader()
    assert batch.condition is None
    assert made.condition_of(batch.records[0]) is None
    assert made.conditioning.size == 0


def test_by_class_takes_names_and_frequencies_of_the_reference_set():
    made = data(partial(pool, label_names=("cat", "", "dog", "", "", "fox")))
    assert made.conditioning.categories == ("cat", "dog", "fox")
    counts = np.array([(LABELS[made.membership.reference] == label).sum() for label in (0, 2, 5)])
    np.testing.assert_allclose(made.conditioning.frequencies, counts / counts.sum())


def test_by_class_marks_classes_that_no_member_has():
    labels = LABELS.copy()
    membership = data().membership
    labels[membership.members] = np.where(labels[membership.members] == 5, 0, labels[membership.members])
    made = data(partial(pool, labels=labels), membership=membership)
    assert made.conditioning.not_learnt == ("5",)
    assert made.conditioning.frequencies[2] == 0
    assert sum(made.conditioning.frequencies) == pytest.approx(1)


def test_by_class_whose_reference_set_has_other_classes_takes_the_members_classes_alike():
    membership = data().membership
    labels = np.where(np.isin(np.arange(120), membership.members), LABELS % 5, 7)
    assert data(partial(pool, labels=labels), membership=membership).conditioning.frequencies == (1 / 2, 1 / 2, 0)


def test_condition_of_refuses_a_record_of_nobody():
    with pytest.raises(ParganError, match='"label" is not known'):
        data().condition_of(torch.full((1, 2), 9.0))


def test_conditions_of_files_go_by_the_names_of_their_classes():
    conditioning = ClassCondition("label", ("cat", "dog"), (0.5, 0.5))
    records = np.arange(8, dtype=np.float32).reshape(4, 2)
    named = {"label_names": ("bird", "dog", "cat")}
    files = {
        "members": Pool(records[:2], PointsSpec(2), None, np.array([2, 1]), **named),
        "nonmembers": Pool(records[1:], PointsSpec(2), None, np.array([2, 1, 0]), **named),
    }
    condition_of = ConditionLookup.of_pools(conditioning, files)
    told = condition_of(torch.from_numpy(records[[2, 0, 1]]))
    assert told.argmax(1).tolist() == [1, 0, 1]  # the second record is in both files: its first class counts
    with pytest.raises(ParganError, match=r'"label" is not known; give records whose class is one of cat, dog'):
        condition_of(torch.from_numpy(records[3:]))  # a bird
    assert ConditionLookup.of_pools(conditioning, {"members": replace(files["members"], labels=None)}) is None
    assert ConditionLookup.of_pools(UNCONDITIONAL, files) is None


@pytest.mark.parametrize("column", ["town", "rich"])
def test_by_column_serves_each_row_with_its_category(column):
    made = data(people, partial(by_column, column=column))
    (batch, *_) = made.train_dataloader()
    decoded = made.spec.decode(batch.records.flatten(0, 1).numpy())[column]
    names = [made.conditioning.categories[code] for code in batch.condition.flatten(0, 1).argmax(1)]
    assert names == decoded.tolist()
    assert torch.equal(made.condition_of(batch.records[0]), batch.condition[0])


@pytest.mark.parametrize(
    ("source", "conditioning", "message"),
    [
        (partial(pool, labels=None), by_class, "has no labels; add labels"),
        (people, by_class, "give conditioning=by_column and conditioning.column="),
        (pool, partial(by_column, column="town"), "is for tables, and the records are of kind points"),
        (people, by_column, r"is missing; choose one of rich, town|is missing; choose one of town, rich"),
        (people, partial(by_column, column="age"), "a column of type numeric, and a condition is a column of cat"),
        (people, partial(by_column, column="twon"), "is not a column of the table.*choose one of town, rich"),
    ],
)
def test_conditioning_refuses_what_there_is_not(source, conditioning, message):
    with pytest.raises(ParganError, match=message):
        data(source, conditioning)


def test_each_partition_is_told_its_own_classes_alone():
    made = data(partial(blobs, 240), scheme=by_label)
    classes = [set(blobs(240).labels[partition].tolist()) for partition in made.membership.partitions]
    assert any(len(own) < 5 for own in classes)
    for batch in made.train_dataloader():
        for own, conditions in zip(classes, batch.condition, strict=True):
            assert set(conditions.argmax(1).tolist()) <= own


@pytest.mark.parametrize("labels", [[4, 9, 9], ["cat", "dog", "dog"]])
def test_by_class_asks_for_classes_of_an_array_as_the_file_spells_them(labels, tmp_path):
    values = np.random.default_rng(0).normal(size=(120, 2))
    np.savez(tmp_path / "x.npz", x=values, y=np.resize(labels, 120))
    assert data(partial(npz, str(tmp_path / "x.npz"))).conditioning.categories == tuple(map(str, sorted(set(labels))))


def test_by_class_asks_for_classes_of_images_by_their_folder(tmp_path):
    rng = np.random.default_rng(0)
    for i in range(60):
        folder = tmp_path / ("cats", "dogs")[i % 2]
        folder.mkdir(exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (4, 4), np.uint8)).save(folder / f"{i}.png")
    made = data(partial(image_folder, str(tmp_path), size=4))
    assert made.conditioning.categories == ("cats", "dogs")
    assert made.conditioning.shares({"label": "dogs"}).tolist() == [0, 1]

"""A datamodule in a training: which groups it makes and keeps, what it gives, what it refuses."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
import pytorch_lightning as pl
import torch
from torch import nn

from pargan.data.datamodule import PartitionDataModule
from pargan.data.membership import Membership
from pargan.data.partition import contiguous
from pargan.data.sources.blobs import blobs
from pargan.data.sources.tables.source import table
from pargan.errors import ParganError
from pargan.records.ranked import Ranked
from tests.helpers.partitioned import make, resident


class Recorder(pl.LightningModule):
    """Keeps the batches of all training steps."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))
        self.seen = []

    def training_step(self, batch, _):
        self.seen.append((self.current_epoch, batch.records))
        return self.weight * batch.records.sum()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.0)


def fit(datamodule, epochs, folder, checkpoint=None):
    trainer = pl.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=folder,
    )
    module = Recorder()
    trainer.fit(module, datamodule, ckpt_path=checkpoint)
    trainer.save_checkpoint(folder / "last.ckpt")
    return module.seen


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
def test_datamodule_in_lightning_resumes_and_restores_the_membership(tmp_path):
    whole = fit(make(), 4, tmp_path)
    first = fit(make(), 2, tmp_path)
    resumed = fit(make(), 4, tmp_path, tmp_path / "last.ckpt")
    assert [number for number, _ in whole] == sorted([0, 1, 2, 3] * 3)
    assert not torch.equal(whole[0][1], whole[3][1])
    for (number, batch), (expected, other) in zip(whole, first + resumed, strict=True):
        assert number == expected
        assert torch.equal(batch, other)
    with pytest.raises(ParganError, match="the 3 partitions") as error:
        fit(make(num_partitions=2), 4, tmp_path, tmp_path / "last.ckpt")
    assert (error.value.argument, error.value.value) == ("num_partitions", 2)
    assert "num_partitions=3" in error.value.remedy
    with pytest.raises(ParganError, match="another split") as error:
        fit(make(seed=7), 4, tmp_path, tmp_path / "last.ckpt")
    assert (error.value.argument, error.value.value) == ("seed", 7)
    assert "settings and the membership file of that run" in error.value.remedy


def test_setup_loads_the_pool_once():
    calls = []

    def source():
        calls.append(None)
        return resident()

    datamodule = make(source)
    membership = datamodule.membership
    datamodule.setup("fit")
    assert len(calls) == 1
    assert datamodule.membership is membership
    assert datamodule.spec is datamodule.pool.spec


def test_take_members_returns_their_partitions():
    datamodule = make()
    records, partition = datamodule.take_members()
    assert records.shape == (60, 2)
    for record, k in zip(records, partition, strict=True):
        assert int(record[0]) in datamodule.membership.partitions[k]
    few, partition = datamodule.take_members(11, seed=4)
    again, _ = datamodule.take_members(11, seed=4)
    other, _ = datamodule.take_members(11, seed=5)
    assert len(np.unique(few[:, 0])) == 11
    for record, k in zip(few, partition, strict=True):
        assert int(record[0]) in datamodule.membership.partitions[k]
    np.testing.assert_array_equal(few, again)
    assert not np.array_equal(few, other)


def test_quality_records_are_those_of_the_take_methods():
    datamodule = make()
    real = datamodule.quality_records(10, seed=3)
    np.testing.assert_array_equal(real.members, datamodule.take_members(10, seed=3)[0])
    np.testing.assert_array_equal(real.nonmembers, datamodule.take_nonmembers(10, seed=3))
    np.testing.assert_array_equal(real.reference, datamodule.take_reference())
    np.testing.assert_array_equal(real.reference_labels, real.reference[:, 0].astype(int) % 3)
    whole = datamodule.quality_records()
    first = np.concatenate([whole.members, whole.nonmembers, whole.reference])[:, 0]
    assert sorted(first.tolist()) == list(range(120))


@pytest.mark.parametrize(("max_records", "size"), [(None, 15), (10, 10), (100, 15)])
def test_selection_records_hold_reference_records_in_place_of_nonmembers(max_records, size):
    datamodule = make()
    reference = datamodule.take_reference()
    assert len(reference) == 30
    real = datamodule.selection_records(max_records, seed=3)
    assert len(real.nonmembers) == size
    both = np.concatenate([real.nonmembers, real.reference])
    np.testing.assert_array_equal(np.sort(both, axis=0), np.sort(reference, axis=0))
    np.testing.assert_array_equal(real.nonmember_labels, real.nonmembers[:, 0].astype(int) % 3)
    np.testing.assert_array_equal(real.members, datamodule.take_members(max_records, seed=3)[0])


def test_datamodule_uses_an_existing_membership():
    membership = make(seed=5).membership
    datamodule = make(seed=0, membership=membership)
    assert datamodule.membership is membership


def test_datamodule_refuses_a_membership_of_another_number_of_partitions_or_pool():
    membership = make().membership
    with pytest.raises(ParganError) as error:
        make(num_partitions=4, membership=membership)
    assert (error.value.argument, error.value.value) == ("num_partitions", 4)
    assert "num_partitions=3" in error.value.remedy
    with pytest.raises(ParganError, match="another pool") as error:
        make(partial(resident, 121), membership=membership)
    assert error.value.argument == "membership"
    assert membership.pool_fingerprint[:12] in error.value.problem
    assert "dataset settings of that run" in error.value.remedy


def test_load_state_dict_before_setup_sets_the_membership():
    saved = make(seed=5)
    datamodule = PartitionDataModule(resident, 3, 6, seed=0)
    datamodule.load_state_dict(saved.state_dict())
    datamodule.setup()
    assert datamodule.membership == saved.membership
    assert isinstance(datamodule.membership, Membership)


@pytest.mark.parametrize(
    ("settings", "problem", "remedy"),
    [
        ({"batch_size": 21}, "60 members in 3 partitions are 20 each", "batch_size=20 or less"),
        ({"batch_size": 0}, "nothing to train on", "1 or more"),
        ({"num_partitions": 0}, "nothing to train on", "1 or more"),
        ({"num_partitions": 61}, "more than the 60 members", "num_partitions=60 or less"),
        ({"members": 200}, "does not fit", "ask for less"),
    ],
)
def test_setup_refuses_settings_that_do_not_fit_the_pool(settings, problem, remedy):
    with pytest.raises(ParganError) as error:
        make(**settings)
    ((argument, value),) = settings.items()
    assert (error.value.argument, error.value.value) == (argument, value)
    assert problem in error.value.problem
    assert remedy in error.value.remedy


def test_datamodule_of_the_published_blobs_has_500_members_per_partition():
    datamodule = PartitionDataModule(blobs, 10, 32, members=5000, scheme=contiguous)
    datamodule.setup()
    assert datamodule.membership.partitions.shape == (10, 500)
    assert datamodule.steps_per_epoch == 15


def incomes():
    rng = np.random.default_rng(0)
    income = np.where(rng.random(400) < 0.3, 0.0, np.round(rng.lognormal(5, 1, 400), 2))
    return table(pd.DataFrame({"income": income, "age": rng.integers(18, 90, 400), "sex": rng.choice(["f", "m"], 400)}))


def test_setup_fits_encodings_on_reference_records_or_on_members_and_says_so():
    pools = {fit_on: make(incomes, fit_on=fit_on) for fit_on in ("reference", "members")}
    knots = {name: datamodule.spec.columns[0].knots for name, datamodule in pools.items()}
    values = incomes().spec.decode(incomes().values)["income"]
    groups = {"reference": pools["reference"].membership.reference, "members": pools["members"].membership.members}
    for name, index in groups.items():
        column = pools[name].spec.columns[0]
        assert column == Ranked.fit(column.column, values[index])
        assert column.frequent == ("0.0",)
        decision = pools[name].spec.schema.decision("income")
        assert f"ranks, of {len(index)} {name}" in decision.encoding_why
    assert not any("fitted on the members" in note for note in pools["reference"].pool.notes)
    assert any("fitted on the members" in note for note in pools["members"].pool.notes)
    assert knots["reference"] != knots["members"]


def test_setup_gives_the_same_encoding_for_an_existing_membership():
    first = make(incomes)
    again = make(incomes, membership=first.membership)
    assert again.spec.columns == first.spec.columns
    np.testing.assert_array_equal(again.pool.values, first.pool.values)


def test_init_refuses_to_fit_encodings_on_anything_else():
    with pytest.raises(ParganError, match="choose one of reference, members"):
        PartitionDataModule(incomes, 1, 1, fit_on="nonmembers")


def test_init_refuses_a_split_that_is_no_choice():
    with pytest.raises(ParganError) as error:
        make(split="coin")
    assert (error.value.argument, error.value.remedy) == ("split", "choose one of random, coins")

"""Quality, generalization gap and images over the epochs."""

import numpy as np
import pytest
from PIL import Image
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint

from pargan import GeneralizationGap, QualityCallback, SampleImages
from pargan.attacks import standardised_logits
from pargan.audits.evaluation import AttackRecords, target_of
from pargan.errors import ParganError
from pargan.records.points import PointsSpec
from tests.helpers.tiny import batches, blobs_in_partitions, fit_on, gan, trainer


def test_quality_is_the_data_sets_own_measure(tmp_path):
    watched = QualityCallback(1, 50, 40)
    made = trainer(tmp_path, 1, [watched])
    made.fit(gan(), blobs_in_partitions())
    logged = made.callback_metrics
    assert {key for key in logged if key.startswith("quality/")} == {
        "quality/wasserstein2",
        "quality/modes_covered",
        "quality/high_quality_share",
        "quality/distance",
    }
    assert logged["quality/distance"] == logged["quality/wasserstein2"] > 0
    assert watched.seconds > 0


def test_the_gap_is_own_partition_against_nonmembers(tmp_path):
    module, datamodule = gan(), blobs_in_partitions()
    made = trainer(tmp_path, 2, [GeneralizationGap(1, num_records=None, seed=0)])
    made.fit(module, datamodule)
    records = AttackRecords.of(datamodule, None, seed=0)
    target = target_of(module, records.reference, num_samples=1, seed=0)
    members, nonmembers = (standardised_logits(target, each).numpy() for each in (records.members, records.nonmembers))
    for k in range(3):
        own = members[k, records.partition.numpy() == k]
        assert len(own) == 40
        expected = own.mean() - nonmembers[k].mean()
        assert made.callback_metrics[f"gap/partition_{k}"] == pytest.approx(expected, abs=1e-5)
    gaps = [float(made.callback_metrics[f"gap/partition_{k}"]) for k in range(3)]
    assert made.callback_metrics["gap/mean"] == pytest.approx(np.mean(gaps), abs=1e-6)


def test_a_partition_without_records_does_not_spoil_the_mean(tmp_path):
    made = trainer(tmp_path, 1, [GeneralizationGap(1, num_records=2)])  # two members of three partitions
    made.fit(gan(), blobs_in_partitions())
    found = {key: float(value) for key, value in made.callback_metrics.items() if key.startswith("gap/")}
    measured = [value for key, value in found.items() if key != "gap/mean"]
    assert 1 <= len(measured) <= 2
    assert found["gap/mean"] == pytest.approx(np.mean(measured), abs=1e-6)


def test_images_of_the_first_the_last_and_every_nth_epoch(tmp_path):
    folder = tmp_path / "samples"
    made = trainer(tmp_path, 5, [SampleImages(folder, every_n_epochs=3, num_samples=20)])
    made.fit(gan(spec=PointsSpec(2)), blobs_in_partitions())
    found = sorted(folder.iterdir())
    assert [path.name for path in found] == ["epoch_00001.png", "epoch_00003.png", "epoch_00005.png"]
    for path in found:
        with Image.open(path) as image:
            assert min(image.size) > 100
            assert image.convert("L").getextrema()[0] < 250  # something is drawn


@pytest.mark.parametrize("name", ["quality/distance", "gap/mean", "loss/generator"])
def test_early_stopping_and_the_best_checkpoint_can_monitor_them(name, tmp_path):
    watching = [QualityCallback(1, 30, 30), GeneralizationGap(1, 40)]
    best = ModelCheckpoint(tmp_path, filename="best", monitor=name, mode="min")
    stopping = EarlyStopping(monitor=name, mode="min", patience=2, min_delta=100.0, check_on_train_epoch_end=True)
    made = trainer(tmp_path, 10, [*watching, stopping, best])
    made.fit(gan(), blobs_in_partitions())
    assert made.current_epoch == 3
    assert (tmp_path / "best.ckpt").is_file()


@pytest.mark.parametrize("make", [GeneralizationGap, QualityCallback, lambda: SampleImages("nowhere")])
def test_other_data_is_refused(make, tmp_path):
    watched = make()
    with pytest.raises(
        ParganError, match=rf"^{type(watched).__name__} must know the members: fit with a PartitionDataModule$"
    ):
        fit_on(batches(1), gan(), tmp_path, callbacks=[watched])


@pytest.mark.parametrize("make", [GeneralizationGap, QualityCallback, lambda n: SampleImages("nowhere", n)])
@pytest.mark.parametrize("every", [0, -2])
def test_a_rhythm_below_one_is_refused(make, every):
    with pytest.raises(ParganError, match=rf"every_n_epochs={every} .* give 1 or more"):
        make(every)

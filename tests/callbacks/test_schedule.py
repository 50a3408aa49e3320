"""What all callbacks that measure during training share."""

import pytest
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint

from pargan import GeneralizationGap, QualityCallback, SampleImages
from pargan.errors import ParganError
from tests.helpers.tiny import batches, blobs_in_partitions, fit_on, gan, trainer


@pytest.mark.parametrize("name", ["quality/distance", "gap/mean", "loss/generator"])
def test_logged_metrics_can_be_monitored_by_early_stopping_and_the_best_checkpoint(name, tmp_path):
    watching = [QualityCallback(1, 30, 30), GeneralizationGap(1, 40)]
    best = ModelCheckpoint(tmp_path, filename="best", monitor=name, mode="min")
    stopping = EarlyStopping(monitor=name, mode="min", patience=2, min_delta=100.0, check_on_train_epoch_end=True)
    pl_trainer = trainer(tmp_path, 10, [*watching, stopping, best])
    pl_trainer.fit(gan(), blobs_in_partitions())
    assert pl_trainer.current_epoch == 3
    assert (tmp_path / "best.ckpt").is_file()


@pytest.mark.parametrize("make", [GeneralizationGap, QualityCallback, lambda: SampleImages("nowhere")])
def test_callback_refuses_other_data(make, tmp_path):
    callback = make()
    with pytest.raises(ParganError) as error:
        fit_on(batches(1), gan(), tmp_path, callbacks=[callback])
    assert error.value.problem.startswith(type(callback).__name__)
    assert "PartitionDataModule" in error.value.remedy


@pytest.mark.parametrize("make", [GeneralizationGap, QualityCallback, lambda n: SampleImages("nowhere", n)])
@pytest.mark.parametrize("every", [0, -2])
def test_callback_refuses_an_interval_below_one(make, every):
    with pytest.raises(ParganError) as error:
        make(every)
    assert (error.value.argument, error.value.value) == ("every_n_epochs", every)
    assert "1 or more" in error.value.remedy

"""Early stopping on a metric that is measured every few epochs, across an interruption."""

from pargan.callbacks import EarlyStopping, PeriodicCheckpoint, QualityCallback
from tests.helpers.tiny import blobs_in_partitions, gan, trainer


def stopped_at(folder, max_epochs, checkpoint=None):
    """The number of epochs of a run whose metric, measured in the first epoch and every fourth, never improves."""
    watch = [QualityCallback(every_n_epochs=4), PeriodicCheckpoint(folder, filename="last", every_n_epochs=4)]
    stop = EarlyStopping("quality/distance", min_delta=1e9, patience=6, check_on_train_epoch_end=True)
    pl_trainer = trainer(folder, max_epochs, [*watch, stop])
    pl_trainer.fit(gan(), blobs_in_partitions(), ckpt_path=checkpoint)
    return pl_trainer.current_epoch


def test_early_stopping_stops_a_resumed_run_like_an_uninterrupted_one(tmp_path):
    assert stopped_at(tmp_path / "whole", 20) == 7
    assert stopped_at(tmp_path / "halves", 4) == 4
    assert stopped_at(tmp_path / "halves", 20, tmp_path / "halves" / "last.ckpt") == 7

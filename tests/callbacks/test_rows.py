"""A run that stops between its checkpoint and Lightning's own logging keeps the row of that epoch."""

import csv

import pytest
from pytorch_lightning.callbacks import ModelCheckpoint

from pargan.callbacks import RowBeforeCheckpoint
from pargan.io.checkpoints import load_checkpoint
from pargan.io.loggers import EpochCsvLogger
from tests.helpers.tiny import blobs_in_partitions, gan, trainer


class StopsAfterSaving(ModelCheckpoint):
    def _save_checkpoint(self, trainer, filepath):
        super()._save_checkpoint(trainer, filepath)
        if trainer.current_epoch == 2:
            raise OSError("the disk is full")


@pytest.mark.parametrize("is_guarded", [True, False])
def test_the_row_is_written_before_the_checkpoint(tmp_path, is_guarded):
    rows = EpochCsvLogger(tmp_path / "metrics.csv")
    saves = StopsAfterSaving(dirpath=tmp_path, filename="last", enable_version_counter=False)
    callbacks = [saves, *([RowBeforeCheckpoint(rows)] if is_guarded else [])]
    fitted = trainer(tmp_path, 5, callbacks, logger=rows, enable_checkpointing=True)
    with pytest.raises(OSError, match="full"):
        fitted.fit(gan(), blobs_in_partitions())
    assert load_checkpoint(tmp_path / "last.ckpt")["epoch"] == 2
    with (tmp_path / "metrics.csv").open(newline="") as file:
        written = list(csv.DictReader(file))
    # Without the callback the third row is lost, which is what it is for.
    assert [int(row["epoch"]) for row in written] == ([0, 1, 2] if is_guarded else [0, 1])
    assert all(float(row["loss/generator"]) > 0 for row in written)

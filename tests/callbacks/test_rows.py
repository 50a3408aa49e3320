import csv

import pytest
from pytorch_lightning.callbacks import ModelCheckpoint

from pargan.callbacks import BackupPreviousResult, RowBeforeCheckpoint
from pargan.io.checkpoints import load_checkpoint
from pargan.io.loggers import EpochCsvLogger
from tests.helpers.tiny import blobs_in_partitions, gan, trainer


class StopsAfterSaving(ModelCheckpoint):
    def _save_checkpoint(self, trainer, filepath):
        super()._save_checkpoint(trainer, filepath)
        if trainer.current_epoch == 2:
            raise OSError("the disk is full")


@pytest.mark.parametrize("is_guarded", [True, False])
def test_row_before_checkpoint_keeps_the_row_of_an_interrupted_epoch(tmp_path, is_guarded):
    rows = EpochCsvLogger(tmp_path / "metrics.csv")
    saves = StopsAfterSaving(dirpath=tmp_path, filename="last", enable_version_counter=False)
    callbacks = [saves, *([RowBeforeCheckpoint(rows)] if is_guarded else [])]
    pl_trainer = trainer(tmp_path, 5, callbacks, logger=rows, enable_checkpointing=True)
    with pytest.raises(OSError, match="full"):
        pl_trainer.fit(gan(), blobs_in_partitions())
    assert load_checkpoint(tmp_path / "last.ckpt")["epoch"] == 2
    with (tmp_path / "metrics.csv").open(newline="") as file:
        written = list(csv.DictReader(file))
    # Without the callback the third row is lost.
    assert [int(row["epoch"]) for row in written] == ([0, 1, 2] if is_guarded else [0, 1])
    assert all(float(row["loss/generator"]) > 0 for row in written)


def test_backup_previous_result_renames_the_file_when_training_starts(tmp_path):
    result, backup = tmp_path / "result.json", tmp_path / "result_before.json"
    callback = BackupPreviousResult(result, backup)
    callback.on_train_start(None, None)  # nothing to rename
    result.write_text("{}")
    callback.on_train_start(None, None)
    assert (result.exists(), backup.read_text()) == (False, "{}")

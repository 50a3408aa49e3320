"""metrics.csv: one row per epoch, whatever is measured when, whoever continues it."""

import csv

import pytest
import torch
from PIL import Image
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger

from pargan.io.loggers import EpochCsvLogger, log_image, log_table
from tests.helpers.tiny import blobs_in_partitions, gan, trainer


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "metrics.csv"


def test_one_row_per_epoch(path):
    logger = EpochCsvLogger(path)
    for epoch in range(3):
        logger.log_metrics({"epoch": epoch, "loss": epoch / 3}, step=epoch * 17)
    assert path.read_text() == "epoch,loss\n0,0\n1,0.333333\n2,0.666667\n"


def test_nothing_is_written_before_the_first_epoch(path):
    EpochCsvLogger(path)
    assert not path.parent.exists()


def test_late_columns_and_empty_cells(path):
    logger = EpochCsvLogger(path)
    logger.log_metrics({"epoch": 0, "loss": 1.0})
    logger.log_metrics({"epoch": 1, "loss": 2.0, "auc": 0.5})
    logger.log_metrics({"epoch": 2, "loss": 3.0})
    assert path.read_text() == "epoch,loss,auc\n0,1,\n1,2,0.5\n2,3,\n"


def test_what_is_logged_twice_in_an_epoch_becomes_one_row(path):
    logger = EpochCsvLogger(path)
    logger.log_metrics({"epoch": 0, "loss": 1.0})
    logger.log_metrics({"epoch": 1, "loss": 2.0})
    logger.log_metrics({"epoch": 1, "loss": 2.0, "auc": 0.5})
    assert path.read_text() == "epoch,loss,auc\n0,1,\n1,2,0.5\n"


def test_a_resumed_run_replaces_the_rows_it_trains_again(path):
    first = EpochCsvLogger(path)
    for epoch in range(4):
        first.log_metrics({"epoch": epoch, "loss": 10.0 + epoch})
    resumed = EpochCsvLogger(path)
    assert len(rows(path)) == 4  # opening it loses nothing
    resumed.log_metrics({"epoch": 2, "loss": 20.0})
    assert path.read_text() == "epoch,loss\n0,10\n1,11\n2,20\n"
    resumed.log_metrics({"epoch": 3, "loss": 21.0, "auc": 0.5})
    assert path.read_text() == "epoch,loss,auc\n0,10,\n1,11,\n2,20,\n3,21,0.5\n"


@pytest.mark.parametrize("half", ["2", "2,1", "2,12,0.", ""])
def test_a_row_cut_off_by_a_kill_is_dropped(path, half):
    path.parent.mkdir()
    path.write_text(f"epoch,loss,auc\n0,10,0.5\n1,11,0.5\n{half}")
    resumed = EpochCsvLogger(path)
    resumed.log_metrics({"epoch": 3, "loss": 20.0, "auc": 0.6})
    resumed.log_metrics({"epoch": 4, "loss": 21.0})
    assert path.read_text() == "epoch,loss,auc\n0,10,0.5\n1,11,0.5\n3,20,0.6\n4,21,\n"


def test_rows_are_appended_not_written_anew(path):
    logger = EpochCsvLogger(path)
    logger.log_metrics({"epoch": 0, "loss": 1.0})
    before = path.stat().st_ino
    logger.log_metrics({"epoch": 1, "loss": 1.0})
    assert path.stat().st_ino == before  # an atomic rewrite would have made another file


def test_a_trainer_writes_one_row_per_epoch(path):
    made = trainer(path.parent, 3, logger=[EpochCsvLogger(path)], log_every_n_steps=1)
    made.fit(gan(), blobs_in_partitions())
    found = rows(path)
    assert [row["epoch"] for row in found] == ["0", "1", "2"]
    losses = ["loss/generator", "loss/discriminator", *(f"loss/discriminator_{k}" for k in range(3))]
    assert set(found[0]) == {"epoch", *losses}
    for row in found:
        d_losses = [float(row[f"loss/discriminator_{k}"]) for k in range(3)]
        assert float(row["loss/discriminator"]) == pytest.approx(sum(d_losses) / 3, rel=1e-4)


def image(folder):
    path = folder / "image.png"
    Image.new("RGB", (4, 3), "red").save(path)
    return path


def test_a_logger_without_images_or_tables_ignores_them(tmp_path):
    logger = CSVLogger(tmp_path)
    log_image(logger, "samples", image(tmp_path), 1)
    log_table(logger, "final", ["a"], [[1]])
    assert [path.name for path in tmp_path.iterdir()] == ["image.png"]


def test_tensorboard_is_given_both(tmp_path):
    accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    logger = TensorBoardLogger(tmp_path, name="board", version="")
    log_image(logger, "samples", image(tmp_path), 7)
    log_table(logger, "final", ["metric", "value"], [["auc", 0.5]])
    logger.finalize("success")
    events = accumulators.EventAccumulator(logger.log_dir)
    events.Reload()
    (shown,) = events.Images("samples")
    assert (shown.step, shown.width, shown.height) == (7, 4, 3)
    (text,) = events.Tensors("final/text_summary")
    assert text.tensor_proto.string_val[0].decode() == "| metric | value |\n| --- | --- |\n| auc | 0.5 |"


def test_tensors_are_written_as_numbers(path):
    EpochCsvLogger(path).log_metrics({"epoch": 0, "loss": torch.tensor(0.25).item(), "auc": float("nan")})
    assert path.read_text() == "epoch,loss,auc\n0,0.25,nan\n"

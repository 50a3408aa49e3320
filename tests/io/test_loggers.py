import csv

import pytest
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


def test_epoch_csv_logger_writes_one_row_per_epoch(path):
    logger = EpochCsvLogger(path)
    for epoch in range(3):
        logger.log_metrics({"epoch": epoch, "loss": epoch / 3}, step=epoch * 17)
    assert path.read_text() == "epoch,loss\n0,0\n1,0.333333\n2,0.666667\n"


def test_epoch_csv_logger_writes_nothing_before_the_first_epoch(path):
    EpochCsvLogger(path)
    assert not path.parent.exists()


def test_epoch_csv_logger_adds_columns_and_leaves_missing_cells_empty(path):
    logger = EpochCsvLogger(path)
    logger.log_metrics({"epoch": 0, "loss": 1.0})
    logger.log_metrics({"epoch": 1, "loss": 2.0, "auc": 0.5})
    logger.log_metrics({"epoch": 2, "loss": 3.0})
    assert path.read_text() == "epoch,loss,auc\n0,1,\n1,2,0.5\n2,3,\n"


def test_epoch_csv_logger_replaces_the_row_of_an_epoch_logged_twice(path):
    logger = EpochCsvLogger(path)
    logger.log_metrics({"epoch": 0, "loss": 1.0})
    logger.log_metrics({"epoch": 1, "loss": 2.0})
    logger.log_metrics({"epoch": 1, "loss": 2.0, "auc": 0.5})
    assert path.read_text() == "epoch,loss,auc\n0,1,\n1,2,0.5\n"


def test_epoch_csv_logger_of_a_resumed_run_replaces_the_epochs_it_trains_again(path):
    first = EpochCsvLogger(path)
    for epoch in range(4):
        first.log_metrics({"epoch": epoch, "loss": 10.0 + epoch})
    resumed = EpochCsvLogger(path)
    assert len(rows(path)) == 4  # the constructor changes nothing
    resumed.log_metrics({"epoch": 2, "loss": 20.0})
    assert path.read_text() == "epoch,loss\n0,10\n1,11\n2,20\n"
    resumed.log_metrics({"epoch": 3, "loss": 21.0, "auc": 0.5})
    assert path.read_text() == "epoch,loss,auc\n0,10,\n1,11,\n2,20,\n3,21,0.5\n"


@pytest.mark.parametrize("half", ["2", "2,1", "2,12,0.", ""])
def test_epoch_csv_logger_drops_a_half_written_row(path, half):
    path.parent.mkdir()
    path.write_text(f"epoch,loss,auc\n0,10,0.5\n1,11,0.5\n{half}")
    resumed = EpochCsvLogger(path)
    resumed.log_metrics({"epoch": 3, "loss": 20.0, "auc": 0.6})
    resumed.log_metrics({"epoch": 4, "loss": 21.0})
    assert path.read_text() == "epoch,loss,auc\n0,10,0.5\n1,11,0.5\n3,20,0.6\n4,21,\n"


def test_epoch_csv_logger_appends_rows_without_rewriting_the_file(path):
    logger = EpochCsvLogger(path)
    logger.log_metrics({"epoch": 0, "loss": 1.0})
    before = path.stat().st_ino
    logger.log_metrics({"epoch": 1, "loss": 1.0})
    assert path.stat().st_ino == before  # an atomic rewrite would have made another file


def test_epoch_csv_logger_in_a_trainer_writes_one_row_per_epoch(path):
    trainer(path.parent, 3, logger=[EpochCsvLogger(path)], log_every_n_steps=1).fit(gan(), blobs_in_partitions())
    written = rows(path)
    assert [row["epoch"] for row in written] == ["0", "1", "2"]
    losses = ["loss/generator", "loss/discriminator", *(f"loss/discriminator_{k}" for k in range(3))]
    assert set(written[0]) == {"epoch", *losses}
    for row in written:
        d_losses = [float(row[f"loss/discriminator_{k}"]) for k in range(3)]
        assert float(row["loss/discriminator"]) == pytest.approx(sum(d_losses) / 3, rel=1e-4)


def image(folder):
    path = folder / "image.png"
    Image.new("RGB", (4, 3), "red").save(path)
    return path


def test_log_image_and_log_table_ignore_other_loggers(tmp_path):
    logger = CSVLogger(tmp_path)
    log_image(logger, "samples", image(tmp_path), 1)
    log_table(logger, "final", ["a"], [[1]])
    assert [path.name for path in tmp_path.iterdir()] == ["image.png"]


def test_log_image_and_log_table_write_to_tensorboard(tmp_path):
    accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    logger = TensorBoardLogger(tmp_path, name="board", version="")
    log_image(logger, "samples", image(tmp_path), 7)
    log_table(logger, "final", ["metric", "value"], [["auc", 0.5]])
    logger.finalize("success")
    events = accumulators.EventAccumulator(logger.log_dir)
    events.Reload()
    (logged,) = events.Images("samples")
    assert (logged.step, logged.width, logged.height) == (7, 4, 3)
    (text,) = events.Tensors("final/text_summary")
    assert text.tensor_proto.string_val[0].decode() == "| metric | value |\n| --- | --- |\n| auc | 0.5 |"


def test_epoch_csv_logger_writes_nan(path):
    EpochCsvLogger(path).log_metrics({"epoch": 0, "loss": 0.25, "auc": float("nan")})
    assert path.read_text() == "epoch,loss,auc\n0,0.25,nan\n"

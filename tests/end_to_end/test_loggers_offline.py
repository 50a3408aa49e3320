"""What Weights & Biases and TensorBoard were told, read back from their own files."""

import json
import struct

import pytest

from tests.helpers.launch import SMALL, only_run, result_of, rows, run_process, start

pytestmark = pytest.mark.slow
QUICK = (*SMALL, "attack=[nearest_neighbour,discriminator_mean]", "trainer.max_epochs=3")
BLOCK, FULL, LAST = 32768, 1, 4  # of LevelDB's log format
CURVES = ("loss/generator", "loss/discriminator", "attack/nearest_neighbour/auc", "quality/distance", "gap/mean")


def _records(path):
    """Protobuf records of a .wandb file: a log as LevelDB writes it, after a header of 7 bytes of its own."""
    internal = pytest.importorskip("wandb.proto.wandb_internal_pb2")
    content = path.read_bytes()
    assert content[:4] == b":W&B"
    position, partial, records = 7, b"", []
    while position + 7 <= len(content):
        left_in_block = BLOCK - position % BLOCK
        if left_in_block < 7:  # too little for another record's head: padding
            position += left_in_block
            continue
        _, length, kind = struct.unpack("<IHB", content[position : position + 7])
        partial += content[position + 7 : position + 7 + length]
        position += 7 + length
        if kind in (FULL, LAST):
            records.append(internal.Record.FromString(partial))
            partial = b""
    return records


def _history(records):
    def name(item):
        return item.key or "/".join(item.nested_key)

    kept = [record.history for record in records if record.WhichOneof("record_type") == "history"]
    return [{name(item): json.loads(item.value_json) for item in history.item} for history in kept]


def _config(records):
    items = [item for record in records if record.HasField("run") for item in record.run.config.update]
    items += [item for record in records if record.HasField("config") for item in record.config.update]
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}


def _summary(records):
    updates = [item for record in records if record.HasField("summary") for item in record.summary.update]
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in updates}


def _run(records):
    return next(record.run for record in records if record.HasField("run"))


def test_wandb_offline_run_holds_curves_config_images_and_the_final_table(tmp_path):
    ended = run_process("train", *QUICK, "logger=wandb", "logger.wandb.mode=offline", cwd=tmp_path)
    assert ended.status == 0, ended.err
    assert "Run summary" not in ended.err + ended.out
    directory = only_run(tmp_path)
    (log,) = directory.glob("wandb/offline-run-*/run-*.wandb")
    records = _records(log)
    history = _history(records)
    for name in CURVES:
        logged = [line[name] for line in history if name in line]
        written = [float(row[name]) for row in rows(directory / "metrics.csv")]
        assert logged == pytest.approx(written, rel=1e-4), name
    config = _config(records)
    assert config["num_partitions"] == 3
    assert config["module"]["generator_optimizer"]["lr"] == 1e-4
    assert _run(records).run_group == directory.parent.name
    media = log.parent / "files" / "media"
    images = {path.name.split("_")[0] for path in media.rglob("*.png")}
    assert {"samples", "generated", "roc", "scores", "loss", "auc"} <= images
    assert "exposed" not in images
    (table,) = media.rglob("metrics*.table.json")
    values = {row[0]: row[1] for row in json.loads(table.read_text())["data"]}
    for attack in result_of(directory)["attacks"]:
        assert values[f"attack/{attack['attack']}/auc"] == attack["auc"]
    summary, result = _summary(records), result_of(directory)
    for attack in result["attacks"]:
        assert summary[f"final/attack/{attack['attack']}/auc"] == attack["auc"]
    assert summary["final/quality/distance"] == result["quality"]["wasserstein2"]
    for level in result["verdict"]["levels"]:
        assert summary[f"verdict/{level['access']}"] == level["finding"]
        assert level["sentence"] in summary["verdict"]
    assert summary["report"] == f"{directory.parent.name}/{directory.name}/report.html"
    defined = {record.metric.name: record.metric for record in records if record.HasField("metric")}
    auc = defined["attack/nearest_neighbour/auc"]
    assert (auc.summary.max, auc.summary.last, auc.step_metric) == (True, True, "trainer/global_step")
    assert defined["quality/modes_covered"].summary.max
    assert defined["quality/wasserstein2"].summary.min

    again = run_process("train", f"resume={directory}", "trust=wandb", "trainer.max_epochs=4", cwd=tmp_path)
    assert again.status == 0, again.err
    logs = sorted(directory.glob("wandb/offline-run-*/run-*.wandb"))
    assert len({_run(_records(path)).run_id for path in logs}) == 1
    epochs = {int(line["epoch"]) for path in logs for line in _history(_records(path)) if "epoch" in line}
    assert epochs >= {0, 1, 2, 3}


def test_wandb_disabled_writes_nothing(tmp_path):
    ended = run_process("train", *QUICK, "logger=wandb", "logger.wandb.mode=disabled", cwd=tmp_path)
    assert ended.status == 0, ended.err
    assert not [path for path in tmp_path.rglob("*") if "wandb" in path.name]


def test_tensorboard_holds_curves_config_images_and_the_final_table(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    ended = run_process("train", *QUICK, "logger=tensorboard", cwd=tmp_path)
    assert ended.status == 0, ended.err
    directory = only_run(tmp_path)
    events = accumulator.EventAccumulator(str(directory / "tensorboard"), {"images": 0, "tensors": 0})
    events.Reload()
    for name in CURVES:
        logged = [event.value for event in events.Scalars(name)]
        written = [float(row[name]) for row in rows(directory / "metrics.csv")]
        assert logged == pytest.approx(written, rel=1e-4), name
    assert {"samples", "final/roc", "final/scores"} <= set(events.Tags()["images"])
    assert "final/metrics/text_summary" in events.Tags()["tensors"]
    assert "num_partitions: 3" in (directory / "tensorboard" / "hparams.yaml").read_text()
    hyperparameters = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    assert b"num_partitions" in hyperparameters
    result = result_of(directory)
    for attack in result["attacks"]:
        (event,) = events.Scalars(f"final/attack/{attack['attack']}/auc")
        assert event.value == pytest.approx(attack["auc"])
    (verdict,) = events.Tensors("verdict/text_summary")
    assert result["verdict"]["levels"][0]["sentence"] in verdict.tensor_proto.string_val[0].decode()


def test_train_without_logger_writes_metrics(tmp_path):
    process = start("train", *QUICK, "logger=none", cwd=tmp_path)
    assert process.wait(timeout=200) == 0
    assert len(rows(only_run(tmp_path) / "metrics.csv")) == 3


# Numbers that stand in no generated row, since those are rounded to other digits, to be searched in every byte.
ROWS = [f"{1000 + 7 * i}.{i:04d}7,{i % 5},{'yes' if i % 3 else 'no'}" for i in range(200)]


def logged_files(directory):
    """Every file that a logger wrote."""
    folders = [path for name in ("wandb", "tensorboard") for path in directory.glob(name)]
    return [path for folder in folders for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]


@pytest.mark.parametrize(
    ("logger", "dataset"),
    [
        (("logger=wandb", "logger.wandb.mode=offline"), "csv"),
        (("logger=tensorboard",), "csv"),
        (("logger=wandb", "logger.wandb.mode=offline"), "digits"),
        (("logger=tensorboard",), "digits"),
    ],
)
def test_loggers_are_given_no_record_of_the_data(tmp_path, logger, dataset):
    pytest.importorskip("tensorboard")
    (tmp_path / "my.csv").write_text("\n".join(["income,visits,left", *ROWS]) + "\n")
    chosen = ["dataset=csv", "dataset.path=my.csv"] if dataset == "csv" else ["dataset=digits"]
    sizes = ["num_partitions=2", "data.members=80", "data.nonmembers=40", "data.reference=40", "data.batch_size=10"]
    quick = ["trainer=cpu", "trainer.max_epochs=2", "generator_steps=null", "evaluate_every=1", "audit.num_samples=80"]
    ended = run_process("train", *chosen, *sizes, *quick, *logger, cwd=tmp_path)
    assert ended.status == 0, ended.err
    assert "log_real_records" not in ended.err
    directory = only_run(tmp_path)
    files = logged_files(directory)
    contents = [path.read_bytes() for path in files]
    assert sum(map(len, contents)) > 10_000
    sent = [content for path, content in zip(files, contents, strict=True) if path.parent.name != "logs"]
    for word in ("my.csv", str(tmp_path), "run directory", "Membership inference attacks"):  # paths and console
        assert not [content for content in sent if word.encode() in content], word
    for log in directory.glob("wandb/offline-run-*/run-*.wandb"):
        assert _run(_records(log)).host == "-"
    if dataset == "csv":
        for row in ROWS:
            number = row.split(",")[0].encode()
            assert not [path for path, content in zip(files, contents, strict=True) if number in content], number
    # An image is a plot of numbers, or was drawn from generated records alone.
    drawn = ("plots/*.png", "samples/*.png", "private/samples/generated_only/*.png")
    may_be_logged = {path.read_bytes() for pattern in drawn for path in directory.glob(pattern)}
    private = ("private/samples/*.png", "private/*.png")
    with_real_records = [path.read_bytes() for pattern in private for path in directory.glob(pattern)]
    assert len(with_real_records) >= 3
    images = [content for content in contents if content.startswith(b"\x89PNG")]
    assert bool(images) == (logger[0] == "logger=wandb")
    assert set(images) <= may_be_logged
    for image in with_real_records:
        assert not [path for path, content in zip(files, contents, strict=True) if image in content]


def test_loggers_are_given_real_records_when_that_is_asked_for(tmp_path):
    given = ("logger=wandb", "logger.wandb.mode=offline", "log_real_records=true")
    ended = run_process("train", *QUICK, "dataset=digits", *given, cwd=tmp_path)
    assert ended.status == 0, ended.err
    assert "warning: log_real_records=true" in ended.err
    directory = only_run(tmp_path)
    contents = {path.read_bytes() for path in logged_files(directory)}
    assert (directory / "private" / "exposed.png").read_bytes() in contents
    (log,) = directory.glob("wandb/offline-run-*/run-*.wandb")
    assert _config(_records(log))["run_directory"] == str(directory)
    assert (directory / "private" / "samples" / "final.png").read_bytes() in contents
    assert not (directory / "private" / "samples" / "generated_only").exists()

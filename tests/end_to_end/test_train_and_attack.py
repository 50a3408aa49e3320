"""What a run leaves behind, and that attack.py rebuilds it from that alone."""

import numpy as np
import pytest
from omegaconf import OmegaConf
from PIL import Image

from tests.helpers.launch import SMALL, aucs, only_run, result_of, rows, run_process, strict_json

ATTACKS = {
    "discriminator_mean",
    "discriminator_max",
    "discriminator_gap",
    "own_partition",
    "nearest_neighbour",
    "monte_carlo",
}


def test_train_writes_every_file_and_attack_repeats_the_metrics(run, tmp_path, monkeypatch):
    trained = run("train", *SMALL, "trainer.max_epochs=3")
    assert trained.status == 0
    directory = only_run(tmp_path)
    assert f"run directory: {directory.relative_to(tmp_path)}\n" in trained.out
    left = {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()}
    assert left == {
        *(f".hydra/{name}.yaml" for name in ("config", "hydra", "overrides")),
        *("metrics.csv", "attacks.jsonl", "result.json", "partitions.csv", "README.txt"),
        *("report.html", "summary.txt"),
        *(f"private/{name}" for name in ("membership.npz", "records.csv", "records_columns.csv")),
        ".training.lock",
        *("private/checkpoints/last.ckpt", "private/checkpoints/best.ckpt"),
        *(f"private/samples/epoch_0000{epoch}.png" for epoch in (1, 2, 3)),
        *("private/samples/final.png", "samples/generated.png", "samples/generated.npz"),
        *(f"plots/{name}.png" for name in ("auc", "loss", "roc", "scores")),
    }
    assert OmegaConf.load(directory / ".hydra" / "config.yaml").num_partitions == 3
    assert [row["epoch"] for row in rows(directory / "metrics.csv")] == ["0", "1", "2"]
    lines = [strict_json(line) for line in (directory / "attacks.jsonl").read_text().splitlines()]
    assert sorted((line["epoch"], line["attack"]) for line in lines) == [
        (epoch, name) for epoch in range(3) for name in sorted(ATTACKS)
    ]
    for path in directory.rglob("*.png"):
        with Image.open(path) as image:
            image.verify()
    with np.load(directory / "private" / "membership.npz") as membership:
        assert membership["partitions"].shape == (3, 40)
        assert (membership["nonmembers"].shape, membership["reference"].shape) == ((60,), (60,))
    with np.load(directory / "samples" / "generated.npz") as generated:
        assert generated["x"].shape == (100, 2)
    result = result_of(directory)
    assert result["status"] == "finished"
    assert result["training"] == {"epochs": 3, "generator_steps": 6, "steps_per_epoch": 2}
    assert set(aucs(result)) == ATTACKS

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    sizes = [f"audit.{key}={value}" for key, value in (("num_samples", 100), ("num_records", 100), ("draws", 100))]
    chosen = ["nearest_neighbour", "monte_carlo"]
    before = {path: path.stat().st_mtime_ns for path in directory.rglob("*") if path.is_file()}
    attacked = run("attack", f"run={directory}", f"attack=[{','.join(chosen)}]", "device=cpu", *sizes)
    assert attacked.status == 0
    (output,) = (directory / "attacks").iterdir()
    again = result_of(output)
    assert aucs(again) == {name: aucs(result)[name] for name in chosen}
    assert again["quality"] == result["quality"]
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert not list(elsewhere.iterdir())

    best = run("attack", f"run={directory}", "attack=nearest_neighbour", "checkpoint=best", "device=cpu", *sizes)
    assert best.status == 0


def test_train_gives_every_run_a_directory_of_its_own(run, tmp_path):
    arguments = (*SMALL, "trainer.max_epochs=1", "attack=none")
    assert [run("train", *arguments).status for _ in range(2)] == [0, 0]
    assert len(list(tmp_path.glob("outputs/*/*/result.json"))) == 2


@pytest.mark.slow
def test_train_of_the_default_data_set_in_a_subprocess(tmp_path):
    small = ("experiment=smoke", "num_partitions=2", "trainer.accelerator=cpu")
    trained = run_process("train", *small, cwd=tmp_path)
    assert trained.status == 0, trained.err
    directory = only_run(tmp_path)
    assert directory.parent.name == "digits-js-k2-s0"
    attacked = run_process("attack", f"run={directory.relative_to(tmp_path)}", "experiment=smoke", cwd=tmp_path)
    assert attacked.status == 1
    assert "experiment" in attacked.err
    sizes = ("audit.num_samples=200", "audit.num_records=100", "audit.draws=100")
    attacked = run_process("attack", f"run={directory.relative_to(tmp_path)}", *sizes, "device=cpu", cwd=tmp_path)
    assert attacked.status == 0, attacked.err
    (output,) = (directory / "attacks").iterdir()
    assert aucs(result_of(output)) == aucs(result_of(directory))

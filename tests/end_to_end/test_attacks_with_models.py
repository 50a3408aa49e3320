"""attack.py with attacks that train reference models: used again, extended, interrupted, killed, refused."""

import os
import shutil
import signal
import time

import pytest

from pargan.app import reference_models
from pargan.callbacks import PeriodicCheckpoint
from pargan.data.sources.tables import pools
from pargan.io.locks import locked
from pargan.io.run_directory import RunDirectory
from tests.helpers.launch import (
    SMALL,
    assert_same_weights,
    aucs,
    only_run,
    result_of,
    run_process,
    start,
    weights,
    write_table,
)

# Half of the reference set holds 65 records, 21 in each of 3 partitions: an epoch is one batch of 20.
TRAIN = (*SMALL, "data.reference=130", "attack=none")
ATTACK = ("device=cpu", "audit.num_samples=100", "audit.draws=20", "audit.num_quality=50")


@pytest.fixture
def trained(run, tmp_path):
    assert run("train", *TRAIN, "trainer.max_epochs=3").status == 0
    return only_run(tmp_path)


def models(directory):
    (folder,) = [path for path in (directory / "private" / "reference_models").iterdir() if path.is_dir()]
    return {path.name: path for path in sorted(folder.iterdir()) if path.is_dir()}


def times(directory):
    return {
        name: (path / "private" / "checkpoints" / "last.ckpt").stat().st_mtime_ns
        for name, path in models(directory).items()
    }


def results(directory):
    """Of attacks that came to their end: one that is killed leaves an empty folder."""
    return [result_of(path.parent) for path in sorted((directory / "attacks").glob("*/result.json"))]


def test_attack_trains_reference_models_once_for_all_attacks(run, trained):
    chosen = "attack=[nearest_neighbour,calibrated,shadow]"
    ended = run("attack", f"run={trained}", chosen, "attack.shadow.models=2", *ATTACK)
    assert ended.status == 0
    assert [line.split(" in ")[0] for line in ended.err.splitlines()] == [
        "reference model 1 of 2: trained",
        "reference model 2 of 2: trained",
    ]
    before = times(trained)
    assert list(before) == ["0", "1"]
    again = run(
        "attack", f"run={trained}", "attack=[shadow,rmia]", "attack.shadow.models=3", "attack.rmia.models=2", *ATTACK
    )
    assert [line.split(" in ")[0].partition(": ")[2] for line in again.err.splitlines()] == [
        "found",
        "found",
        "trained",
    ]
    after = times(trained)
    assert list(after) == ["0", "1", "2"]
    assert {name: after[name] for name in before} == before
    first, second = results(trained)
    assert list(aucs(first)) == ["nearest_neighbour", "calibrated", "shadow"]
    assert list(aucs(second)) == ["shadow", "rmia"]
    assert [each["access"] for each in first["attacks"]] == ["samples", "samples", "discriminators"]
    assert first["timings"]["reference_models"] > 0


def test_attack_interrupted_and_repeated_equals_uninterrupted(run, trained, monkeypatch, tmp_path):
    whole = shutil.copytree(trained, tmp_path / "whole")
    given = ("attack=[shadow]", "attack.shadow.models=2", *ATTACK)
    assert run("attack", f"run={whole}", *given).status == 0

    class Interrupting(PeriodicCheckpoint):
        def on_train_epoch_start(self, trainer, pl_module):
            if trainer.current_epoch == 4 and self.dirpath.endswith("1/private/checkpoints"):
                raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(reference_models, "PeriodicCheckpoint", Interrupting)
        ended = run("attack", f"run={trained}", *given)
    assert ended.status == 130
    assert ended.err.splitlines()[-1] == "interrupted; the same command continues where it stopped"
    assert not (trained / "attacks").exists()
    continued = run("attack", f"run={trained}", *given)
    assert continued.status == 0
    assert continued.err.splitlines()[0] == "reference model 1 of 2: found"
    assert continued.err.splitlines()[1].startswith("reference model 2 of 2: continued at step 4 and trained in ")
    for name, path in models(whole).items():
        assert_same_weights(weights(models(trained)[name]), weights(path))
    assert aucs(*results(trained)) == aucs(*results(whole))


REFUSED = [
    (("attack=[shadow]", "attack.shadow.models=0"), ["attack.shadow.models=0", "1 or more"]),
    (("attack=[shadow]", "attack.shadow.models=1"), ["models=1", "give 2 or more"]),
    (("attack=[rmia]", "attack.rmia.share=1"), ["attack.rmia.share=1", "less than 1"]),
    (("attack=[rmia]", "attack.rmia.gamma=0.5"), ["attack.rmia.gamma=0.5", "1 or more"]),
    (("attack=[calibrated]", "attack.calibrated.share=0.4"), ["data.reference=130", "data.reference=150 or more"]),
    (("attack=[shadow]", "attack.shadow.every_n_epochs=5"), ["every_n_epochs is not a key"]),
]


def test_attack_refuses_bad_settings_of_reference_models(run, trained):
    for arguments, parts in REFUSED:
        ended = run("attack", f"run={trained}", *arguments, *ATTACK)
        assert ended.status == 1, arguments
        (line,) = ended.err.splitlines()
        for part in parts:
            assert part in line
        assert not (trained / "attacks").exists()
        assert not RunDirectory(trained).reference_models.exists()


@pytest.mark.slow
def test_attack_killed_and_repeated_continues_the_models(tmp_path):
    assert run_process("train", *TRAIN, "trainer.max_epochs=100", "evaluate_every=10", cwd=tmp_path).status == 0
    directory = only_run(tmp_path)
    given = (f"run={directory}", "attack=[shadow]", "attack.shadow.models=3", *ATTACK)
    process = start("attack", *given, cwd=tmp_path)
    deadline = time.monotonic() + 120
    while not list(directory.glob("private/reference_models/*/1/private/checkpoints/last.ckpt")):
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    before = times(directory)
    ended = run_process("attack", *given, cwd=tmp_path)
    assert ended.status == 0, ended.err
    said = ended.err.splitlines()
    assert said[0] == "reference model 1 of 3: found"
    assert "continued at step" in said[1]
    assert times(directory)["0"] == before["0"]
    assert list(times(directory)) == ["0", "1", "2"]
    assert 0 <= aucs(*results(directory))["shadow"][0] <= 1


@pytest.mark.slow
def test_attack_in_two_processes_trains_every_model_once(run, trained, tmp_path):
    assert run("attack", f"run={trained}", "attack=[calibrated]", *ATTACK).status == 0
    (first,) = models(trained).values()
    before = times(trained)
    given = (f"run={trained}", "attack=[shadow]", "attack.shadow.models=3", *ATTACK)
    second = RunDirectory(first.with_name("1"))
    with locked(second.lock, lambda: pytest.fail("held")):  # until both have come to the second model
        processes, said = [], []
        for _ in range(2):  # one after the other, so that neither waits for the other to look at the first model
            processes.append(start("attack", *given, cwd=tmp_path))
            said.append([processes[-1].stderr.readline() for _ in range(2)])
    outputs = [process.communicate(timeout=300) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    assert said == 2 * [
        ["reference model 1 of 3: found\n", "reference model 2 of 3: another process is training it; waiting\n"]
    ]
    ended = [line.split(" in ")[0] for _, err in outputs for line in err.splitlines() if "waiting" not in line]
    assert sorted(ended) == [
        f"reference model {number} of 3: {how}" for number in (2, 3) for how in ("found", "trained")
    ]
    assert list(models(trained)) == ["0", "1", "2"]
    assert times(trained)["0"] == before["0"]
    assert aucs(results(trained)[-2]) == aucs(results(trained)[-1])


def test_attack_trains_reference_models_in_the_encoding_of_the_attacked_table(run, tmp_path, monkeypatch):
    write_table(tmp_path / "my.csv", num_rows=400)
    sizes = ("num_partitions=2", "data.batch_size=10", "experiment=smoke", "trainer.accelerator=cpu")
    assert run("train", "dataset=csv", "dataset.path=my.csv", *sizes, "attack=none").status == 0
    trained, original, fitted = only_run(tmp_path), pools.encoded, []

    def counted(column, *arguments):
        fitted.append(column.name)
        return original(column, *arguments)

    monkeypatch.setattr(pools, "encoded", counted)
    assert run("attack", f"run={trained}", "attack=[shadow]", "attack.shadow.models=2", *ATTACK).status == 0
    assert sorted(fitted) == ["age", "dose in mg", "sick", "town"]

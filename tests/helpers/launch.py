"""Starting the program as its users do: in a process of its own, or in this one where many short cases follow."""

import csv
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from hydra.core.global_hydra import GlobalHydra

from pargan.app import cli
from pargan.io.checkpoints import load_checkpoint

ROOT = Path(__file__).parents[2]
SMALL = (
    "dataset=blobs",
    "num_partitions=3",
    "data.members=120",
    "data.nonmembers=60",
    "data.reference=60",
    "data.batch_size=20",
    "experiment=smoke",
    "audit.num_samples=100",
    "callbacks.attacks.num_samples=100",
    "trainer.accelerator=cpu",
)


@dataclass(frozen=True)
class Outcome:
    """How a command ended: exit status, and what it printed."""

    status: int
    out: str
    err: str


def command(name):
    """The words that start `train` or `attack` in a process, whether or not the package is installed."""
    return [sys.executable, "-c", f"from pargan.app.cli import {name}; import sys; sys.argv[0] = '{name}.py'; {name}()"]


def environment(**more):
    """Ours, with the checkout importable, one thread, and no variable that would change a run."""
    dropped = ("HYDRA_FULL_ERROR", "PARGAN_DATA_DIR", "WANDB_MODE", "COLUMNS")
    kept = {key: value for key, value in os.environ.items() if key not in dropped}
    return {**kept, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **more}


def start(name, *arguments, cwd, more_environment=None):
    """A running process; its output is readable from the pipes."""
    return subprocess.Popen(
        [*command(name), *arguments],
        cwd=cwd,
        env=environment(**(more_environment or {})),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Where the tests run in the background of a shell, SIGINT is ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def run_process(name, *arguments, cwd):
    """Run to the end in a process."""
    process = start(name, *arguments, cwd=cwd)
    out, err = process.communicate(timeout=300)
    return Outcome(process.returncode, out, err)


def run_inside(monkeypatch, capfd, name, *arguments):
    """Run to the end in this process, in the current folder; a stack trace surfaces as the test's own error."""
    GlobalHydra.instance().clear()
    monkeypatch.setattr(sys, "argv", [f"{name}.py", *arguments])
    capfd.readouterr()
    status = 0
    try:
        getattr(cli, name)()
    except SystemExit as end:
        status = end.code
    return Outcome(status, *capfd.readouterr())


def only_announced(out):
    """Whether a command printed nothing but the line that says what it starts."""
    return not out or (out.count("\n") == 1 and out.startswith(("training ", "attacking ")))


def only_run(folder):
    """The one run directory below `folder`."""
    (config,) = [path for path in folder.glob("outputs/*/*/.hydra") if "sweeps" not in path.parts]
    return config.parent


def strict_json(text):
    """Parsed by the standard, which knows no NaN and no Infinity."""
    return json.loads(text, parse_constant=lambda word: (_ for _ in ()).throw(ValueError(word)))


def rows(path):
    """A CSV file as a list of dicts."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def aucs(result):
    """Attack -> AUC with its interval, from the content of result.json."""
    return {each["attack"]: (each["auc"], each["auc_low"], each["auc_high"]) for each in result["attacks"]}


def result_of(directory):
    """The content of result.json."""
    return strict_json((directory / "result.json").read_text())


def weights(directory, name="last"):
    """The state dict in a checkpoint."""
    return load_checkpoint(directory / "private" / "checkpoints" / f"{name}.ckpt")["state_dict"]


def assert_same_weights(ours, theirs):
    """Bit for bit."""
    assert ours.keys() == theirs.keys()
    for key, value in ours.items():
        assert torch.equal(value, theirs[key]), key


def write_table(path, num_rows=200, seed=0):
    """A table with a numeric, an integer and two categorical columns, one of them the label."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, num_rows)
    dose = np.round(rng.gamma(2.0, 3.0, num_rows), 2)
    town = rng.choice(["Ulm, Donau", "Köln", "Aachen"], num_rows)
    sick = np.where(age + rng.normal(0, 10, num_rows) > 55, "yes", "no")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["age", "dose in mg", "town", "sick"])
        writer.writerows(zip(age, dose, town, sick, strict=True))
    return path

"""The yardstick does the work that ours does: from the same weights, records and latents to the same weights."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from benchmarks import cases, gpu, read_table
from benchmarks.reference import ReferenceStep
from pargan.data.sources.tables import csv_table
from pargan.seeding import derive


def weights_of(step):
    """Of the generator, then of the discriminators."""
    networks = step if isinstance(step, ReferenceStep) else step.func.__self__
    own = [networks.generator.state_dict(), *(each.state_dict() for each in networks.discriminators)]
    return [value.clone() for state in own for value in state.values()]


@pytest.mark.parametrize("case", ["blobs js", "blobs wgan", "digits js"])
def test_reference_step_trains_as_the_module_does(case):
    cfg = cases.configuration(case, num_partitions=1)  # with more, the plain loop draws its latents in another order
    spec, cpu = cases.spec_of(case), torch.device("cpu")
    real = cases.records(cfg, spec, cpu)
    trained = []
    for make in (cases.reference, cases.ours):
        torch.manual_seed(3)
        step = make(cfg, spec, cpu)
        before = weights_of(step)
        for number in range(3):
            torch.manual_seed(derive(cfg.seed, "training step", number))
            step(real)
        trained.append(weights_of(step))
        assert any(not torch.equal(one, other) for one, other in zip(before, trained[-1], strict=True))
    for one, other in zip(*trained, strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-4)


@pytest.mark.slow
def test_gpu_script_runs_every_part_on_a_cpu(tmp_path):
    script = Path(__file__).parent.parent / "benchmarks" / "gpu.sh"
    done = subprocess.run([script, tmp_path, "--dry-run", "--seconds", "900"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads((tmp_path / "summary.json").read_text())
    parts = [name for name in summary if name not in ("torch", "device")]
    assert len(parts) == 9
    assert {summary[name]["status"] for name in parts} == {0}
    assert json.loads((tmp_path / "steps.json").read_text())[0]["ours"] > 0
    assert (tmp_path / "run" / "result.json").is_file()


def test_gpu_part_that_takes_too_long_is_stopped(tmp_path):
    status, seconds = gpu.run([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path / "log", 0.5)
    assert status is None
    assert seconds < 30


def test_read_table_reads_every_kind_of_column_that_it_generates(tmp_path):
    read_table.generate(tmp_path / "table.csv", 600, 10)
    pool = csv_table(str(tmp_path / "table.csv"))
    assert {column.name.partition("_")[0]: column.type for column in pool.spec.columns} == {
        **dict.fromkeys(("amount", "price", "income"), "numeric"),
        **dict.fromkeys(("count", "number"), "integer"),
        **dict.fromkeys(("town", "grade"), "categorical"),
        **{"flag": "boolean", "day": "date", "moment": "datetime"},
    }
    found = read_table.read_and_split(str(tmp_path / "table.csv"))
    assert (found["rows"], found["columns"], found["members"]) == (600, 10, 300)

"""The yardstick does the work that ours does: from the same weights, records and latents to the same weights."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import cases, gpu, read_table
from benchmarks.reference import ReferenceStep
from pargan.data.sources.tables.source import csv_table
from pargan.records import column
from pargan.records.columns import Categorical, Ranked
from pargan.seeding import derive


def weights_of(step):
    """Of the generator, then of the discriminators."""
    networks = step if isinstance(step, ReferenceStep) else step.func.__self__
    own = [networks.generator.state_dict(), *(each.state_dict() for each in networks.discriminators)]
    return [value.clone() for state in own for value in state.values()]


def trained_by_both(case, num_steps):
    """Weights after some steps of the plain loop, and of ours, from the same weights on the same records."""
    cfg = cases.configuration(case, num_partitions=1)  # with more, the plain loop draws its latents in another order
    spec, cpu = cases.spec_of(case), torch.device("cpu")
    real = cases.records(cfg, spec, cpu)
    trained = []
    for make in (cases.reference, cases.ours):
        torch.manual_seed(3)
        step = make(cfg, spec, cpu)
        before = weights_of(step)
        for number in range(num_steps):
            torch.manual_seed(derive(cfg.seed, "training step", number))
            step(real)
        trained.append(weights_of(step))
        assert any(not torch.equal(one, other) for one, other in zip(before, trained[-1], strict=True))
    return zip(*trained, strict=True)


@pytest.fixture
def in_float64():
    """Adam moves a weight by 1e-3 however small its gradient: in float32 one that is a rounding error would show."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("in_float64")
@pytest.mark.parametrize("case", ["blobs js", "blobs wgan", "digits js", "broward js"])
def test_reference_step_trains_as_the_module_does(case):
    for one, other in trained_by_both(case, num_steps=3):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-4)


@pytest.mark.usefixtures("in_float64")
def test_reference_step_trains_tables_by_wgan_as_the_module_does(monkeypatch):
    # Without drawn categories: the module draws them in another order than the positions of the gradient penalty.
    monkeypatch.setattr(column, "gumbel_softmax", lambda block, temperature, dim: (block / temperature).softmax(dim))
    for one, other in trained_by_both("csv wgan", num_steps=1):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)  # Adam moves weights by 1e-3


def test_table_case_has_ranks_and_categories_and_its_pool_the_same_columns():
    spec, pool = cases.spec_of("csv wgan"), cases.pool("csv wgan")
    assert [sum(isinstance(column, kind) for column in spec.columns) for kind in (Ranked, Categorical)] == [6, 9]
    assert pool.take(np.arange(3)).shape == (3, *spec.shape)
    assert 100 < spec.shape[0] < 200  # "adult" is about as wide
    cfg = cases.configuration("csv wgan")
    assert (cfg.num_partitions, cfg.data.batch_size) == (5, 50)
    assert 2 * cfg.data.members == len(pool)


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

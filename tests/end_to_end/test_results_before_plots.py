"""Metrics are on the disk before anything is drawn, and a plot that fails costs a warning."""

import json

import pytest
from matplotlib.figure import Figure

from tests.helpers.launch import SMALL, only_run, result_of

pytestmark = pytest.mark.filterwarnings("default::pargan.errors.ParganWarning")
FAILING = (
    "samples beside real",
    "samples/generated.png",
    "plots/loss.png",
    "plots/auc.png",
    "plots/roc.png",
    "plots/scores.png",
)


@pytest.fixture
def no_plot(monkeypatch):
    def savefig(*args, **kwargs):
        raise IndexError("index 0 is out of bounds")

    monkeypatch.setattr(Figure, "savefig", savefig)


def test_train_finishes_with_a_warning_for_each_plot_that_fails(run, tmp_path, no_plot):
    ended = run("train", *SMALL, "attack=[nearest_neighbour]")
    assert ended.status == 0, ended.err
    warnings = [line for line in ended.err.splitlines() if line.startswith("warning: ")]
    for plot in FAILING:
        assert sum(plot in line for line in warnings) == 1, plot
    assert sum("a plot of generated records" in line for line in warnings) == 1  # of two epochs
    directory = only_run(tmp_path)
    assert result_of(directory)["status"] == "finished"
    assert (directory / "private" / "records.csv").exists()
    assert not list(directory.rglob("*.png"))


def test_attack_finishes_with_a_warning_for_each_plot_that_fails(run, tmp_path, no_plot):
    for place, name in enumerate(("m", "n", "s")):
        (tmp_path / f"{name}.csv").write_text("a,b\n" + "".join(f"{place}.{i:03d},{i % 7}\n" for i in range(40)))
    files = ("target=samples", "members=m.csv", "nonmembers=n.csv", "synthetic=s.csv", "audit.draws=10")
    ended = run("attack", *files, "hydra.run.dir=audit")
    assert ended.status == 0, ended.err
    assert "warning: plots/roc.png is missing (IndexError: index 0 is out of bounds)" in ended.err
    assert result_of(tmp_path / "audit")["status"] == "finished"


def test_train_writes_result_json_before_it_draws(run, tmp_path, monkeypatch):
    def savefig(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(Figure, "savefig", savefig)
    assert run("train", *SMALL, "attack=[nearest_neighbour]", "~callbacks.samples").status == 130
    assert json.loads((only_run(tmp_path) / "result.json").read_text())["attacks"]


def test_train_finishes_with_a_table_whose_histogram_cannot_be_drawn(run, tmp_path):
    rows = "".join(f"{9223372036854775807 - i},{i % 7}.5\n" for i in range(120))
    (tmp_path / "my.csv").write_text("id,x\n" + rows)
    given = ("dataset=csv", "dataset.path=my.csv", "num_partitions=2", "data.batch_size=10", "experiment=smoke")
    ended = run("train", *given, "trainer.accelerator=cpu", "attack=[nearest_neighbour]", "trainer.max_epochs=1")
    assert ended.status in (0, 1)  # 1 where the column is refused because its values cannot be told apart
    assert "Traceback" not in ended.err
    assert ended.status == 1 or result_of(only_run(tmp_path))["status"] == "finished"

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from sklearn.metrics import auc, roc_auc_score

from pargan.app.config_directory import config_directory
from pargan.audits.scoring import AttackResult
from pargan.io.run_directory import RunDirectory
from pargan.judge.metrics import judge
from pargan.report import auc_curves, loss_curves, plot_style, roc_curves, score_histograms
from pargan.report.history import read_history
from pargan.report.plot_style import attack_colour, label_ends, new_figure


@pytest.fixture
def drawn(monkeypatch) -> list[Figure]:
    """The figures that were saved, for a look at what was drawn."""
    figures: list[Figure] = []
    original = Figure.savefig

    def spy(self, *args, **kwargs):
        figures.append(self)
        original(self, *args, **kwargs)

    monkeypatch.setattr(Figure, "savefig", spy)
    return figures


def run_directory(folder: Path, rows: list[dict[str, float]]) -> RunDirectory:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    (folder / "metrics.csv").write_text(text.getvalue())
    return RunDirectory(folder)


def result(name: str, shift: float, m: int = 300, n: int = 200) -> AttackResult:
    rng = np.random.default_rng(0)
    members, nonmembers = rng.normal(shift, 1, m), rng.normal(0, 1, n)
    return AttackResult(name, "samples", members, nonmembers, judge(members, nonmembers, 0, draws=50), 100, 0.1)


def is_wide_png(path: Path) -> bool:
    with Image.open(path) as plot:
        return plot.format == "PNG" and plot.width == 1200


ROWS = [
    {"epoch": 0, "loss/generator": 0.7, "loss/discriminator": 1.4, "loss/discriminator_0": 1.3}
    | {"loss/discriminator_1": 1.5},
    {"epoch": 1, "loss/generator": 0.8, "loss/discriminator": 1.2, "attack/monte_carlo/auc": 0.52}
    | {"attack/monte_carlo/auc_low": 0.48, "attack/monte_carlo/auc_high": 0.56, "gap/mean": 0.1},
]


def test_history_keeps_only_the_epochs_with_a_measurement(tmp_path):
    history = read_history(run_directory(tmp_path, ROWS).metrics)
    assert "epoch" not in history
    assert history["loss/generator"].values.tolist() == [0.7, 0.8]
    assert history["attack/monte_carlo/auc"].epochs.tolist() == [1]
    assert read_history(tmp_path / "none.csv") == {}


def test_loss_curves_draw_mean_and_each_discriminator(tmp_path, drawn):
    path = loss_curves(run_directory(tmp_path, ROWS))
    assert path == tmp_path / "plots" / "loss.png"
    assert is_wide_png(path)
    generator, discriminators, gap = drawn[0].axes
    assert generator.lines[0].get_ydata().tolist() == [0.7, 0.8]
    assert sorted(line.get_ydata()[0] for line in discriminators.lines) == [1.3, 1.4, 1.5]
    assert "gap" in gap.get_ylabel()


def test_auc_curves_draw_the_interval_and_the_line_of_guessing(tmp_path, drawn):
    path = auc_curves(run_directory(tmp_path, ROWS))
    assert path == tmp_path / "plots" / "auc.png"
    assert is_wide_png(path)
    axes = drawn[0].axes[0]
    assert [0.5, 0.5] in [list(line.get_ydata()) for line in axes.lines]
    (band,) = axes.collections
    assert [segment[:, 1].tolist() for segment in band.get_segments()] == [[0.48, 0.56]]
    assert [text.get_text() for text in axes.texts] == ["monte_carlo 0.520"]


def test_nothing_measured_draws_nothing(tmp_path):
    directory = run_directory(tmp_path, [{"epoch": 0, "step": 3}])
    assert loss_curves(directory) is None
    assert auc_curves(directory) is None
    assert not directory.plots.exists()


def test_a_diverged_loss_is_still_drawn(tmp_path):
    rows = [{"epoch": 0, "loss/generator": 0.5}, {"epoch": 1, "loss/generator": float("nan")}]
    assert is_wide_png(loss_curves(run_directory(tmp_path, rows)))


def test_roc_has_the_area_of_the_auc_on_linear_and_logarithmic_axes(tmp_path, drawn):
    results = [result("own_partition", 1.0), result("nearest_neighbour", 0.1, n=150)]
    assert is_wide_png(roc_curves(results, tmp_path / "roc.png"))
    linear, logarithmic = drawn[0].axes
    for each, curve in zip(results, linear.lines, strict=False):
        truth = np.repeat([1, 0], [len(each.member_scores), len(each.nonmember_scores)])
        scores = np.concatenate([each.member_scores, each.nonmember_scores])
        area = auc(curve.get_xdata(), curve.get_ydata())
        assert area == pytest.approx(roc_auc_score(truth, scores))
        assert curve.get_color() == attack_colour(each.name)
    assert (logarithmic.get_xscale(), logarithmic.get_yscale()) == ("log", "log")
    assert logarithmic.get_xlim()[0] == pytest.approx(1 / 200)


@pytest.mark.parametrize("count", [1, 3, 4])
def test_histograms_have_one_panel_per_attack_and_count_every_record(tmp_path, drawn, count):
    results = [result(f"attack_{i}", i) for i in range(count)]
    results[0].member_scores[:2] = [-1e9, 1e9]
    assert is_wide_png(score_histograms(results, tmp_path / "scores.png"))
    panels = [axes for axes in drawn[0].axes if axes.axison]
    assert len(panels) == count
    for axes in panels:
        for patch in axes.patches:
            assert patch.get_data().values.sum() == pytest.approx(1)
    assert abs(panels[0].get_xlim()[1]) < 100


def test_histograms_of_constant_scores_do_not_fail(tmp_path):
    scores = np.zeros(20)
    constant = AttackResult("dead", "samples", scores, scores, judge(scores, scores, 0, draws=20), 10, 0.1)
    assert is_wide_png(score_histograms([constant], tmp_path / "scores.png"))


def test_known_attacks_have_colours_of_their_own_and_a_users_attack_keeps_one():
    names = ("discriminator_mean", "discriminator_max", "discriminator_gap", "own_partition")
    assert len({attack_colour(name) for name in (*names, "nearest_neighbour", "monte_carlo")}) == 6
    assert attack_colour("mine") == attack_colour("mine")
    assert plot_style.attack_dash("mine") != plot_style.attack_dash("monte_carlo") == "-"


def test_no_two_attacks_of_the_house_look_alike():
    names = [path.stem for path in config_directory().glob("attack/*.yaml") if path.stem != "none"]
    assert len({(attack_colour(name), plot_style.attack_dash(name)) for name in names}) == len(names) > 20


def test_labels_of_equal_ends_do_not_overlap_or_leave_the_axes():
    axes = new_figure(3).subplots()
    axes.set_ylim(0, 1)
    label_ends(axes, [(0.99, name, "black") for name in "abcd"])
    heights = sorted(text.get_position()[1] for text in axes.texts)
    assert min(np.diff(heights)) > 0.05
    assert heights[-1] <= 1

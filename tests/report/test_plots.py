import csv
import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from sklearn.metrics import auc, roc_auc_score

from pargan.audits.scoring import AttackResult
from pargan.io.run_directory import RunDirectory
from pargan.judge.metrics import judge
from pargan.report import auc_curves, loss_curves, roc_curves, score_histograms
from pargan.report.plot_style import attack_colour


@pytest.fixture
def drawn(monkeypatch) -> list[Figure]:
    """The figures that were saved."""
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


def attack_result(name: str, shift: float, m: int = 300, n: int = 200) -> AttackResult:
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


def test_loss_curves_draw_the_mean_and_every_discriminator(tmp_path, drawn):
    path = loss_curves(run_directory(tmp_path, ROWS))
    assert path == tmp_path / "plots" / "loss.png"
    assert is_wide_png(path)
    generator, discriminators, gap = drawn[0].axes
    assert generator.lines[0].get_ydata().tolist() == [0.7, 0.8]
    assert sorted(line.get_ydata()[0] for line in discriminators.lines) == [1.3, 1.4, 1.5]
    assert "gap" in gap.get_ylabel()


def test_auc_curves_draw_the_interval_and_the_line_at_one_half(tmp_path, drawn):
    path = auc_curves(run_directory(tmp_path, ROWS))
    assert path == tmp_path / "plots" / "auc.png"
    assert is_wide_png(path)
    axes = drawn[0].axes[0]
    assert [0.5, 0.5] in [list(line.get_ydata()) for line in axes.lines]
    (band,) = axes.collections
    assert [segment[:, 1].tolist() for segment in band.get_segments()] == [[0.48, 0.56]]
    assert [text.get_text() for text in axes.texts] == ["monte_carlo 0.520"]


def test_curves_of_an_empty_history_are_none(tmp_path):
    directory = run_directory(tmp_path, [{"epoch": 0, "step": 3}])
    assert loss_curves(directory) is None
    assert auc_curves(directory) is None
    assert not directory.plots.exists()


def test_loss_curves_draw_a_diverged_loss(tmp_path):
    rows = [{"epoch": 0, "loss/generator": 0.5}, {"epoch": 1, "loss/generator": float("nan")}]
    assert is_wide_png(loss_curves(run_directory(tmp_path, rows)))


def test_roc_curves_have_the_area_of_the_auc_on_linear_and_logarithmic_axes(tmp_path, drawn):
    results = [attack_result("own_partition", 1.0), attack_result("nearest_neighbour", 0.1, n=150)]
    assert is_wide_png(roc_curves(results, tmp_path / "roc.png"))
    linear, logarithmic = drawn[0].axes
    for result, curve in zip(results, linear.lines, strict=False):
        truth = np.repeat([1, 0], [len(result.member_scores), len(result.nonmember_scores)])
        scores = np.concatenate([result.member_scores, result.nonmember_scores])
        area = auc(curve.get_xdata(), curve.get_ydata())
        assert area == pytest.approx(roc_auc_score(truth, scores))
        assert curve.get_color() == attack_colour(result.name)
    assert (logarithmic.get_xscale(), logarithmic.get_yscale()) == ("log", "log")
    assert logarithmic.get_xlim()[0] == pytest.approx(1 / 200)


def test_roc_curves_are_steps_on_logarithmic_axes(tmp_path, drawn):
    # Three quarters of the members stand above all nonmembers, and all the other records are tied.
    members, nonmembers = np.repeat([1.0, 0.0], [75, 25]), np.zeros(100)
    metrics = judge(members, nonmembers, 0, draws=50)
    roc_curves([AttackResult("monte_carlo", "samples", members, nonmembers, metrics, 100, 0.1)], tmp_path / "roc.png")
    curve = drawn[0].axes[1].lines[0]
    assert curve.get_drawstyle() == "steps-post"  # between two corners the height is that of the left one
    fpr, tpr = curve.get_data()
    for rate in (0.01, 0.1, 0.99):
        assert tpr[fpr <= rate][-1] == 0.75
    assert metrics.tpr_at_1pct_fpr == 0.75


@pytest.mark.parametrize("count", [1, 3, 4])
def test_score_histograms_have_a_panel_per_attack_and_count_every_record(tmp_path, drawn, count):
    results = [attack_result(f"attack_{i}", i) for i in range(count)]
    results[0].member_scores[:2] = [-1e9, 1e9]
    assert is_wide_png(score_histograms(results, tmp_path / "scores.png"))
    panels = [axes for axes in drawn[0].axes if axes.axison]
    assert len(panels) == count
    for axes in panels:
        for patch in axes.patches:
            assert patch.get_data().values.sum() == pytest.approx(1)
    assert abs(panels[0].get_xlim()[1]) < 100


def test_score_histograms_keep_the_labels_of_small_scores_apart(tmp_path, drawn):
    results = [attack_result(f"attack_{i}", i) for i in range(3)]
    for result in results:
        result.member_scores[:] = np.arange(300) % 13 / 10_000
        result.nonmember_scores[:] = np.arange(200) % 13 / 10_000
    score_histograms(results, tmp_path / "scores.png")
    drawn[0].draw_without_rendering()
    for axes in drawn[0].axes:
        boxes = [label.get_window_extent() for label in axes.get_xticklabels() if label.get_text()]
        shown = [box for box in boxes if axes.bbox.x0 - 30 < box.x0 < axes.bbox.x1]
        assert len(shown) > 1
        assert all(left.x1 < right.x0 for left, right in pairwise(shown))


def test_score_histograms_draw_constant_scores(tmp_path):
    scores = np.zeros(20)
    constant = AttackResult("dead", "samples", scores, scores, judge(scores, scores, 0, draws=20), 10, 0.1)
    assert is_wide_png(score_histograms([constant], tmp_path / "scores.png"))

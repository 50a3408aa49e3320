import json

import numpy as np
import pytest

from pargan.attacks import judge
from pargan.errors import ParganError


@pytest.fixture
def scores():
    rng = np.random.default_rng(0)
    return rng.normal(0.5, 1, 1200), rng.normal(0, 1, 1000)


def test_every_figure_is_plain_json_and_in_range(scores):
    figures = judge(*scores, seed=0, draws=200).to_dict()
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    assert (figures["num_members"], figures["num_nonmembers"], figures["notes"]) == (1200, 1000, [])
    assert figures["auc_low"] < figures["auc"] < figures["auc_high"]
    assert figures["auc"] == pytest.approx(0.638, abs=0.03)  # Phi(0.5 / sqrt 2)
    for key in ("tpr_at_0p1pct_fpr", "tpr_at_1pct_fpr", "tpr_at_10pct_fpr"):
        assert 0 <= figures[f"{key}_low"] <= figures[key] <= figures[f"{key}_high"] <= 1
    assert figures["tpr_at_0p1pct_fpr"] <= figures["tpr_at_1pct_fpr"] <= figures["tpr_at_10pct_fpr"]


@pytest.mark.parametrize(
    ("nonmembers", "unresolved"),
    [(1000, 0), (999, 1), (100, 1), (99, 2), (9, 3)],
)
def test_too_few_nonmembers_leave_low_rates_without_a_figure(nonmembers, unresolved):
    figures = judge(np.arange(50.0) + 0.5, np.arange(float(nonmembers)), seed=0, draws=10)
    rates = (figures.tpr_at_0p1pct_fpr, figures.tpr_at_1pct_fpr, figures.tpr_at_10pct_fpr)
    assert [rate is None for rate in rates] == [i < unresolved for i in range(3)]
    assert len(figures.notes) == unresolved
    assert all(f"{nonmembers} nonmembers" in note for note in figures.notes)


def test_the_same_seed_gives_the_same_figures_and_draws_move_only_the_interval(scores):
    first = judge(*scores, seed=5, draws=100).to_dict()
    assert judge(*scores, seed=5, draws=100).to_dict() == first
    more = judge(*scores, seed=5, draws=300).to_dict()
    assert {key for key in first if first[key] != more[key]} == {"auc_low", "auc_high"}
    assert judge(*scores, seed=6, draws=100).auc_low != first["auc_low"]


def test_figures_do_not_depend_on_a_monotone_transform(scores):
    first, transformed = (judge(*pair, seed=0, draws=50) for pair in (scores, [np.exp(s) for s in scores]))
    assert first == transformed


def test_one_record_of_each_group_has_no_balanced_accuracy():
    figures = judge(np.array([1.0]), np.array([0.0]), seed=0, draws=10)
    assert figures.auc == 1.0
    assert figures.balanced_accuracy is None
    assert any("balanced_accuracy" in note for note in figures.notes)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_name_the_attack_and_the_group(bad):
    with pytest.raises(ParganError, match=r"attack=mine: scores of nonmembers: 1 of 3 are NaN or infinite"):
        judge(np.zeros(4), np.array([0.0, bad, 1.0]), seed=0, name="attack=mine")


def test_no_scores_are_refused():
    with pytest.raises(ParganError, match="scores of members are empty"):
        judge(np.array([]), np.zeros(3), seed=0)

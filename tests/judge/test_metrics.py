import json

import numpy as np
import pytest

from pargan.errors import ParganError
from pargan.judge import judge


@pytest.fixture
def scores():
    rng = np.random.default_rng(0)
    return rng.normal(0.5, 1, 1200), rng.normal(0, 1, 1000)


def test_every_figure_is_plain_json_and_in_range(scores):
    metrics = judge(*scores, seed=0, draws=200).to_dict()
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics
    assert (metrics["num_members"], metrics["num_nonmembers"], metrics["notes"]) == (1200, 1000, [])
    assert metrics["auc_low"] < metrics["auc"] < metrics["auc_high"]
    assert metrics["auc"] == pytest.approx(0.638, abs=0.03)  # Phi(0.5 / sqrt 2)
    for key in ("tpr_at_0p1pct_fpr", "tpr_at_1pct_fpr", "tpr_at_10pct_fpr"):
        assert 0 <= metrics[f"{key}_low"] <= metrics[key] <= metrics[f"{key}_high"] <= 1
    assert 0 <= metrics["set_accuracy_low"] <= metrics["set_accuracy"] <= metrics["set_accuracy_high"] <= 1
    assert 0 < metrics["epsilon_low"] < metrics["epsilon_ceiling"]
    assert metrics["tpr_at_0p1pct_fpr"] <= metrics["tpr_at_1pct_fpr"] <= metrics["tpr_at_10pct_fpr"]


@pytest.mark.parametrize(
    ("nonmembers", "unresolved"),
    [(1000, 0), (999, 1), (100, 1), (99, 2), (9, 3)],
)
def test_too_few_nonmembers_leave_low_rates_without_a_figure(nonmembers, unresolved):
    metrics = judge(np.arange(50.0) + 0.5, np.arange(float(nonmembers)), seed=0, draws=10)
    rates = (metrics.tpr_at_0p1pct_fpr, metrics.tpr_at_1pct_fpr, metrics.tpr_at_10pct_fpr)
    assert [rate is None for rate in rates] == [i < unresolved for i in range(3)]
    notes = [note for note in metrics.notes if note.startswith("tpr_at")]
    assert len(notes) == unresolved
    assert all(f"{nonmembers} nonmembers" in note for note in notes)


@pytest.mark.parametrize(("m", "n", "sets"), [(99, 500, 0), (500, 99, 0), (100, 100, 1), (350, 299, 2)])
def test_sets_take_a_hundred_records_of_each_group(m, n, sets):
    metrics = judge(np.arange(float(m)), np.arange(float(n)), seed=0, draws=10)
    assert metrics.num_sets == sets
    assert (metrics.set_accuracy is None) == (sets == 0)
    assert any(note == "set_accuracy: 99 records in a group make no set of 100, 100 can" for note in metrics.notes) == (
        sets == 0
    )


def test_a_few_records_can_prove_no_epsilon():
    few = judge(np.array([1.0, 2.0]), np.array([0.0, -1.0]), seed=0, draws=10)
    assert (few.epsilon_low, few.epsilon_ceiling) == (None, 0.0)
    assert "epsilon_low: 2 members and 2 nonmembers cannot prove any" in few.notes
    many = judge(np.arange(100.0) + 200, np.arange(100.0), seed=0, draws=10)
    assert (
        many.epsilon_low == many.epsilon_ceiling == pytest.approx(np.log(0.025 ** (1 / 50) / (1 - 0.025 ** (1 / 50))))
    )


def test_what_nothing_leaks_stands_beside_its_floor(scores):
    leaking, silent = judge(*scores, seed=0, draws=10), judge(scores[0][:600], scores[0][600:], seed=0, draws=10)
    assert leaking.tvd > leaking.tvd_null_high > leaking.tvd_null > 0
    assert silent.tvd < silent.tvd_null_high


def test_the_same_seed_gives_the_same_metrics_and_draws_move_only_the_interval(scores):
    first = judge(*scores, seed=5, draws=100).to_dict()
    assert judge(*scores, seed=5, draws=100).to_dict() == first
    more = judge(*scores, seed=5, draws=300).to_dict()
    assert {key for key in first if first[key] != more[key]} == {"auc_low", "auc_high"}
    assert judge(*scores, seed=6, draws=100).auc_low != first["auc_low"]


def test_metrics_do_not_depend_on_a_monotone_transform(scores):
    first, transformed = (judge(*pair, seed=0, draws=50).to_dict() for pair in (scores, [np.exp(s) for s in scores]))
    histograms = {"tvd", "tvd_null", "tvd_null_high"}
    assert {key for key in first if first[key] != transformed[key]} == histograms


def test_one_record_of_each_group_has_no_balanced_accuracy():
    metrics = judge(np.array([1.0]), np.array([0.0]), seed=0, draws=10)
    assert metrics.auc == 1.0
    assert metrics.balanced_accuracy is None
    assert any("balanced_accuracy" in note for note in metrics.notes)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_name_the_attack_and_the_group(bad):
    with pytest.raises(ParganError, match=r"attack=mine: scores of nonmembers: 1 of 3 are NaN or infinite"):
        judge(np.zeros(4), np.array([0.0, bad, 1.0]), seed=0, name="attack=mine")


def test_no_scores_are_refused():
    with pytest.raises(ParganError, match="scores of members are empty"):
        judge(np.array([]), np.zeros(3), seed=0)

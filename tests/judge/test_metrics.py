import json

import numpy as np
import pytest

from pargan.errors import ParganError
from pargan.judge import judge


@pytest.fixture
def scores():
    rng = np.random.default_rng(0)
    return rng.normal(0.5, 1, 1200), rng.normal(0, 1, 1000)


def test_to_dict_is_plain_json_and_in_range(scores):
    metrics = judge(*scores, seed=0, draws=200).to_dict()
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics
    assert (metrics["num_members"], metrics["num_nonmembers"]) == (1200, 1000)
    assert metrics["notes"] == ["tpr_at_0p1pct_fpr: unreliable with 1000 nonmembers, 10000 resolve it"]
    assert metrics["auc_low"] < metrics["auc"] < metrics["auc_high"]
    assert metrics["auc"] == pytest.approx(0.638, abs=0.03)  # Phi(0.5 / sqrt 2)
    for key in ("tpr_at_0_fp", "tpr_at_0p1pct_fpr", "tpr_at_1pct_fpr", "tpr_at_10pct_fpr"):
        assert 0 <= metrics[f"{key}_low"] <= metrics[key] <= metrics[f"{key}_high"] <= 1
    assert 0 <= metrics["set_accuracy_low"] <= metrics["set_accuracy"] <= metrics["set_accuracy_high"] <= 1
    assert 0 < metrics["epsilon_low"] < metrics["epsilon_ceiling"]
    assert (
        metrics["tpr_at_0_fp"]
        <= metrics["tpr_at_0p1pct_fpr"]
        <= metrics["tpr_at_1pct_fpr"]
        <= metrics["tpr_at_10pct_fpr"]
    )


@pytest.mark.parametrize(
    ("nonmembers", "unresolved"),
    [(1000, 0), (999, 1), (100, 1), (99, 2), (9, 3)],
)
def test_judge_leaves_out_rates_that_too_few_nonmembers_resolve(nonmembers, unresolved):
    metrics = judge(np.arange(50.0) + 0.5, np.arange(float(nonmembers)), seed=0, draws=10)
    rates = (metrics.tpr_at_0p1pct_fpr, metrics.tpr_at_1pct_fpr, metrics.tpr_at_10pct_fpr)
    assert [rate is None for rate in rates] == [i < unresolved for i in range(3)]
    notes = [note for note in metrics.notes if note.startswith("tpr_at") and "too few" in note]
    assert len(notes) == unresolved
    assert all(f"{nonmembers} nonmembers" in note for note in notes)


@pytest.mark.parametrize(("nonmembers", "resolved"), [(10_000, 3), (9_999, 2), (1000, 2), (999, 1), (100, 1), (99, 0)])
def test_judge_calls_rates_unreliable_below_ten_over_the_rate_nonmembers(nonmembers, resolved):
    metrics = judge(np.arange(50.0) + 0.5, np.arange(float(nonmembers)), seed=0, draws=10)
    keys = ("tpr_at_10pct_fpr", "tpr_at_1pct_fpr", "tpr_at_0p1pct_fpr")
    assert [getattr(metrics, f"{key}_resolved") for key in keys] == [i < resolved for i in range(3)]
    unreliable = {note.partition(":")[0] for note in metrics.notes if "unreliable" in note}
    assert unreliable == {key for key in keys[resolved:] if getattr(metrics, key) is not None}


@pytest.mark.parametrize(("m", "n", "few"), [(9, 100, True), (100, 9, True), (10, 10, False)])
def test_judge_notes_groups_below_10_records(m, n, few):
    metrics = judge(np.arange(float(m)), np.arange(float(n)), seed=0, draws=10)
    assert any(note.startswith(f"auc: with {m} members and {n} nonmembers") for note in metrics.notes) == few


@pytest.mark.parametrize(("m", "n", "sets"), [(99, 500, 0), (500, 99, 0), (100, 100, 1), (350, 299, 2)])
def test_judge_leaves_out_set_accuracy_below_100_records(m, n, sets):
    metrics = judge(np.arange(float(m)), np.arange(float(n)), seed=0, draws=10)
    assert metrics.num_sets == sets
    assert (metrics.set_accuracy is None) == (sets == 0)
    notes = [note for note in metrics.notes if note.startswith("set_accuracy")]
    assert len(notes) == (sets == 0)
    assert all("99 records" in note and "100" in note for note in notes)


def test_judge_leaves_out_epsilon_of_too_few_records():
    few = judge(np.array([1.0, 2.0]), np.array([0.0, -1.0]), seed=0, draws=10)
    assert (few.epsilon_low, few.epsilon_ceiling) == (None, 0.0)
    assert any(note.startswith("epsilon_low: 2 members and 2 nonmembers") for note in few.notes)
    many = judge(np.arange(100.0) + 200, np.arange(100.0), seed=0, draws=10)
    assert (
        many.epsilon_low == many.epsilon_ceiling == pytest.approx(np.log(0.025 ** (1 / 50) / (1 - 0.025 ** (1 / 50))))
    )


def test_judge_gives_total_variation_and_its_null_distribution(scores):
    leaking, silent = judge(*scores, seed=0, draws=10), judge(scores[0][:600], scores[0][600:], seed=0, draws=10)
    assert leaking.tvd > leaking.tvd_null_high > leaking.tvd_null > 0
    assert silent.tvd < silent.tvd_null_high


def test_judge_is_deterministic_and_draws_change_only_the_interval(scores):
    first = judge(*scores, seed=5, draws=100).to_dict()
    assert judge(*scores, seed=5, draws=100).to_dict() == first
    more = judge(*scores, seed=5, draws=300).to_dict()
    resampled = {f"tpr_at_{rate}pct_fpr_{side}" for rate in ("1", "10") for side in ("low", "high")}
    assert {key for key in first if first[key] != more[key]} <= resampled
    assert judge(*scores, seed=6, draws=100).tpr_at_10pct_fpr_low != first["tpr_at_10pct_fpr_low"]


def test_judge_is_invariant_to_monotone_transforms(scores):
    first, transformed = (judge(*pair, seed=0, draws=50).to_dict() for pair in (scores, [np.exp(s) for s in scores]))
    assert first == transformed


def test_judge_leaves_out_balanced_accuracy_of_one_record_per_group():
    metrics = judge(np.array([1.0]), np.array([0.0]), seed=0, draws=10)
    assert metrics.auc == 1.0
    assert metrics.balanced_accuracy is None
    assert any("balanced_accuracy" in note for note in metrics.notes)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_judge_refuses_scores_that_are_not_finite_naming_attack_and_group(bad):
    with pytest.raises(ParganError) as error:
        judge(np.zeros(4), np.array([0.0, bad, 1.0]), seed=0, name="mine")
    assert error.value.argument == "nonmember_scores"
    assert "attack=mine" in error.value.problem
    assert "1 of 3" in error.value.problem
    assert "NaN" in error.value.problem


def test_judge_refuses_empty_scores():
    with pytest.raises(ParganError) as error:
        judge(np.array([]), np.zeros(3), seed=0)
    assert error.value.argument == "member_scores"
    assert "empty" in error.value.problem

import numpy as np
import pytest

from pargan.audits.learning import learning_warnings, num_outside
from pargan.audits.scoring import AttackResult
from pargan.judge.metrics import judge


def result(members, nonmembers, name="nearest_neighbour"):
    members, nonmembers = np.asarray(members, float), np.asarray(nonmembers, float)
    metrics = judge(members, nonmembers, seed=0, draws=10)
    return AttackResult(
        name=name,
        access="samples",
        metrics=metrics,
        member_scores=members,
        nonmember_scores=nonmembers,
        num_samples=100,
        seconds=0.0,
    )


@pytest.fixture
def reference():
    return np.random.default_rng(0).normal(size=(200, 2))


def test_num_outside_counts_records_beyond_the_range(reference):
    assert num_outside(reference, reference) == 0
    assert num_outside(reference * 1e-30, reference) == 0
    assert num_outside(reference, reference * 1e-30) == 200
    assert num_outside(reference * 1e13, reference) > 190
    assert num_outside(np.full((3, 2), np.nan), reference) == 3


def test_num_outside_leaves_constant_features_out(reference):
    constant = np.column_stack([reference, np.zeros(200)])
    assert num_outside(np.column_stack([reference, np.ones(200)]), constant) == 0


def test_learning_warnings_of_a_generator_that_learnt_nothing(reference):
    good = result(reference[:, 0], reference[:, 1])
    assert learning_warnings([good], reference, reference) == []
    (warning,) = learning_warnings([good], reference * 1e13, reference)
    assert "has not learnt the data" in warning


def test_learning_warnings_of_scores_that_are_all_alike(reference):
    (warning,) = learning_warnings([result(np.zeros(9), np.zeros(9))], reference, reference)
    assert warning.startswith("nearest_neighbour: every record has the same score")
    (warning,) = learning_warnings([result([0, 1], [0, 1])], reference, reference)
    assert "exactly 0.5" in warning

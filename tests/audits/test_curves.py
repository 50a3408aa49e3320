import json

import numpy as np
import pytest

from pargan.audits import AttackResult
from pargan.audits.curves import CORNERS, AttackCurves
from pargan.judge import judge


def curves_of(members, nonmembers):
    return AttackCurves.of(AttackResult("a", "samples", members, nonmembers, judge(members, nonmembers, 0), 10, 0.1))


def tpr_at(curves, rate):
    """Height of the staircase."""
    return curves.tpr[curves.fpr <= rate][-1]


@pytest.mark.parametrize("size", [50, 5000])
def test_curves_have_the_tpr_of_the_metrics_within_their_intervals(size):
    rng = np.random.default_rng(0)
    members, nonmembers = rng.normal(0.7, 1, size), rng.normal(0, 1, size)
    curves, metrics = curves_of(members, nonmembers), judge(members, nonmembers, 0)
    assert len(curves.fpr) <= CORNERS + 1
    assert (np.diff(curves.fpr) > 0).all()
    assert (np.diff(curves.tpr) >= 0).all()
    assert (curves.fpr[0], curves.fpr[-1], curves.tpr[-1]) == (0, 1, 1)
    assert tpr_at(curves, 0.1) == pytest.approx(metrics.tpr_at_10pct_fpr, abs=0.01)
    place = curves.rates.tolist().index(0.1)
    assert curves.tpr_low[place] < metrics.tpr_at_10pct_fpr < curves.tpr_high[place]
    assert (0.01 in curves.rates) == (size >= 100)


def test_curves_of_ties_are_steps():
    curves = curves_of(np.repeat([1.0, 0.0], [75, 25]), np.zeros(100))
    assert curves.fpr.tolist() == [0, 1]
    assert curves.tpr.tolist() == [0.75, 1]


def test_curves_count_every_record_in_a_bin():
    rng = np.random.default_rng(0)
    members = np.append(rng.normal(size=300), [1e9, -1e9])
    curves = curves_of(members, rng.normal(size=200))
    assert curves.member_share.sum() == pytest.approx(1)
    assert curves.nonmember_share.sum() == pytest.approx(1)
    assert abs(curves.edges).max() < 10


def test_curves_to_dict_is_json_ready():
    rng = np.random.default_rng(0)
    json.dumps(curves_of(rng.normal(size=30), rng.normal(size=20)).to_dict(), allow_nan=False)

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

import pargan
from pargan import AuditSettings
from pargan.audits import AttackResult
from pargan.audits.classes import FEWEST, leakage_per_class
from pargan.judge import judge

# A fresh row is out of the range of the others now and then.
pytestmark = pytest.mark.filterwarnings("ignore::pargan.errors.ParganWarning")
RNG = np.random.default_rng(0)


def attack_on(members, nonmembers, name="mine"):
    metrics = judge(members, nonmembers, seed=0, draws=20)
    return AttackResult(name, "samples", members, nonmembers, metrics, num_samples=1, seconds=0.0)


def test_leakage_per_class_is_the_auc_among_the_records_of_a_class():
    member_labels, nonmember_labels = RNG.integers(0, 3, 150), RNG.integers(0, 3, 120)
    members, nonmembers = RNG.normal(member_labels == 2, 1), RNG.normal(0, 1, 120)  # class 2 leaks
    found = leakage_per_class([attack_on(members, nonmembers)], member_labels, nonmember_labels, ["a", "b", "c"])
    assert [leakage.label for leakage in found] == ["a", "b", "c"]
    for k, leakage in enumerate(found):
        groups = members[member_labels == k], nonmembers[nonmember_labels == k]
        truth = np.repeat([1, 0], [len(group) for group in groups])
        assert leakage.auc == pytest.approx(roc_auc_score(truth, np.concatenate(groups)))
        assert (leakage.num_members, leakage.num_nonmembers) == tuple(map(len, groups))
        assert leakage.auc_low < leakage.auc < leakage.auc_high
        assert leakage.p_adjusted >= leakage.p_value
    assert found[2].p_adjusted < 0.01 < found[0].p_adjusted


def test_leakage_per_class_leaves_out_classes_with_few_records():
    labels = np.repeat([0, 1, 2], [50, 50, FEWEST - 1])
    attack = attack_on(RNG.normal(size=len(labels)), RNG.normal(size=len(labels)))
    assert [leakage.label for leakage in leakage_per_class([attack], labels, labels)] == ["0", "1"]
    assert leakage_per_class([attack], np.zeros_like(labels), np.zeros_like(labels)) == []


def test_audit_of_frames_measures_the_classes_of_the_last_column():
    def people(number):
        numbers = RNG.normal(size=(number, 3)).round(6)
        return pd.DataFrame(numbers, columns=list("xyz")).assign(ill=RNG.choice(["no", "yes"], number, p=[0.6, 0.4]))

    members, nonmembers, fresh = people(150), people(300), people(300)
    copied = pd.concat([members[members["ill"] == "yes"], fresh])
    result = pargan.audit(copied, members, nonmembers, settings=AuditSettings(draws=20, controls=False))
    by_label = {each.label: each for each in result.classes if each.attack == "nearest_neighbour"}
    assert by_label["yes"].auc == 1.0
    assert by_label["no"].auc < 0.65
    assert by_label["yes"].num_members == (members["ill"] == "yes").sum()
    assert result.to_dict()["classes"][0].keys() >= {"label", "auc", "p_adjusted", "num_nonmembers"}

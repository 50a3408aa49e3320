import json

import numpy as np
import pytest
import torch

import pargan
from pargan import AuditSettings
from pargan.attacks import NearestNeighbour
from pargan.errors import ParganError
from tests.attacks.test_product_kernel import SPEC, rows

SETTINGS = {"draws": 100, "controls": False}


def audit(generated, **settings):
    groups = (generated, rows(120, 1), rows(100, 2), rows(80, 3))
    attacks = {"nearest_neighbour": NearestNeighbour()}
    return pargan.audit(*groups, attacks=attacks, spec=SPEC, settings=AuditSettings(**SETTINGS, **settings))


@pytest.fixture(scope="module")
def copied():
    return audit(torch.cat([rows(120, 1)[:60], rows(200, 4)]), match_columns=["age", "colour"])


def test_set_tests_find_copies_of_a_table(copied):
    tests = copied.set_tests
    whole, matched = tests.copies
    assert whole.members.hits == 60
    assert whole.nonmembers.hits == 0
    assert matched.columns == ("age", "colour")
    assert matched.members.hits > 60
    assert tests.holdout.dcr_share.low > 0.5
    (stacked,) = tests.stacked
    assert stacked.auc.low > 0.5
    # The attack, three distances, and forests: prediction and error of two numbers, errors of two categories.
    assert len(stacked.evidence) == 1 + 3 + 6
    assert tests.overlap == ()
    assert [risk.name for risk in tests.guessing][:2] == ["singling out", "linkability"]
    assert [each.attack for each in tests.vulnerable] == ["nearest_neighbour"]


def test_set_tests_are_json_ready_and_have_no_part_in_the_verdict(copied):
    found = json.loads(json.dumps(copied.to_dict()))
    assert set(found["set_tests"]) == {"holdout", "copies", "overlap", "vulnerable", "stacked", "guessing"}
    assert found["set_tests"]["copies"][0]["p_value"] < 1e-6
    assert "stacked" not in json.dumps(found["verdict"])
    assert "dcr" not in json.dumps(found["verdict"])


def test_set_tests_are_deterministic_for_a_seed():
    first, second = (audit(rows(150, 4)).set_tests for _ in range(2))
    assert first == second
    assert np.isfinite(first.holdout.dcr_share).all()


def test_audit_refuses_match_columns_before_it_attacks():
    def attack(view, records):
        raise AssertionError

    attack.access = NearestNeighbour.access
    settings = AuditSettings(match_columns=["weight"])
    with pytest.raises(ParganError) as error:
        pargan.audit(
            rows(50, 4), rows(50, 1), rows(50, 2), rows(50, 3), attacks={"a": attack}, spec=SPEC, settings=settings
        )
    assert error.value.argument == "match_columns"
    with pytest.raises(ParganError) as error:
        AuditSettings(match_columns="age")
    assert error.value.argument == "match_columns"

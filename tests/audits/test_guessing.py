import numpy as np
import pytest

from pargan.audits.guessing import GuessingRisk, guessing_risks
from pargan.judge.rates import Rate, excess_risk
from pargan.records.columns import Categorical, Integer, Numeric
from pargan.records.tables import TableSpec
from tests.attacks.test_product_kernel import SPEC, rows

NAMES = [
    "singling out", "linkability", "inference of age", "inference of colour", "inference of size", "inference of sex"
]  # fmt: skip


def by_name(*groups, spec=SPEC, seed=0):
    return {risk.name: risk for risk in guessing_risks(*groups, spec, seed=seed)}


@pytest.fixture(scope="module")
def copied():
    members, nonmembers = rows(300, 1).numpy(), rows(300, 2).numpy()
    return by_name(members, members, nonmembers)


def test_guessing_risks_of_copied_members_are_high(copied):
    assert list(copied) == NAMES
    assert copied["singling out"].attack.value == 1  # a predicate that holds for one copy holds for one member
    # Rows are linked, and values inferred, where the known columns single the row out: size alone does.
    assert copied["inference of age"].attack.value > 0.95
    assert copied["inference of age"].risk.low > 0.8
    assert copied["singling out"].risk.low > 0.3
    assert not copied["inference of colour"].is_too_weak


def test_guessing_risks_of_independent_rows_are_0_and_say_that_the_attack_is_weak():
    independent = by_name(rows(400, 3).numpy(), rows(300, 1).numpy(), rows(300, 2).numpy())
    for name, risk in independent.items():
        assert risk.risk.low <= 0.02, name
        if name.startswith("inference"):
            assert risk.is_too_weak, name  # columns are independent, so the others say nothing


def test_guessing_risks_are_calibrated_where_nothing_leaks():
    significant = []
    for seed in range(12):
        generated, members, nonmembers = (rows(120, 3 * seed + i).numpy() for i in (100, 101, 102))
        significant += [
            risk.p_value <= 0.05 for risk in guessing_risks(generated, members, nonmembers, SPEC, seed=seed)
        ]
    assert len(significant) == 12 * len(NAMES)
    assert np.mean(significant) <= 0.12


def test_guessing_risk_is_the_excess_over_the_control():
    risk = GuessingRisk(name="linkability", attack=Rate(60, 100), control=Rate(20, 100), baseline=Rate(1, 100))
    assert risk.risk == excess_risk(Rate(60, 100), Rate(20, 100))
    assert risk.to_dict()["attack_rate"] == 0.6
    assert not risk.is_too_weak
    assert GuessingRisk(name="x", attack=Rate(6, 100), control=Rate(2, 100), baseline=Rate(5, 100)).is_too_weak


def test_inference_counts_numbers_within_a_share_and_zeros_within_an_absolute_tolerance():
    table = {"key": np.arange(10), "amount": np.array([100.0, 100, 100, 0, 0, 0, 50, 50, -40, -40])}
    guesses = {"key": np.arange(10), "amount": np.array([104.0, 96, 106, 0, 1, 30, 50, 53, -41, -43])}
    limits = {"key": np.array([0, 9]), "amount": np.array([-200.0, 200])}
    spec = TableSpec.fit(limits, {"key": Integer, "amount": Numeric})
    encoded, generated = spec.encode(table), spec.encode(guesses)
    risk = by_name(generated, encoded, encoded, spec=spec)["inference of amount"]
    # Right: 104, 96; 0 and 1 (5 % of the standard deviation of 53 is 2.7); 50; -41. Wrong: 106, 30, 53, -43.
    assert risk.attack == Rate(6, 10)


def test_linkability_finds_rows_whose_halves_are_unique():
    rng = np.random.default_rng(0)
    table = {name: rng.normal(size=600) for name in "abcd"}
    spec = TableSpec.fit(table, dict.fromkeys(table, Numeric))
    encoded = spec.encode(table)
    risk = by_name(encoded[:300], encoded[:300], encoded[300:], spec=spec)["linkability"]
    assert risk.attack == Rate(300, 300)
    assert risk.control.value < 0.1
    assert risk.risk.value == 1
    assert not risk.is_too_weak


def test_guessing_risks_are_deterministic_and_need_two_columns(copied):
    members, nonmembers = rows(300, 1).numpy(), rows(300, 2).numpy()
    assert by_name(members, members, nonmembers) == copied
    spec = TableSpec.fit({"sex": np.array(["f", "m"])}, {"sex": Categorical})
    table = spec.encode({"sex": np.array(["f", "m"] * 5)})
    assert guessing_risks(table, table, table, spec, seed=0) == ()


def test_inference_of_numbers_that_overflow_when_squared():
    values = np.random.default_rng(0).uniform(-1, 1, 80) * 1e308
    codes = np.arange(80).astype(float)
    spec = TableSpec((Numeric("x", -1e308, 1e308), Numeric("n", 0, 79)))
    known, others = (spec.encode({"x": part, "n": codes[:40]}) for part in (values[:40], values[40:]))
    found = by_name(known, known, others, spec=spec)["inference of x"]
    assert (found.attack.value, found.control.value) == (1, pytest.approx(0.05, abs=0.05))

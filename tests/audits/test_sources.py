import numpy as np
import pandas as pd
import pytest

import pargan
from pargan import AuditSettings
from pargan.errors import ParganError, ParganWarning

# A fresh sample is out of the range of the others now and then.
pytestmark = pytest.mark.filterwarnings("ignore::pargan.errors.ParganWarning")
QUICK = AuditSettings(draws=50, controls=False)


def people(number, seed):
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, number)
    return pd.DataFrame(
        {
            "age": age,
            "income": np.where(rng.random(number) < 0.1, np.nan, rng.gamma(2, 900, number).round(2)),
            "born": pd.Timestamp("2020-01-01") - pd.to_timedelta(age * 365 + rng.integers(0, 365, number), unit="D"),
            "town": rng.choice(["Ulm", "Aue", "Porto"], number),
            "ill": age + rng.normal(0, 10, number) > 55,
        }
    )


MEMBERS, HOLDOUT, FRESH = (people(200, seed) for seed in range(3))


def aucs(result):
    return {each["attack"]: each["auc"] for each in result.to_dicts()}


def test_audit_of_frames_finds_copied_rows_and_no_independent_ones():
    leaky = pargan.audit(MEMBERS.sample(frac=1, random_state=0), MEMBERS, HOLDOUT, settings=QUICK)
    honest = pargan.audit(FRESH, MEMBERS, HOLDOUT, settings=QUICK)
    assert aucs(leaky)["nearest_neighbour"] == 1.0
    assert 0.4 < aucs(honest)["nearest_neighbour"] < 0.6
    assert honest.quality["column_distance"] < 0.15


def test_audit_of_frames_does_not_depend_on_units_or_on_the_order_of_columns():
    noisy = MEMBERS.assign(income=(MEMBERS["income"] * 1.001).round(2))

    def thousandfold(frame):
        return frame.assign(income=frame["income"] * 1000)[["town", "income", "age", "ill", "born"]]

    plain = pargan.audit(noisy, MEMBERS, HOLDOUT, settings=QUICK)
    other = pargan.audit(*map(thousandfold, (noisy, MEMBERS, HOLDOUT)), settings=QUICK)
    for name, auc in aucs(plain).items():
        assert aucs(other)[name] == pytest.approx(auc, abs=0.02)
    assert aucs(plain)["nearest_neighbour"] > 0.9


def test_audit_of_frames_warns_of_what_no_real_row_holds():
    wild = FRESH.assign(town=["Bonn", *FRESH["town"][1:]], age=[10**9, *FRESH["age"][1:]])
    with pytest.warns(ParganWarning) as caught:
        result = pargan.audit(wild, MEMBERS, HOLDOUT, settings=QUICK)
    texts = [str(warning.message) for warning in caught]
    assert any("a category that no real record has" in text and "1 of 200" in text for text in texts)
    assert any("out of the range of the real records" in text and '"age"' in text for text in texts)
    expected = pargan.audit(FRESH, MEMBERS, HOLDOUT, settings=QUICK)
    assert aucs(result)["nearest_neighbour"] == pytest.approx(aucs(expected)["nearest_neighbour"], abs=0.02)


def test_audit_of_frames_leaves_out_rows_in_several_groups():
    result = pargan.audit(FRESH, MEMBERS, pd.concat([HOLDOUT, MEMBERS[:7]]), settings=QUICK)
    assert result.indistinguishable["members"] == 7
    assert any("nobody can tell" in note for note in result.notes())


@pytest.mark.parametrize("name", ["target", "nonmembers", "reference"])
def test_audit_refuses_frames_beside_arrays(name):
    groups = {"target": FRESH, "members": MEMBERS, "nonmembers": HOLDOUT, "reference": people(50, 9)}
    with pytest.raises(ParganError, match="is not a DataFrame, but") as error:
        pargan.audit(**(groups | {name: np.zeros((9, 5))}), settings=QUICK)
    assert error.value.argument == name
    assert "DataFrames with the same columns" in error.value.remedy

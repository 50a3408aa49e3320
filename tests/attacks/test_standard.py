import numpy as np
import pandas as pd
import pytest
import torch

from pargan.attacks import standard_attacks
from pargan.audits.scoring import run_attacks
from pargan.audits.sources import read_sources
from pargan.audits.targets import samples_view
from pargan.audits.verdict import Finding, reach_verdict
from pargan.records.images import ImageSpec

# A fresh row is out of the range of the others now and then.
pytestmark = pytest.mark.filterwarnings("ignore::pargan.errors.ParganWarning")
FOR_TABLES = {"density_ratio_mixed", "dcr_difference", "gen_lra"}


def people(number, rng):
    numbers = {f"number {i}": rng.lognormal(8, 1.2, number).round() for i in range(5)}
    return pd.DataFrame(numbers | {f"category {i}": rng.choice(list("aaaabbcdefg"), number) for i in range(4)})


def smoothed(rows, number, rng):
    """Rows with numbers off by a third or so, and most categories drawn anew."""
    drawn = rows.iloc[rng.integers(len(rows), size=number)].reset_index(drop=True)
    for name in drawn:
        if name.startswith("number"):
            drawn[name] = (drawn[name] * np.exp(rng.normal(0, 0.3, number))).clip(rows[name].min(), rows[name].max())
        else:
            anew = rng.random(number) < 0.95
            drawn.loc[anew, name] = rng.choice(rows[name].to_numpy(), anew.sum())
    return drawn.round()


@pytest.fixture(scope="module")
def found():
    """What all standard attacks and those for any record find, on smoothed members and on fresh rows."""
    rng = np.random.default_rng(0)
    members, nonmembers, reference = (people(200, rng) for _ in range(3))
    verdicts = {}
    for name, generated in (("leaky", smoothed(members, 600, rng)), ("honest", people(600, rng))):
        groups = {"target": generated, "members": members, "nonmembers": nonmembers, "reference": reference}
        pools = read_sources(groups)
        records = {key: torch.as_tensor(pool.take(np.arange(len(pool)))) for key, pool in pools.items()}
        view = samples_view(records["target"], records["reference"], 0, pools["members"].spec)
        attacks = standard_attacks(view)
        results = run_attacks(view, attacks, records["members"], None, records["nonmembers"], seed=0, draws=20)
        for key, chosen in (("all", results), ("any record", [r for r in results if r.name not in FOR_TABLES])):
            verdicts[name, key] = reach_verdict(chosen, None, 0.6).levels[0]
    return verdicts


def test_standard_attacks_on_tables_find_smoothed_members_that_the_others_miss(found):
    assert found["leaky", "any record"].finding is Finding.WEAK
    assert found["leaky", "all"].finding is Finding.LEAK
    assert found["leaky", "all"].strongest in FOR_TABLES


def test_standard_attacks_on_tables_find_nothing_on_fresh_rows(found):
    assert found["honest", "all"].finding is not Finding.LEAK


@pytest.mark.parametrize("spec", [None, ImageSpec(1, 2, 2)])
def test_standard_attacks_on_other_records_are_those_for_any_record(spec):
    images = torch.zeros(4, 1, 2, 2)
    assert set(standard_attacks(samples_view(images, images, 0, spec))) == {"nearest_neighbour", "monte_carlo"}

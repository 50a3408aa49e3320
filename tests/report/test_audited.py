import numpy as np
import pandas as pd
import pytest

import pargan
from pargan import AuditSettings
from pargan.errors import ParganError
from tests.helpers.page import Page

QUICK = AuditSettings(draws=50, num_quality=100)


def people(number, seed):
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, number)
    income = np.where(rng.random(number) < 0.1, np.nan, rng.gamma(2, 900, number).round(2))
    town = rng.choice(["Ulm", "Aue", "Porto"], number)
    return pd.DataFrame({"age": age, "income": income, "town": town, "ill": age + rng.normal(0, 10, number) > 55})


GROUPS = {name: people(120, seed) for seed, name in enumerate(("members", "nonmembers", "fresh"))}
GROUPS["synthetic"] = pd.concat([GROUPS["fresh"][:90], GROUPS["members"][:30]])
ORDER = ("synthetic", "members", "nonmembers")


@pytest.fixture(scope="module")
def found():
    return pargan.audit(*(GROUPS[name] for name in ORDER), settings=QUICK)


def test_audit_prints_the_verdict_first_and_then_the_tables(found):
    text = str(found)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 100
    assert " ".join(text.split()).startswith(found.verdict.levels[0].sentence)
    for said in ("What it means", "Quality", "Membership inference attacks", "nearest_neighbour", "Controls"):
        assert said in text
    assert "60 nonmembers were set aside" in text
    assert repr(found) == text


def test_audit_of_files_equals_that_of_frames(found, tmp_path):
    for name in ORDER:
        GROUPS[name].to_csv(tmp_path / f"{name}.csv", index=False)
    paths = [tmp_path / f"{name}.csv" for name in ORDER]
    from_files = pargan.audit(str(paths[0]), *paths[1:], settings=QUICK)
    assert [row | {"seconds": 0} for row in from_files.to_dicts()] == [row | {"seconds": 0} for row in found.to_dicts()]
    assert from_files.quality == found.quality
    assert from_files.verdict == found.verdict
    assert from_files.notes() == found.notes()


def test_audit_of_files_names_the_argument_that_cannot_be_read(tmp_path):
    GROUPS["members"].to_csv(tmp_path / "members.csv", index=False)
    with pytest.raises(ParganError) as error:
        pargan.audit(tmp_path / "missing.csv", tmp_path / "members.csv", tmp_path / "members.csv", settings=QUICK)
    assert error.value.argument == "target"
    with pytest.raises(ParganError, match="is not a path, but members is one") as error:
        pargan.audit(np.zeros((9, 4)), tmp_path / "members.csv", tmp_path / "members.csv", settings=QUICK)
    assert error.value.argument == "target"


def test_audit_writes_its_report(found, tmp_path):
    assert found.report(tmp_path) == tmp_path / "report.html"
    path = found.report(str(tmp_path / "mine.html"))
    text = Page(path.read_text()).text
    assert found.verdict.levels[0].sentence in text
    assert "60 nonmembers were set aside" in text
    assert "private/" not in text  # no folder is written
    with pytest.raises(ParganError, match=r"is not an \.html file; give report\.html"):
        found.report(tmp_path / "mine.pdf")


def test_audit_plots_its_roc_curves(found):
    linear, logarithmic = found.plot().axes
    assert len(linear.lines) == len(logarithmic.lines) == len(found.attacks) + 1  # and guessing
    with pytest.raises(ParganError, match="nothing to plot"):
        pargan.audit(*(GROUPS[name] for name in ORDER), attacks={}, settings=QUICK).plot()

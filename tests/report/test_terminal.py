from pathlib import Path
from typing import Any

import pytest

from pargan.report import summary
from tests.helpers.results import attack, job, printed


def test_summary_shows_everything_within_100_columns():
    names = ("discriminator_mean", "discriminator_gap", "nearest_neighbour")
    marked = zip(names, (0.61, 0.51, 0.45), (True, False, False), strict=True)
    attacks = [attack(name, auc, leaks=leaks) for name, auc, leaks in marked]
    result = job(5, 0, 0.6, 3.21987, attacks=attacks)
    directory = Path("outputs/digits-js-k5-s0/2026-11-23_10-00-00")
    text = printed(summary(result, directory))
    lines = text.splitlines()
    assert "dataset=digits  loss=js  num_partitions=5  seed=0" in lines[0]
    assert "3.22" in next(line for line in lines if "fid_refmlp" in line)
    for shown in ("discriminator_mean", "0.610", "[0.590, 0.630]", "0.040", "[0.020, 0.070]", "leaks"):
        assert shown in next(line for line in lines if "discriminator_mean" in line)
    assert "leaks" not in next(line for line in lines if "discriminator_gap" in line)
    assert f"run directory: {directory}" in text
    assert "800 members against 500 nonmembers" in text
    assert "…" not in text


@pytest.mark.parametrize("width", [80, 100, 140])
def test_summary_cuts_no_word_at_any_width(width):
    names = {
        "samples": "nearest_neighbour_features",
        "partitions": "own_partition",
        "discriminators": "surrogate_discriminator",
    }
    attacks = [attack(name, 0.6, access=access, leaks=True) for access, name in names.items()]
    leakage = [
        {"attack": name, "partition": k, "num_members": 9, "auc": 0.6, "auc_low": 0.5, "auc_high": 0.7}
        for name in names.values()
        for k in range(3)
    ]
    level = {"access": "samples", "finding": "leak found", "strongest": None, "smallest_visible_auc": None}
    verdict = {"levels": [level | {"sentence": "Releasing the samples: leak found. " + "Words and more. " * 9}]}
    result = job(5, 0, 0.6, 3.0, attacks=attacks, partitions=leakage, quality={"correlation_difference": 0.0314})
    result |= {
        "quality_real": {"correlation_difference": 0.02},
        "quality_independent": {"correlation_difference": 0.2345},
        "verdict": verdict | {"caveats": [], "advice": ["Do."]},
    }
    text = printed(summary(result, Path("run")), width)
    lines = text.splitlines()
    assert max(len(line.rstrip()) for line in lines) <= width
    assert "…" not in text
    for whole in (
        *names.values(),
        "correlation_difference",
        "second real sample",
        "independent columns",
        "0.2345",
        "lower",
        "0.600 [0.580, 0.620]",
        "an upper bound",
    ):
        assert any(whole in line for line in lines), whole
    order = [next(i for i, line in enumerate(lines) if line.startswith(start)) for start in
             ("Releasing the samples", "Quality", "samples:", "discriminators:", "partitions:")]  # fmt: skip
    assert order == sorted(order)


def test_summary_without_attacks_or_with_too_few_nonmembers():
    text = printed(summary(job(5, 0, 0.6, 3.0, attacks=[]), Path("run"), {"report": Path("run/report.html")}))
    assert text.rstrip().endswith("run directory: run\nreport: run/report.html")
    assert "run directory: run" in text
    unresolved = attack("monte_carlo", 0.5, tpr_at_1pct_fpr=None, tpr_at_1pct_fpr_low=None)
    assert "too few" in printed(summary(job(5, 0, 0.6, 3.0, attacks=[unresolved]), Path("run")))


def control(name: str, permuted: float, untrained: float | None) -> dict[str, Any]:
    row: dict[str, Any] = {"attack": name}
    for key, value in (("permuted_auc", permuted), ("untrained_auc", untrained)):
        bounds = (None, None) if value is None else (value - 0.02, value + 0.02)
        row |= {key: value, f"{key}_low": bounds[0], f"{key}_high": bounds[1]}
    return row


def test_summary_ends_with_controls_and_warnings():
    blind = {"auc": 0.506, "auc_low": 0.46, "auc_high": 0.55, "p_value": 0.4}
    controls = {"blind_classifier": blind, "dead_discriminators": []}
    controls["attacks"] = [control("a", 0.489, 0.503), control("b", 0.501, 0.52)]
    warning = "members and nonmembers are not exchangeable: " + " ".join(["words"] * 20)
    lines = printed(summary(job(5, 0, 0.6, 3.0, controls=controls, warnings=[warning]), Path("run"))).splitlines()
    rows = {name: next(line for line in lines if line.startswith(name)) for name in ("blind", "permuted", "untrained")}
    assert "0.506" in rows["blind"]
    assert "[0.460, 0.550]" in rows["blind"]
    assert "0.489 to 0.501" in rows["permuted"]
    assert "[0.469, 0.521]" in rows["permuted"]
    assert "0.503 to 0.520" in rows["untrained"]
    assert any(line.startswith("warning: members and nonmembers") for line in lines)
    assert warning in " ".join(line.strip() for line in lines)
    assert max(map(len, lines)) <= 100


def test_summary_leaves_out_controls_that_were_not_run():
    controls = {"blind_classifier": None, "dead_discriminators": [], "attacks": [control("a", 0.489, None)]}
    text = printed(summary(job(5, 0, 0.6, 3.0, controls=controls), Path("run")))
    assert "permuted membership" in text
    assert "blind" not in text
    assert "untrained" not in text
    assert "Controls" not in printed(summary(job(5, 0, 0.6, 3.0, controls=None), Path("run")))


def test_summary_starts_with_the_verdict_its_meaning_and_what_can_be_done():
    sentence = "Releasing the samples: no leak found. No attack reaches AUC 0.6; the strongest is mine with AUC 0.51."
    level = {"access": "samples", "finding": "none found", "sentence": sentence}
    verdict = {"levels": [level], "caveats": ["The controls were switched off."], "advice": ["Attack more records."]}
    text = printed(summary(job(5, 0, 0.6, 3.0, verdict=verdict | {"meaning": ["These fail."]}), Path("run")))
    said = " ".join(line.strip() for line in text.splitlines()[1:] if line.strip())
    after = "What it means - These fail. What can be done - Attack more records. Quality"
    assert said.startswith(f"{sentence} The controls were switched off. {after}")
    older = printed(summary(job(5, 0, 0.6, 3.0, verdict=verdict), Path("run")))
    assert "What it means" not in older
    assert "What can be done" in older


def test_summary_indents_what_follows_in_an_item_of_a_list():
    level = {"access": "samples", "finding": "leak found", "sentence": "Releasing the samples: leak found."}
    verdict = {"levels": [level], "caveats": [], "meaning": ["one " * 30, "two"], "advice": ["three " * 40]}
    lines = printed(summary(job(5, 0, 0.6, 3.0, verdict=verdict), Path("run")), 80).splitlines()
    listed = [line.rstrip() for line in lines if line.lstrip("- ").startswith(("one", "two", "three"))]
    assert [line[:3] for line in listed] == ["- o", "  o", "- t", "- t", "  t", "  t", "  t"]


def test_summary_marks_attacks_by_the_verdict_and_not_by_their_intervals():
    attacks = [attack("a", 0.7, leaks=True), attack("b", 0.7, leaks=False), attack("c", 0.7)]
    lines = printed(summary(job(5, 0, 0.6, 3.0, attacks=attacks), Path("run"))).splitlines()
    marked = {name: next(line for line in lines if line.startswith(f"  {name} ")) for name in "abc"}
    assert {name: "leaks" in line for name, line in marked.items()} == {"a": True, "b": False, "c": False}

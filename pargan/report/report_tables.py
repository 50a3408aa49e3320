"""The tables of report.html, from the content of result.json."""

from collections.abc import Mapping, Sequence
from typing import Any

from pargan.metrics.meanings import metric_meaning
from pargan.report.words import by_attacker, interval, p_value, significant

CONTROLS = (
    ("permuted membership", "permuted_auc", "a judge or an attack that cheats"),
    ("untrained networks", "untrained_auc", "what an attack finds before anything was learnt"),
)


def title(result: Mapping[str, Any]) -> str:
    """What was audited, in a line."""
    settings = result.get("settings", {})
    if "dataset" in settings:
        named = (("dataset", "dataset"), ("loss", "loss"), ("K", "num_partitions"), ("seed", "seed"))
        return ", ".join(f"{name} {settings[key]}" for name, key in named if key in settings)
    return next((f"{key} {settings[key]}" for key in ("run", "synthetic", "module") if key in settings), "audit")


def sizes(result: Mapping[str, Any]) -> str:
    """How many records were attacked, in a sentence."""
    attacks = result["attacks"]
    if not attacks:
        return ""
    members, nonmembers = (min(attack[f"num_{group}"] for attack in attacks) for group in ("members", "nonmembers"))
    number = f"{len(attacks)} attacks" if len(attacks) > 1 else "One attack"
    return f"{number}, on {members:,} members and {nonmembers:,} nonmembers."


def leak_marks(result: Mapping[str, Any]) -> dict[str, str]:
    """Attack -> whether the verdict counts it as a leak.

    With the reason where scores above chance do not count, and with its p-value where the TPR alone shows the leak: the
    table has that of the AUC.
    """
    marks = {}
    for attack in (result.get("verdict") or {}).get("attacks", []):
        reason = f": {attack['reason']}" if attack["reason"] else ""
        by_tpr = "" if "auc" in attack["evidence"] else f", by its TPR (p {p_value(attack.get('tpr_p_adjusted'))})"
        marks[attack["attack"]] = f"yes{by_tpr}" if attack["leaks"] else f"no{reason}"
    return marks


def quality_rows(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row per quality metric: value, ceiling (a second real sample), floor (independent columns), better, meaning.

    A metric that describes the real records has the same value beside them, which is not said again.
    """
    columns = {key: result.get(f"quality_{key}") or {} for key in ("real", "independent")}
    rows = []
    for name, value in result.get("quality", {}).items():
        known = metric_meaning(name)
        better, meaning = (None, "") if known is None else (known.better, known.meaning)
        of_real_records = known is not None and better is None
        beside = {key: None if of_real_records else values.get(name) for key, values in columns.items()}
        rows.append({"name": name, "value": value, **beside, "better": better, "meaning": meaning})
    return rows


def partition_rows(leakage: Sequence[Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """For every attack the partitions with the lowest and the highest AUC; empty for K = 1."""
    if not any(row["partition"] > 0 for row in leakage):
        return []
    rows = []
    for name in dict.fromkeys(row["attack"] for row in leakage):
        ordered = sorted((row for row in leakage if row["attack"] == name), key=lambda row: row["auc"])
        rows.append((name, ordered[0], ordered[-1]))
    return rows


def class_rows(result: Mapping[str, Any]) -> tuple[list[str], list[dict[str, Any]]]:
    """The strongest attack of each access level, and a row per class with the AUC of each of them."""
    strongest = [
        max(group, key=lambda attack: attack["auc"])["attack"] for group in by_attacker(result["attacks"]).values()
    ]
    found = {(row["label"], row["attack"]): row for row in result.get("classes", [])}
    labels = dict.fromkeys(label for label, _ in found)
    return strongest, [{"label": label, "attacks": [found[label, name] for name in strongest]} for label in labels]


def control_rows(controls: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """A row per control; of controls with one AUC per attack, the lowest and the highest."""
    if not controls:
        return []
    rows = []
    if blind := controls.get("blind_classifier"):
        text = f"{blind['auc']:.3f} {interval(blind['auc_low'], blind['auc_high'])}"
        meaning = "members and nonmembers that differ without any model"
        rows.append({"name": "blind classifier", "auc": text, "meaning": meaning})
    for name, key, meaning in CONTROLS:
        measured = [row for row in controls["attacks"] if row[key] is not None]
        if measured:
            lowest, highest = min(row[key] for row in measured), max(row[key] for row in measured)
            low, high = min(row[f"{key}_low"] for row in measured), max(row[f"{key}_high"] for row in measured)
            text = f"{lowest:.3f} to {highest:.3f} {interval(low, high)}"
            rows.append({"name": name, "auc": text, "meaning": meaning})
    return rows


def set_test_rows(tests: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """A row per test of the generated set: its value, and what would be usual without a leak."""
    if not tests:
        return []
    holdout, rows = tests["holdout"], []

    def add(name: str, value: str, expected: str) -> None:
        rows.append({"name": name, "value": value, "expected": expected})

    share = f"{holdout['dcr_share']:.3f} {interval(holdout['dcr_share_low'], holdout['dcr_share_high'])}"
    add("DCR share: generated records closer to a member", share, "0.5, within the interval")
    add("DCROverfittingProtection", f"{holdout['dcr_overfitting_protection']:.3f}", "1")
    for key, name in (
        ("nndr_ratio_10th", "NNDR ratio, 10th smallest"),
        ("nndr_ratio_5pct", "NNDR ratio, 5 % quantile"),
    ):
        add(name, significant(holdout[key]), "1: members against held-out records")
    for copies in tests["copies"]:
        where = f", on {', '.join(copies['columns'])}" if copies["columns"] else ""
        value = f"{copies['copied_members']} of {copies['members']} members"
        add(f"Exact copies{where}", value, f"held-out: {copies['copied_nonmembers']} of {copies['nonmembers']}")
    for stacked in tests["stacked"]:
        value = f"{stacked['auc']:.3f} {interval(stacked['auc_low'], stacked['auc_high'])}"
        add(f"All scores together, {stacked['access']} (upper bound): AUC", value, "0.5, within the interval")
    for risk in tests["guessing"]:
        value = f"{risk['risk']:.3f} {interval(risk['risk_low'], risk['risk_high'])}"
        weak = "; the attack was too weak to tell" if risk["is_too_weak"] else ""
        add(f"Risk of {risk['risk_of']}", value, f"0, within the interval{weak}")
    return rows


def overlap_rows(tests: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """A row per attack: its name, and its overlap with every attack, None with itself; empty for a single attack.

    Each row also holds `chance`, the overlap of attacks that have nothing to do with one another.
    """
    pairs = (tests or {}).get("overlap", [])
    names = list(dict.fromkeys(name for pair in pairs for name in (pair["first"], pair["second"])))
    shared = {frozenset((pair["first"], pair["second"])): pair["jaccard"] for pair in pairs}
    return [
        {
            "name": name,
            "overlaps": [(other, shared.get(frozenset((name, other)))) for other in names],
            "chance": pairs[0]["chance"],
        }
        for name in names
    ]


def vulnerable_rows(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row per attack: its AUC among records that stand apart, beside that of all; the highest first."""
    everybody = {attack["attack"]: attack for attack in result["attacks"]}
    rows = (result.get("set_tests") or {}).get("vulnerable", [])
    return [
        row | {"all": everybody[row["attack"]]}
        for row in sorted(rows, key=lambda row: -row["auc"])
        if row["attack"] in everybody
    ]


def provenance_rows(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is needed to make the numbers again: settings, data, split, versions, times."""
    provenance, rows = result.get("provenance", {}), []
    rows.append(("settings", _pairs(result.get("settings", {}))))
    rows.append(("training", _pairs(result.get("training", {}))))
    rows.append(("data and split", _pairs(result.get("data", {}))))
    rows.append(("versions", _pairs(provenance.get("versions", {}))))
    rows.append(("source", str(provenance.get("git_commit") or "")))
    rows.append(("machine", _pairs(provenance.get("machine", {}))))
    rows.append(("finished", str(provenance.get("finished") or "")))
    rows.append(("seconds", _pairs(result.get("timings", {}))))
    return [(name, value) for name, value in rows if value]


def _pairs(values: Mapping[str, Any]) -> str:
    """`a 1, b 2`; nested names joined by spaces, numbers with four digits."""
    parts: list[str] = []
    for name, value in values.items():
        if value is None or value == []:
            continue
        if isinstance(value, Mapping):
            parts += [f"{name} {inner}" for inner in _pairs(value).split(", ") if inner]
        elif isinstance(value, float):
            parts.append(f"{name} {value:.4g}")
        elif isinstance(value, list):
            parts.append(f"{name} {' x '.join(map(str, value))}")
        else:
            parts.append(f"{name} {value}")
    return ", ".join(parts)

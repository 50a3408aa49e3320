"""The tables printed at the end of a run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

SETTINGS_FIRST = ("dataset", "loss", "num_partitions", "seed")


def summary(result: Mapping[str, Any], directory: Path) -> RenderableType:
    """A finished run on one screen, at most 100 columns wide; print it with crop=False, or a long path is cut.

    Args:
        result: the content of result.json; `quality`, `attacks` and `controls` may be missing or empty.
        directory: the run directory.
    """
    parts: list[RenderableType] = [_settings(result.get("settings", {}))]
    if verdict := result.get("verdict"):
        parts.append(Padding(_verdict(verdict), (1, 0, 0, 0)))
    if quality := result.get("quality"):
        parts.append(Padding(_quality(quality), (1, 0, 0, 0)))
    if attacks := result.get("attacks"):
        parts.append(Padding(_attacks(attacks), (1, 0, 0, 0)))
    if any(row["partition"] > 0 for row in result.get("partitions", [])):  # K > 1
        parts.append(Padding(_partitions(result["partitions"]), (1, 0, 0, 0)))
    if controls := result.get("controls"):
        parts.append(Padding(_controls(controls), (1, 0, 0, 0)))
    parts += [Text(f"\nwarning: {warning}", style="yellow") for warning in result.get("warnings", [])]
    notes = [*result.get("notes", []), *(result.get("controls") or {}).get("notes", [])]
    parts += [Text(f"\nnote: {note}") for note in notes]
    # On one line, however long, so that it can be copied; Padding would cut it.
    parts += [Text(), Text(f"run directory: {directory}", no_wrap=True, overflow="ignore")]
    return Group(*parts)


def interval(low: float, high: float) -> str:
    """A 95 % interval as text."""
    return f"[{low:.3f}, {high:.3f}]"


def _verdict(verdict: Mapping[str, Any]) -> Text:
    """One or two sentences for each access level, then what can be done."""
    text = Text()
    for level in verdict["levels"]:
        subject, finding, reason = _parts_of(level)
        text.append(f"{subject}: ")
        text.append(finding, style="bold red" if level["finding"] == "leak found" else "bold")
        text.append(f"{reason}\n")
    text.append("\n".join([*verdict["caveats"], *verdict["advice"]]))
    text.rstrip()
    return text


def _parts_of(level: Mapping[str, Any]) -> tuple[str, str, str]:
    """The sentence of a level before its finding, the finding, and the rest."""
    subject, _, rest = level["sentence"].partition(": ")
    finding, dot, reason = rest.partition(".")
    return subject, finding, dot + reason


def _true_positives(attack: Mapping[str, Any]) -> tuple[str, str]:
    """TPR at 1 % FPR and its interval; "n/a" where there are too few nonmembers to measure it."""
    if attack["tpr_at_1pct_fpr"] is None:
        return "n/a", "too few"
    low, high = attack["tpr_at_1pct_fpr_low"], attack["tpr_at_1pct_fpr_high"]
    return f"{attack['tpr_at_1pct_fpr']:.3f}", interval(low, high)


def _settings(settings: Mapping[str, Any]) -> Text:
    names = [name for name in SETTINGS_FIRST if name in settings]
    names += [name for name in settings if name not in SETTINGS_FIRST and not isinstance(settings[name], Mapping)]
    return Text("  ".join(f"{name}={settings[name]}" for name in names), style="bold")


def _quality(quality: Mapping[str, float]) -> Table:
    table = _table("Quality", "metric", "value")
    for name, value in quality.items():
        table.add_row(name, f"{value:.4g}")
    return table


def _attacks(attacks: list[Mapping[str, Any]]) -> Table:
    table = _table(
        "Membership inference attacks, with 95 % intervals",
        "attack",
        "access",
        "AUC",
        "interval",
        "TPR at 1 % FPR",
        "interval",
        "",
    )
    for attack in sorted(attacks, key=lambda attack: -attack["auc"]):
        leaks = "leaks" if attack.get("leaks") else ""
        table.add_row(
            attack["attack"],
            attack["access"],
            f"{attack['auc']:.3f}",
            interval(attack["auc_low"], attack["auc_high"]),
            *_true_positives(attack),
            leaks,
            style="bold" if leaks else "",
        )
    sizes = {(attack["num_members"], attack["num_nonmembers"]) for attack in attacks}
    members, nonmembers = min(sizes)
    least = "" if len(sizes) == 1 else "at least "
    table.caption = f"{least}{members} members against {nonmembers} nonmembers; AUC 0.5 = guessing"
    return table


def _controls(controls: Mapping[str, Any]) -> Table:
    """AUCs that should be 0.5; of controls with one AUC per attack, the lowest and the highest."""
    table = _table("Controls, expected AUC 0.5", "control", "AUC", "interval")
    if blind := controls["blind_classifier"]:
        table.add_row("blind classifier", f"{blind['auc']:.3f}", interval(blind["auc_low"], blind["auc_high"]))
    for name, key in (("permuted membership", "permuted_auc"), ("untrained networks", "untrained_auc")):
        rows = [row for row in controls["attacks"] if row[key] is not None]
        if rows:
            lowest, highest = min(row[key] for row in rows), max(row[key] for row in rows)
            low, high = min(row[f"{key}_low"] for row in rows), max(row[f"{key}_high"] for row in rows)
            table.add_row(name, f"{lowest:.3f} to {highest:.3f}", interval(low, high))
    return table


def _partitions(leakage: list[Mapping[str, Any]]) -> Table:
    """For every attack the partitions with the lowest and the highest AUC."""
    table = _table(
        "Membership inference per partition: lowest and highest AUC",
        *("attack", "lowest AUC", "interval", "partition", "highest AUC", "interval", "partition"),
    )
    for name in dict.fromkeys(row["attack"] for row in leakage):
        ordered = sorted((row for row in leakage if row["attack"] == name), key=lambda row: row["auc"])
        cells = [
            (f"{row['auc']:.3f}", interval(row["auc_low"], row["auc_high"]), str(row["partition"]))
            for row in (ordered[0], ordered[-1])
        ]
        table.add_row(name, *cells[0], *cells[1])
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", caption_justify="left", box=None, pad_edge=False)
    for i, column in enumerate(columns):
        is_text = i == 0 or column in ("access", "")
        table.add_column(column, justify="left" if is_text else "right", no_wrap=i == 0 or column == "interval")
    return table

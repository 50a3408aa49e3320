"""The short table that ends a run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

SETTINGS_FIRST = ("dataset", "loss", "num_partitions", "seed")


def summary(result: Mapping[str, Any], directory: Path) -> RenderableType:
    """A finished run on one screen, at most 100 columns wide; print it with crop=False, for the path's sake.

    Args:
        result: the content of result.json; `quality`, `attacks` and `controls` may be missing or empty.
        directory: where the run is.
    """
    parts: list[RenderableType] = [_settings(result.get("settings", {}))]
    if quality := result.get("quality"):
        parts.append(Padding(_quality(quality), (1, 0, 0, 0)))
    if attacks := result.get("attacks"):
        parts.append(Padding(_attacks(attacks), (1, 0, 0, 0)))
    if leakage := [each for each in result.get("partitions", []) if each["partition"] > 0]:  # K > 1
        names = list(dict.fromkeys(each["attack"] for each in leakage))
        parts.append(Padding(_partitions(names, result["partitions"]), (1, 0, 0, 0)))
    if controls := result.get("controls"):
        parts.append(Padding(_controls(controls), (1, 0, 0, 0)))
    parts += [Text(f"\nwarning: {each}", style="yellow") for each in result.get("warnings", [])]
    # One line however long it is, so that it can be copied; Padding would cut it.
    parts += [Text(f"\nnote: {each}") for each in result.get("notes", [])]
    parts += [Text(), Text(f"run directory: {directory}", no_wrap=True, overflow="ignore")]
    return Group(*parts)


def interval(low: float, high: float) -> str:
    """A 95 % interval as it stands behind its figure."""
    return f"[{low:.3f}, {high:.3f}]"


def verdict(attack: Mapping[str, Any]) -> str:
    """What the interval of the AUC says: the attack beats guessing, is beaten by it, or neither."""
    if attack["auc_low"] > 0.5:
        return "leaks"
    if attack["auc_high"] < 0.5:
        return "below 0.5"
    return ""


def _true_positives(attack: Mapping[str, Any]) -> tuple[str, str]:
    """TPR at 1 % FPR with its interval; too few nonmembers leave it unresolved."""
    if attack["tpr_at_1pct_fpr"] is None:
        return "n/a", "too few"
    low, high = attack["tpr_at_1pct_fpr_low"], attack["tpr_at_1pct_fpr_high"]
    return f"{attack['tpr_at_1pct_fpr']:.3f}", interval(low, high)


def _settings(settings: Mapping[str, Any]) -> Text:
    names = [name for name in SETTINGS_FIRST if name in settings]
    names += [name for name in settings if name not in SETTINGS_FIRST and not isinstance(settings[name], Mapping)]
    return Text("  ".join(f"{name}={settings[name]}" for name in names), style="bold")


def _quality(quality: Mapping[str, float]) -> Table:
    table = _table("Quality", "figure", "value")
    for name, value in quality.items():
        table.add_row(name, f"{value:.4g}")
    return table


def _attacks(attacks: list[Mapping[str, Any]]) -> Table:
    table = _table(
        "Membership inference, with 95 % intervals",
        "attack",
        "sees",
        "AUC",
        "interval",
        "TPR at 1 % FPR",
        "interval",
        "",
    )
    for attack in sorted(attacks, key=lambda attack: -attack["auc"]):
        mark = verdict(attack)
        table.add_row(
            attack["attack"],
            attack["access"],
            f"{attack['auc']:.3f}",
            interval(attack["auc_low"], attack["auc_high"]),
            *_true_positives(attack),
            mark,
            style="bold" if mark else "",
        )
    sizes = {(attack["num_members"], attack["num_nonmembers"]) for attack in attacks}
    members, nonmembers = min(sizes)
    least = "" if len(sizes) == 1 else "at least "
    table.caption = (
        f"{least}{members} members against {nonmembers} nonmembers; leaks = the whole interval lies above 0.5"
    )
    return table


def _controls(controls: Mapping[str, Any]) -> Table:
    """AUCs that should be 0.5; where there is one per attack, the lowest and the highest."""
    table = _table("Controls: AUC where there is nothing to find", "control", "AUC", "interval")
    if blind := controls["blind_classifier"]:
        table.add_row("blind classifier", f"{blind['auc']:.3f}", interval(blind["auc_low"], blind["auc_high"]))
    for name, key in (("permuted membership", "permuted_auc"), ("untrained networks", "untrained_auc")):
        found = [attack for attack in controls["attacks"] if attack[key] is not None]
        aucs = [attack[key] for attack in found]
        if found:
            outer = interval(min(each[f"{key}_low"] for each in found), max(each[f"{key}_high"] for each in found))
            table.add_row(name, f"{min(aucs):.3f} to {max(aucs):.3f}", outer)
    return table


def _partitions(names: list[str], leakage: list[Mapping[str, Any]]) -> Table:
    table = _table(
        "Leakage per partition, the least and the most",
        *("attack", "lowest AUC", "interval", "partition", "highest AUC", "interval", "partition"),
    )
    for name in names:
        ordered = sorted((each for each in leakage if each["attack"] == name), key=lambda each: each["auc"])
        cells = [
            (f"{each['auc']:.3f}", interval(each["auc_low"], each["auc_high"]), str(each["partition"]))
            for each in (ordered[0], ordered[-1])
        ]
        table.add_row(name, *cells[0], *cells[1])
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", caption_justify="left", box=None, pad_edge=False)
    for i, column in enumerate(columns):
        is_text = i == 0 or column in ("sees", "")
        table.add_column(column, justify="left" if is_text else "right", no_wrap=i == 0 or column == "interval")
    return table

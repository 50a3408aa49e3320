"""The tables printed at the end of a run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pargan.report.report_tables import partition_rows, quality_rows
from pargan.report.words import ATTACKERS, by_attacker, interval, parts_of_sentence, significant

SETTINGS_FIRST = ("dataset", "loss", "num_partitions", "seed")
HOW_TO_READ = (
    "AUC: how often a member scores above a nonmember. TPR at 1 % FPR: share of the members found while wrongly "
    "accusing 1 % of the nonmembers; guessing finds 0.010."
)


def summary(result: Mapping[str, Any], directory: Path, files: Mapping[str, Path] | None = None) -> RenderableType:
    """A finished run on one screen, for 80 columns or more; print it with crop=False, or a long path is cut.

    The verdict comes first, then quality, then the attacks from the weakest attacker to the strongest.

    Args:
        result: the content of result.json; `quality`, `attacks` and `controls` may be missing or empty.
        directory: the run directory.
        files: that were written there and are worth a line, by what they are.
    """
    paths = {"run directory": directory, **(files or {})}
    # On one line, however long, so that it can be copied; Padding would cut it.
    places = (Text(f"{name}: {path}", no_wrap=True, overflow="ignore") for name, path in paths.items())
    return Group(_settings(result.get("settings", {})), *audit_tables(result), Text(), *places)


def audit_tables(result: Mapping[str, Any]) -> list[RenderableType]:
    """The verdict, the tables and the notes of an audit, each with an empty line above it.

    Args:
        result: as in `summary`.
    """
    parts: list[RenderableType] = []
    if verdict := result.get("verdict"):
        parts.append(Padding(_verdict(verdict), (1, 0, 0, 0)))
    if result.get("quality"):
        parts.append(Padding(_quality(result), (1, 0, 0, 0)))
    if attacks := result.get("attacks"):
        parts.append(Padding(_attacks(attacks), (1, 0, 0, 0)))
    if any(row["partition"] > 0 for row in result.get("partitions", [])):  # K > 1
        parts.append(Padding(_partitions(result["partitions"]), (1, 0, 0, 0)))
    if controls := result.get("controls"):
        parts.append(Padding(_controls(controls), (1, 0, 0, 0)))
    parts += [Text(f"\nwarning: {warning}", style="yellow") for warning in result.get("warnings", [])]
    notes = [*result.get("notes", []), *(result.get("controls") or {}).get("notes", [])]
    parts += [Text(f"\nnote: {note}") for note in notes]
    return parts


def _verdict(verdict: Mapping[str, Any]) -> RenderableType:
    """One or two sentences for each access level, then what they mean and what can be done."""
    text = Text()
    for level in verdict["levels"]:
        subject, finding, reason = parts_of_sentence(level["sentence"])
        text.append(f"{subject}: ")
        text.append(finding, style="bold red" if level["finding"] == "leak found" else "bold")
        text.append(f"{reason}\n")
    text.append("".join(f"{caveat}\n" for caveat in verdict["caveats"]))
    text.rstrip()
    parts: list[RenderableType] = [text]
    for title, key in (("What it means", "meaning"), ("What can be done", "advice")):
        if sentences := verdict.get(key):  # results of earlier versions say no meaning
            listed = Table.grid(padding=(0, 1, 0, 0))
            for sentence in sentences:
                listed.add_row("-", Text(sentence))
            parts += [Text(f"\n{title}", style="bold"), listed]
    return Group(*parts)


def _with_interval(row: Mapping[str, Any], key: str) -> str:
    """A metric and its interval; "too few records" where there are too few to measure it."""
    if row[key] is None:
        return "too few records"
    return f"{row[key]:.3f} {interval(row[f'{key}_low'], row[f'{key}_high'])}"


def _settings(settings: Mapping[str, Any]) -> Text:
    names = [name for name in SETTINGS_FIRST if name in settings]
    names += [name for name in settings if name not in SETTINGS_FIRST and not isinstance(settings[name], Mapping)]
    return Text("  ".join(f"{name}={settings[name]}" for name in names), style="bold")


def _quality(result: Mapping[str, Any]) -> Table:
    """A row per metric; ceiling and floor stand beside it where they were measured."""
    rows = quality_rows(result)
    beside = [
        (key, title)
        for key, title in (("real", "second real sample"), ("independent", "independent columns"))
        if any(row[key] is not None for row in rows)
    ]
    table = _table("Quality", "metric", "value", *(title for _, title in beside), "better")
    for row in rows:
        table.add_row(
            row["name"], *(significant(row[key]) for key in ("value", *(key for key, _ in beside))), row["better"] or ""
        )
    return table


def _attacks(attacks: list[Mapping[str, Any]]) -> RenderableType:
    """The attacks by attacker, from the weakest attacker to the strongest; a line about the attacker above each."""
    width = max(len(attack["attack"]) for attack in attacks) + 2
    header = _attack_rows(width)
    header.add_row("attack", "AUC (0.5 = guessing)", "TPR at 1 % FPR", "", style="bold")
    title = Text("Membership inference attacks, with 95 % intervals (higher = leaks more)", style="italic")
    parts: list[RenderableType] = [title, header]
    for level, group in by_attacker(attacks).items():
        parts.append(Text(f"{level}: {ATTACKERS[level].title}" if level in ATTACKERS else level))
        table = _attack_rows(width)
        for attack in group:
            leaks = "leaks" if attack.get("leaks") else ""
            cells = (_with_interval(attack, "auc"), _with_interval(attack, "tpr_at_1pct_fpr"))
            table.add_row(f"  {attack['attack']}", *cells, leaks, style="bold" if leaks else "")
        parts.append(table)
    sizes = {(attack["num_members"], attack["num_nonmembers"]) for attack in attacks}
    members, nonmembers = min(sizes)
    least = "" if len(sizes) == 1 else "at least "
    return Group(*parts, Text(f"{least}{members} members against {nonmembers} nonmembers. {HOW_TO_READ}"))


def _attack_rows(width: int) -> Table:
    """An empty table whose columns have the same place for every attacker."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(width=width, overflow="fold")
    for _ in range(2):
        table.add_column(width=len("0.000 [0.000, 0.000]"), justify="right")
    table.add_column()
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
    table = _table("AUC per partition (higher = leaks more)", "attack", "lowest, in partition", "highest, in partition")
    for name, lowest, highest in partition_rows(leakage):
        table.add_row(name, *(f"{_with_interval(row, 'auc')} in {row['partition']}" for row in (lowest, highest)))
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", caption_justify="left", box=None, pad_edge=False)
    for i, column in enumerate(columns):
        is_text = i == 0 or column in ("better", "")
        table.add_column(column, justify="left" if is_text else "right", overflow="fold")
    return table

"""The tables of sweep.html and sweep_differences.csv."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pargan.judge.intervals import Interval
from pargan.metrics.meanings import metric_meaning
from pargan.report.sweep import SweepGroup
from pargan.report.sweep_comparison import (
    LEAKAGE,
    Difference,
    K,
    Measured,
    attack_metric,
    attacks_of,
    control_of,
    difference,
    levels_of,
    quality_metric,
    quality_names,
    strongest,
)
from pargan.report.words import interval, significant

COLUMNS = 3  # configurations beside their control, as many as fit beside each other
LONGEST_LABEL = 16  # letters in a plot


@dataclass(frozen=True)
class Row:
    """A metric that is compared over configurations.

    Attributes:
        kind: quality, strongest, or attack.
        name: what is measured, with its unit.
        lower: whether lower is better, of leakage and of quality alike; None where neither is.
        measure: the metric of a group.
    """

    kind: str
    name: str
    lower: bool | None
    measure: Callable[[SweepGroup], Measured | None]

    @property
    def is_quality(self) -> bool:
        """Whether better means better records, and not less leakage."""
        return self.kind == QUALITY

    def number(self, value: float, digits: int = 3) -> str:
        """The value as text; of metrics of quality with so many significant digits."""
        return significant(float(f"{value:.{digits}g}")) if self.is_quality else f"{value:.3f}"

    def verdict(self, found: Difference | None) -> str:
        """What a difference says in words; empty where it is not resolved."""
        if found is None or not found.is_resolved or self.lower is None:
            return ""
        better, worse = ("better", "worse") if self.is_quality else ("leaks less", "leaks more")
        return better if (found.value < 0) == self.lower else worse


QUALITY, STRONGEST, SINGLE = "Quality", "Strongest attack", "AUC of single attacks"


def rows_of(groups: Sequence[SweepGroup]) -> list[Row]:
    """All metrics of these groups: quality, the strongest attack of each access level, single attacks."""
    rows = []
    for name in quality_names(groups):
        meaning = metric_meaning(name)
        lower = None if meaning is not None and meaning.better is None else meaning is None or meaning.better == "lower"
        rows.append(Row(QUALITY, name, lower, partial(quality_metric, name=name)))
    for level in levels_of(groups):
        for metric, title in LEAKAGE.items():
            measure = partial(strongest, level=level, metric=metric)
            if any(measure(group) for group in groups):
                rows.append(Row(STRONGEST, f"{level}, {title}", True, measure))
    for name in dict.fromkeys(name for group in groups for name in attacks_of(group)):
        rows.append(Row(SINGLE, name, True, partial(attack_metric, name=name, metric="auc")))
    return rows


def families(groups: Sequence[SweepGroup]) -> list[tuple[SweepGroup | None, list[SweepGroup]]]:
    """Each control with the configurations that differ from it in K alone; then those without a control."""
    found: list[tuple[SweepGroup | None, list[SweepGroup]]] = []
    rest = list(groups)
    for control in groups:
        members = [group for group in groups if control_of(group, groups) is control]
        if members:
            found.append((control, members))
            rest = [group for group in rest if group is not control and group not in members]
    return [*found, (None, rest)] if rest else found


def comparison_tables(groups: Sequence[SweepGroup], labels: Mapping[int, str]) -> list[dict[str, Any]]:
    """For the page: a table per control, of at most `COLUMNS` configurations beside it, with a row per metric.

    Args:
        groups: what can be compared.
        labels: the name of each group by its `id`.
    """
    tables = []
    rows = rows_of(groups)
    for control, members in families(groups):
        for start in range(0, len(members), COLUMNS):
            shown = members[start : start + COLUMNS]
            columns = [*([control] if control else []), *shown]
            body: dict[str, list[dict[str, Any]]] = {}
            for row in rows:
                cells = [_cell(row, group, None if group is control else control) for group in columns]
                if any(cell["value"] for cell in cells):
                    body.setdefault(row.kind, []).append({"name": row.name, "better": _better(row), "cells": cells})
            heads = [
                {"label": labels[id(group)], "seeds": group.num_jobs, "is_control": group is control}
                for group in columns
            ]
            tables.append({"heads": heads, "body": body, "has_control": control is not None})
    return tables


def difference_rows(groups: Sequence[SweepGroup]) -> list[dict[str, Any]]:
    """For the CSV: a row per configuration with a control and per metric."""
    found = []
    for row in rows_of(groups):
        for group in groups:
            control = control_of(group, groups)
            each = None if control is None else difference(group, control, row.measure)
            if each is not None:
                low, high = each.interval[1:] if each.interval else (None, None)
                found.append(
                    {**group.settings, "kind": row.kind, "metric": row.name, "seeds": each.seeds}
                    | {"control_mean": each.control, "difference": each.value, "low": low, "high": high}
                )
    return found


def findings(groups: Sequence[SweepGroup], labels: Mapping[int, str]) -> list[str]:
    """A sentence per access level and for the main quality metric: which configurations differ from K = 1 for sure."""
    rows = rows_of(groups)
    main = [row for row in rows if row.kind == QUALITY][:1]
    sentences, open_questions = [], []
    for row in [*(row for row in rows if row.kind == STRONGEST), *main]:
        words: dict[str, list[str]] = {}
        for group in groups:
            control = control_of(group, groups)
            found = None if control is None else difference(group, control, row.measure)
            if found is not None:
                words.setdefault(row.verdict(found), []).append(labels[id(group)])
        unresolved = words.pop("", [])
        if words:
            parts = [f"{word} with {'; '.join(names)}" for word, names in words.items()]
            parts += [f"not resolved with {'; '.join(unresolved)}"] if unresolved else []
            sentences.append(f"{row.name}: {' / '.join(parts)}.")
        elif unresolved:
            open_questions.append(row.name)
    return sentences + ([f"Not resolved anywhere: {'; '.join(open_questions)}."] if open_questions else [])


def short_labels(groups: Sequence[SweepGroup]) -> list[str]:
    """What a plot calls each group: the values of its settings, or its number where that would be long.

    Settings that follow from the others, such as steps that were chosen for each loss, are left out.
    """
    names = list(groups[0].settings)
    for name in reversed(groups[0].settings):
        others = [each for each in names if each != name]
        if name != K and len({tuple(str(group.settings[each]) for each in others) for group in groups}) == len(groups):
            names = others
    labels = [", ".join(_setting(name, group.settings[name], False) for name in names) for group in groups]
    if max(map(len, labels)) > LONGEST_LABEL or len(set(labels)) < len(labels):
        return [str(number) for number in range(1, len(groups) + 1)]
    return [label or "all seeds" for label in labels]


def full_label(group: SweepGroup) -> str:
    """All settings that differ between groups, with their names."""
    return ", ".join(_setting(*pair, True) for pair in group.settings.items())


def _setting(name: str, value: Any, with_name: bool) -> str:
    """A short form; a value that could be anything, such as a number, keeps the last part of its name."""
    if name == K:
        return f"K={value}"
    is_word = isinstance(value, str) and not value[:1].isdigit() and value not in ("true", "false", "null")
    return str(value) if is_word and not with_name else f"{name if with_name else name.split('.')[-1]}={value}"


def _cell(row: Row, group: SweepGroup, control: SweepGroup | None) -> dict[str, str]:
    measured = row.measure(group)
    if measured is None:
        return {"value": "", "attack": "", "difference": "", "verdict": ""}
    sd = "" if measured.sd is None else f" ± {row.number(measured.sd, 2)}"
    found = None if control is None else difference(group, control, row.measure)
    text = "" if found is None else f"{_signed(row, found.value)} {_interval(row, found.interval)}".rstrip()
    return {
        "value": f"{row.number(measured.mean)}{sd}",
        "attack": measured.name if row.kind == STRONGEST else "",
        "difference": text,
        "verdict": row.verdict(found),
    }


def _signed(row: Row, value: float) -> str:
    return f"{'+' if value >= 0 else ''}{row.number(value)}"


def _interval(row: Row, found: Interval | None) -> str:
    if found is None:
        return ""
    return f"[{row.number(found.low)}, {row.number(found.high)}]" if row.is_quality else interval(*found[1:])


def _better(row: Row) -> str:
    return "" if row.lower is None else "lower is better" if row.lower else "higher is better"

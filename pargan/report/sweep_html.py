"""sweep.html and its companions, made from what the jobs of a sweep left on the disk."""

import csv
import io
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from pargan.errors import ParganError
from pargan.io.files import write_atomically
from pargan.io.sweep_directory import SweepDirectory
from pargan.report.report_tables import provenance_rows
from pargan.report.sweep import SweepGroup, sweep_groups, write_sweep
from pargan.report.sweep_comparison import (
    LEAKAGE,
    K,
    comparable,
    levels_of,
    lower_is_better,
    main_quality,
    quality_metric,
    strongest,
)
from pargan.report.sweep_plots import Configuration, pareto_panel, write_pareto
from pargan.report.sweep_tables import comparison_tables, difference_rows, families, findings, full_label, short_labels
from pargan.report.words import ATTACKERS

LIMITS = (
    "The strongest attack is the one with the highest mean over seeds, for each configuration. The highest of several "
    "is above what that attack would reach on new seeds.",
    "Each interval of a difference covers 95 % on its own: of twenty of them one leaves 0 out by chance.",
    "An interval over two or three seeds is wide. That it holds 0 does not say that there is no difference.",
    "A generator that learnt less also leaks less: compare leakage where quality is alike.",
    "An AUC near 0.5 means that these attacks fail, not that no attack can succeed.",
)


def write_sweep_report(directory: SweepDirectory, missing: Sequence[str] = ()) -> None:
    """Write pareto.png and sweep.html from the results of the jobs.

    Args:
        directory: of the sweep.
        missing: a phrase for every job that has no result.

    Raises:
        ParganError: no job has ended, or a file cannot be written.
    """
    results = _results(directory)
    boards = comparable(sweep_groups(list(results.values())))
    directory.pareto.unlink(missing_ok=True)  # an earlier one would show other jobs
    if boards and (panels := pareto_panels(boards[0])):
        write_pareto(panels, lower_is_better(panels[0][2][0].quality.name), directory.pareto)
    write_atomically(directory.report, render_sweep(results, missing).encode())


def write_sweep_tables(directory: SweepDirectory) -> None:
    """Write sweep.csv and sweep_differences.csv from the results of the jobs.

    Raises:
        ParganError: no job has ended, or a file cannot be written.
    """
    results = list(_results(directory).values())
    write_sweep(results, directory.table)
    rows = [row for board in comparable(sweep_groups(results)) for row in difference_rows(board)]
    write_atomically(directory.differences, _csv(rows).encode())


def render_sweep(results: Mapping[str, Mapping[str, Any]], missing: Sequence[str] = ()) -> str:
    """The page.

    Args:
        results: folder name -> content of result.json, of jobs that finished or failed; the name becomes a link.
        missing: a phrase for every job that has no result.
    """
    templates = files("pargan.report") / "templates"
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((templates / "sweep.html.j2").read_text())
    groups = sweep_groups(list(results.values()))
    finished = [result for result in results.values() if not result.get("error")]
    failed = {name: result["error"] for name, result in results.items() if result.get("error")}
    boards = comparable(groups)
    return template.render(
        css=Markup((templates / "report.css").read_text()),
        finished=len(finished),
        failed=failed,
        missing=missing,
        varying=", ".join(dict.fromkeys(name for group in groups for name in group.settings)) or "the seed alone",
        seeds=sorted({str(result.get("settings", {}).get("seed")) for result in finished}),
        boards=[_board(board, place, len(boards) > 1) for place, board in enumerate(boards)],
        runs=[_run(name, result) for name, result in results.items() if not result.get("error")],
        levels=levels_of(groups),
        attackers=ATTACKERS,
        provenance=[row for row in provenance_rows(finished[0]) if row[0] in ("versions", "source", "machine")]
        if finished
        else [],
        limits=LIMITS,
        version=version("pargan"),
    )


def pareto_panels(groups: Sequence[SweepGroup]) -> list[tuple[str, str, list[Configuration]]]:
    """Access level, metric and configurations of each plot; empty without quality or attacks.

    Args:
        groups: what can be compared.
    """
    quality = main_quality(groups[0])
    if quality is None:
        return []
    panels = []
    for level in levels_of(groups):
        for metric in LEAKAGE:
            shown = []
            for group, label in zip(groups, short_labels(groups), strict=True):
                leakage, measured = strongest(group, level, metric), quality_metric(group, quality)
                if leakage is not None and measured is not None:
                    is_control = group.results[0].get("settings", {}).get(K) == 1
                    shown.append(Configuration(label, is_control, leakage, measured))
            if shown:
                panels.append((level, metric, shown))
    return panels


def _board(groups: Sequence[SweepGroup], place: int, is_one_of_several: bool) -> dict[str, Any]:
    """What the page shows of groups that can be compared."""
    short = short_labels(groups)
    labels = {
        id(group): f"{label}: {full_label(group)}" if label.isdecimal() else label
        for group, label in zip(groups, short, strict=True)
    }
    panels = [
        {
            "level": level,
            "metric": metric,
            "svg": Markup(
                pareto_panel(
                    shown, level, metric, lower_is_better(shown[0].quality.name), f"pareto-{place}-{level}-{number}"
                )
            ),
        }
        for number, (level, metric, shown) in enumerate(pareto_panels(groups))
    ]
    settings = groups[0].results[0].get("settings", {})
    return {
        "title": f"{settings.get('dataset', 'records')}, {main_quality(groups[0])}" if is_one_of_several else "",
        "panels": panels,
        "lower_is_better": lower_is_better(main_quality(groups[0]) or ""),
        "findings": findings(groups, labels),
        "has_control": any(control for control, _ in families(groups)),
        "tables": comparison_tables(groups, labels),
        "most_seeds": max(group.num_jobs for group in groups),
    }


def _run(name: str, result: Mapping[str, Any]) -> dict[str, Any]:
    levels = (result.get("verdict") or {}).get("levels", [])
    return {"name": name, "findings": {level["access"]: level["finding"] for level in levels}}


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO(newline="")
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(text, names or ["metric", "seeds", "control_mean", "difference", "low", "high"])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _results(directory: SweepDirectory) -> dict[str, Mapping[str, Any]]:
    results = directory.results()
    if not results:
        problem = f"{directory.path} holds no job that has ended"
        raise ParganError(problem, remedy="give the directory of a sweep, outputs/sweeps/<time>")
    return results

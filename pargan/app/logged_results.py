"""What loggers show of a run as a whole: numbers and the words of the verdict, no record and no path."""

from collections.abc import Iterable, Mapping
from typing import Any

from pargan.app.resolvers import run_name
from pargan.io.run_directory import RunDirectory
from pargan.metrics.meanings import metric_meaning

SHOWN = ("auc", "auc_low", "auc_high", "tpr_at_1pct_fpr")
"""Metrics of an attack."""


def curve_summaries(attacks: Iterable[str], quality: Iterable[str]) -> dict[str, str]:
    """Curve -> what a table of runs shows of it: the last value, the highest AUC, the best quality.

    Args:
        attacks: their names.
        quality: names of the quality metrics.
    """
    best = {"lower": "min", "higher": "max"}
    meanings = {name: metric_meaning(name) for name in quality}
    directions = {name: meaning.better for name, meaning in meanings.items() if meaning and meaning.better}
    return {
        **{f"attack/{name}/auc": "last,max" for name in attacks},
        "quality/distance": "last,min",
        **{f"quality/{name}": f"last,{best[direction]}" for name, direction in directions.items()},
    }


def run_summary(result: Mapping[str, Any], directory: RunDirectory, with_paths: bool) -> dict[str, float | str]:
    """Metric or text of a finished run by name.

    Args:
        result: what result.json holds.
        directory: of the run.
        with_paths: give the whole path of the report, else its last folders, which name the run anyway.
    """
    quality = {f"final/quality/{name}": value for name, value in result["quality"].items()}
    main = dict.fromkeys(["final/quality/distance"] if quality else [], next(iter(quality.values()), 0.0))
    attacks: dict[str, float | str] = {}
    for attack in result["attacks"]:
        shown = {key: attack[key] for key in ("auc", "auc_low", "auc_high", "tpr_at_1pct_fpr")}
        attacks |= {
            f"final/attack/{attack['attack']}/{key}": value for key, value in shown.items() if value is not None
        }
    levels = (result["verdict"] or {"levels": []})["levels"]
    verdict = {f"verdict/{level['access']}": level["finding"] for level in levels}
    words = {"verdict": "\n\n".join(level["sentence"] for level in levels)} if levels else {}
    gate = {} if result["gate"] is None else {"fail_if": result["gate"]["status"]}
    report = str(directory.report.absolute()) if with_paths else f"{run_name(str(directory.path))}/report.html"
    return {**main, **quality, **attacks, **verdict, **words, **gate, "report": report}

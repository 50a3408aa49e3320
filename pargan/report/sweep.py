"""One table of all jobs of a multirun: mean and SD over seeds."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pargan.io.files import write_atomically
from pargan.report.words import significant

SEED = "seed"
GROUPS_PER_TABLE = 4  # as many as fit into 100 columns


@dataclass(frozen=True)
class MeanAndSd:
    """Mean and SD (n - 1) of a metric over seeds; `sd` is None for a single seed."""

    mean: float
    sd: float | None

    def __str__(self) -> str:
        return significant(self.mean) + ("" if self.sd is None else f" ± {significant(float(f'{self.sd:.2g}'))}")


@dataclass(frozen=True)
class SweepGroup:
    """The jobs that differ in nothing but the seed.

    Attributes:
        settings: the settings that differ between groups.
        metrics: `quality/<name>` and `attack/<name>/auc`.
        results: what result.json holds, of the jobs that finished.
        failures: an error message for every job that failed.
    """

    settings: dict[str, Any]
    metrics: dict[str, MeanAndSd]
    results: tuple[Mapping[str, Any], ...]
    failures: tuple[str, ...]

    @property
    def num_jobs(self) -> int:
        """Number of jobs that finished."""
        return len(self.results)


def sweep_groups(results: Sequence[Mapping[str, Any]]) -> list[SweepGroup]:
    """Group the jobs' results (contents of result.json) by the settings that differ, except the seed.

    The result of a job that failed has the error message in `error`.
    """
    varying = _names_of_varying([result.get("settings", {}) for result in results])
    jobs: dict[str, list[Mapping[str, Any]]] = {}
    for result in results:
        jobs.setdefault(json.dumps(_selected(result, varying), default=str), []).append(result)
    return [_group(group, varying) for group in jobs.values()]


def sweep_rows(results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row per group: settings, `jobs`, `failed`, `<metric>/mean`, `<metric>/sd` (None for one seed)."""
    rows = []
    for group in sweep_groups(results):
        row: dict[str, Any] = dict(group.settings)
        row |= {"jobs": group.num_jobs, "failed": len(group.failures)}
        for name, metric in group.metrics.items():
            row |= {f"{name}/mean": metric.mean, f"{name}/sd": metric.sd}
        rows.append(row)
    return rows


def write_sweep(results: Sequence[Mapping[str, Any]], path: Path) -> Path:
    """Write `sweep_rows` as CSV, with an empty cell where a group lacks a metric; returns `path`.

    Raises:
        ParganError: the file cannot be written.
    """
    rows = sweep_rows(results)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=_union(rows))
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, text.getvalue().encode())
    return path


def sweep_table(results: Sequence[Mapping[str, Any]]) -> RenderableType:
    """The sweep on one screen, at most 100 columns wide: a row per metric, a column per group, failed jobs below."""
    groups = sweep_groups(results)
    finished = [group for group in groups if group.num_jobs]
    parts: list[RenderableType] = [
        _table(finished[start : start + GROUPS_PER_TABLE]) for start in range(0, len(finished), GROUPS_PER_TABLE)
    ]
    for group in groups:
        parts += [Text(f"failed: {message}", style="red") for message in group.failures]
    return Group(*parts)


def _table(groups: Sequence[SweepGroup]) -> Table:
    table = Table(title="Mean ± SD over seeds", title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("metric", no_wrap=True)
    for group in groups:
        header = [f"{name}={value}" for name, value in group.settings.items()]
        seeds = "1 seed" if group.num_jobs == 1 else f"{group.num_jobs} seeds"
        table.add_column("\n".join([*header, seeds]), justify="right")
    for name in _union(group.metrics for group in groups):
        table.add_row(name, *(str(group.metrics.get(name, "")) for group in groups))
    return table


def _group(results: Sequence[Mapping[str, Any]], varying: Sequence[str]) -> SweepGroup:
    finished = [result for result in results if not result.get("error")]
    jobs = [_metrics(result) for result in finished]
    metrics = {name: _mean_and_sd([job[name] for job in jobs if name in job]) for name in _union(jobs)}
    failures = tuple(
        f"{_describe(_selected(result, [*varying, SEED]))}: {result['error']}"
        for result in results
        if result.get("error")
    )
    return SweepGroup(_selected(results[0], varying), metrics, tuple(finished), failures)


def _metrics(result: Mapping[str, Any]) -> dict[str, float]:
    """The metrics of one job by name."""
    quality = {f"quality/{name}": value for name, value in result.get("quality", {}).items()}
    return quality | {f"attack/{attack['attack']}/auc": attack["auc"] for attack in result.get("attacks", [])}


def _mean_and_sd(values: Sequence[float]) -> MeanAndSd:
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return MeanAndSd(float(np.mean(values)), sd)


def _names_of_varying(settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names of the settings that differ between jobs, in order and without the seed."""
    return [
        name
        for name in _union(settings)
        if name != SEED and len({json.dumps(job.get(name), default=str) for job in settings}) > 1
    ]


def _selected(result: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The settings of a job with these names, None for those it lacks."""
    return {name: result.get("settings", {}).get(name) for name in names}


def _describe(settings: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in settings.items())


def _union(mappings: Iterable[Mapping[str, Any]]) -> list[str]:
    """All keys without duplicates, in the order of first appearance."""
    return list(dict.fromkeys(key for mapping in mappings for key in mapping))

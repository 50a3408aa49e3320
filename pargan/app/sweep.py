"""Multirun: jobs that failed are recorded and named, a table and a report end the sweep, and it can be continued."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf

from pargan.app.gate_status import exit_if_gate_failed
from pargan.app.saved_config import UNREADABLE
from pargan.errors import counted
from pargan.io.files import write_atomically
from pargan.io.locks import is_locked
from pargan.io.optional import optional
from pargan.io.run_directory import RunDirectory
from pargan.io.sweep_directory import SweepDirectory

PRINTED_WIDTH = 120  # columns of the table where the output is no terminal


def record_failure(directory: RunDirectory, settings: Mapping[str, Any], error: str) -> None:
    """Write a result.json with the error that ended a job; an existing one is kept."""
    if directory.result.exists():
        return
    result = {
        "status": "failed",
        "error": error,
        "run_directory": str(directory.path),
        "settings": dict(settings),
    }
    write_atomically(directory.result, json.dumps(result, indent=2).encode())


def finished_before(directory: RunDirectory) -> Mapping[str, Any] | None:
    """The result of a job that had finished when its sweep was continued; None of one that is still to be run.

    The result of one that had failed is removed, so that it can run again.
    """
    result = SweepDirectory(directory.path.parent).results().get(directory.path.name)
    if result is None or not result.get("error"):
        return result
    directory.result.unlink()
    return None


def stored_overrides(directory: SweepDirectory) -> list[str] | None:
    """The overrides of the command that started a sweep; None where Hydra's record of it is missing or damaged."""
    try:
        stored: Any = OmegaConf.to_container(OmegaConf.load(directory.overrides), resolve=False)
        return [str(override) for override in stored["hydra"]["overrides"]["task"]]
    except (*UNREADABLE, LookupError, TypeError):
        return None


def missing_jobs(directory: SweepDirectory) -> list[str]:
    """A phrase for every job without a result: it was not started, is running, or did not end."""
    jobs = directory.jobs()
    missing = [
        f"{job.path.name} {'is still running' if is_locked(job.lock) else 'was started and did not end'}"
        for job in jobs
        if not job.result.is_file()
    ]
    numbers = [job.path.name.split("-")[0] for job in jobs]
    if all(number.isdecimal() for number in numbers):  # else the folders have names of the user's own
        started = set(map(int, numbers))
        commands = enumerate(_commands(stored_overrides(directory) or []))
        missing += [f"job {n} ({words}) was not started" for n, words in commands if n not in started]
    return missing


def _commands(overrides: Sequence[str]) -> list[str]:
    """The overrides of each job of a sweep, in order."""
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper  # not at import: Hydra imports this at start

    try:
        parsed = OverridesParser.create().parse_overrides(list(overrides))
        (jobs,) = BasicSweeper.split_arguments(parsed, max_batch_size=None)
    except HydraException:
        return []
    return [" ".join(job) for job in jobs]


class SweepSummary(Callback):
    """Collects the jobs' result.json files into a table, CSV files and a report; exits with 1 if a job failed."""

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        """Read what the jobs wrote, which includes jobs that ran in other processes."""
        from rich.console import Console

        from pargan.report.sweep import sweep_table  # not at import: Hydra imports this file at start
        from pargan.report.sweep_html import write_sweep_report, write_sweep_tables

        directory = SweepDirectory(Path(config.hydra.sweep.dir))
        results = list(directory.results().values())
        Console(width=None if sys.stdout.isatty() else PRINTED_WIDTH).print(sweep_table(results))
        write_sweep_tables(directory)
        with optional("sweep.html or pareto.png"):
            write_sweep_report(directory, missing_jobs(directory))
        failed = sum(bool(result.get("error")) for result in results)
        print(f"{counted(len(results), 'job')}, {failed} failed; table: {directory.table}; report: {directory.report}")
        if failed:
            sys.exit(1)
        exit_if_gate_failed(*results)

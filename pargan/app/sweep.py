"""Multirun: a failed job is recorded at once, and one table over all jobs ends the sweep."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig

from pargan.app.gate_status import exit_if_gate_failed
from pargan.io.files import write_atomically
from pargan.io.run_directory import RunDirectory

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


class SweepSummary(Callback):
    """Collects the jobs' result.json files into one table and one CSV; exits with 1 if a job failed."""

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        """Read what the jobs wrote, which includes jobs that ran in other processes."""
        from rich.console import Console

        from pargan.report.sweep import sweep_table, write_sweep  # not at import: Hydra imports this file at start

        folder = Path(config.hydra.sweep.dir)
        results = [json.loads(path.read_text()) for path in sorted(folder.glob("*/result.json"), key=_job_number)]
        Console(width=None if sys.stdout.isatty() else PRINTED_WIDTH).print(sweep_table(results))
        write_sweep(results, folder / "sweep.csv")
        failed = sum(result["status"] == "failed" for result in results)
        print(f"{len(results)} jobs, {failed} failed; table: {folder / 'sweep.csv'}")
        if failed:
            sys.exit(1)
        exit_if_gate_failed(*results)


def _job_number(path: Path) -> int:
    return int(path.parent.name.split("-")[0])

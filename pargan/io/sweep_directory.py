"""The paths of the files of a sweep, and what its jobs left."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pargan.io.run_directory import RunDirectory


@dataclass(frozen=True)
class SweepDirectory:
    """The paths inside the directory of a sweep, with a run directory for each job. The constructor reads nothing."""

    path: Path

    @property
    def exists(self) -> bool:
        """Whether this is the directory of a sweep, and not of a run."""
        return self.overrides.is_file() or (not RunDirectory(self.path).result.exists() and bool(self.jobs()))

    @property
    def overrides(self) -> Path:
        """Hydra's record of the command line."""
        return self.path / "multirun.yaml"

    @property
    def table(self) -> Path:
        """Mean and SD over seeds, a row per configuration."""
        return self.path / "sweep.csv"

    @property
    def differences(self) -> Path:
        """Paired differences to K = 1, a row per configuration and metric."""
        return self.path / "sweep_differences.csv"

    @property
    def report(self) -> Path:
        """The sweep as one page."""
        return self.path / "sweep.html"

    @property
    def pareto(self) -> Path:
        """Quality against leakage."""
        return self.path / "pareto.png"

    def jobs(self) -> list[RunDirectory]:
        """The run directories of the jobs that were started, by number."""
        found = [RunDirectory(path) for path in self.path.glob("*/") if path.is_dir()]
        return sorted((job for job in found if job.config.is_file() or job.result.is_file()), key=_number_and_name)

    def results(self) -> dict[str, Mapping[str, Any]]:
        """Folder name -> content of result.json, of the jobs that finished or failed.

        One that cannot be read counts as failed.
        """
        return {job.path.name: _result(job.result) for job in self.jobs() if job.result.is_file()}


def _result(path: Path) -> Mapping[str, Any]:
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return {"status": "failed", "error": f"{path} cannot be read: {error}"}
    if isinstance(result, dict) and ("error" in result or "attacks" in result):
        return result
    return {"status": "failed", "error": f"{path} is not the result of a run"}


def _number_and_name(job: RunDirectory) -> tuple[float, str]:
    """The job number that a folder's name begins with by default; others come last, by name."""
    number = job.path.name.split("-")[0]
    return (int(number) if number.isdecimal() else float("inf"), job.path.name)

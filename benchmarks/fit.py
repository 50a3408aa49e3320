"""python -m benchmarks.fit: seconds of a step in a longer `Trainer.fit`, by acceleration and precision.

Networks and settings are those of the recipes, records are random, callbacks are off. All contestants of a case run
in one process and take turns; the metric is the median over the turns. A contestant that is refused, or fails, is
reported and left out.
"""

import argparse
import json
import logging
import statistics
import warnings
from itertools import product
from pathlib import Path
from typing import Any

import torch

from benchmarks import cases
from benchmarks.timed_fits import keep_cublas_workspaces, turns_in_fit
from pargan.fast.process_tuning import disable_nvml_probe, raise_malloc_trim_threshold


def main() -> None:
    """Measure, print a line of JSON per contestant, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", choices=cases.CASES, default=cases.CASES, help="each in quotes")
    parser.add_argument("--steps", type=int, default=200, help="generator steps of a turn, at least")
    parser.add_argument("--turns", type=int, default=2, help="turns of each contestant")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--acceleration", nargs="+", default=["fast"], help="fast, plain, compile, graph")
    parser.add_argument("--precision", nargs="+", default=["32-true"], help="as the Trainer takes it")
    parser.add_argument("--json", type=Path, help="file for the metrics")
    arguments = parser.parse_args()
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"pytorch_lightning|lightning_utilities")
    disable_nvml_probe()
    raise_malloc_trim_threshold()
    keep_cublas_workspaces()
    device, rows = torch.device(arguments.device), []
    for case in arguments.cases:
        settings = list(product(arguments.acceleration, arguments.precision))
        for row in measure(case, settings, arguments.steps, arguments.turns, device):
            rows.append(row)
            print(json.dumps(row), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2))


def measure(
    case: str, settings: list[tuple[str, str]], steps: int, turns: int, device: torch.device
) -> list[dict[str, Any]]:
    """Median milliseconds of a step for each (acceleration, precision)."""
    fits = {
        (acceleration, precision): turns_in_fit(
            case, cases.configuration(case, None, acceleration), device, steps, precision
        )
        for acceleration, precision in settings
    }
    seconds: dict[tuple[str, str], list[float]] = {setting: [] for setting in fits}
    failed: dict[tuple[str, str], str] = {}
    for _ in range(turns):
        for setting, fit in fits.items():
            if setting in failed:
                continue
            try:
                seconds[setting] += next(fit)
            except Exception as error:  # reported, and the others go on
                failed[setting] = f"{type(error).__name__}: {error}"
    return [
        {
            "case": case,
            "acceleration": setting[0],
            "precision": setting[1],
            "steps": steps,
            **({"error": failed[setting]} if setting in failed else {"ms": statistics.median(taken) * 1e3}),
        }
        for setting, taken in seconds.items()
    ]


if __name__ == "__main__":
    main()

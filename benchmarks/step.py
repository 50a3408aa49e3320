"""python -m benchmarks.step: a training step of ours against the plain loop over K networks.

All contestants of a case run in one process and take turns, so that a noisy machine hurts them alike; the
figure is the median over turns. Networks and settings are those of the recipes, records are random.

    reference   K modules, K optimisers, a Python loop, a generator batch per discriminator
    ours        `ParGANModule.training_step` without a Trainer
    fit         the same inside `Trainer.fit`, callbacks off

`GFLOP` counts the matrix products and convolutions of our step; `of rate` is the share it reaches of the rate
at which this machine multiplies two 1024 x 1024 matrices, measured in the same turns. `MiB` is the peak resident
memory of a process that takes three steps, Python and PyTorch included.
"""

import argparse
import json
import logging
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.data import DataLoader
from torch.utils.flop_counter import flop_registry

from benchmarks import cases
from benchmarks.memory import peak_memory
from pargan import ParGANModule

MATRIX = 1024
WARM_UP = 2  # turns that are thrown away


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", default=cases.CASES, help=f"any of {', '.join(cases.CASES)}, in quotes")
    parser.add_argument("--partitions", nargs="+", type=int, help="K; default: the recipe's")
    parser.add_argument("--turns", type=int, default=15, help="turns of each contestant")
    parser.add_argument("--threads", type=int, help="CPU threads; default: the recipe's")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path, help="file for the figures")
    arguments = parser.parse_args()
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"pytorch_lightning|lightning_utilities")
    rows = []
    for case in arguments.cases:
        for num_partitions in arguments.partitions or [None]:
            device = torch.device(arguments.device)
            rows.append(measure(case, num_partitions, arguments.turns, arguments.threads, device))
            print(json.dumps(rows[-1]), flush=True)
    Console(width=120).print(table(rows))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2))


def measure(
    case: str, num_partitions: int | None, turns: int, threads: int | None, device: torch.device
) -> dict[str, Any]:
    """Median milliseconds of a step of each contestant, its work, and its peak memory."""
    cfg, spec = cases.configuration(case, num_partitions), cases.SPECS[case.split()[0]]
    torch.set_num_threads(threads or cfg.model.threads or torch.get_num_threads())
    real = cases.records(cfg, spec, device)
    ours = cases.ours(cfg, spec, device)
    fit = steps_in_fit(cases.build(cfg, spec).to(device), real)
    matrix = torch.rand(MATRIX, MATRIX, device=device)
    contestants: dict[str, Callable[[], float]] = {
        "reference": partial(timed, partial(cases.reference(cfg, spec, device), real), device),
        "ours": partial(timed, partial(ours, real), device),
        "fit": partial(next, fit),
        "matrix": partial(timed, partial(torch.mm, matrix, matrix), device),
    }
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(turns + WARM_UP):
        for name, contestant in contestants.items():
            times[name].append(contestant())
    medians = {name: statistics.median(each[WARM_UP:]) for name, each in times.items()}
    flops = flops_of(partial(ours, real))
    rate = 2 * MATRIX**3 / medians.pop("matrix")
    memory = {f"{name}_MiB": peak_memory(case, num_partitions, name) for name in ("reference", "ours")}
    return {
        "case": case,
        "num_partitions": cfg.num_partitions,
        "batch_size": cfg.data.batch_size,
        "threads": torch.get_num_threads(),
        **{name: seconds * 1e3 for name, seconds in medians.items()},
        "GFLOP": flops / 1e9,
        "of_rate": flops / medians["ours"] / rate,
        **(memory if device.type == "cpu" else {}),
    }


class FlopCounter(TorchDispatchMode):
    """Floating-point operations of matrix products and convolutions; FlopCounterMode refuses autograd.grad."""

    def __init__(self) -> None:
        super().__init__()
        self.flops = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Count one operation."""
        out = func(*args, **(kwargs or {}))
        count = flop_registry.get(func.overloadpacket)
        if count is not None:
            self.flops += count(*args, **(kwargs or {}), out_val=out)
        return out


def flops_of(step: Callable[[], None]) -> int:
    """Floating-point operations of the matrix products and convolutions in one call."""
    with FlopCounter() as counter:
        step()
    return counter.flops


def steps_in_fit(module: ParGANModule, real: Tensor) -> Iterator[float]:
    """Seconds from the start of one step of a fit to the start of the next; every `next` runs one fit."""
    steps = 12
    while True:
        clock = StepClock()
        trainer = pl.Trainer(
            max_epochs=1,
            callbacks=[clock],
            accelerator="gpu" if real.is_cuda else "cpu",
            devices=1,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(module, DataLoader([real] * steps, batch_size=None))
        yield statistics.median(np.diff(clock.starts))


class StepClock(pl.Callback):
    """When each step started."""

    def __init__(self) -> None:
        self.starts: list[float] = []

    def on_train_batch_start(self, *arguments: Any) -> None:
        """Note the time."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.starts.append(time.perf_counter())


def timed(step: Callable[[], Any], device: torch.device) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    step()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def table(rows: list[dict[str, Any]]) -> Table:
    """For people."""
    columns = ("case", "K", "B", "threads", "ref ms", "ours ms", "fit ms", "ref/ours", "fit/ours")
    result = Table(*columns, "GFLOP", "of rate", "ref MiB", "ours MiB")
    for row in rows:
        figures = [f"{row[name]:.2f}" for name in ("reference", "ours", "fit")]
        ratios = [f"{row['reference'] / row['ours']:.2f}", f"{row['fit'] / row['ours']:.2f}"]
        work = [f"{row['GFLOP']:.3g}", f"{row['of_rate']:.0%}"]
        memory = [f"{row[name]:.0f}" if name in row else "" for name in ("reference_MiB", "ours_MiB")]
        setting = [str(row[name]) for name in ("num_partitions", "batch_size", "threads")]
        result.add_row(row["case"], *setting, *figures, *ratios, *work, *memory)
    return result


if __name__ == "__main__":
    main()

"""python -m benchmarks.step: a training step of ours against the plain loop over K networks.

All contestants of a case, for all numbers of partitions, run in one process and take turns, so that a noisy machine
hurts them alike. A turn is a few steps in a row, as in training, after one that does not count; the metric is the
median over all of them. Networks and settings are those of the recipes, records are random.

    reference   K modules of PyTorch's layers, K optimisers, a Python loop, a generator batch per discriminator
    ours        `ParGANModule.training_step` without a Trainer
    fit         the same inside `Trainer.fit`, callbacks off: whole epochs, of 32 steps at most, with the batches
                gathered for them and what their ends take, over the steps
    callbacks   `fit`, and the default callbacks' share: an evaluation, with its images and checkpoints, over the
                steps from one to the next

`GFLOP` counts the matrix products and convolutions of the plain step; `of rate` is the rate of ours at that work beside
the rate at which this machine multiplies two large float32 matrices, measured in the same turns: above 100 % where we
reach the result with less work, or where a GPU convolves in TF32. `MiB` is the peak resident memory of a process that
takes three steps as they are written, Python and PyTorch included; on a GPU, the most that PyTorch allocates there for
ours. On a GPU the steps themselves are timed by CUDA events.
"""

import argparse
import contextlib
import copy
import io
import json
import logging
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig
from rich.console import Console
from rich.table import Table
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from benchmarks import cases
from benchmarks.memory import peak_memory
from benchmarks.timed_fits import EPOCH, UNCOUNTED, StepClock, keep_cublas_workspaces, silent_trainer, turns_in_fit
from pargan.fast.process_tuning import disable_nvml_probe, raise_malloc_trim_threshold

MATRIX = {"cpu": 1024, "cuda": 8192}  # large enough for the device's highest rate
WARM_UP = 1  # turns that are thrown away
STEPS = 5  # of a turn


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", choices=cases.CASES, default=cases.CASES, help="each in quotes")
    parser.add_argument("--partitions", nargs="+", type=int, help="K; default: the recipe's")
    parser.add_argument("--turns", type=int, default=15, help="turns of each contestant")
    parser.add_argument("--threads", type=int, help="CPU threads; default: the recipe's")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--acceleration", nargs="+", default=["fast"], help="of ours: fast, plain, compile, graph")
    parser.add_argument("--callbacks", action="store_true", help="measure the default callbacks too")
    parser.add_argument("--profile", action="store_true", help="what our step consists of, after each case")
    parser.add_argument("--json", type=Path, help="file for the metrics")
    arguments = parser.parse_args()
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"pytorch_lightning|lightning_utilities")
    disable_nvml_probe()  # both for the plain step, which knows no Lightning, and ours alike
    raise_malloc_trim_threshold()
    keep_cublas_workspaces()
    rows, device = [], torch.device(arguments.device)
    for case in arguments.cases:
        settings = product(arguments.partitions or [None], arguments.acceleration)
        cfgs = [cases.configuration(case, *setting) for setting in settings]
        torch.set_num_threads(arguments.threads or cfgs[0].model.threads or torch.get_num_threads())
        for cfg, medians in zip(cfgs, take_turns(case, cfgs, arguments.turns, device), strict=True):
            rows.append(row_of(case, cfg, medians, device, callbacks=arguments.callbacks))
            print(json.dumps(rows[-1]), flush=True)
            if arguments.profile:
                print(profile_of(case, cfg, device))
    Console(width=150).print(table(rows))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2))


def take_turns(case: str, cfgs: Sequence[DictConfig], turns: int, device: torch.device) -> list[dict[str, float]]:
    """Median seconds of a step of each contestant, for each number of partitions."""
    contestants = [contestants_of(case, cfg, device) for cfg in cfgs]
    times: list[dict[str, list[float]]] = [{name: [] for name in group} for group in contestants]
    for number in range(turns + WARM_UP):
        for each, taken in zip(contestants, times, strict=True):
            for name, contestant in each.items():
                taken[name] += contestant() if number >= WARM_UP else contestant()[:0]
    return [{name: statistics.median(each) for name, each in taken.items()} for taken in times]


def contestants_of(case: str, cfg: DictConfig, device: torch.device) -> dict[str, Callable[[], list[float]]]:
    """What takes turns, by name."""
    spec = cases.spec_of(case)
    real, side = cases.records(cfg, spec, device), MATRIX[device.type]
    matrix = torch.rand(side, side, device=device)
    return {
        "reference": partial(turn, partial(cases.reference(cfg, spec, device), real), device),
        "ours": partial(turn, partial(cases.ours(cfg, spec, device), real), device),
        "fit": partial(next, turns_in_fit(case, cfg, device, EPOCH)),
        "matrix": partial(turn, partial(torch.mm, matrix, matrix), device),
    }


def row_of(
    case: str, cfg: DictConfig, medians: dict[str, float], device: torch.device, *, callbacks: bool
) -> dict[str, Any]:
    """Median milliseconds of a step of each contestant, its work, and its peak memory."""
    spec = cases.spec_of(case)
    flops = flops_of(partial(cases.reference(cfg, spec, device), cases.records(cfg, spec, device)))
    rate = 2 * MATRIX[device.type] ** 3 / medians.pop("matrix")
    if callbacks:
        medians["callbacks"] = medians["fit"] + seconds_of_an_evaluation(case, cfg, device) / steps_between(cfg)
    if device.type == "cuda":
        memory = {"ours_MiB": memory_on_gpu(case, cfg, device)}
    else:
        names = ("reference", "ours")
        memory = {f"{name}_MiB": peak_memory(three_steps, case, cfg.num_partitions, name) for name in names}
    return {
        "case": case,
        "num_partitions": cfg.num_partitions,
        "batch_size": cfg.data.batch_size,
        "threads": torch.get_num_threads(),
        "acceleration": type(instantiate(cfg.acceleration)).__name__,
        **{name: seconds * 1e3 for name, seconds in medians.items()},
        "GFLOP": flops / 1e9,
        "of_rate": flops / medians["ours"] / rate,
        **memory,
    }


def three_steps(case: str, num_partitions: int, contestant: str) -> None:
    """What memory is measured of."""
    cfg, spec = cases.configuration(case, num_partitions), cases.spec_of(case)
    real = cases.records(cfg, spec, torch.device("cpu"))
    step = {"reference": cases.reference, "ours": cases.ours}[contestant](cfg, spec, real.device)
    for _ in range(3):
        step(real)


def memory_on_gpu(case: str, cfg: DictConfig, device: torch.device) -> float:
    """MiB that PyTorch allocates at most for a few of our steps, networks and optimizers included."""
    spec = cases.spec_of(case)
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    step, real = cases.ours(cfg, spec, device), cases.records(cfg, spec, device)
    for _ in range(UNCOUNTED):
        step(real)
    return (torch.cuda.max_memory_allocated(device) - before) / 2**20


def steps_between(cfg: DictConfig) -> int:
    """Generator steps between two evaluations."""
    return int(cfg.evaluate_every * (cfg.data.members // cfg.num_partitions // cfg.data.batch_size))


def seconds_of_an_evaluation(case: str, cfg: DictConfig, device: torch.device) -> float:
    """What the default callbacks take at the end of an epoch, with checkpoints and images."""
    records, walls = cases.pool(case), []
    cfg = copy.deepcopy(cfg)
    cfg.evaluate_every = 1  # everything is due at the end of the only epoch
    for number in range(3):  # the first one pays for what is made once
        with tempfile.TemporaryDirectory() as folder:
            cfg.run_directory = folder
            callbacks = instantiate(cfg.callbacks, _convert_="all")
            del callbacks["progress"]  # prints
            module = cases.build(cfg, records.spec)
            datamodule = instantiate(cfg.data, _partial_=True)(source=lambda: records)
            clock = StepClock()
            trainer = silent_trainer(
                device, [clock, *callbacks.values()], enable_checkpointing=True, max_epochs=1, limit_train_batches=1
            )
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                trainer.fit(module, datamodule)
            walls += [clock.end - clock.step_ends[-1]] if number else []
    return statistics.median(walls)


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


def turn(step: Callable[[], Any], device: torch.device) -> list[float]:
    """Seconds of each of a few calls in a row, after one that does not count."""
    step()
    return [timed(step, device) for _ in range(STEPS)]


def timed(step: Callable[[], Any], device: torch.device) -> float:
    """Seconds of one call."""
    if device.type != "cuda":
        start = time.perf_counter()
        step()
        return time.perf_counter() - start
    first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize()
    first.record()
    step()
    last.record()
    last.synchronize()
    return float(first.elapsed_time(last)) / 1e3


def profile_of(case: str, cfg: DictConfig, device: torch.device) -> str:
    """The operations our step spends its time in."""
    spec = cases.spec_of(case)
    step, real = cases.ours(cfg, spec, device), cases.records(cfg, spec, device)
    for _ in range(WARM_UP):
        step(real)
    with torch.profiler.profile() as profile:
        for _ in range(STEPS):
            step(real)
    order = "self_cuda_time_total" if device.type == "cuda" else "self_cpu_time_total"
    return str(profile.key_averages().table(sort_by=order, row_limit=12, max_name_column_width=40))


def table(rows: list[dict[str, Any]]) -> Table:
    """For people."""
    columns = (
        "case",
        "ours",
        "K",
        "B",
        "threads",
        "ref ms",
        "ours ms",
        "fit ms",
        "callbacks ms",
        "ref/ours",
        "fit/ours",
    )
    result = Table(*columns, "GFLOP", "of rate", "ref MiB", "ours MiB")
    for row in rows:
        names = ("reference", "ours", "fit", "callbacks")
        metrics = [f"{row[name]:.2f}" if name in row else "" for name in names]
        ratios = [f"{row['reference'] / row['ours']:.2f}", f"{row['fit'] / row['ours']:.2f}"]
        work = [f"{row['GFLOP']:.3g}", f"{row['of_rate']:.0%}"]
        memory = [f"{row[name]:.0f}" if name in row else "" for name in ("reference_MiB", "ours_MiB")]
        setting = [str(row[name]) for name in ("acceleration", "num_partitions", "batch_size", "threads")]
        result.add_row(row["case"], *setting, *metrics, *ratios, *work, *memory)
    return result


if __name__ == "__main__":
    main()

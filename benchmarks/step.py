"""python -m benchmarks.step: a training step of ours against the plain loop over K networks.

All contestants of a case run in one process and take turns, so that a noisy machine hurts them alike; the
figure is the median over turns. Networks and settings are those of the recipes, records are random.

    reference   K modules, K optimisers, a Python loop, a generator batch per discriminator
    ours        `ParGANModule.training_step` without a Trainer
    fit         the same inside `Trainer.fit`, callbacks off
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
from hydra import compose, initialize_config_module
from hydra.utils import instantiate
from omegaconf import DictConfig
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torch.utils.data import DataLoader

from benchmarks.reference import ReferenceStep
from pargan import ParGANModule, resolvers
from pargan.data.images import ImageSpec
from pargan.data.points import PointsSpec
from pargan.data.records import RecordSpec
from pargan.data.tables import Categorical, Integer, TableSpec

ROWS = {
    "age": np.arange(18, 98),
    "priors": np.arange(80) % 39,
    "charge": np.array([f"charge {each % 8}" for each in range(80)]),
    "label": np.array(["no", "yes"] * 40),
}
SPECS: dict[str, RecordSpec] = {
    "blobs": PointsSpec(2),
    "digits": ImageSpec(1, 8, 8),
    "mnist": ImageSpec(1, 28, 28),
    "cifar10": ImageSpec(3, 32, 32),
    "broward": TableSpec.fit(ROWS, {"age": Integer, "priors": Integer, "charge": Categorical, "label": Categorical}),
}
CASES = ("blobs js", "blobs wgan", "digits js", "mnist js", "mnist wgan", "cifar10 js", "broward js")


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", default=CASES, help=f"any of {', '.join(CASES)}, in quotes")
    parser.add_argument("--partitions", nargs="+", type=int, help="K; default: the recipe's")
    parser.add_argument("--turns", type=int, default=15, help="turns of each contestant")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path, help="file for the figures")
    arguments = parser.parse_args()
    resolvers.register()
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"pytorch_lightning|lightning_utilities")
    rows = []
    for case in arguments.cases:
        for num_partitions in arguments.partitions or [None]:
            rows.append(measure(case, num_partitions, arguments.turns, torch.device(arguments.device)))
            print(json.dumps(rows[-1]), flush=True)
    Console().print(table(rows))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2))


def measure(case: str, num_partitions: int | None, turns: int, device: torch.device) -> dict[str, Any]:
    """Median milliseconds of a step of each contestant."""
    dataset, loss = case.split()
    overrides = [f"dataset={dataset}", f"loss={loss}", "run_directory=unused"]
    with initialize_config_module("pargan.conf", version_base="1.3"):
        cfg = compose("train", overrides + ([f"num_partitions={num_partitions}"] if num_partitions else []))
    torch.set_num_threads(cfg.model.threads or torch.get_num_threads())
    module = build(cfg, SPECS[dataset]).to(device)
    real = torch.rand(cfg.num_partitions, cfg.data.batch_size, *SPECS[dataset].shape, device=device) * 2 - 1
    contestants = {
        "reference": reference(cfg, SPECS[dataset], device),
        "ours": bare(build(cfg, SPECS[dataset]).to(device)),
    }
    times: dict[str, list[float]] = {name: [] for name in [*contestants, "fit"]}
    fit = steps_in_fit(module, real)
    for turn in range(turns + 2):
        for name, step in contestants.items():
            times[name].append(timed(partial(step, real), device))
        times["fit"].append(next(fit))
        if turn == 1:  # the first two warm up
            times = {name: [] for name in times}
    medians = {name: statistics.median(each) * 1e3 for name, each in times.items()}
    return {"case": case, "num_partitions": cfg.num_partitions, "batch_size": cfg.data.batch_size, **medians}


def build(cfg: DictConfig, spec: RecordSpec) -> ParGANModule:
    """The module of a recipe."""
    return instantiate(cfg.module, _partial_=True)(
        generator=instantiate(cfg.model.generator)(spec),
        discriminator=partial(instantiate(cfg.model.discriminator), spec),
        spec=spec,
    )


def reference(cfg: DictConfig, spec: RecordSpec, device: torch.device) -> Callable[[Tensor], None]:
    """The plain step on the same networks."""
    return ReferenceStep(
        instantiate(cfg.model.generator)(spec).to(device),
        [instantiate(cfg.model.discriminator)(spec).to(device) for _ in range(cfg.num_partitions)],
        instantiate(cfg.loss),
        cfg.model.latent_dim,
        cfg.module.d_steps,
        instantiate(cfg.module.generator_optimizer),
        instantiate(cfg.module.discriminator_optimizer),
    )


def bare(module: ParGANModule) -> Callable[[Tensor], None]:
    """`training_step` with the optimisers themselves in place of Lightning's wrappers."""
    optimizers = module.configure_optimizers()
    module.optimizers = lambda: optimizers  # type: ignore[method-assign]
    module.manual_backward = lambda loss: loss.backward()  # type: ignore[method-assign]
    return lambda real: module.training_step(real, 0)


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


def timed(step: Callable[[], None], device: torch.device) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    step()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def table(rows: list[dict[str, Any]]) -> Table:
    """For people."""
    result = Table("case", "K", "B", "reference ms", "ours ms", "fit ms", "reference / ours", "fit / ours")
    for row in rows:
        figures = [f"{row[name]:.2f}" for name in ("reference", "ours", "fit")]
        ratios = [f"{row['reference'] / row['ours']:.2f}", f"{row['fit'] / row['ours']:.2f}"]
        result.add_row(row["case"], str(row["num_partitions"]), str(row["batch_size"]), *figures, *ratios)
    return result


if __name__ == "__main__":
    main()

"""`Trainer.fit` with a clock, shared by the benchmarks of steps and of longer fits."""

import time
from collections.abc import Iterator
from typing import Any

import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig

from benchmarks import cases
from pargan.fast.acceleration import Acceleration, Plain

EPOCH = 32  # steps of an epoch in a fit, at most, and of a turn of a fit, at least
UNCOUNTED = 6  # first steps of a fit that compiles or records


def keep_cublas_workspaces() -> None:
    """Keep Lightning from freeing memory that CUDA graphs of the other contestants use when a fit ends."""
    if torch.cuda.is_available():
        torch._C._cuda_clearCublasWorkspaces = lambda: None  # type: ignore[attr-defined]


def turns_in_fit(
    case: str, cfg: DictConfig, device: torch.device, least: int, precision: str = "32-true"
) -> Iterator[list[float]]:
    """Seconds of a step in a fit of `least` steps or more, the ends of epochs included; every `next` runs one fit."""
    records = cases.pool(case)
    module = cases.build(cfg, records.spec)
    datamodule = instantiate(cfg.data, _partial_=True)(source=lambda: records)
    datamodule.setup()
    steps = min(datamodule.steps_per_epoch, EPOCH)
    uncounted = 1 if type(module.acceleration) in (Acceleration, Plain) else UNCOUNTED
    while True:
        clock = StepClock()
        trainer = silent_trainer(
            device,
            [clock],
            enable_checkpointing=False,
            max_epochs=-(-least // steps),
            limit_train_batches=steps,
            precision=precision,
        )
        trainer.fit(module, datamodule)
        yield [(clock.end - clock.starts[uncounted]) / (len(clock.starts) - uncounted)]


def silent_trainer(device: torch.device, callbacks: list[pl.Callback], **settings: Any) -> pl.Trainer:
    """On that device, with nothing printed."""
    return pl.Trainer(
        callbacks=callbacks,
        accelerator="gpu" if device.type == "cuda" else "cpu",
        devices=1,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        **settings,
    )


class StepClock(pl.Callback):
    """When each step was started and ended, and the training with everybody else's callbacks.

    On a GPU only the last time waits for the device, so that the steps run as they do without a clock.
    """

    def __init__(self) -> None:
        self.starts: list[float] = []
        self.step_ends: list[float] = []
        self.end = 0.0

    def on_train_batch_start(self, *arguments: Any) -> None:
        """Note the time."""
        if len(self.starts) <= UNCOUNTED:  # where counting starts
            _wait()
        self.starts.append(time.perf_counter())

    def on_train_batch_end(self, *arguments: Any) -> None:
        """Note the time."""
        self.step_ends.append(time.perf_counter())

    def on_train_end(self, *arguments: Any) -> None:
        """Note the time: the callbacks of the last epoch are done."""
        _wait()
        self.end = time.perf_counter()


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()

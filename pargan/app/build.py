"""Objects from a composed configuration: data and networks, trainer, attacks, device."""

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.loggers import Logger
from pytorch_lightning.utilities.exceptions import MisconfigurationException

from pargan.attacks import Attack
from pargan.callbacks import ScheduledAttack
from pargan.data.datamodule import PartitionDataModule
from pargan.data.membership import Membership
from pargan.errors import ParganError
from pargan.gan.module import ParGANModule
from pargan.io.checkpoints import VerifiedCheckpointIO
from pargan.metrics import ImageQuality, Inception
from pargan.records.pool import Pool
from pargan.records.spec import RecordSpec
from pargan.seeding import derive, seeded


@dataclass(frozen=True)
class Built:
    """A run's data and networks, connected.

    Attributes:
        datamodule: set up.
        module: the networks, with initial weights.
        untrained: a copy of them that stays as it is, the control of every attack.
    """

    datamodule: PartitionDataModule
    module: ParGANModule
    untrained: ParGANModule


def build(cfg: DictConfig, membership: Membership | None = None, device: torch.device | None = None) -> Built:
    """Data first, then networks that take their sizes from it.

    Args:
        cfg: the composed training configuration.
        membership: who is a member, where that was settled before.
        device: where features of images are computed; None is the GPU where there is one.

    Raises:
        ParganError: whatever the data, the split or the networks refuse.
    """
    datamodule = instantiate(cfg.data, _partial_=True)(
        source=measured_by_inception(instantiate(cfg.data.source, _partial_=True), cfg.get("inception"), device),
        membership=membership,
    )
    datamodule.setup("fit")
    module = build_module(cfg, datamodule.spec)
    return Built(datamodule, module, deepcopy(module))


def measured_by_inception(
    source: Callable[[], Pool], weights: str | None, device: torch.device | None
) -> Callable[[], Pool]:
    """The source, its images' quality measured by Inception's features where there are weights for it.

    The weights are read now, the records when the source is called.

    Raises:
        ParganError: weights that cannot be had; when it is called, records that are no images.
    """
    if weights is None:
        return source
    try:
        extractor = Inception(weights, device)
    except ParganError as error:
        remedy = f"{error.remedy}, or leave inception out"
        raise ParganError(error.problem, argument="inception", value=weights, remedy=remedy) from error

    def measured() -> Pool:
        records = source()
        if not isinstance(records.quality, ImageQuality):
            raise ParganError(
                f"inception={weights} measures images, but the data set's records are of kind {records.spec.kind}; "
                f"leave inception out"
            )
        return replace(records, quality=replace(records.quality, extractor=extractor))

    return measured


def build_module(cfg: DictConfig, spec: RecordSpec) -> ParGANModule:
    """The networks for records of that kind, initialised from the run's seed."""
    with seeded(derive(cfg.seed, "initial weights"), torch.device("cpu")):
        module: ParGANModule = instantiate(cfg.module, _partial_=True)(
            generator=instantiate(cfg.model.generator)(spec),
            discriminator=partial(instantiate(cfg.model.discriminator), spec),
            spec=spec,
        )
    return module


def build_trainer(cfg: DictConfig, callbacks: list[Callback], loggers: list[Logger]) -> Trainer:
    """The Trainer of the configuration.

    Raises:
        ParganError: Lightning refuses accelerator, devices or precision.
    """
    try:
        trainer: Trainer = instantiate(cfg.trainer, _partial_=True)(
            callbacks=callbacks,
            logger=loggers,
            plugins=[VerifiedCheckpointIO()],
            enable_checkpointing=any(isinstance(each, ModelCheckpoint) for each in callbacks),
        )
    except (MisconfigurationException, TypeError, ValueError) as error:
        given = ", ".join(f"trainer.{key}={cfg.trainer[key]}" for key in ("accelerator", "devices", "precision"))
        raise ParganError(f"no trainer can be had with {given}: {error}; trainer=cpu works everywhere") from error
    return trainer


def build_attacks(cfg: DictConfig) -> dict[str, Attack]:
    """The chosen attacks by name, without their training schedule; those that train models have none."""
    chosen = instantiate(cfg.attack, _convert_="all")
    return {name: each.attack if isinstance(each, ScheduledAttack) else each for name, each in chosen.items()}


def device_of(name: str) -> torch.device:
    """A device by name; auto is the GPU where there is one.

    Raises:
        ParganError: the device is not there.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        raise ParganError(f"device={name} is not there; use device=cpu or device=auto") from error


@contextmanager
def cpu_threads(number: int | None) -> Iterator[None]:
    """CPU threads for small networks: a second one gains nothing there, and where another process wants the
    same cores the threads wait for each other at every layer, which makes a step ten times slower."""
    before = torch.get_num_threads()
    torch.set_num_threads(number or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Lightning's announcements and its advice about workers and validation do not apply here."""
    logger = logging.getLogger("pytorch_lightning")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"pytorch_lightning|torch\.optim")
            yield
    finally:
        logger.setLevel(level)

"""Objects from a composed configuration: data, networks, attacks, trainer, device."""

import inspect
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.utilities.exceptions import MisconfigurationException
from torch import nn

from pargan.app.config_checks import FOR_TABLES
from pargan.attacks import Attack
from pargan.attacks.spaces import HasColumns
from pargan.data.datamodule import PartitionDataModule
from pargan.data.membership import Membership
from pargan.errors import ParganError
from pargan.gan.module import ParGANModule
from pargan.io.checkpoints import VerifiedCheckpointIO
from pargan.metrics import ImageQuality, Inception
from pargan.records.conditioning import UNCONDITIONAL, Conditioning
from pargan.records.pool import Pool
from pargan.records.spec import RecordSpec
from pargan.seeding import derive, seeded


def build_datamodule(
    cfg: DictConfig, membership: Membership | None = None, device: torch.device | None = None
) -> PartitionDataModule:
    """The data of a run, set up.

    Args:
        cfg: the composed training configuration.
        membership: who is a member, where that was chosen before.
        device: where features of images are computed; None is the GPU where there is one.

    Raises:
        ParganError: the data or the split is refused.
    """
    source = measured_by_inception(instantiate(cfg.data.source, _partial_=True), cfg.get("inception"), device)
    datamodule: PartitionDataModule = instantiate(cfg.data, _partial_=True)(source=source, membership=membership)
    datamodule.setup("fit")
    return datamodule


def measured_by_inception(
    source: Callable[[], Pool], weights: str | None, device: torch.device | None
) -> Callable[[], Pool]:
    """The source with the quality of its images measured in Inception's features; unchanged without weights.

    The weights are read now, the records when the source is called.

    Raises:
        ParganError: weights that cannot be loaded; when the source is called, records that are not images.
    """
    if weights is None:
        return source
    try:
        extractor = Inception(weights, device)
    except ParganError as error:
        remedy = f"{error.remedy}, or leave inception out"
        raise ParganError(error.problem, argument="inception", value=weights, remedy=remedy) from error

    def measured() -> Pool:
        pool = source()
        if not isinstance(pool.quality, ImageQuality):
            raise ParganError(
                f"measures images, but the data set's records are of kind {pool.spec.kind}",
                argument="inception",
                value=weights,
                remedy="leave inception out",
            )
        return replace(pool, quality=replace(pool.quality, extractor=extractor))

    return measured


def build_module(cfg: DictConfig, spec: RecordSpec, conditioning: Conditioning = UNCONDITIONAL) -> ParGANModule:
    """The networks for records of this format and what they are told of them, initialised from the run's seed.

    Raises:
        ParganError: a network is refused, or cannot be told a condition.
    """
    with seeded(derive(cfg.seed, "initial weights"), torch.device("cpu")):
        module: ParGANModule = instantiate(cfg.module, _partial_=True)(
            generator=_told(cfg, "generator", conditioning.size)(spec),
            discriminator=partial(_told(cfg, "discriminator", conditioning.size_beside), spec),
            spec=spec,
            conditioning=conditioning,
        )
    return module


def _told(cfg: DictConfig, network: str, condition_size: int) -> Callable[..., nn.Module]:
    """The factory of a network, with the size of the condition where there is one."""
    node = cfg.model[network]
    factory: Callable[..., nn.Module] = instantiate(node)
    if not condition_size:
        return factory
    if "condition_size" not in inspect.signature(factory).parameters:
        raise ParganError(
            f"{node._target_} cannot be told a condition: it has no parameter condition_size",
            remedy="add one, as docs/extend.md says, or give conditioning=none",
        )
    return partial(factory, condition_size=condition_size)


def build_trainer(cfg: DictConfig, callbacks: list[Callback], max_epochs: int | None = None, **changed: Any) -> Trainer:
    """The Trainer of the configuration, without loggers.

    Args:
        cfg: the composed training configuration.
        callbacks: its callbacks.
        max_epochs: in place of the configuration's, where given.
        **changed: other arguments in place of the configuration's.

    Raises:
        ParganError: Lightning refuses accelerator, devices or precision.
    """
    changed |= {} if max_epochs is None else {"max_epochs": max_epochs}
    try:
        trainer: Trainer = instantiate(cfg.trainer, _partial_=True)(
            callbacks=callbacks,
            logger=False,
            plugins=[VerifiedCheckpointIO()],
            enable_checkpointing=any(isinstance(callback, ModelCheckpoint) for callback in callbacks),
            **changed,
        )
    except (MisconfigurationException, ImportError, RuntimeError, TypeError, ValueError) as error:
        given = ", ".join(f"trainer.{key}={cfg.trainer[key]}" for key in ("accelerator", "devices", "precision"))
        raise ParganError(f"{given} cannot be combined: {error}", remedy="trainer=cpu works everywhere") from error
    return trainer


def build_attacks(cfg: DictConfig, spec: RecordSpec | None = None) -> dict[str, Attack]:
    """The chosen attacks by name.

    Args:
        cfg: of a training or of attack.py.
        spec: the record format, which decides whether `attack.for_tables` are run; None where they may not be chosen.

    Raises:
        ParganError: an option of the group that does not say where it belongs; `for_tables` alone for other records,
            or in a training, whose data set names its attacks.
    """
    if "_target_" in cfg.attack:
        raise ParganError(
            f"the attack {cfg.attack._target_} has no name in the configuration",
            remedy="begin its YAML file with the line '# @package attack.<name of the file>'",
        )
    attacks: dict[str, Any] = instantiate(cfg.attack, _convert_="all")
    for_tables: dict[str, Attack] | None = attacks.pop(FOR_TABLES, None)
    if for_tables is None:
        return attacks
    if spec is None:
        remedy = f"give their names: attack=[{','.join([*attacks, *for_tables])}]"
        raise ParganError("is an option of attack.py", argument="attack", value=FOR_TABLES, remedy=remedy)
    if isinstance(spec, HasColumns):
        return {**attacks, **{name: attack for name, attack in for_tables.items() if name not in attacks}}
    if not attacks:
        remedy = "choose others, for example attack=[nearest_neighbour]"
        raise ParganError(f"leaves no attack on {spec.kind}", argument="attack", value=FOR_TABLES, remedy=remedy)
    return attacks


def device_of(name: str) -> torch.device:
    """A device by name; auto is the GPU where there is one.

    Raises:
        ParganError: the device is not available.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.zeros(1, device=name)
        device.item()  # the meta device holds no numbers
        return device.device
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ParganError(
            "is not available", argument="device", value=name, remedy="use device=cpu or device=auto"
        ) from error


@contextmanager
def cpu_threads(number: int | None) -> Iterator[None]:
    """Use this many CPU threads inside the block; None leaves the number as it is.

    On small networks a second thread gains nothing. Where another process uses the same cores, the threads wait for
    each other at every layer, which makes a step ten times slower.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(number or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Silence Lightning's messages inside the block; its advice on workers and validation does not apply here."""
    logger = logging.getLogger("pytorch_lightning")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"pytorch_lightning|torch\.optim")
            yield
    finally:
        logger.setLevel(level)

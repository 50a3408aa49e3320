"""What the benchmarks run: the networks and settings of a recipe on random records, without files.

Legend: K partitions, B records of each, *shape of one record.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch import Tensor

from benchmarks.census import LABEL, census, census_spec
from benchmarks.reference import ReferenceStep
from pargan import ParGANModule
from pargan.app import resolvers
from pargan.app.config_directory import config_directory
from pargan.data.sources.blobs import blobs
from pargan.data.sources.image_pool import image_pool
from pargan.metrics import TableQuality
from pargan.records.columns import Categorical, Integer
from pargan.records.images import ImageSpec
from pargan.records.points import PointsSpec
from pargan.records.pool import Pool
from pargan.records.spec import RecordSpec
from pargan.records.tables import TableSpec

ROWS = {
    "age": np.arange(18, 98),
    "priors": np.arange(80) % 39,
    "charge": np.array([f"charge {row % 8}" for row in range(80)]),
    "label": np.array(["no", "yes"] * 40),
}
SPECS: dict[str, RecordSpec] = {
    "blobs": PointsSpec(2),
    "digits": ImageSpec(1, 8, 8),
    "mnist": ImageSpec(1, 28, 28),
    "cifar10": ImageSpec(3, 32, 32),
    "broward": TableSpec.fit(ROWS, {"age": Integer, "priors": Integer, "charge": Categorical, "label": Categorical}),
    "csv": census_spec(),
}
CASES = ("blobs js", "blobs wgan", "digits js", "mnist js", "mnist wgan", "cifar10 js", "broward js", "csv wgan")
CENSUS_MEMBERS = 10_000  # half of its rows; the recipe of a file has no number


Step = Callable[[Tensor], None]


def configuration(
    case: str, num_partitions: int | None = None, acceleration: str = "fast", attacks: Sequence[str] = ()
) -> DictConfig:
    """The recipe of a case such as "mnist js", with its own attacks unless others are named."""
    resolvers.register()
    dataset, loss = case.split()
    overrides = [f"dataset={dataset}", f"loss={loss}", f"acceleration={acceleration}", "run_directory=unused"]
    overrides += [f"data.members={CENSUS_MEMBERS}"] if dataset == "csv" else []
    overrides += [f"attack=[{','.join(attacks)}]"] if attacks else []
    with initialize_config_dir(str(config_directory()), version_base="1.3"):
        return compose("train", overrides + ([f"num_partitions={num_partitions}"] if num_partitions else []))


def spec_of(case: str) -> RecordSpec:
    """The record format of the case's data set."""
    return SPECS[case.split()[0]]


def pool(case: str) -> Pool:
    """As many random records as the recipe shares out, with a quality measure."""
    dataset, random = case.split()[0], np.random.default_rng(0)
    if dataset == "blobs":
        return blobs()
    if dataset == "broward":
        spec = SPECS[dataset]
        assert isinstance(spec, TableSpec)
        rows = {name: random.choice(values, 6000) for name, values in ROWS.items()}
        return Pool(spec.encode(rows), spec, TableQuality(spec, "label"), (rows["label"] == "yes").astype(int))
    if dataset == "csv":
        spec, rows = SPECS[dataset], census(2 * CENSUS_MEMBERS)
        assert isinstance(spec, TableSpec)
        classes = np.unique(rows[LABEL], return_inverse=True)[1]
        return Pool(spec.encode(rows), spec, TableQuality(spec, LABEL), classes)
    size, (channels, height, width) = 1797 if dataset == "digits" else 21_000, SPECS[dataset].shape
    images = random.integers(256, size=(size, height, width, channels), dtype=np.uint8)
    return image_pool(images, (height, width, channels), np.arange(size) % 10)


def records(cfg: DictConfig, spec: RecordSpec, device: torch.device) -> Tensor:
    """A batch (K, B, *shape) of random records."""
    return torch.rand(cfg.num_partitions, cfg.data.batch_size, *spec.shape, device=device) * 2 - 1


def build(cfg: DictConfig, spec: RecordSpec) -> ParGANModule:
    """The module of a recipe."""
    return instantiate(cfg.module, _partial_=True)(
        generator=instantiate(cfg.model.generator)(spec),
        discriminator=partial(instantiate(cfg.model.discriminator), spec),
        spec=spec,
    )


def reference(cfg: DictConfig, spec: RecordSpec, device: torch.device) -> Step:
    """The plain step on the same networks."""
    return ReferenceStep(
        instantiate(cfg.model.generator)(spec).to(device),
        [instantiate(cfg.model.discriminator)(spec).to(device) for _ in range(cfg.num_partitions)],
        instantiate(cfg.loss),
        cfg.model.latent_dim,
        cfg.module.d_steps,
        *(_unfused(cfg.module[name]) for name in ("generator_optimizer", "discriminator_optimizer")),
    )


def _unfused(optimizer: DictConfig) -> Any:
    """The optimiser as people write it down."""
    return instantiate({key: value for key, value in optimizer.items() if key != "fused"})


def ours(cfg: DictConfig, spec: RecordSpec, device: torch.device) -> Step:
    """`training_step` with the optimisers themselves in place of Lightning's wrappers."""
    module = build(cfg, spec).to(device)
    optimizers = module.configure_optimizers()
    module.optimizers = lambda: optimizers  # type: ignore[method-assign]
    module.updates.backward = Tensor.backward
    return partial(module.training_step, batch_idx=0)

"""target=release: audit a folder that pargan-export wrote, its generator or its sample file."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hydra.utils import instantiate
from omegaconf import DictConfig

from pargan.app.file_audit import (
    audit_pools,
    named_files,
    read_pools,
    reading_options,
    view_of_generator,
    view_of_samples,
)
from pargan.audits.settings import AuditSettings
from pargan.audits.sources import reading_notes
from pargan.data.conditioning import ConditionLookup
from pargan.errors import ParganError
from pargan.records.images import ImageSpec
from pargan.records.points import PointsSpec
from pargan.records.tables import TableSpec
from pargan.release.folder import SAMPLES, SCHEMA, LoadedRelease, load_generator

READ_AS: Mapping[str, Callable[[Path, Any], dict[str, Any]]] = {
    TableSpec.kind: lambda folder, spec: {"schema": str(folder / SCHEMA)},
    PointsSpec.kind: lambda folder, spec: {"standardize": spec.scale is not None, "points": spec},
    ImageSpec.kind: lambda folder, spec: {"size": spec.height, "grayscale": spec.channels == 1},
}
"""Kind of record -> the arguments of `read_groups` with which files are read in the record format of a release."""

OF_THE_FORMAT = ("types", "rare", "schema", "standardize", "size", "grayscale")
"""Arguments of `read_groups` that the record format decides; null in conf/target/release.yaml."""


def audit_release(cfg: DictConfig, output: Path) -> dict[str, Any]:
    """target=release: audit the generator in the folder `cfg.path`, or its sample file, and write to `output`.

    Members and nonmembers are read in the record format of the release: by its schema, its scale, its image size.

    Returns:
        What result.json in `output` holds.

    Raises:
        ParganError: no release, a generator of a class of one's own, files that are missing, unfit or share records,
            or an attack that needs more than there is.
    """
    settings: AuditSettings = instantiate(cfg.audit)
    if cfg.path is None:
        raise ParganError(
            "is missing", argument="path", remedy="give a folder that export.py wrote, for example path=my_generator"
        )
    folder, release = Path(cfg.path).expanduser(), _load(cfg.path)
    options, known = _options(cfg), READ_AS[release.spec.kind](folder, release.spec)
    files = named_files(cfg, "members", "nonmembers")
    if cfg.sample_file:
        pools = read_pools(files | {"synthetic": _sample_file(folder, cfg.path)}, options, **known)
        notes = reading_notes(pools)
        view = view_of_samples(pools.pop("synthetic"), release.spec, settings)
    else:
        pools = read_pools(files, options, **known)
        notes = reading_notes(pools)
        view = view_of_generator(
            *(release.network, release.latent_dim, release.spec, settings, release.conditioning),
            ConditionLookup.of_pools(release.conditioning, pools),
        )
    shape = pools["members"].spec.shape
    if shape != release.spec.shape:
        raise ParganError(
            f"returns records of shape {release.spec.shape}, and members={cfg.members} holds {shape}",
            argument="path",
            value=cfg.path,
            remedy="give the records that it was trained on",
        )
    return audit_pools(cfg, settings, output, pools, view, notes)


def _load(path: str) -> LoadedRelease:
    try:
        return load_generator(path)
    except ParganError as error:
        if error.argument != "network":
            raise
        raise ParganError(
            error.problem,
            argument="path",
            value=path,
            remedy="build it with target=module: 'module={_target_: my_package.Generator}' "
            f"weights={path}/generator.safetensors",
        ) from error


def _options(cfg: DictConfig) -> dict[str, Any]:
    options = reading_options(cfg)
    for name in OF_THE_FORMAT:
        value = options.pop(name)
        if value is not None:
            raise ParganError(
                "is part of the record format, which is that of the release",
                argument=f"dataset.{name}",
                value=value,
                remedy="leave it out",
            )
    return options


def _sample_file(folder: Path, path: str) -> str:
    found = sorted(folder.glob(f"{SAMPLES}.*"))
    if not found:
        raise ParganError(
            f"holds no file {SAMPLES}.*",
            argument="path",
            value=path,
            remedy="leave sample_file out: its generator is attacked then",
        )
    return str(found[0])

"""Sample from a finished run, and export its generator."""

import json
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from pargan.app.load_run import LoadedRun, load_run
from pargan.app.write import with_safe_cells
from pargan.errors import ParganError, counted
from pargan.io.new_output import refuse_existing
from pargan.io.run_directory import RunDirectory
from pargan.release.copies import CopyCounts, KnownRecords
from pargan.release.export import Release, export_release
from pargan.release.sampling import MEMBERS, Generator

HELD_OUT = "nonmembers"


def sample(cfg: DictConfig) -> CopyCounts:
    """Write generated records to `cfg.out`, and print how many of them are copies.

    Raises:
        ParganError: a run that is not finished, an output that exists, or what `load_run` and `Generator.write` refuse.
    """
    out = _new_path(cfg, "samples.npz")
    directory, _ = _finished(cfg)
    run = _load(cfg, directory, cfg.device)
    known, generator = _known(run), _generator(run, cfg.csv_safe)
    num = run.datamodule.membership.members.size if cfg.num is None else cfg.num
    where: Any = OmegaConf.to_container(cfg.where) if OmegaConf.is_config(cfg.where) else cfg.where
    generator.write(
        *(out, num, cfg.seed),
        known=known,
        drop_copies=cfg.drop_copies,
        batch_size=cfg.batch_size,
        where=where,
        balanced=cfg.balanced,
    )
    print(f"{counted(num, 'record')} -> {out}")
    dropped = "; the copies of members were left out" if cfg.drop_copies else ""
    print(f"exact copies: {known.counts.sentence()}{dropped}")
    return known.counts


def export(cfg: DictConfig) -> CopyCounts:
    """Write the generator of a finished run to the folder `cfg.out`.

    Raises:
        ParganError: a run that is not finished, an output that exists, or what `load_run` and `export_release` refuse.
    """
    out = _new_path(cfg, "my_generator")
    directory, result = _finished(cfg)
    run = _load(cfg, directory, "cpu")
    facts = {
        "dataset": result.get("settings", {}).get("dataset", run.datamodule.spec.kind),
        "loss": result.get("settings", {}).get("loss", type(run.module.loss).__name__),
        "num_partitions": run.module.num_partitions,
        "checkpoint": str(cfg.checkpoint),
        "result": result,
    }
    node: Any = OmegaConf.to_container(run.cfg.model.generator, resolve=True)
    arguments = {key: value for key, value in node.items() if not key.startswith("_")}
    if run.module.conditioning.size:
        arguments["condition_size"] = run.module.conditioning.size
    release = Release(_generator(run, cfg.csv_safe), {"class": node["_target_"], "arguments": arguments}, facts)
    programs = [] if cfg.format is None else [cfg.format] if isinstance(cfg.format, str) else list(cfg.format)
    counts = export_release(release, out, _known(run), cfg.num, cfg.seed, programs)
    print(f"generator -> {out}; read {out / 'README.md'} before you hand it on")
    print(f"exact copies: {counts.sentence()}")
    return counts


def _new_path(cfg: DictConfig, example: str) -> Path:
    if cfg.out is None:
        raise ParganError("is missing", argument="out", remedy=f"give what to write, for example out={example}")
    path = Path(cfg.out).expanduser()
    refuse_existing(path, "out")
    return path


def _finished(cfg: DictConfig) -> tuple[RunDirectory, dict[str, Any]]:
    """The directory of a finished run, and what its result.json holds."""
    directory = RunDirectory.open(cfg.run)
    try:
        result = json.loads(directory.result.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ParganError(
            "is not finished: it has no result.json",
            argument="run",
            value=cfg.run,
            remedy=f"continue it with train.py resume={cfg.run}",
        ) from error
    except ValueError as error:
        raise ParganError(f"{directory.result} is damaged", remedy="use an unaltered copy of the run") from error
    return directory, result


def _load(cfg: DictConfig, directory: RunDirectory, device: str) -> LoadedRun:
    return load_run(
        directory.path,
        str(cfg.checkpoint),
        device,
        data_dir=cfg.data_dir,
        dataset_path=cfg.dataset.path,
        trust=cfg.trust or False,
    )


def _generator(run: LoadedRun, csv_safe: bool) -> Generator:
    module = run.module
    spec = with_safe_cells(run.datamodule.spec, csv_safe)
    return Generator(module.released, spec, module.latent_dim, module.conditioning)


def _known(run: LoadedRun) -> KnownRecords:
    groups = {MEMBERS: run.datamodule.take_members()[0], HELD_OUT: run.datamodule.take_nonmembers()}
    return KnownRecords(groups, run.datamodule.spec)

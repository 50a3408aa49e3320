"""target=samples and target=module: audits from files. Legend: S generated records, *shape of one record."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from rich.console import Console
from torch import Tensor

from pargan import report
from pargan.app.build import build_attacks, device_of, measured_by_inception
from pargan.app.sweep import PRINTED_WIDTH
from pargan.attacks import Target, refuse_without_models
from pargan.audits import make_target
from pargan.audits.audit import attack_records, samples_view, set_aside
from pargan.audits.evaluation import evaluate_target
from pargan.audits.generator_files import load_generator
from pargan.audits.scoring import refuse_wider
from pargan.data.sources.groups import read_groups
from pargan.errors import ParganError
from pargan.io.files import write_atomically
from pargan.io.provenance import provenance
from pargan.io.run_directory import RunDirectory
from pargan.records.pool import Pool, QualityRecords
from pargan.seeding import derive, subset

SHOWN = 500  # generated records in an image, and real ones beside them
EXAMPLES = "a .csv or .npz file, or a folder of images"


def audit_samples(cfg: DictConfig, output: Path) -> dict[str, Any]:
    """Audit what a generator returned, from its output alone, and write to `output`.

    Returns:
        What result.json in `output` holds.

    Raises:
        ParganError: files that are missing, unfit or share records, an attack that needs more than samples.
    """
    groups = _groups(cfg, "synthetic")
    synthetic = groups.pop("synthetic")
    chosen = subset(cfg.evaluation.num_samples, len(synthetic), derive(cfg.seed, "generated records"))

    def target(reference: Tensor) -> Target:
        records = torch.from_numpy(synthetic.take(chosen)).to(reference.device)
        seed = derive(cfg.seed, "attacked samples")
        return samples_view(records, reference, seed, groups["members"].spec, f"synthetic={cfg.synthetic}")

    return _audit(cfg, output, groups, target)


def audit_module(cfg: DictConfig, output: Path) -> dict[str, Any]:
    """Audit a network that maps latents to records in model space, and write to `output`.

    Returns:
        What result.json in `output` holds.

    Raises:
        ParganError: files that are missing, unfit or share records, a network that cannot be had or returns
            other records, an attack that needs discriminators.
    """
    if cfg.module is None:
        raise ParganError("module is missing; give a TorchScript file, for example module=generator.pt latent_dim=100")
    is_file = isinstance(cfg.module, str)
    network = load_generator(cfg.module if is_file else instantiate(cfg.module), cfg.weights, cfg.latent_dim)
    groups = _groups(cfg)
    spec = groups["members"].spec
    if network.shape != spec.shape:
        name = cfg.module if is_file else cfg.module["_target_"]
        raise ParganError(
            f"module={name} returns records of shape {network.shape}, members={cfg.members} holds {spec.shape}; "
            f"give the records that it was trained on, in the shape in which it returns them"
        )

    def target(reference: Tensor) -> Target:
        seed = derive(cfg.seed, "attacked samples")
        size = cfg.evaluation.num_samples
        generator = network.module.to(reference.device)
        return make_target(generator, None, cfg.latent_dim, None, reference, size, seed, spec=spec)

    return _audit(cfg, output, groups, target)


def _groups(cfg: DictConfig, *more: str) -> dict[str, Pool]:
    names = ["members", "nonmembers", *more]
    for name in names:
        if cfg[name] is None:
            raise ParganError(f"{name} is missing; give {EXAMPLES}, for example {name}={name}.csv")
    names += [] if cfg.reference is None else ["reference"]
    options = {str(key): value for key, value in OmegaConf.to_container(cfg.dataset, resolve=True).items()}  # type: ignore[union-attr]
    return read_groups({name: str(cfg[name]) for name in names}, **options)


def _audit(
    cfg: DictConfig, output: Path, groups: Mapping[str, Pool], target: Callable[[Tensor], Target]
) -> dict[str, Any]:
    """The way that all audits from files share: groups, target, attacks and quality, then what they leave."""
    device, spec, seed = device_of(cfg.device), groups["members"].spec, cfg.seed
    measure = measured_by_inception(lambda: groups["members"], cfg.inception, device)().quality
    every = {name: records.take(np.arange(len(records))) for name, records in groups.items()}
    names = {name: f"{name}={cfg[name]}" for name in groups}
    records = attack_records(every["members"], every["nonmembers"], every.get("reference"), seed=seed, names=names)
    view = target(records.reference.to(device))
    attacks = build_attacks(cfg)
    refuse_without_models(attacks, remedy="run it with target=run run=...")
    refuse_wider(view, attacks)
    split = _split(groups, every, cfg.evaluation.num_quality, seed)

    def quality(samples: np.ndarray) -> dict[str, float]:
        # Not the first ones: a file may be in order.
        chosen = subset(cfg.evaluation.num_quality, len(samples), derive(seed, "quality generated"))
        return measure(samples[chosen], split, seed)

    if cfg.evaluation.num_records is not None:
        records = records.subset(cfg.evaluation.num_records, seed)
    evaluation = evaluate_target(
        view, records, attacks, quality, draws=cfg.evaluation.draws, seed=seed, controls=cfg.evaluation.controls
    )
    result = {
        "status": "finished",
        "settings": _settings(cfg, groups),
        **evaluation.to_dict(),
        "data": {
            **{name: len(group) for name, group in every.items()},
            "nonmembers": len(every["nonmembers"]) - (0 if "reference" in groups else len(records.reference)),
            "reference": len(records.reference),
            "generated": len(view.samples),
        },
        "notes": [] if "reference" in groups else [_note(cfg, len(records.reference))],
        "timings": {"evaluation": evaluation.seconds},
        "provenance": provenance(),
    }
    directory = RunDirectory(output)
    real = records.nonmembers[:SHOWN].cpu().numpy()
    report.draw_samples(spec, evaluation.samples[:SHOWN], real, directory.samples / "generated.png")
    report.write_attacks(spec, evaluation, directory)
    write_atomically(directory.result, json.dumps(result, indent=2).encode())
    console = Console(width=None if sys.stdout.isatty() else PRINTED_WIDTH)
    console.print(report.summary(result, directory.from_here), crop=False)
    return result


def _split(groups: Mapping[str, Pool], every: Mapping[str, np.ndarray], size: int, seed: int) -> QualityRecords:
    """At most `size` members and nonmembers, for the quality; the reference set whole, as it is in training."""
    index = {name: np.arange(len(group)) for name, group in every.items()}
    source = {"members": "members", "nonmembers": "nonmembers", "reference": "reference"}
    if "reference" not in groups:
        index["reference"], index["nonmembers"] = set_aside(len(every["nonmembers"]), seed)
        source["reference"] = "nonmembers"
    for name in ("members", "nonmembers"):
        index[name] = index[name][subset(size, len(index[name]), derive(seed, f"quality {name}"))]
    labels = {name: groups[origin].labels for name, origin in source.items()}
    return QualityRecords(
        *(every[origin][index[name]] for name, origin in source.items()),
        *(None if known is None else known[index[name]] for name, known in labels.items()),
    )


def _settings(cfg: DictConfig, groups: Mapping[str, Pool]) -> dict[str, Any]:
    keys = [*groups, *(key for key in ("synthetic", "module", "latent_dim", "weights") if cfg.get(key) is not None)]
    return {key: cfg[key] if isinstance(cfg[key], str | int) else cfg[key]["_target_"] for key in (*keys, "seed")}


def _note(cfg: DictConfig, size: int) -> str:
    return (
        f"{size} records of nonmembers={cfg.nonmembers} were set aside as the attacker's reference set; "
        f"reference=... gives one and keeps them"
    )

"""target=samples and target=module, and what all audits from files share.

Legend: S generated records, *shape of one record.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from torch import Tensor, nn

from pargan.app.allowed_targets import Trust
from pargan.app.component_checks import check_types
from pargan.app.gate_checks import build_gate
from pargan.app.monitor_checks import FEW
from pargan.app.objects import build_attacks, device_of, measured_by_inception
from pargan.app.write import print_schema, shows_records, with_safe_cells, write_audit, write_schema
from pargan.attacks import Target, refuse_without_models
from pargan.audits.audit import audit_target
from pargan.audits.generator_files import load_generator
from pargan.audits.groups import attack_records
from pargan.audits.quality import quality_of_subset
from pargan.audits.scoring import refuse_wider
from pargan.audits.settings import AuditSettings
from pargan.audits.sources import quality_records_of, reading_notes
from pargan.audits.targets import ConditionOf, make_target, samples_view
from pargan.data.membership import fingerprint
from pargan.data.sources.groups import read_groups
from pargan.errors import ParganError
from pargan.io.run_directory import RunDirectory
from pargan.records.conditioning import UNCONDITIONAL, Conditioning
from pargan.records.pool import Pool
from pargan.records.spec import RecordSpec
from pargan.seeding import derive, subset

View: TypeAlias = Callable[[Tensor], Target]
"""(R, *shape) reference records -> what is attacked."""

EXAMPLES = "a table (.csv, .parquet, .xlsx), an .npz file, or a folder of images"


def audit_samples(cfg: DictConfig, output: Path) -> dict[str, Any]:
    """target=samples: audit what a generator returned, from its output alone, and write to `output`.

    Returns:
        What result.json in `output` holds.

    Raises:
        ParganError: files that are missing, unfit or share records, an attack that needs more than samples.
    """
    settings: AuditSettings = instantiate(cfg.audit)
    pools = read_pools(named_files(cfg, "members", "nonmembers", "synthetic"), reading_options(cfg))
    notes = reading_notes(pools)
    view = view_of_samples(pools.pop("synthetic"), pools["members"].spec, settings)
    return audit_pools(cfg, settings, output, pools, view, notes)


def view_of_samples(synthetic: Pool, spec: RecordSpec, settings: AuditSettings) -> View:
    """The target that generated records of the format `spec` are, once the attacker's reference set is known."""
    chosen = subset(settings.num_samples, len(synthetic), derive(settings.seed, "generated records"))

    def view(reference: Tensor) -> Target:
        samples = torch.from_numpy(synthetic.take(chosen)).to(reference.device)
        seed = derive(settings.seed, "attacked samples")
        return samples_view(samples, reference, seed, spec, argument="synthetic")

    return view


def view_of_generator(
    generator: nn.Module,
    latent_dim: int,
    spec: RecordSpec,
    settings: AuditSettings,
    conditioning: Conditioning = UNCONDITIONAL,
    condition_of: ConditionOf | None = None,
) -> View:
    """The target that a generator of records of the format `spec` is, once the attacker's reference set is known."""

    def view(reference: Tensor) -> Target:
        seed = derive(settings.seed, "attacked samples")
        network = generator.to(reference.device)
        return make_target(
            *(network, None, latent_dim, None, reference, settings.num_samples, seed),
            spec=spec,
            conditioning=conditioning,
            condition_of=condition_of,
        )

    return view


def audit_module(cfg: DictConfig, output: Path) -> dict[str, Any]:
    """target=module: audit a network that maps latents to records in model space, and write to `output`.

    Returns:
        What result.json in `output` holds.

    Raises:
        ParganError: files that are missing, unfit or share records, a network that cannot be loaded or returns
            other records, an attack that needs discriminators.
    """
    settings: AuditSettings = instantiate(cfg.audit)
    if cfg.module is None:
        raise ParganError(
            "is missing",
            argument="module",
            remedy="give a torch.export archive, for example module=generator.pt2 latent_dim=100 trust=true",
        )
    is_file = isinstance(cfg.module, str)
    if not is_file and not isinstance(cfg.module, DictConfig):
        raise ParganError(
            "is neither a file nor a class",
            argument="module",
            value=cfg.module,
            remedy="give a torch.export archive (./ before a number), or 'module={_target_: my_package.Generator}'",
        )
    source = cfg.module if is_file else instantiate(cfg.module)
    network = load_generator(source, cfg.weights, cfg.latent_dim, trust=_trusts_file(cfg))
    pools = read_pools(named_files(cfg, "members", "nonmembers"), reading_options(cfg))
    spec = pools["members"].spec
    if network.shape != spec.shape:
        raise ParganError(
            f"returns records of shape {network.shape}, and members={cfg.members} holds {spec.shape}",
            argument="module",
            value=cfg.module if is_file else cfg.module["_target_"],
            remedy="give the records that it was trained on, in the shape in which it returns them",
        )
    view = view_of_generator(network.module, cfg.latent_dim, spec, settings)
    return audit_pools(cfg, settings, output, pools, view, reading_notes(pools))


def _trusts_file(cfg: DictConfig) -> bool:
    trust = Trust.of(cfg.trust)
    if trust.packages:
        raise ParganError(
            "names packages, but a file is a program of its own",
            argument="trust",
            value=cfg.trust,
            remedy="give trust=true if you know who made it, or leave it out",
        )
    return trust.everything


def named_files(cfg: DictConfig, *names: str) -> dict[str, str]:
    """The files that the configuration names; `reference` where there is one.

    Raises:
        ParganError: one of `names` is not given.
    """
    for name in names:
        if cfg[name] is None:
            raise ParganError("is missing", argument=name, remedy=f"give {EXAMPLES}, for example {name}={name}.csv")
    return {name: str(cfg[name]) for name in (*names, "reference") if cfg[name] is not None}


def reading_options(cfg: DictConfig) -> dict[str, Any]:
    """The arguments of `read_groups` that the configuration sets."""
    if not isinstance(cfg.dataset, DictConfig):
        raise ParganError("is no value: other keys are below it", argument="dataset", remedy="leave it out")
    options: Any = OmegaConf.to_container(cfg.dataset, resolve=True)
    return dict(options)


def read_pools(paths: Mapping[str, str], options: Mapping[str, Any], **known: Any) -> dict[str, Pool]:
    """`read_groups`, with options of the user, which may be of any type, and `known` ones.

    Raises:
        ParganError: an option of another type, or what `read_groups` refuses.
    """
    check_types(read_groups, options, "dataset")
    return read_groups(paths, **options, **known)


def audit_pools(
    cfg: DictConfig,
    settings: AuditSettings,
    output: Path,
    pools: Mapping[str, Pool],
    view: View,
    notes: list[str],
) -> dict[str, Any]:
    """Audit a target by the records of files: records, target, attacks and quality, then what they leave."""
    device, spec, seed = device_of(cfg.device), pools["members"].spec, settings.seed
    measure = measured_by_inception(lambda: pools["members"], cfg.inception, device)().quality
    groups = {name: pool.take(np.arange(len(pool))) for name, pool in pools.items()}
    records = attack_records(groups["members"], groups["nonmembers"], groups.get("reference"), seed=seed, pools=pools)
    target = view(records.reference.to(device))
    attacks = build_attacks(cfg, spec)
    refuse_without_models(attacks, remedy="run it with target=run run=...")
    refuse_wider(target, attacks)
    compared = quality_records_of(pools, groups, settings.num_quality, seed)
    names = partial(measure, compared.nonmembers[:FEW], compared, seed)
    gate = build_gate(cfg, attacks, settings.controls, names)
    print_schema(spec)

    quality = quality_of_subset(measure, compared, settings)
    records = records.subset(settings.num_records, seed)
    audit = audit_target(target, records, attacks, quality, settings)
    is_halved = "reference" not in pools
    description = {
        "settings": _settings(cfg, pools),
        "data": {
            **{name: len(group) for name, group in groups.items()},
            "nonmembers": len(groups["nonmembers"]) - (len(records.reference) if is_halved else 0),
            "reference": len(records.reference),
            "generated": len(target.samples),
            "fingerprints": {name: fingerprint(pool.hashes(), spec.shape) for name, pool in pools.items()},
        },
        "notes": notes + ([_note(cfg, len(records.reference))] if is_halved else []),
        "timings": {"audit": audit.seconds},
    }
    directory, safe = RunDirectory(output), with_safe_cells(spec, cfg.csv_safe)
    result = write_audit(audit, safe, directory, description, include_records=shows_records(cfg), gate=gate)
    write_schema(spec, directory)  # a folder without result.json must hold nothing, for the command to be given again
    return result


def _settings(cfg: DictConfig, pools: Mapping[str, Pool]) -> dict[str, Any]:
    keys = [
        *pools,
        *(key for key in ("synthetic", "module", "latent_dim", "weights", "path") if cfg.get(key) is not None),
    ]
    return {key: cfg[key] if isinstance(cfg[key], str | int) else cfg[key]["_target_"] for key in (*keys, "seed")}


def _note(cfg: DictConfig, size: int) -> str:
    return (
        f"{size} records of nonmembers={cfg.nonmembers} were set aside as the attacker's reference set; "
        f"to attack all of them, give a reference set: reference=<file>"
    )

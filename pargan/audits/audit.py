"""Audit anything that generates records: its output alone, a network, or a whole GAN.

Legend: m members, n nonmembers, r reference records, S generated ones, *shape of one record in model space.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from pargan.attacks.standard import standard_attacks
from pargan.attacks.views import Attack, DiscriminatorsView, SamplesView, Target
from pargan.audits.classes import ClassLeakage, leakage_per_class
from pargan.audits.controls import judge_controls
from pargan.audits.copies import compared_features
from pargan.audits.groups import Array, attack_records, checked_records, quality_records, widest_common
from pargan.audits.learning import learning_warnings
from pargan.audits.one_run import one_run_epsilons
from pargan.audits.partitions import leakage_per_partition
from pargan.audits.published import published_protocol
from pargan.audits.quality import QualityMeasure, quality_of_independent, quality_of_real, quality_of_subset
from pargan.audits.records import AttackRecords
from pargan.audits.result import AuditResult
from pargan.audits.risk import RiskTable, risk_table
from pargan.audits.scoring import AttackResult, run_attacks, score_permuted
from pargan.audits.set_tests import run_set_tests
from pargan.audits.settings import AuditSettings
from pargan.audits.sources import Group, quality_records_of, read_sources, reading_notes
from pargan.audits.targets import target_of, widest_view
from pargan.audits.units import Units
from pargan.audits.verdict import reach_verdict
from pargan.data.datamodule import PartitionDataModule
from pargan.gan.module import ParGANModule
from pargan.io.progress import track_names
from pargan.losses import JensenShannon
from pargan.records.points import PointsSpec
from pargan.records.pool import Quality
from pargan.records.spec import RecordSpec
from pargan.seeding import derive


def audit(
    target: Group | nn.Module | Target,
    members: Group,
    nonmembers: Group,
    reference: Group | None = None,
    *,
    attacks: Mapping[str, Attack] | None = None,
    partition: Array | None = None,
    latent_dim: int | None = None,
    spec: RecordSpec | None = None,
    quality: Quality | None = None,
    settings: AuditSettings | None = None,
) -> AuditResult:
    """Attack a generator with whatever there is of it; deterministic for a seed, and the target is not changed.

    Records given as arrays may be in any units: attacks measure distances in standard deviations of the reference set,
    for each column of (N, D) records, and for all pixels of images together. The result holds them as they were given;
    its distances are scaled. With the `spec` of images or tables, and where discriminators are attacked, records are in
    the model space of these, and are not scaled.

    Tables may be given as DataFrames with the same columns, and records of all kinds as paths of files, which are read
    as `attack.py target=samples` reads them. Types and ranges of columns are those of the real rows, and quality is
    measured too. Rows that lie in several groups are not attacked: nobody can tell their membership.

    Args:
        target: generated records (S, *shape); a network that maps (B, latent_dim) standard normal latents to
            (B, *shape) records; a `ParGANModule`; or a view of a target, as `make_target` gives it.
        members: (m, *shape) records the generator was trained on, in the space of the generated ones.
        nonmembers: (n, *shape) records of the same population that it was not trained on.
        reference: (r, *shape) further ones, which the attacker may know; None sets half of the nonmembers
            aside for it, at random.
        attacks: by name; None takes `standard_attacks`, all that the target gives access for.
        partition: (m,) partition of each member, in 0 .. K - 1, where it is known.
        latent_dim: size of a latent, for a network that is not a `ParGANModule`.
        spec: the record format, for distances between rows of mixed type; a network's output is rounded with it to
            records a user could hold. A `ParGANModule` brings its own.
        quality: measure of the generated records, for example `pargan.metrics.PointsQuality()`.
        settings: sizes, controls and seed; None takes `AuditSettings()`.

    Raises:
        ParganError: groups that share a record, too few records, records that are not finite or of different
            shapes, an attack that needs more than the target gives.
    """
    settings = settings or AuditSettings()
    given: dict[str, Any] = {"target": target, "members": members, "nonmembers": nonmembers, "reference": reference}
    pools = read_sources(given)
    if pools is not None:
        given |= {name: pool.take(np.arange(len(pool))) for name, pool in pools.items()}
        spec, quality = pools["members"].spec, quality or pools["members"].quality
    attacked, known = given["target"], (given["members"], given["nonmembers"], given["reference"])
    is_scaled = pools is None and _is_in_users_units(attacked, spec)
    generated = None if isinstance(attacked, nn.Module | SamplesView) else attacked
    dtype = widest_common(*known, generated) if is_scaled else torch.float32
    records = attack_records(*known, partition, seed=settings.seed, dtype=dtype, pools=pools)
    view = widest_view(attacked, records.reference, latent_dim, spec, settings, dtype)
    if pools is not None:
        groups = quality_records_of(pools, {name: given[name] for name in pools}, settings.num_quality, settings.seed)
    else:
        groups = quality_records(
            checked_records(given["members"], "members", dtype).cpu().numpy(),
            checked_records(given["nonmembers"], "nonmembers", dtype).cpu().numpy(),
            records.reference,
            is_halved=reference is None,
            settings=settings,
        )
    notes = [] if pools is None else reading_notes(pools)
    if reference is None:
        notes.append(
            f"{len(records.reference)} nonmembers were set aside as the attacker's reference set; to attack all of "
            f"them, give a reference set"
        )
    if attacks is None:
        attacks = standard_attacks(view, partition is not None)
    measure = quality_of_subset(quality, groups, settings)
    chosen = records.subset(settings.num_records, settings.seed)
    if not is_scaled or view.samples.shape[1:] != records.members.shape[1:]:  # which the audit refuses
        return replace(audit_target(view, chosen, attacks, measure, settings), further_notes=notes)
    units, samples = Units.fit(records.reference, view.samples), view.samples.cpu().numpy()
    result = audit_target(
        units.convert_view(view), units.convert_records(chosen), attacks, lambda _: measure(samples), settings
    )
    members_given, nonmembers_given = (group.cpu().numpy() for group in (chosen.members, chosen.nonmembers))
    return replace(result, members=members_given, nonmembers=nonmembers_given, samples=samples, further_notes=notes)


def audit_module(
    module: ParGANModule,
    datamodule: PartitionDataModule,
    attacks: Mapping[str, Attack],
    settings: AuditSettings,
    untrained: ParGANModule | None = None,
) -> AuditResult:
    """Audit a trained module with the records of its run; deterministic for a seed.

    Args:
        module: on the device to compute on.
        datamodule: its data, set up.
        attacks: by name.
        settings: sizes, controls and seed.
        untrained: a module of the same recipe with initial weights, attacked as one of the controls.
    """
    records = AttackRecords.of(datamodule, settings.num_records, settings.seed)
    view = partial(
        target_of,
        reference=records.reference,
        num_samples=settings.num_samples,
        seed=settings.seed,
        reference_labels=records.reference_labels,
        condition_of=records.condition_of,
    )
    initial = None
    if settings.controls and attacks and untrained is not None:
        initial = view(untrained.to(module.device))
    groups = datamodule.quality_records(settings.num_quality, derive(settings.seed, "quality records"))

    def measure(samples: np.ndarray) -> dict[str, float]:
        return datamodule.pool.quality(samples[: settings.num_quality], groups, settings.seed)

    target = view(module)
    result, start = audit_target(target, records, attacks, measure, settings, initial), time.perf_counter()
    if not records.can_be_attacked:
        return result
    published = published_protocol(
        target,
        records.members,
        records.nonmembers,
        sigmoid=isinstance(module.loss, JensenShannon),
        seed=settings.seed,
    )
    seconds = {**result.seconds, "published_protocol": time.perf_counter() - start}
    return replace(result, published=published, seconds=seconds)


def audit_target(
    target: Target,
    records: AttackRecords,
    attacks: Mapping[str, Attack],
    quality: QualityMeasure,
    settings: AuditSettings,
    untrained: Target | None = None,
) -> AuditResult:
    """The audit itself: run attacks and their controls, measure quality, rank the records by risk.

    Args:
        target: the widest view there is.
        records: whom to attack it with, all of them.
        attacks: by name, none of which needs more than the target gives.
        quality: measures the generated records.
        settings: seed, bootstrap draws, and whether controls are run; its sizes have been applied before.
        untrained: the same networks with initial weights, as one of the controls; None leaves that control out.
    """
    compared_features(target.spec, settings.match_columns, target.samples)  # refuses columns that there are not
    start = time.perf_counter()
    if not records.can_be_attacked and any(records.indistinguishable.values()):
        attacks = {}
    with track_names() as track:
        results = attack_target(target, records, attacks, settings, track) if attacks else []
    attacked = time.perf_counter()
    controls, on_untrained = None, None
    if settings.controls and attacks:
        on_untrained = None if untrained is None else attack_target(untrained, records, attacks, settings)
        device = target.samples.device
        groups = (records.members.to(device), records.partition, records.nonmembers.to(device))
        permuted = score_permuted(target, attacks, *groups, seed=settings.seed)
        controls = judge_controls(
            results, permuted, on_untrained, target, records.members, records.nonmembers, seed=settings.seed
        )
    controlled = time.perf_counter()
    samples = target.samples.cpu().numpy()
    measured_quality = quality(samples)
    members = records.members.cpu().numpy()
    quality_real = quality_of_real(quality, members, settings)
    quality_independent = quality_of_independent(quality, target.spec, records.reference.cpu().numpy(), settings)
    measured = time.perf_counter()
    set_tests = run_set_tests(results, target, records, settings) if results else None
    tested = time.perf_counter()
    partition = None if records.partition is None else records.partition.cpu().numpy()
    return AuditResult(
        access=target.level,
        attacks=results,
        controls=controls,
        verdict=reach_verdict(results, controls, settings.relevant_auc) if results else None,
        set_tests=set_tests,
        quality=measured_quality,
        quality_real=quality_real,
        quality_independent=quality_independent,
        risk=_risk(results, records, target, partition) if results else None,
        partitions=[] if partition is None else leakage_per_partition(results, partition, on_untrained),
        classes=_classes(results, records),
        members=members,
        nonmembers=records.nonmembers.cpu().numpy(),
        samples=samples,
        copies=records.copies,
        indistinguishable=records.indistinguishable,
        one_run=one_run_epsilons(results, records) if results else None,
        not_learnt=learning_warnings(results, samples, records.reference.cpu().numpy()),
        seconds={
            "attacks": attacked - start,
            "controls": controlled - attacked,
            "quality": measured - controlled,
            "set_tests": tested - measured,
            "risk": time.perf_counter() - tested,
        },
    )


def attack_target(
    target: Target,
    records: AttackRecords,
    attacks: Mapping[str, Attack],
    settings: AuditSettings,
    track: Callable[[Sequence[str]], Iterable[str]] = iter,
) -> list[AttackResult]:
    """Run attacks on records, on the target's device; `track` as in `run_attacks`."""
    device = target.samples.device
    members, nonmembers = records.members.to(device), records.nonmembers.to(device)
    return run_attacks(
        *(target, attacks, members, records.partition, nonmembers),
        seed=settings.seed,
        draws=settings.draws,
        track=track,
    )


def _risk(
    results: list[AttackResult], records: AttackRecords, target: Target, partition: np.ndarray | None
) -> RiskTable:
    members, nonmembers = (group.to(target.samples.device) for group in (records.members, records.nonmembers))
    index = (records.member_index, records.nonmember_index)
    return risk_table(results, members, nonmembers, target.samples, partition, *index)


def _classes(results: list[AttackResult], records: AttackRecords) -> list[ClassLeakage]:
    if records.member_labels is None or records.nonmember_labels is None:
        return []
    return leakage_per_class(results, records.member_labels, records.nonmember_labels, records.label_names)


def _is_in_users_units(target: Array | nn.Module | Target, spec: RecordSpec | None) -> bool:
    """Whether nothing says how records are scaled; discriminators judge them as they are."""
    if isinstance(target, ParGANModule | DiscriminatorsView):
        return False
    known = target.spec if isinstance(target, SamplesView) else spec
    return known is None or isinstance(known, PointsSpec)

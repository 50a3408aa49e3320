"""Attacks with reference models: what they compare, on planted and absent leakage, and what they refuse."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import torch

from pargan.attacks import (
    Calibrated,
    DiscriminatorMean,
    Lira,
    MedianNearest,
    MonteCarlo,
    NearestNeighbour,
    NeedsModels,
    OwnPartition,
    PartitionsView,
    RawSpace,
    ReferenceMedianNearest,
    Rmia,
    refuse_without_models,
)
from pargan.attacks.monte_carlo import log_closeness
from pargan.audits import run_attacks
from pargan.errors import ParganError
from tests.helpers.planted import (
    SHAPE,
    K,
    Memoriser,
    MemorisingDiscriminator,
    StackedDiscriminators,
    groups,
    normal,
    reference_models,
    statistics,
    target_of,
    untrained,
    view_of,
)


@pytest.mark.parametrize("inner", [NearestNeighbour(), DiscriminatorMean(), OwnPartition()])
def test_calibrated_subtracts_the_mean_over_the_models(inner, planted):
    target, models, (records, *_) = planted
    target_scores, model_scores = statistics(inner, target, models, records)
    attack = Calibrated(inner, models=4).with_models(models)
    assert attack.access is inner.access
    scores = attack(view_of(target, len(records), inner.access), records)
    np.testing.assert_allclose(scores, target_scores - model_scores.mean(0), rtol=1e-12)


COMPARING = {"calibrated": Calibrated, "lira": Lira, "rmia": Rmia}
every_kind = pytest.mark.parametrize("kind", COMPARING.values(), ids=COMPARING)


@every_kind
@pytest.mark.parametrize("inner", [NearestNeighbour(), DiscriminatorMean(), OwnPartition()])
def test_comparing_attack_detects_a_leaky_gan_and_is_deterministic(kind, inner, planted):
    target, models, records = planted
    attacks = {"mine": kind(inner, models=4).with_models(models)}
    first, again = (run_attacks(target, attacks, *records, seed=0, draws=50)[0] for _ in range(2))
    assert first.metrics.auc > 0.9
    assert first.access == inner.access.level
    np.testing.assert_array_equal(first.member_scores, again.member_scores)


def test_calibrated_corrects_for_the_difficulty_of_records():
    """Records of very different norm: distances alone show how large a record is, not whether it was a member."""
    members, partition, nonmembers, reference = (
        group if group.ndim == 1 else group * torch.linspace(1, 30, len(group)).reshape(-1, 1, 1, 1)
        for group in groups()
    )

    def blurred(records, reference, seed=0):  # samples near members, but too far for distances alone
        samples = Memoriser(records + 0.7 * records.flatten(1).std(1).reshape(-1, 1, 1, 1) * normal(*SHAPE, seed=1))
        return target_of(
            samples,
            StackedDiscriminators(MemorisingDiscriminator(records[k::K]) for k in range(K)),
            reference,
            600,
            seed,
        )

    target, models = blurred(members, reference), reference_models(reference, 4, blurred)
    attacks = {"plain": NearestNeighbour(), "calibrated": Calibrated(NearestNeighbour(), models=4).with_models(models)}
    results = run_attacks(target, attacks, members, partition, nonmembers, seed=0, draws=50)
    plain, calibrated = (result.metrics.auc for result in results)
    assert calibrated > plain + 0.1


def test_calibrated_with_a_radius_from_reference_records_beats_one_from_records_under_attack():
    members, partition, nonmembers, reference = (
        group if group.ndim == 1 else group * normal(len(group), 1, 1, 1, seed=i).mul(0.7).exp()
        for i, group in enumerate(groups(240, 240, 480))
    )

    def blurred(records, reference, seed=0):
        return target_of(Memoriser(records + 0.3 * normal(*records.shape, seed=1)), None, reference, 1000, seed)

    target, models = blurred(members, reference), reference_models(reference, 4, blurred)
    attacks = {
        epsilon: Calibrated(MonteCarlo(RawSpace(), epsilon, log_closeness), models=4).with_models(models)
        for epsilon in (MedianNearest(), ReferenceMedianNearest())
    }
    results = run_attacks(target, attacks, members, partition, nonmembers, seed=0, draws=50)
    radius_from_attacked, radius_from_reference = (result.metrics.auc for result in results)
    assert radius_from_reference > radius_from_attacked + 0.05


@every_kind
def test_comparing_attack_on_untrained_networks_is_guessing(kind):
    aucs = []
    for seed in range(15):
        members, partition, nonmembers, reference = groups(seed=seed)

        def same(_, reference, seed):
            return target_of(*untrained(), reference, num_samples=100, seed=seed)

        attack = kind(DiscriminatorMean(), models=3).with_models(reference_models(reference, 3, same))
        target = target_of(*untrained(width=4), reference, num_samples=100)
        (result,) = run_attacks(target, {"null": attack}, members, partition, nonmembers, seed=seed, draws=10)
        aucs.append(result.metrics.auc)
    null_sd = np.sqrt((240 + 200 + 1) / (12 * 240 * 200) / 15)
    assert np.mean(aucs) == pytest.approx(0.5, abs=4 * null_sd)


@every_kind
def test_comparing_attack_on_constant_discriminators_gives_auc_one_half(kind):
    members, partition, nonmembers, reference = groups()

    def dead(_, reference, seed=0):
        _, discriminators = untrained()
        for weight in discriminators.parameters():
            weight.data.zero_()
        return target_of(untrained()[0], discriminators, reference, num_samples=50, seed=seed)

    attack = kind(DiscriminatorMean(), models=3).with_models(reference_models(reference, 3, dead))
    target = dead(None, reference)
    (result,) = run_attacks(target, {"dead": attack}, members, partition, nonmembers, seed=0, draws=10)
    assert result.metrics.auc == 0.5


def test_comparing_attack_gives_its_inner_attack_equal_views_of_all_models(planted):
    target, models, (records, *_) = planted
    seen = []

    @dataclass(frozen=True)
    class Spy:
        access: ClassVar[type[PartitionsView]] = PartitionsView

        def __call__(self, view, records):
            seen.append(view)
            return view.partition.float()

    view = view_of(target, len(records), PartitionsView)
    Rmia(Spy(), models=4).with_models(models)(view, records)
    assert {type(seen_view) for seen_view in seen} == {PartitionsView}
    on_records = [seen_view for seen_view in seen if len(seen_view.partition) == len(records)]
    on_reference = [seen_view for seen_view in seen if len(seen_view.partition) == len(target.reference)]
    assert len(on_records) == len(on_reference) == 5
    assert all(torch.equal(seen_view.partition, view.partition) for seen_view in on_records)
    for model, seen_view in zip(models, on_records, strict=False):
        torch.testing.assert_close(seen_view.reference, target.reference[model.left_out])  # records it never saw


@every_kind
def test_comparing_attack_needs_models(kind, planted):
    target, models, (records, *_) = planted
    bare = kind(NearestNeighbour(), models=4)
    assert isinstance(bare, NeedsModels)
    assert bare.models_wanted == 4
    assert bare.with_models(models).models_wanted == 0
    with pytest.raises(ParganError) as error:
        bare(view_of(target, len(records)), records)
    assert "no reference models" in error.value.problem
    assert "with_models" in error.value.remedy


@every_kind
def test_refuse_without_models_names_the_attack_and_the_remedy(kind, planted):
    _, models, _ = planted
    bare = kind(NearestNeighbour(), models=4)
    with pytest.raises(ParganError) as error:
        refuse_without_models({"other": NearestNeighbour(), "mine": bare}, remedy="train them elsewhere")
    assert (error.value.argument, error.value.value) == ("attack", "mine")
    assert error.value.remedy == "train them elsewhere"
    refuse_without_models({"other": NearestNeighbour(), "mine": bare.with_models(models)})


@pytest.mark.parametrize(
    ("kind", "settings", "remedy"),
    [
        (Calibrated, {"models": 0}, "give 1 or more"),
        (Lira, {"models": 1}, "2 or more, or use the attack Calibrated"),
        (Rmia, {"share": 1.0}, "less than 1"),
        (Rmia, {"share": 0.0}, "more than 0"),
        (Rmia, {"gamma": 0.5}, "1 or more"),
    ],
)
def test_comparing_attack_refuses_settings_out_of_range(kind, settings, remedy):
    with pytest.raises(ParganError) as error:
        kind(NearestNeighbour(), **settings)
    assert {error.value.argument: error.value.value} == settings
    assert remedy in error.value.remedy

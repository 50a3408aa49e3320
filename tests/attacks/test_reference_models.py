"""Attacks with reference models: against literal formulae, on planted and absent leakage, and their errors."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import torch
from scipy.stats import norm, rankdata

from pargan.attacks import (
    Calibrated,
    DiscriminatorMean,
    DistancePercentile,
    Lira,
    MedianNearest,
    MonteCarlo,
    NearestNeighbour,
    NeedsModels,
    OwnPartition,
    PartitionsView,
    RawSpace,
    ReferenceMedianNearest,
    ReferenceModel,
    Rmia,
    SamplesView,
    refuse_without_models,
)
from pargan.attacks.monte_carlo import log_closeness
from pargan.attacks.views import narrow, widen
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
    target_of,
    untrained,
)


@dataclass(frozen=True)
class Projection:
    """s(x) = <x, mean sample>: a statistic with a simple formula."""

    access: ClassVar[type[SamplesView]] = SamplesView

    def __call__(self, view, records):
        return records.flatten(1) @ view.samples.flatten(1).mean(0)


def memoriser(records, reference, seed=0):
    """A GAN that memorised `records`, a third of them in each partition."""
    discriminators = StackedDiscriminators(MemorisingDiscriminator(records[k::K]) for k in range(K))
    return target_of(Memoriser(records), discriminators, reference, num_samples=600, seed=seed)


@pytest.fixture(scope="module")
def planted():
    """A leaky target, four reference models, and the records: members, partition, nonmembers."""
    members, partition, nonmembers, reference = groups()
    return memoriser(members, reference), reference_models(reference, 4, memoriser), (members, partition, nonmembers)


def view_of(target, size, access=SamplesView):
    return narrow(widen(target, PartitionsView, partition=torch.arange(size) % K), access)


def statistics(attack, target, models, records):
    """s of the records under the target, (N,), and under the models, (M, N)."""
    targets = [target, *(model.target() for model in models)]
    views = [view_of(view, len(records), attack.access) for view in targets]
    target_scores, *model_scores = (attack(view, records).double().numpy() for view in views)
    return target_scores, np.stack(model_scores)


@pytest.mark.parametrize("inner", [NearestNeighbour(), DiscriminatorMean(), OwnPartition()])
def test_calibrated_subtracts_the_mean_over_the_models(inner, planted):
    target, models, (records, *_) = planted
    target_scores, model_scores = statistics(inner, target, models, records)
    attack = Calibrated(inner, models=4).with_models(models)
    assert attack.access is inner.access
    scores = attack(view_of(target, len(records), inner.access), records)
    np.testing.assert_allclose(scores, target_scores - model_scores.mean(0), rtol=1e-12)


@pytest.mark.parametrize("fixed", [True, False])
def test_lira_is_the_tail_probability_under_a_gaussian_of_the_models(fixed, planted):
    target, models, (records, *_) = planted
    target_scores, model_scores = statistics(Projection(), target, models, records)
    _, reference_scores = statistics(Projection(), target, models, target.reference)
    squares, degrees = 0.0, 0
    for z in range(len(target.reference)):
        without = [reference_scores[i, z] for i, model in enumerate(models) if model.left_out[z]]
        if len(without) > 1:
            squares += sum((s - np.mean(without)) ** 2 for s in without)
            degrees += len(without) - 1
    variance = np.full(len(records), squares / degrees)
    if not fixed:
        variance = (variance + 3 * model_scores.var(0, ddof=1)) / 4
    expected = -norm.logsf(target_scores, loc=model_scores.mean(0), scale=np.sqrt(variance))
    attack = Lira(Projection(), models=4, fixed_variance=fixed).with_models(models)
    np.testing.assert_allclose(attack(view_of(target, len(records)), records), expected, rtol=1e-6)


def test_lira_with_one_variance_ranks_like_calibrated(planted):
    target, models, (records, *_) = planted
    view = view_of(target, len(records))
    ranks = [
        rankdata(kind(NearestNeighbour(), models=4).with_models(models)(view, records)) for kind in (Lira, Calibrated)
    ]
    np.testing.assert_array_equal(*ranks)


@pytest.mark.parametrize("gamma", [1.0, 2.0])
def test_rmia_counts_reference_records_with_a_smaller_ratio(gamma, planted):
    target, models, (records, *_) = planted
    models = models[:2]  # so that some reference records were left out by neither
    target_scores, model_scores = statistics(Projection(), target, models, records)
    on_reference, reference_scores = statistics(Projection(), target, models, target.reference)
    tau = on_reference.std()
    ratios = []
    for z in range(len(target.reference)):
        without = [np.exp(reference_scores[i, z] / tau) for i, model in enumerate(models) if model.left_out[z]]
        if without:
            ratios.append(np.exp(on_reference[z] / tau) / np.mean(without))
    assert len(ratios) < len(target.reference)
    expected = [
        np.mean([np.exp(s / tau) / np.mean(np.exp(s_i / tau)) / ratio >= gamma for ratio in ratios])
        for s, s_i in zip(target_scores, model_scores.T, strict=True)
    ]
    scores = Rmia(Projection(), models=2, gamma=gamma).with_models(models)(view_of(target, len(records)), records)
    np.testing.assert_allclose(scores, expected, atol=1e-12)
    assert len(np.unique(expected)) > 50


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


@pytest.mark.parametrize("epsilon", [MedianNearest(), DistancePercentile()])
@pytest.mark.parametrize("kind", [Lira, Rmia])
def test_shadow_attacks_refuse_scores_that_depend_on_which_others_are_attacked(kind, epsilon):
    with pytest.raises(ParganError) as error:
        kind(MonteCarlo(epsilon=epsilon))
    assert (error.value.argument, error.value.value) == ("attack", "MonteCarlo")
    assert "ReferenceMedianNearest" in error.value.remedy
    kind(MonteCarlo(epsilon=ReferenceMedianNearest()))
    Calibrated(MonteCarlo(epsilon=epsilon))  # compares the same records under other models only


@pytest.mark.parametrize("kind", [Lira, Rmia])
def test_shadow_attacks_score_a_record_independently_of_the_others(kind, planted):
    target, models, (records, *_) = planted
    attack = kind(MonteCarlo(RawSpace(), ReferenceMedianNearest(), log_closeness), models=4).with_models(models)
    alone = attack(view_of(target, 40), records[:40])
    torch.testing.assert_close(attack(view_of(target, len(records)), records)[:40], alone)


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


def test_lira_refuses_models_of_which_no_two_left_out_the_same_record(planted):
    target, models, (records, *_) = planted
    halves = [models[0], ReferenceModel(models[1].target, ~models[0].left_out)]
    with pytest.raises(ParganError) as error:
        Lira(Projection(), models=2).with_models(halves)(view_of(target, len(records)), records)
    assert (error.value.argument, error.value.value) == ("models", 2)
    assert "more models" in error.value.remedy

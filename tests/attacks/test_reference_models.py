"""Attacks that hold reference models: literal formulae, planted and absent leakage, and what they are refused for."""

import re
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
    Knows,
    Memoriser,
    Together,
    groups,
    normal,
    reference_models,
    target_of,
    untrained,
)


@dataclass(frozen=True)
class Projection:
    """s(x) = <x, mean sample>: a statistic that can be written down."""

    access: ClassVar[type[SamplesView]] = SamplesView

    def __call__(self, view, records):
        return records.flatten(1) @ view.samples.flatten(1).mean(0)


def memoriser(records, reference, seed=0):
    """A GAN that knows `records` by heart, a third of them in each partition."""
    discriminators = Together(Knows(records[k::K]) for k in range(K))
    return target_of(Memoriser(records), discriminators, reference, num_samples=600, seed=seed)


@pytest.fixture(scope="module")
def world():
    """A leaky target, four models of the attacker's, and the records: members, partition, nonmembers."""
    members, partition, nonmembers, reference = groups()
    return memoriser(members, reference), reference_models(reference, 4, memoriser), (members, partition, nonmembers)


def view_of(target, size, access=SamplesView):
    return narrow(widen(target, PartitionsView, partition=torch.arange(size) % K), access)


def statistics(attack, target, models, records):
    """s of the records under the target, (N,), and under the models, (M, N)."""
    views = [view_of(each, len(records), attack.access) for each in (target, *(model.target() for model in models))]
    ours, *theirs = (attack(view, records).double().numpy() for view in views)
    return ours, np.stack(theirs)


@pytest.mark.parametrize("inner", [NearestNeighbour(), DiscriminatorMean(), OwnPartition()])
def test_calibration_subtracts_the_mean_over_the_models(inner, world):
    target, models, (records, *_) = world
    ours, theirs = statistics(inner, target, models, records)
    attack = Calibrated(inner, models=4).with_models(models)
    assert attack.access is inner.access
    found = attack(view_of(target, len(records), inner.access), records)
    np.testing.assert_allclose(found, ours - theirs.mean(0), rtol=1e-12)


@pytest.mark.parametrize("fixed", [True, False])
def test_lira_is_the_surprise_under_a_gaussian_of_the_models(fixed, world):
    target, models, (records, *_) = world
    ours, theirs = statistics(Projection(), target, models, records)
    _, known = statistics(Projection(), target, models, target.reference)
    squares, degrees = 0.0, 0
    for z in range(len(target.reference)):
        without = [known[i, z] for i, model in enumerate(models) if model.left_out[z]]
        if len(without) > 1:
            squares += sum((s - np.mean(without)) ** 2 for s in without)
            degrees += len(without) - 1
    variance = np.full(len(records), squares / degrees)
    if not fixed:
        variance = (variance + 3 * theirs.var(0, ddof=1)) / 4
    expected = -norm.logsf(ours, loc=theirs.mean(0), scale=np.sqrt(variance))
    attack = Lira(Projection(), models=4, fixed_variance=fixed).with_models(models)
    np.testing.assert_allclose(attack(view_of(target, len(records)), records), expected, rtol=1e-6)


def test_lira_with_one_variance_ranks_as_calibration_does(world):
    target, models, (records, *_) = world
    view = view_of(target, len(records))
    ranks = [
        rankdata(kind(NearestNeighbour(), models=4).with_models(models)(view, records)) for kind in (Lira, Calibrated)
    ]
    np.testing.assert_array_equal(*ranks)


@pytest.mark.parametrize("gamma", [1.0, 2.0])
def test_rmia_counts_the_reference_records_whose_ratio_is_beaten(gamma, world):
    target, models, (records, *_) = world
    models = models[:2]  # so that some reference records were left out by neither
    ours, theirs = statistics(Projection(), target, models, records)
    on_reference, known = statistics(Projection(), target, models, target.reference)
    tau = on_reference.std()
    ratios = []
    for z in range(len(target.reference)):
        without = [np.exp(known[i, z] / tau) for i, model in enumerate(models) if model.left_out[z]]
        if without:
            ratios.append(np.exp(on_reference[z] / tau) / np.mean(without))
    assert len(ratios) < len(target.reference)
    expected = [
        np.mean([np.exp(s / tau) / np.mean(np.exp(others / tau)) / ratio >= gamma for ratio in ratios])
        for s, others in zip(ours, theirs.T, strict=True)
    ]
    found = Rmia(Projection(), models=2, gamma=gamma).with_models(models)(view_of(target, len(records)), records)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert len(np.unique(expected)) > 50


COMPARING = {"calibrated": Calibrated, "lira": Lira, "rmia": Rmia}
every_kind = pytest.mark.parametrize("kind", COMPARING.values(), ids=COMPARING)


@every_kind
@pytest.mark.parametrize("inner", [NearestNeighbour(), DiscriminatorMean(), OwnPartition()])
def test_a_leaky_gan_is_found_and_the_result_is_repeatable(kind, inner, world):
    target, models, records = world
    attacks = {"mine": kind(inner, models=4).with_models(models)}
    first, again = (run_attacks(target, attacks, *records, seed=0, draws=50)[0] for _ in range(2))
    assert first.metrics.auc > 0.9
    assert first.access == inner.access.level
    np.testing.assert_array_equal(first.member_scores, again.member_scores)


def test_calibration_finds_what_the_difficulty_of_records_hides():
    """Records of very different size: distances alone say how large a record is, not who was a member."""
    members, partition, nonmembers, reference = (
        group if group.ndim == 1 else group * torch.linspace(1, 30, len(group)).reshape(-1, 1, 1, 1)
        for group in groups()
    )

    def blurred(records, reference, seed=0):  # samples near members, but not near enough to tell by distance
        samples = Memoriser(records + 0.7 * records.flatten(1).std(1).reshape(-1, 1, 1, 1) * normal(*SHAPE, seed=1))
        return target_of(samples, Together(Knows(records[k::K]) for k in range(K)), reference, 600, seed)

    target, models = blurred(members, reference), reference_models(reference, 4, blurred)
    attacks = {"plain": NearestNeighbour(), "calibrated": Calibrated(NearestNeighbour(), models=4).with_models(models)}
    results = run_attacks(target, attacks, members, partition, nonmembers, seed=0, draws=50)
    plain, calibrated = (each.metrics.auc for each in results)
    assert calibrated > plain + 0.1


def test_a_radius_that_the_members_shrink_under_the_target_alone_compares_badly():
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
    of_records, of_reference = (each.metrics.auc for each in results)
    assert of_reference > of_records + 0.05


@pytest.mark.parametrize("epsilon", [MedianNearest(), DistancePercentile()])
@pytest.mark.parametrize(("kind", "name"), [(Lira, "shadow"), (Rmia, "rmia")])
def test_scores_that_depend_on_who_else_is_attacked_are_not_compared_with_those_of_others(kind, name, epsilon):
    key = re.escape(f"+attack.{name}.attack.epsilon._target_=pargan.attacks.ReferenceMedianNearest")
    with pytest.raises(ParganError, match=f"^attack.{name}.attack scores a record by who else is attacked.*{key}$"):
        kind(MonteCarlo(epsilon=epsilon))
    kind(MonteCarlo(epsilon=ReferenceMedianNearest()))
    Calibrated(MonteCarlo(epsilon=epsilon))  # compares the same records under other models only


@pytest.mark.parametrize("kind", [Lira, Rmia])
def test_a_record_s_score_does_not_depend_on_who_else_is_attacked(kind, world):
    target, models, (records, *_) = world
    attack = kind(MonteCarlo(RawSpace(), ReferenceMedianNearest(), log_closeness), models=4).with_models(models)
    alone = attack(view_of(target, 40), records[:40])
    torch.testing.assert_close(attack(view_of(target, len(records)), records)[:40], alone)


@every_kind
def test_untrained_networks_leak_nothing(kind):
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
def test_dead_discriminators_give_finite_scores(kind):
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


def test_the_inner_attack_sees_of_every_model_what_it_sees_of_the_target(world):
    target, models, (records, *_) = world
    seen = []

    @dataclass(frozen=True)
    class Spy:
        access: ClassVar[type[PartitionsView]] = PartitionsView

        def __call__(self, view, records):
            seen.append(view)
            return view.partition.float()

    view = view_of(target, len(records), PartitionsView)
    Rmia(Spy(), models=4).with_models(models)(view, records)
    assert {type(each) for each in seen} == {PartitionsView}
    ours = [each for each in seen if len(each.partition) == len(records)]
    theirs = [each for each in seen if len(each.partition) == len(target.reference)]
    assert len(ours) == len(theirs) == 5
    assert all(torch.equal(each.partition, view.partition) for each in ours)
    for model, each in zip(models, ours, strict=False):
        torch.testing.assert_close(each.reference, target.reference[model.left_out])  # records it never saw


@every_kind
def test_without_models_there_is_a_sentence(kind, world):
    target, models, (records, *_) = world
    bare = kind(NearestNeighbour(), models=4)
    assert isinstance(bare, NeedsModels)
    assert bare.models_wanted == 4
    assert bare.with_models(models).models_wanted == 0
    with pytest.raises(ParganError, match=r"^\w+ has no reference models, .*attack\.py run="):
        bare(view_of(target, len(records)), records)
    with pytest.raises(ParganError, match=r"^attack=mine trains reference models of its own, so not here$"):
        refuse_without_models({"other": NearestNeighbour(), "mine": bare}, "so not here")
    refuse_without_models({"other": NearestNeighbour(), "mine": bare.with_models(models)}, "so not here")


@pytest.mark.parametrize(
    ("kind", "settings", "text"),
    [
        (Calibrated, {"models": 0}, "models=0 .* give 1 or more"),
        (Lira, {"models": 1}, "models=1 .* 2 or more, or use attack=calibrated"),
        (Rmia, {"share": 1.0}, "share=1.0 .* less than 1"),
        (Rmia, {"share": 0.0}, "share=0.0"),
        (Rmia, {"gamma": 0.5}, "gamma=0.5 .* 1 or more"),
    ],
)
def test_values_out_of_range(kind, settings, text):
    with pytest.raises(ParganError, match=text):
        kind(NearestNeighbour(), **settings)


def test_no_spread_without_a_record_that_two_models_left_out(world):
    target, models, (records, *_) = world
    halves = [models[0], ReferenceModel(models[1].target, ~models[0].left_out)]
    with pytest.raises(ParganError, match="models=2 leave no reference record to two models"):
        Lira(Projection(), models=2).with_models(halves)(view_of(target, len(records)), records)

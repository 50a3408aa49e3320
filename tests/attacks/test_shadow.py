"""Lira and Rmia: against literal formulae, and what they refuse. Both also stand in test_reference_models.py."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import torch
from scipy.stats import norm, rankdata

from pargan.attacks import (
    Calibrated,
    DistancePercentile,
    Lira,
    MedianNearest,
    MonteCarlo,
    NearestNeighbour,
    RawSpace,
    ReferenceMedianNearest,
    ReferenceModel,
    Rmia,
    SamplesView,
)
from pargan.attacks.monte_carlo import log_closeness
from pargan.errors import ParganError
from tests.helpers.planted import statistics, view_of


@dataclass(frozen=True)
class Projection:
    """s(x) = <x, mean sample>: a statistic with a simple formula."""

    access: ClassVar[type[SamplesView]] = SamplesView

    def __call__(self, view, records):
        return records.flatten(1) @ view.samples.flatten(1).mean(0)


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


def test_lira_refuses_models_of_which_no_two_left_out_the_same_record(planted):
    target, models, (records, *_) = planted
    halves = [models[0], ReferenceModel(models[1].target, ~models[0].left_out)]
    with pytest.raises(ParganError) as error:
        Lira(Projection(), models=2).with_models(halves)(view_of(target, len(records)), records)
    assert (error.value.argument, error.value.value) == ("models", 2)
    assert "more models" in error.value.remedy

from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from pargan.attacks import (
    FeatureSpace,
    GeneratorView,
    LatentSearch,
    NearestNeighbour,
    NearestSample,
    PrincipalComponents,
    RandomLatent,
    RawSpace,
    Zeros,
    latent_search,
)
from pargan.errors import ParganError
from pargan.io import progress
from tests.helpers.planted import normal

LATENT = 3
MATRIX = normal(LATENT, 8, seed=5)


def linear_view(generate=lambda latents: latents @ MATRIX, num_samples=200):
    latents = normal(num_samples, LATENT, seed=0)
    return GeneratorView(
        samples=generate(latents).detach(),
        reference=normal(50, 8, seed=1),
        seed=0,
        generator=generate,
        latent_dim=LATENT,
        sample_latents=latents,
    )


RECORDS = normal(40, 8, seed=2)
LBFGS = partial(torch.optim.LBFGS, lr=1, line_search_fn="strong_wolfe")


@pytest.mark.parametrize("optimizer", [partial(torch.optim.Adam, lr=0.05), LBFGS])
@pytest.mark.parametrize("start", [Zeros(), RandomLatent(), NearestSample()])
def test_latent_search_of_a_linear_generator_reaches_the_least_squares_residual(optimizer, start):
    search = LatentSearch(starts=[start], optimizer=optimizer, prior_weight=0, tolerance=0, max_steps=600)
    scored = search(linear_view(), RECORDS)
    residual = np.linalg.lstsq(MATRIX.T.numpy(), RECORDS.T.numpy(), rcond=None)[1] ** 0.5
    np.testing.assert_allclose(-scored.scores, residual, rtol=0.01)  # Adam oscillates around the minimum
    assert scored.details["searches"] == 40


def test_latent_search_reaches_only_records_the_generator_can_return():
    view = linear_view(lambda latents: torch.tanh(latents @ MATRIX))
    returned = view.generator(normal(20, LATENT, seed=8))
    scores = LatentSearch()(view, torch.cat([returned, RECORDS[:20]])).scores
    assert scores[:20].median() > -0.2
    assert scores[20:].median() < -1


def test_latent_search_from_the_nearest_sample_is_never_farther_than_it():
    view = linear_view()
    scores = LatentSearch(starts=[NearestSample()], max_steps=3)(view, RECORDS).scores
    assert (scores >= NearestNeighbour()(view, RECORDS) - 1e-5).all()


def test_latent_search_with_more_starts_is_no_worse():
    view = linear_view(lambda latents: torch.sin(4 * latents @ MATRIX))
    one_start, two_starts, three_starts = (
        LatentSearch(starts=starts, max_steps=40)(view, RECORDS)
        for starts in ([Zeros()], [Zeros(), RandomLatent()], [Zeros(), RandomLatent(), RandomLatent(1)])
    )
    assert (two_starts.scores >= one_start.scores).all()
    assert (three_starts.scores > two_starts.scores).any()
    assert [start["start"] for start in three_starts.details["starts"]] == ["Zeros", "RandomLatent", "RandomLatent"]
    assert sum(start["closest"] for start in three_starts.details["starts"]) == pytest.approx(1)


def test_latent_search_counts_converged_searches():
    view = linear_view()
    details = {
        (steps, tolerance): LatentSearch(max_steps=steps, tolerance=tolerance)(view, RECORDS).details
        for steps, tolerance in ((19, 0.01), (400, 0.01), (40, 0.9))
    }
    assert details[19, 0.01]["converged"] == 0  # fewer steps than patience
    assert details[400, 0.01]["converged"] == details[400, 0.01]["searches"] == 120
    assert details[40, 0.9]["converged"] > 100
    for result in details.values():
        assert sum(start["converged"] for start in result["starts"]) == result["converged"]


def test_latent_search_stops_a_converged_block():
    calls = []

    def generate(latents):
        calls.append(len(latents))
        return latents @ MATRIX

    LatentSearch(starts=[Zeros()], tolerance=0.5, max_steps=1000)(linear_view(generate), RECORDS)
    assert len(calls) < 100


def test_latent_search_prior_bounds_latents_and_is_left_out_of_the_score():
    far = 20 * RECORDS  # only latents that are never drawn come close
    free, bound = (
        LatentSearch(starts=[NearestSample()], prior_weight=weight, max_steps=200)(linear_view(), far).scores
        for weight in (0, 1e4)
    )
    assert (bound < free + 0.01).all()
    assert bound.mean() < free.mean() - 5
    distances = torch.cdist(far, linear_view().samples)
    assert (-bound < distances.amax(1)).all()  # a distance, to which the prior of 10,000 was not added


def test_latent_search_scores_a_record_independently_of_the_others():
    view = linear_view(lambda latents: torch.tanh(latents @ MATRIX))
    together = LatentSearch(max_steps=60)(view, torch.cat([RECORDS, 5 + RECORDS])).scores[:40]
    torch.testing.assert_close(together, LatentSearch(max_steps=60)(view, RECORDS).scores, rtol=1e-4, atol=1e-4)
    blocks = LatentSearch(max_steps=60, batch_size=7)(view, RECORDS).scores
    torch.testing.assert_close(together, blocks, rtol=1e-4, atol=1e-4)


def test_latent_search_gives_a_random_generator_the_same_noise_at_every_step():
    def noisy(latents):
        return latents @ MATRIX + torch.randn(len(latents), 8)

    state = torch.random.get_rng_state()
    first = LatentSearch(starts=[Zeros()], prior_weight=0)(linear_view(noisy), RECORDS)
    torch.random.set_rng_state(state)
    torch.rand(5)
    again = LatentSearch(starts=[Zeros()], prior_weight=0)(linear_view(noisy), RECORDS)
    assert torch.equal(first.scores, again.scores)
    assert first.details["converged"] == 40  # with new noise in every step no search would converge


def test_latent_search_works_in_principal_components():
    view = linear_view()
    rotated = LatentSearch(PrincipalComponents(8), max_steps=100)(view, RECORDS).scores
    raw = LatentSearch(RawSpace(), max_steps=100)(view, RECORDS).scores
    torch.testing.assert_close(rotated, raw, rtol=1e-2, atol=1e-2)


def test_latent_search_refuses_a_space_without_gradients():
    with pytest.raises(ParganError) as error:
        LatentSearch(FeatureSpace())(linear_view(), RECORDS)
    assert (error.value.argument, error.value.value) == ("space", "FeatureSpace")
    assert "RawSpace" in error.value.remedy


def test_latent_search_works_under_no_grad():
    network = nn.Linear(LATENT, 8)
    view = linear_view(network)
    with torch.no_grad():
        scores = LatentSearch(max_steps=3)(replace(view), RECORDS).scores
    assert not scores.requires_grad


@pytest.mark.parametrize(
    "settings", [{"max_steps": 0}, {"patience": 0}, {"batch_size": 0}, {"starts": []}, {"tolerance": 1}]
)
def test_latent_search_refuses_settings_out_of_range(settings):
    with pytest.raises(ParganError) as error:
        LatentSearch(**settings)
    ((argument, value),) = settings.items()
    assert (error.value.argument, error.value.value) == (argument, value)
    assert error.value.remedy


def test_latent_search_reports_its_progress(monkeypatch):
    @contextmanager
    def watched(what, total):
        shown.append((what, total))
        yield shown.append

    shown = []
    monkeypatch.setattr(latent_search, "progress_bar", watched)
    LatentSearch(starts=[Zeros(), RandomLatent()], max_steps=2, batch_size=len(RECORDS))(linear_view(), RECORDS)
    assert shown == [("latent search", 4), 1, 2, 3, 4]


def test_latent_search_shows_no_bar_without_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(progress, "DELAY", 0.0)
    LatentSearch(starts=[Zeros()], max_steps=2)(linear_view(), RECORDS)
    assert capsys.readouterr() == ("", "")

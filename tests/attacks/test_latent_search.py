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
def test_the_distance_to_the_range_of_a_linear_generator_is_the_least_squares_residual(optimizer, start):
    search = LatentSearch(starts=[start], optimizer=optimizer, prior_weight=0, tolerance=0, max_steps=600)
    scored = search(linear_view(), RECORDS)
    residual = np.linalg.lstsq(MATRIX.T.numpy(), RECORDS.T.numpy(), rcond=None)[1] ** 0.5
    np.testing.assert_allclose(-scored.scores, residual, rtol=0.01)  # Adam circles around the last of it
    assert scored.details["searches"] == 40


def test_a_record_that_the_generator_can_return_is_found_and_another_is_not():
    view = linear_view(lambda latents: torch.tanh(latents @ MATRIX))
    returned = view.generator(normal(20, LATENT, seed=8))
    scores = LatentSearch()(view, torch.cat([returned, RECORDS[:20]])).scores
    assert scores[:20].median() > -0.2
    assert scores[20:].median() < -1


def test_a_search_from_the_nearest_sample_never_ends_farther_than_it_began():
    view = linear_view()
    scores = LatentSearch(starts=[NearestSample()], max_steps=3)(view, RECORDS).scores
    assert (scores >= NearestNeighbour()(view, RECORDS) - 1e-5).all()


def test_more_starts_find_no_worse():
    view = linear_view(lambda latents: torch.sin(4 * latents @ MATRIX))
    of_one, of_two, of_three = (
        LatentSearch(starts=starts, max_steps=40)(view, RECORDS)
        for starts in ([Zeros()], [Zeros(), RandomLatent()], [Zeros(), RandomLatent(), RandomLatent(1)])
    )
    assert (of_two.scores >= of_one.scores).all()
    assert (of_three.scores > of_two.scores).any()
    assert [each["start"] for each in of_three.details["starts"]] == ["Zeros", "RandomLatent", "RandomLatent"]
    assert sum(each["closest"] for each in of_three.details["starts"]) == pytest.approx(1)


def test_convergence_is_counted():
    view = linear_view()
    found = {
        (steps, tolerance): LatentSearch(max_steps=steps, tolerance=tolerance)(view, RECORDS).details
        for steps, tolerance in ((19, 0.01), (400, 0.01), (40, 0.9))
    }
    assert found[19, 0.01]["converged"] == 0  # sooner than anything can be said
    assert found[400, 0.01]["converged"] == found[400, 0.01]["searches"] == 120
    assert found[40, 0.9]["converged"] > 100
    for details in found.values():
        assert sum(each["converged"] for each in details["starts"]) == details["converged"]


def test_a_converged_block_stops():
    calls = []

    def generate(latents):
        calls.append(len(latents))
        return latents @ MATRIX

    LatentSearch(starts=[Zeros()], tolerance=0.5, max_steps=1000)(linear_view(generate), RECORDS)
    assert len(calls) < 100


def test_the_prior_keeps_latents_short_and_out_of_the_score():
    far = 20 * RECORDS  # only latents that are never drawn come close
    free, bound = (
        LatentSearch(starts=[NearestSample()], prior_weight=weight, max_steps=200)(linear_view(), far).scores
        for weight in (0, 1e4)
    )
    assert (bound < free + 0.01).all()
    assert bound.mean() < free.mean() - 5
    distances = torch.cdist(far, linear_view().samples)
    assert (-bound < distances.amax(1)).all()  # a distance, to which the prior of 10,000 was not added


def test_a_record_is_searched_without_regard_to_the_others():
    view = linear_view(lambda latents: torch.tanh(latents @ MATRIX))
    together = LatentSearch(max_steps=60)(view, torch.cat([RECORDS, 5 + RECORDS])).scores[:40]
    torch.testing.assert_close(together, LatentSearch(max_steps=60)(view, RECORDS).scores, rtol=1e-4, atol=1e-4)
    blocks = LatentSearch(max_steps=60, batch_size=7)(view, RECORDS).scores
    torch.testing.assert_close(together, blocks, rtol=1e-4, atol=1e-4)


def test_a_generator_that_draws_is_searched_with_one_draw():
    def noisy(latents):
        return latents @ MATRIX + torch.randn(len(latents), 8)

    state = torch.random.get_rng_state()
    first = LatentSearch(starts=[Zeros()], prior_weight=0)(linear_view(noisy), RECORDS)
    torch.random.set_rng_state(state)
    torch.rand(5)
    again = LatentSearch(starts=[Zeros()], prior_weight=0)(linear_view(noisy), RECORDS)
    assert torch.equal(first.scores, again.scores)
    assert first.details["converged"] == 40  # noise that changed with every step would never settle


def test_the_space_of_components_can_be_searched_and_that_of_features_cannot():
    view = linear_view()
    rotated = LatentSearch(PrincipalComponents(8), max_steps=100)(view, RECORDS).scores
    raw = LatentSearch(RawSpace(), max_steps=100)(view, RECORDS).scores
    torch.testing.assert_close(rotated, raw, rtol=1e-2, atol=1e-2)
    with pytest.raises(ParganError, match="space=FeatureSpace cannot be differentiated"):
        LatentSearch(FeatureSpace())(view, RECORDS)


def test_no_gradient_is_left_behind_where_gradients_were_off():
    network = nn.Linear(LATENT, 8)
    view = linear_view(network)
    with torch.no_grad():
        scores = LatentSearch(max_steps=3)(replace(view), RECORDS).scores
    assert not scores.requires_grad


@pytest.mark.parametrize(
    "settings", [{"max_steps": 0}, {"patience": 0}, {"batch_size": 0}, {"starts": []}, {"tolerance": 1}]
)
def test_settings_that_search_nothing_are_refused(settings):
    with pytest.raises(ParganError, match=f"{next(iter(settings))}="):
        LatentSearch(**settings)


def test_a_bar_says_how_far_the_searches_are(monkeypatch):
    @contextmanager
    def watched(what, total):
        shown.append((what, total))
        yield shown.append

    shown = []
    monkeypatch.setattr(latent_search, "progress_bar", watched)
    LatentSearch(starts=[Zeros(), RandomLatent()], max_steps=2, batch_size=len(RECORDS))(linear_view(), RECORDS)
    assert shown == [("latent search", 4), 1, 2, 3, 4]


def test_no_bar_without_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(progress, "DELAY", 0.0)
    LatentSearch(starts=[Zeros()], max_steps=2)(linear_view(), RECORDS)
    assert capsys.readouterr() == ("", "")

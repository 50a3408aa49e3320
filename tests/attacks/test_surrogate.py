from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score
from torch.nn.functional import softplus

from pargan.attacks import PrincipalComponents, SamplesView, SurrogateDiscriminator, surrogate
from pargan.errors import ParganError
from tests.helpers.planted import normal

RECORDS = normal(200, 6, seed=2)


def view_of(shift, num_samples=600, num_reference=400):
    return SamplesView(
        samples=normal(num_samples, 6, seed=0) + shift, reference=normal(num_reference, 6, seed=1), seed=0
    )


def test_the_logit_is_near_the_log_ratio_of_two_gaussians():
    scored = SurrogateDiscriminator(width=32)(view_of(torch.tensor([1.0, 0, 0, 0, 0, 0])), RECORDS)
    assert spearmanr(scored.scores, RECORDS[:, 0]).statistic > 0.85
    assert 0.65 < scored.details["held_out_auc"] < 0.85  # the best there is: 0.76


def test_groups_of_unequal_size_weigh_the_same():
    view = view_of(torch.tensor([0.5, 0, 0, 0, 0, 0]), num_samples=4000, num_reference=300)
    scores = SurrogateDiscriminator(width=16, max_steps=300)(view, RECORDS).scores
    assert abs(scores.median()) < 0.5  # and not log(4000 / 300) = 2.6


def test_samples_like_the_population_teach_nothing_and_training_stops():
    details = SurrogateDiscriminator(width=32)(view_of(0), RECORDS).details
    assert 0.38 < details["held_out_auc"] < 0.62
    assert details["steps"] < 3000


def test_overfitting_shows_in_the_details():
    details = SurrogateDiscriminator(width=256, max_steps=50)(view_of(0), RECORDS).details  # one check
    assert details["train_auc"] > details["held_out_auc"] + 0.1


def test_it_goes_on_learning_to_rank_where_its_loss_rises():
    copied, new = normal(300, 16, seed=3), normal(300, 16, seed=4)
    view = SamplesView(samples=copied.repeat(5, 1), reference=normal(200, 16, seed=5), seed=0)
    aucs, losses = [], []
    for max_steps in (50, 400):
        scores = SurrogateDiscriminator(width=128, max_steps=max_steps)(view, torch.cat([copied, new])).scores
        aucs.append(roc_auc_score([1] * 300 + [0] * 300, scores.numpy()))
        losses.append(softplus(-scores[:300]).mean() + softplus(scores[300:]).mean())
    assert losses[1] > losses[0] + 0.2
    assert aucs[1] > aucs[0] + 0.05


def test_of_networks_with_the_same_held_out_auc_the_one_with_the_smallest_held_out_loss_is_kept(monkeypatch):
    view = view_of(0.5, num_samples=200, num_reference=200)
    attack = SurrogateDiscriminator(width=64, max_steps=200, learning_rate=5e-4)
    monkeypatch.setattr(surrogate, "_auc", lambda *_: 1.0)
    kept = attack(view, RECORDS).scores
    losses, candidates = [], []
    for steps in (50, 100, 150, 200):
        monkeypatch.setattr(surrogate, "CHECK_EVERY", steps)  # the only check, at the end of this training
        alone = replace(attack, max_steps=steps)
        held_out = alone(view, torch.cat([view.samples[::5], view.reference[::5]])).scores
        losses.append(float(softplus(-held_out[:40]).mean() + softplus(held_out[40:]).mean()))
        candidates.append(alone(view, RECORDS).scores)
    assert min(losses) < min(losses[0], losses[-1]) - 0.01  # neither the first nor the last
    torch.testing.assert_close(kept, candidates[int(np.argmin(losses))])


def test_where_samples_are_far_from_the_population_training_still_pays():
    scored = [SurrogateDiscriminator(width=16, max_steps=steps)(view_of(3.0), RECORDS + 3) for steps in (50, 3000)]
    assert [each.details["held_out_auc"] for each in scored] == [1.0, 1.0]
    assert scored[1].scores.median() > scored[0].scores.median() + 1
    assert scored[1].details["steps"] < 3000  # a smaller loss alone does not keep it going


def test_the_view_s_seed_decides_and_nothing_else():
    state = torch.random.get_rng_state()
    view, attack = view_of(0.3), SurrogateDiscriminator(width=16, max_steps=100)
    first = attack(view, RECORDS).scores
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.rand(3)
    torch.testing.assert_close(attack(view, RECORDS[:7]).scores, first[:7])
    assert not torch.equal(attack(replace(view, seed=1), RECORDS).scores, first)


def test_it_works_where_gradients_are_off_and_in_components():
    with torch.no_grad():
        scores = SurrogateDiscriminator(PrincipalComponents(2), max_steps=60)(view_of(0.5), RECORDS).scores
    assert scores.shape == (200,)
    assert not scores.requires_grad
    assert np.ptp(scores.numpy()) > 0


def test_settings_and_views_that_train_nothing_are_refused():
    for key in ("width", "batch_size", "max_steps"):
        with pytest.raises(ParganError, match=f"{key}=0"):
            SurrogateDiscriminator(**{key: 0})
    with pytest.raises(ParganError, match="600 samples and 4 reference records"):
        SurrogateDiscriminator()(view_of(0, num_reference=4), RECORDS)

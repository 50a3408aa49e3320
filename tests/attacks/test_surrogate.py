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


def test_surrogate_logit_approximates_the_log_ratio_of_two_gaussians():
    scored = SurrogateDiscriminator(width=32)(view_of(torch.tensor([1.0, 0, 0, 0, 0, 0])), RECORDS)
    assert spearmanr(scored.scores, RECORDS[:, 0]).statistic > 0.85
    assert 0.65 < scored.details["held_out_auc"] < 0.85  # the optimum is 0.76


def test_surrogate_weights_groups_of_unequal_size_equally():
    view = view_of(torch.tensor([0.5, 0, 0, 0, 0, 0]), num_samples=4000, num_reference=300)
    scores = SurrogateDiscriminator(width=16, max_steps=300)(view, RECORDS).scores
    assert abs(scores.median()) < 0.5  # unweighted it would be log(4000 / 300) = 2.6


def test_surrogate_is_trained_once_for_a_view(monkeypatch):
    trainings, train = [], SurrogateDiscriminator._train
    monkeypatch.setattr(
        SurrogateDiscriminator, "_train", lambda self, *groups: trainings.append(groups) or train(self, *groups)
    )
    attack, view = SurrogateDiscriminator(width=8, max_steps=60), view_of(0.5)
    first = attack(view, RECORDS)
    attack(view_of(0.4), RECORDS[:7])
    again = attack(replace(view, samples=view.samples.clone()), RECORDS.flip(0))
    assert len(trainings) == 2
    torch.testing.assert_close(again.scores, first.scores.flip(0))
    assert again.details == first.details
    attack(replace(view, seed=1), RECORDS[:7])
    assert (len(trainings), len(attack._trained)) == (3, 2)
    assert SurrogateDiscriminator(width=8, max_steps=60) == attack
    fresh = SurrogateDiscriminator(width=8, max_steps=60)(view, RECORDS)
    torch.testing.assert_close(fresh.scores, first.scores)


def test_surrogate_stops_early_where_samples_equal_the_population():
    details = SurrogateDiscriminator(width=32)(view_of(0), RECORDS).details
    assert 0.38 < details["held_out_auc"] < 0.62
    assert details["steps"] < 3000


def test_surrogate_details_show_overfitting():
    details = SurrogateDiscriminator(width=256, max_steps=50)(view_of(0), RECORDS).details  # one check
    assert details["train_auc"] > details["held_out_auc"] + 0.1


def test_surrogate_trains_on_while_the_loss_rises_and_the_auc_improves():
    copied, new = normal(300, 16, seed=3), normal(300, 16, seed=4)
    view = SamplesView(samples=copied.repeat(5, 1), reference=normal(200, 16, seed=5), seed=0)
    aucs, losses = [], []
    for max_steps in (50, 400):
        scores = SurrogateDiscriminator(width=128, max_steps=max_steps)(view, torch.cat([copied, new])).scores
        aucs.append(roc_auc_score([1] * 300 + [0] * 300, scores.numpy()))
        losses.append(softplus(-scores[:300]).mean() + softplus(scores[300:]).mean())
    assert losses[1] > losses[0] + 0.2
    assert aucs[1] > aucs[0] + 0.05


def test_surrogate_breaks_ties_of_the_auc_by_the_held_out_loss(monkeypatch):
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


def test_surrogate_keeps_improving_where_samples_are_far_from_the_population():
    scored = [SurrogateDiscriminator(width=16, max_steps=steps)(view_of(3.0), RECORDS + 3) for steps in (50, 3000)]
    assert [result.details["held_out_auc"] for result in scored] == [1.0, 1.0]
    assert scored[1].scores.median() > scored[0].scores.median() + 1
    assert scored[1].details["steps"] < 3000  # a smaller loss alone does not keep it going


def test_surrogate_depends_on_the_seed_of_the_view_alone():
    state = torch.random.get_rng_state()
    view, attack = view_of(0.3), SurrogateDiscriminator(width=16, max_steps=100)
    first = attack(view, RECORDS).scores
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.rand(3)
    torch.testing.assert_close(attack(view, RECORDS[:7]).scores, first[:7])
    assert not torch.equal(attack(replace(view, seed=1), RECORDS).scores, first)


def test_surrogate_works_under_no_grad_and_in_principal_components():
    with torch.no_grad():
        scores = SurrogateDiscriminator(PrincipalComponents(2), max_steps=60)(view_of(0.5), RECORDS).scores
    assert scores.shape == (200,)
    assert not scores.requires_grad
    assert np.ptp(scores.numpy()) > 0


@pytest.mark.parametrize("argument", ["width", "batch_size", "max_steps"])
def test_surrogate_refuses_settings_below_1(argument):
    with pytest.raises(ParganError) as error:
        SurrogateDiscriminator(**{argument: 0})
    assert (error.value.argument, error.value.value) == (argument, 0)
    assert "1 or more" in error.value.remedy


def test_surrogate_refuses_too_few_records():
    with pytest.raises(ParganError) as error:
        SurrogateDiscriminator()(view_of(0, num_reference=4), RECORDS)
    assert "600 samples and 4 reference records" in error.value.problem
    assert "at least 5" in error.value.remedy

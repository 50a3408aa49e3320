"""Losses against their formulas, gradient penalty against finite differences, optima against closed forms.

Legend: K partitions, B records of each, A atoms of a discrete distribution.
"""

from math import log, log1p

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from scipy.spatial.distance import jensenshannon
from torch import nn

from pargan.errors import ParganError
from pargan.gan.discriminators import input_gradients
from pargan.losses import AdversarialLoss, JensenShannon, Wasserstein
from tests.helpers.tiny import LOSSES


def softplus(x):
    return log1p(np.exp(x))


# Of the two logits x, y of D on real records and g, h on fakes: the loss of D, then of G.
FORMULAS = {
    "js": (
        lambda x, y, g, h: (softplus(-x) + softplus(-y)) / 2 + (softplus(g) + softplus(h)) / 2,
        lambda g, h: (softplus(-g) + softplus(-h)) / 2,
    ),
    "wgan": (lambda x, y, g, h: (g + h) / 2 - (x + y) / 2, lambda g, h: -(g + h) / 2),
    "hinge": (
        lambda x, y, g, h: (max(0, 1 - x) + max(0, 1 - y)) / 2 + (max(0, 1 + g) + max(0, 1 + h)) / 2,
        lambda g, h: -(g + h) / 2,
    ),
    "lsgan": (
        lambda x, y, g, h: ((x - 1) ** 2 + (y - 1) ** 2) / 4 + (g**2 + h**2) / 4,
        lambda g, h: ((g - 1) ** 2 + (h - 1) ** 2) / 4,
    ),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_loss_is_its_formula(name):
    real, fake = [[0.3, -1.7], [2.5, 0.1]], [[-0.4, 1.9], [-3.0, 0.8]]
    d_formula, g_formula = FORMULAS[name]
    d_loss = LOSSES[name].discriminator(torch.tensor(real), torch.tensor(fake))
    g_loss = LOSSES[name].generator(torch.tensor(fake))
    assert d_loss.shape == g_loss.shape == (2, 2)  # per record
    assert d_loss.mean(1).tolist() == pytest.approx(
        [d_formula(*x, *g) for x, g in zip(real, fake, strict=True)], rel=1e-6
    )
    assert g_loss.mean(1).tolist() == pytest.approx([g_formula(*g) for g in fake], rel=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_loss_of_a_record_depends_on_its_own_logits_alone(name):
    real, fake = torch.randn(2, 2, 3, generator=torch.Generator().manual_seed(5)).requires_grad_()
    d_loss, g_loss = LOSSES[name].discriminator(real, fake), LOSSES[name].generator(fake)
    for logits in (real, fake):
        jacobian = torch.autograd.grad(d_loss[1, 2], logits, retain_graph=True)[0].nonzero().tolist()
        assert jacobian in ([[1, 2]], [])
    assert torch.autograd.grad(g_loss[0, 1], fake)[0].nonzero().tolist() == [[0, 1]]


@pytest.mark.parametrize("name", LOSSES)
def test_only_wasserstein_has_a_penalty(name):
    real = torch.randn(3, 4, 2, generator=torch.Generator().manual_seed(0))
    position = torch.rand(3, 4, generator=torch.Generator().manual_seed(1))
    assert LOSSES[name].differentiates_twice == (name == "wgan")
    if LOSSES[name].differentiates_twice:
        assert LOSSES[name].penalty_records(real, real + 1, position).shape == real.shape
    else:
        with pytest.raises(NotImplementedError):
            LOSSES[name].penalty_records(real, real + 1, position)


def test_loss_with_a_penalty_must_say_at_which_records():
    with pytest.raises(TypeError, match=r"Nowhere has a gradient_penalty .* define penalty_records\(real"):

        class Nowhere(AdversarialLoss):
            def gradient_penalty(self, gradients):
                return gradients.square().flatten(2).sum(2)


@pytest.mark.parametrize("weight", [-1.0, float("nan")])
def test_wasserstein_refuses_a_negative_penalty_weight(weight):
    with pytest.raises(ParganError) as error:
        Wasserstein(weight)
    assert error.value.argument == "penalty_weight"
    assert "penalty_weight=10" in error.value.remedy
    assert Wasserstein(0.0).penalty_weight == 0


def penalty_of(loss, critics, real, fake):
    """(K,), the mean over records."""
    at = loss.penalty_records(real, fake, torch.rand(real.shape[:2], dtype=real.dtype))
    return loss.gradient_penalty(input_gradients(critics, at)).mean(1)


def test_loss_is_finite_at_extreme_logits():
    for loss in LOSSES.values():
        far = torch.tensor([[-1e4, 1e4]])
        assert torch.isfinite(loss.discriminator(far, far)).all()
        assert torch.isfinite(loss.generator(far)).all()


@pytest.mark.parametrize("shape", [(2,), (3, 4, 5)])
def test_gradient_penalty_of_linear_critics(shape):
    # ||grad|| is ||w_k|| everywhere, so the penalty is lambda (||w_k|| - 1)^2, with a known gradient in w_k.
    w = torch.randn(2, *shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64).requires_grad_()
    real, fake = torch.randn(2, 2, 7, *shape, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    penalty = penalty_of(Wasserstein(5.0), lambda u: (u * w[:, None]).flatten(2).sum(2), real, fake)
    assert penalty.shape == (2,)
    norm = w.detach().flatten(1).square().sum(1).sqrt()
    torch.testing.assert_close(penalty.detach(), 5 * (norm - 1) ** 2)
    (gradient,) = torch.autograd.grad(penalty.sum(), w)
    expected = 2 * 5 * (1 - 1 / norm).reshape(2, *(1,) * len(shape)) * w.detach()
    torch.testing.assert_close(gradient, expected)


def test_gradient_penalty_by_finite_differences_between_real_and_fake():
    loss = Wasserstein(10.0)
    with torch.random.fork_rng():
        torch.manual_seed(2)
        networks = [nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 1)).double() for _ in range(3)]
        real, fake = torch.randn(2, 3, 4, 2, dtype=torch.float64)

        def critics(records):
            return torch.stack([network(own).squeeze(1) for network, own in zip(networks, records, strict=True)])

        u = loss.penalty_records(real, fake, torch.rand(3, 4, dtype=torch.float64))
        penalty = loss.gradient_penalty(input_gradients(critics, u)).mean(1)
    position = (u - real) / (fake - real)  # one number in (0, 1) for all coordinates of a record
    torch.testing.assert_close(position[..., 0], position[..., 1])
    assert ((position >= 0) & (position <= 1)).all()
    assert position[..., 0].unique().numel() == 12

    step = 1e-5
    slopes = [(critics(u + step * e) - critics(u - step * e)) / (2 * step) for e in torch.eye(2, dtype=torch.float64)]
    norm = torch.stack(slopes).square().sum(0).sqrt()  # (K, B)
    torch.testing.assert_close(penalty, 10 * ((norm - 1) ** 2).mean(1), rtol=1e-6, atol=1e-8)


def test_gradient_penalty_of_a_flat_critic_has_a_finite_gradient():
    w = torch.zeros(1, 2, requires_grad=True)
    real = torch.randn(1, 4, 2)
    penalty = penalty_of(Wasserstein(10.0), lambda u: (u * w[:, None]).sum(2), real, real + 1)
    assert penalty.item() == 10.0
    penalty.sum().backward()
    assert torch.isfinite(w.grad).all()


# --- The optimum on a discrete distribution: a free logit per atom for each D_k, a softmax over atoms for G.


def expected_d_loss(loss, real, fake, logits):
    """Exact expectation over x ~ p_k, y ~ p_g of each D_k's loss: (K, A), (A,), (K, A) -> (K,)."""
    K, A = logits.shape
    x, y = (each.reshape(-1, 1) for each in (logits[:, :, None].expand(K, A, A), logits[:, None, :].expand(K, A, A)))
    pairs = loss.discriminator(x, y).reshape(K, A, A)
    return (real[:, :, None] * fake[None, None, :] * pairs).sum((1, 2))


def expected_g_loss(loss, fake, logits):
    """(A,), (K, A) -> (K,)."""
    return (fake * loss.generator(logits.reshape(-1, 1)).reshape(logits.shape)).sum(1)


def best_response(loss, real, fake, start=None, tolerance=1e-9):
    """Logits (K, A) that minimise every D_k's expected loss."""
    logits = (torch.zeros_like(real) if start is None else start.clone()).requires_grad_()
    optimizer = torch.optim.LBFGS(
        [logits], max_iter=500, tolerance_grad=tolerance, tolerance_change=1e-15, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        value = expected_d_loss(loss, real, fake, logits).sum()
        value.backward()
        return value

    optimizer.step(closure)
    return logits.detach()


def disjoint(num_partitions, size=2):
    """Uniform distributions over disjoint sets of atoms: (K, K size)."""
    return torch.eye(num_partitions, dtype=torch.float64).repeat_interleave(size, dim=1) / size


UNEQUAL = torch.tensor([[0.7, 0.2, 0.1, 0.0], [0.1, 0.1, 0.4, 0.4], [0.25, 0.25, 0.25, 0.25]], dtype=torch.float64)


def mean_js(real, fake):
    """Mean over k of JS(p_k || p_g) in nats, by SciPy."""
    return np.mean([jensenshannon(p, fake) ** 2 for p in real.numpy()])


def test_jensen_shannon_of_equal_partitions_is_two_ln_two():
    p = torch.tensor([0.5, 0.2, 0.2, 0.1], dtype=torch.float64)
    real = p.expand(3, 4)
    logits = best_response(JensenShannon(), real, p, start=torch.randn(3, 4, dtype=torch.float64))
    torch.testing.assert_close(torch.sigmoid(logits), torch.full((3, 4), 0.5, dtype=torch.float64), atol=1e-5, rtol=0)
    d_loss = expected_d_loss(JensenShannon(), real, p, logits)
    assert d_loss.tolist() == pytest.approx([2 * log(2)] * 3, abs=1e-8)
    assert expected_g_loss(JensenShannon(), p, logits).tolist() == pytest.approx([log(2)] * 3, abs=1e-4)


@pytest.mark.parametrize("K", [1, 2, 5])
def test_jensen_shannon_optimum_over_disjoint_partitions(K):
    real = disjoint(K)
    mixture = real.mean(0)
    logits = best_response(JensenShannon(), real, mixture)
    own = torch.sigmoid(logits[real > 0])
    torch.testing.assert_close(own, torch.full_like(own, K / (K + 1)), atol=1e-4, rtol=0)
    assert (torch.sigmoid(logits[real == 0]) < 1e-3).all()
    js = (log(2 * K / (K + 1)) + log(2 / (K + 1)) / K + (1 - 1 / K) * log(2)) / 2
    d_loss = expected_d_loss(JensenShannon(), real, mixture, logits)
    assert d_loss.tolist() == pytest.approx([2 * log(2) - 2 * js] * K, abs=1e-3)
    assert mean_js(real, mixture.numpy()) == pytest.approx(js)
    if K == 5:
        assert js == pytest.approx(0.4228, abs=5e-5)
        assert d_loss.mean().item() == pytest.approx(0.5407, abs=1e-3)


def test_jensen_shannon_discriminator_at_its_optimum_is_the_density_ratio():
    fake = torch.tensor([0.4, 0.3, 0.2, 0.1], dtype=torch.float64)
    logits = best_response(JensenShannon(), UNEQUAL, fake)
    torch.testing.assert_close(torch.sigmoid(logits), UNEQUAL / (UNEQUAL + fake), atol=1e-3, rtol=0)
    d_loss = expected_d_loss(JensenShannon(), UNEQUAL, fake, logits)
    assert d_loss.mean().item() == pytest.approx(2 * log(2) - 2 * mean_js(UNEQUAL, fake.numpy()), abs=1e-4)


def test_least_squares_discriminator_at_its_optimum_is_the_density_ratio():
    fake = torch.tensor([0.4, 0.3, 0.2, 0.1], dtype=torch.float64)
    logits = best_response(LOSSES["lsgan"], UNEQUAL, fake)  # arXiv 1611.04076, eq. 5 with a=0, b=1
    torch.testing.assert_close(logits, UNEQUAL / (UNEQUAL + fake), atol=1e-5, rtol=0)


def minimax(real, u):
    """What G = softmax(u) minimises, mean over k of minus D_k's least loss, and its gradient in u: (A,)."""
    u = torch.as_tensor(u, dtype=torch.float64).requires_grad_()
    logits = best_response(JensenShannon(), real, torch.softmax(u.detach(), 0), tolerance=1e-5)
    game = -expected_d_loss(JensenShannon(), real, torch.softmax(u, 0), logits).mean()
    return game.item(), torch.autograd.grad(game, u)[0].numpy()


def test_generator_at_the_mixture_is_stationary_for_disjoint_partitions_only():
    for real, is_stationary in ((disjoint(5), True), (UNEQUAL, False)):
        _, gradient = minimax(real, real.mean(0).log())
        assert (np.abs(gradient).max() < 1e-4) == is_stationary
    assert np.abs(gradient).max() > 5e-3


@pytest.mark.parametrize("real", [disjoint(3), UNEQUAL], ids=["disjoint", "overlapping"])
def test_generator_minimises_the_mean_divergence(real):
    def softmax(u):
        return np.exp(u) / np.exp(u).sum()

    far = np.linspace(-1, 1, real.shape[1])
    played = minimize(lambda u: minimax(real, u), far, jac=True, method="BFGS", options={"gtol": 1e-4})
    closed_form = minimize(lambda u: mean_js(real, softmax(u)), far, method="BFGS", options={"gtol": 1e-7})
    found = softmax(played.x)
    np.testing.assert_allclose(found, softmax(closed_form.x), atol=1e-3)
    assert played.fun == pytest.approx(2 * closed_form.fun - 2 * log(2), abs=1e-5)
    distance_to_mixture = np.abs(found - real.mean(0).numpy()).max()
    assert (distance_to_mixture < 1e-3) == (real is not UNEQUAL)


def test_loss_does_not_mix_partitions():
    real, fake = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(1))
    for loss in LOSSES.values():
        before = loss.discriminator(real, fake), loss.generator(fake)
        changed = fake.clone()
        changed[1] += 1
        after = loss.discriminator(real, changed), loss.generator(changed)
        for one, other in zip(before, after, strict=True):
            assert one.shape == (3, 4)
            assert (one == other).all(1).tolist() == [True, False, True]

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from sklearn import neighbors

from pargan.attacks import DensityRatio, GaussianDensity, KernelDensity, PrincipalComponents, RawSpace, SamplesView
from pargan.attacks import density as density_module
from pargan.attacks.density import gaussian_density, kernel_density
from pargan.errors import ParganError
from pargan.judge.auc import auc
from tests.helpers.planted import normal


def fitted(density, points):
    """The density of samples at these points."""
    return density(points, points)[0]


def test_kernel_density_equals_scikit_learn(monkeypatch):
    monkeypatch.setattr(density_module, "BLOCK_NUMBERS", 5000)  # several blocks
    points, records = normal(400, 5, seed=0) * torch.tensor([1, 2, 0.5, 1, 3]) + 2, normal(90, 5, seed=1)
    std = points.double().std(0, correction=0).numpy()
    # One leaf, so that every kernel is summed: with a tree, scikit-learn is off by more than 1 in the tails.
    independent = neighbors.KernelDensity(bandwidth=400 ** (-1 / 9), leaf_size=400)
    independent.fit(points.double().numpy() / std)
    expected = independent.score_samples(records.double().numpy() / std) - np.log(std).sum()
    of_samples, of_reference = KernelDensity(1.0)(points, points[:200])
    np.testing.assert_allclose(of_samples(records), expected, rtol=1e-4, atol=1e-3)
    wide = 2**0.5 * 400 ** (-1 / 9) * std / points[:200].double().std(0, correction=0).numpy()  # wider than Scott's
    own = kernel_density(points[:200], points[:200].std(0, correction=0) * torch.as_tensor(wide, dtype=torch.float32))
    torch.testing.assert_close(of_reference(records), own(records), rtol=1e-4, atol=1e-3)


def test_kernel_density_with_a_smaller_bandwidth_is_higher_at_its_points():
    points = normal(50, 2, seed=0)
    wide, narrow = (fitted(KernelDensity(bandwidth), points)(points).mean() for bandwidth in (1.0, 0.1))
    assert narrow > wide


def test_kernel_density_takes_the_bandwidth_with_the_likeliest_held_out_points():
    # Two narrow clusters far apart: Scott's rule, from their common spread, is far too wide.
    points, records = (
        0.01 * normal(n, 2, seed=n) + torch.tensor([-1.0, 1.0]).repeat(n // 2)[:, None] for n in (400, 200)
    )
    likelihoods = {
        each: float(fitted(KernelDensity(each), points)(records).mean()) for each in density_module.BANDWIDTHS
    }
    chosen = float(fitted(KernelDensity(), points)(records).mean())
    assert chosen > likelihoods[1.0] + 1
    assert chosen > sorted(likelihoods.values())[-2] - 0.05  # held-out points choose the best or the second best
    gaussian, few = normal(2000, 2, seed=0), normal(3, 2, seed=1)
    near = [fitted(KernelDensity(each), gaussian)(gaussian[:50]) for each in (0.5, 1.0)]
    assert any(torch.equal(fitted(KernelDensity(), gaussian)(gaussian[:50]), each) for each in near)
    torch.testing.assert_close(fitted(KernelDensity(), few)(few), fitted(KernelDensity(1.0), few)(few))


def test_density_ratio_finds_copies_in_two_dimensions():
    # With Scott's bandwidth the AUC was 0.57 where every sample is a copy of a member.
    members, nonmembers, reference = normal(1000, 2, seed=0), normal(1000, 2, seed=1), normal(1000, 2, seed=2)
    copies = members[torch.randint(1000, (3000,), generator=torch.Generator().manual_seed(3))]
    view = SamplesView(samples=copies, reference=reference, seed=0)
    aucs = {}
    for bandwidth in (1.0, None):
        scores = DensityRatio(RawSpace(), KernelDensity(bandwidth))(view, torch.cat([members, nonmembers])).double()
        aucs[bandwidth] = auc(*scores.numpy().reshape(2, 1000))
    assert aucs[1.0] < 0.65
    assert aucs[None] > 0.9  # of 3,000 draws from 1,000 members, 5 % were never drawn


def test_density_ratio_finds_nothing_in_fresh_samples():
    members, nonmembers, reference, fresh = normal(4000, 2, seed=5).chunk(4)
    view = SamplesView(samples=fresh, reference=reference, seed=0)
    scores = DensityRatio(RawSpace())(view, torch.cat([members, nonmembers])).double().numpy()
    assert auc(scores[:1000], scores[1000:]) == pytest.approx(0.5, abs=4 * 0.0129)


@pytest.mark.parametrize("bandwidth", [0, -1.0, float("nan")])
def test_kernel_density_refuses_a_bandwidth_that_is_not_positive(bandwidth):
    with pytest.raises(ParganError) as error:
        KernelDensity(bandwidth)
    assert error.value.argument == "bandwidth"
    assert "above 0" in error.value.remedy


def test_gaussian_density_of_many_points_equals_the_true_density():
    factor = torch.tensor([[1.0, 0, 0], [0.7, 0.5, 0], [0, 0.3, 1.2]])
    points, records = normal(200_000, 3, seed=0) @ factor.T + 1, normal(20, 3, seed=1)
    expected = multivariate_normal([1, 1, 1], (factor @ factor.T).numpy()).logpdf(records.numpy())
    np.testing.assert_allclose(gaussian_density(points)(records), expected, atol=0.1)


def test_gaussian_density_of_few_points_is_shrunk():
    # Five points span four of ten dimensions: without shrinkage the density off that plane is 0.
    log_density = gaussian_density(normal(5, 10, seed=0))(normal(20, 10, seed=1))
    assert log_density.min() > -100


def test_density_ratio_of_two_known_gaussians():
    view = SamplesView(samples=normal(50_000, 2, seed=0) + 1, reference=normal(50_000, 2, seed=1) - 1, seed=0)
    records = normal(30, 2, seed=2)
    expected = 2 * records.sum(1)  # -(x-1)^2/2 + (x+1)^2/2, summed over the dimensions
    scores = DensityRatio(RawSpace(), GaussianDensity())(view, records)
    np.testing.assert_allclose(scores, expected, atol=0.1)


def test_density_ratio_scores_a_record_independently_of_the_others():
    view = SamplesView(samples=normal(300, 8, seed=0), reference=normal(100, 8, seed=1), seed=0)
    records = normal(40, 8, seed=2)
    together = DensityRatio(PrincipalComponents(4))(view, torch.cat([records, 100 + normal(60, 8, seed=3)]))
    torch.testing.assert_close(together[:40], DensityRatio(PrincipalComponents(4))(view, records))

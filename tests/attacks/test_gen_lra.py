import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from pargan.attacks import (
    DensityRatio,
    GenLRA,
    KernelDensityRatio,
    ProductKernel,
    RawSpace,
    SamplesView,
    Scored,
    WhitenedKernel,
    density,
    kernels,
)
from pargan.errors import ParganError
from pargan.judge.auc import auc
from tests.attacks.test_product_kernel import rows, table_view
from tests.helpers.planted import normal


@pytest.mark.parametrize("k", [1, 7, 500])
def test_gen_lra_equals_the_literal_ratio_of_densities_with_and_without_the_record(k):
    samples, reference, records = normal(60, 3, seed=0), normal(50, 3, seed=1) * 2 + 1, normal(20, 3, seed=2)
    view = SamplesView(samples=samples, reference=reference, seed=0)
    scores = GenLRA(WhitenedKernel(RawSpace()), k)(view, records).scores
    sums = scores.exp() + min(k, 60) * np.log(50 / 51)
    s, r, x = (group.double().numpy() for group in (samples, reference, records))
    narrow = np.cov(r.T) * 60 ** (-2 / 7)  # Scott's rule for the samples, in the directions of the reference set
    wide = narrow * max(2, (50 / 60) ** (-2 / 7))
    whitener = np.linalg.cholesky(np.linalg.inv(narrow))

    def kernels(points, at, covariance):  # as high as the narrow ones
        height = np.sqrt(np.linalg.det(covariance) / np.linalg.det(narrow))
        return np.array([np.atleast_1d(multivariate_normal(point, covariance).pdf(at)) * height for point in points])

    for i in range(len(x)):
        nearest = np.argsort(np.linalg.norm((s - x[i]) @ whitener, axis=1))[:k]
        of_reference = kernels(r, s[nearest], wide)
        with_record = np.vstack([of_reference, kernels(x[i : i + 1], s[nearest], narrow)])
        literal = (np.log(with_record.mean(0)) - np.log(of_reference.mean(0))).sum()
        assert float(sums[i]) == pytest.approx(literal, rel=1e-3, abs=1e-4)


def test_gen_lra_of_rows_equals_the_literal_ratio():
    view, records, k = table_view(), rows(10, 9), 5
    fitted = ProductKernel()(view)
    scored = GenLRA(k_nearest=k)(view, records)
    assert scored.details == fitted.details
    for i, record in enumerate(records):
        distance = (fitted.of_samples.transform(view.samples) - fitted.of_samples.transform(record[None])).norm(dim=1)
        nearest = view.samples[distance.argsort(stable=True)[:k]]
        added = (-distance.sort().values[:k].double().square() / 2).exp()
        wide = fitted.of_reference
        squares = (wide.transform(nearest)[:, None] - wide.transform(view.reference)).double().square().sum(2)
        without = (-squares / 2).exp().sum(1)
        literal = ((without + added) / (len(view.reference) + 1) / (without / len(view.reference))).log().sum()
        size = len(view.reference)
        assert float(scored.scores[i].exp()) + k * np.log(size / (size + 1)) == pytest.approx(
            float(literal), rel=1e-2, abs=1e-3
        )


def test_gen_lra_is_finite_where_no_reference_record_is_near():
    view = SamplesView(samples=1000 + normal(30, 2, seed=0), reference=normal(40, 2, seed=1), seed=0)
    scores = GenLRA()(view, torch.cat([view.samples[:1], normal(1, 2, seed=2)])).scores
    assert scores.isfinite().all()
    assert scores[0] > scores[1]


def test_gen_lra_tells_records_apart_that_are_far_from_all_samples():
    collapsed = torch.zeros(200, 2) + 1e-3 * normal(200, 2, seed=0)
    view = SamplesView(samples=collapsed, reference=normal(40, 2, seed=1), seed=0)
    records = torch.tensor([[0.0, 0.0], [1.0, 0.0], [30.0, 0.0], [60.0, 0.0]])
    for kernel in (WhitenedKernel(bandwidth=0.01), ProductKernel()):
        scores = GenLRA(kernel)(view, records).scores
        assert scores.isfinite().all()
        assert (scores.diff() < 0).all()


def test_gen_lra_refuses_k_nearest_0():
    with pytest.raises(ParganError) as error:
        GenLRA(k_nearest=0)
    assert error.value.argument == "k_nearest"


def test_kernel_density_ratio_is_the_difference_of_the_two_log_densities():
    view, records = table_view(), rows(30, 9)
    scored = KernelDensityRatio()(view, records)
    kernels = ProductKernel()(view)
    of_samples = kernels.of_samples.log_density(view.samples)(records)
    of_reference = kernels.of_reference.log_density(view.reference)(records)
    torch.testing.assert_close(scored.scores, of_samples - of_reference)
    assert scored.details == kernels.details


def planted(noise):
    """A view of samples that are members and noise, beside one of fresh samples; members and nonmembers."""
    generator = torch.Generator().manual_seed(0)
    members, nonmembers, reference, fresh = torch.randn(4, 1000, 8, generator=generator)
    near = members.repeat(4, 1) + noise * torch.randn(4000, 8, generator=generator)
    views = [SamplesView(samples=samples, reference=reference, seed=0) for samples in (near, fresh)]
    return *views, torch.cat([members, nonmembers])


ATTACKS = {"density_ratio": DensityRatio(RawSpace()), "mixed": KernelDensityRatio(), "gen_lra": GenLRA()}


@pytest.mark.parametrize("name", ATTACKS)
def test_wider_kernels_of_reference_records_find_more_members_and_nobody_where_nothing_leaks(name, monkeypatch):
    leaky, silent, records = planted(noise=0.4)

    def auc_on(view):
        scores = Scored.of(ATTACKS[name](view, records)).scores.double().numpy()
        return auc(scores[:1000], scores[1000:])

    found = auc_on(leaky)
    assert auc_on(silent) == pytest.approx(0.5, abs=4 * 0.0129)
    for module in (density, kernels):
        monkeypatch.setattr(module, "REFERENCE_WIDENING", 1.0)
    assert found > auc_on(leaky) + 0.03

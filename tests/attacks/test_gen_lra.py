import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from pargan.attacks import GenLRA, KernelDensityRatio, ProductKernel, RawSpace, SamplesView, WhitenedKernel
from pargan.errors import ParganError
from tests.attacks.test_kernels import rows, table_view
from tests.helpers.planted import normal


@pytest.mark.parametrize("k", [1, 7, 500])
def test_gen_lra_equals_fitting_the_density_again_for_every_record(k):
    samples, reference, records = normal(60, 3, seed=0), normal(50, 3, seed=1) * 2 + 1, normal(20, 3, seed=2)
    scores = GenLRA(WhitenedKernel(RawSpace()), k, widening=1.0)(
        SamplesView(samples=samples, reference=reference, seed=0), records
    )
    s, r, x = (group.double().numpy() for group in (samples, reference, records))
    covariance = np.cov(r.T) * len(r) ** (-2 / 7)  # of the kernel, fitted to the reference set alone
    whitener = np.linalg.cholesky(np.linalg.inv(covariance))

    def log_density(points, at):
        kernels = [multivariate_normal(point, covariance).pdf(at) for point in points]
        return np.log(np.mean(kernels, axis=0))

    for i in range(len(x)):
        nearest = np.argsort(np.linalg.norm((s - x[i]) @ whitener, axis=1))[:k]
        refitted = log_density(np.vstack([r, x[i : i + 1]]), s[nearest])
        literal = (refitted - log_density(r, s[nearest])).sum()
        assert float(scores.scores[i]) == pytest.approx(literal, rel=1e-3, abs=1e-4)


def test_gen_lra_of_rows_equals_fitting_the_density_again_for_every_record():
    view, records, k = table_view(), rows(10, 9), 5
    fitted = ProductKernel()(view, view.reference)
    scored = GenLRA(k_nearest=k, widening=1.0)(view, records)
    assert scored.details == fitted.details
    for i, record in enumerate(records):
        distance = (fitted.transform(view.samples) - fitted.transform(record[None])).norm(dim=1)
        nearest = view.samples[distance.argsort(stable=True)[:k]]
        with_record, without = (
            fitted.log_density(points)(nearest).double()
            for points in (torch.cat([view.reference, record[None]]), view.reference)
        )
        assert float(scored.scores[i]) == pytest.approx(float((with_record - without).sum()), rel=1e-2, abs=1e-3)


def test_gen_lra_is_finite_where_no_reference_record_is_near():
    view = SamplesView(samples=1000 + normal(30, 2, seed=0), reference=normal(40, 2, seed=1), seed=0)
    scores = GenLRA()(view, torch.cat([view.samples[:1], normal(1, 2, seed=2)])).scores
    assert scores.isfinite().all()
    assert scores[0] > scores[1]


def test_gen_lra_refuses_k_nearest_0():
    with pytest.raises(ParganError) as error:
        GenLRA(k_nearest=0)
    assert error.value.argument == "k_nearest"


def test_kernel_density_ratio_is_the_difference_of_the_two_log_densities():
    view, records = table_view(), rows(30, 9)
    scored = KernelDensityRatio(widening=3.0)(view, records)
    kernel = ProductKernel()(view, view.samples)
    expected = kernel.log_density(view.samples)(records) - kernel.log_density(view.reference, 3.0)(records)
    torch.testing.assert_close(scored.scores, expected)
    assert scored.details == kernel.details


@pytest.mark.parametrize("attack", [KernelDensityRatio, GenLRA])
def test_attacks_refuse_a_widening_of_0(attack):
    with pytest.raises(ParganError) as error:
        attack(widening=0.0)
    assert error.value.argument == "widening"


def test_gen_lra_with_a_widening_takes_the_literal_density_of_wider_kernels():
    samples, reference, records = normal(60, 3, seed=0), normal(50, 3, seed=1), normal(9, 3, seed=2)
    view = SamplesView(samples=samples, reference=reference, seed=0)
    t = WhitenedKernel(RawSpace())(view, reference).transform
    squares = [torch.cdist(t(samples).double(), t(group).double()).square() for group in (reference, records)]
    added = (-squares[1] / 2).exp() / (-squares[0] / 8).exp().mean(1, keepdim=True)  # (S, N)
    literal = ((50 + added) / 51).log().sum(0)
    scores = GenLRA(WhitenedKernel(RawSpace()), 60, widening=2.0)(view, records).scores
    torch.testing.assert_close(scores, literal, rtol=1e-3, atol=1e-3)

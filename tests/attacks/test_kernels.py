import numpy as np
import pytest
import torch
from scipy.stats import gaussian_kde

from pargan.attacks import RawSpace, SamplesView, WhitenedKernel, kernels
from pargan.attacks.kernels import REFERENCE_WIDENING, log_kernel_sum
from pargan.errors import ParganError
from tests.helpers.planted import normal


def test_log_kernel_sum_is_the_literal_sum(monkeypatch):
    monkeypatch.setattr(kernels, "BLOCK_NUMBERS", 700)  # several blocks
    records, points = normal(90, 3, seed=0), normal(70, 3, seed=1) + 1
    literal = (-(records[:, None] - points).double().square().sum(2) / 2).exp().sum(1).log()
    torch.testing.assert_close(log_kernel_sum(records, points).double(), literal, rtol=1e-5, atol=1e-5)


def test_log_kernel_sum_of_a_copy_far_from_the_origin_is_not_above_0():
    point = torch.full((1, 4), 1000.0)
    assert float(log_kernel_sum(point, point)) == 0


@pytest.mark.parametrize("bandwidth", [1.0, 0.4])
def test_whitened_kernel_density_equals_scipy(bandwidth):
    factor = torch.tensor([[1.0, 0, 0], [0.7, 0.5, 0], [0, 0.3, 1.2]])
    points, records = normal(300, 3, seed=0) @ factor.T + 5, normal(40, 3, seed=1) @ factor.T + 5
    view = SamplesView(samples=points, reference=points, seed=0)
    scipy = gaussian_kde(points.double().numpy().T, bw_method=bandwidth * 300 ** (-1 / 7))
    log_density = WhitenedKernel(bandwidth=bandwidth)(view).of_samples.log_density(points)(records)
    np.testing.assert_allclose(log_density, scipy.logpdf(records.double().numpy().T), rtol=1e-3, atol=1e-3)


def test_whitened_kernel_leaves_out_directions_without_variance():
    points = torch.cat([normal(100, 2, seed=0), torch.ones(100, 1)], 1)
    view = SamplesView(samples=points, reference=points, seed=0)
    assert WhitenedKernel(RawSpace())(view).of_samples.transform(points).shape == (100, 2)
    with pytest.raises(ParganError) as error:
        WhitenedKernel()(SamplesView(samples=points, reference=torch.ones(9, 3), seed=0))
    assert error.value.argument == "view"


@pytest.mark.parametrize(("argument", "value"), [("n_components", 0), ("bandwidth", 0.0), ("bandwidth", float("nan"))])
def test_whitened_kernel_refuses_settings_out_of_range(argument, value):
    with pytest.raises(ParganError) as error:
        WhitenedKernel(**{argument: value})
    assert error.value.argument == argument


@pytest.mark.parametrize(("samples", "reference"), [(300, 300), (300, 2), (1, 50)])
def test_whitened_kernel_of_reference_records_is_wider_than_scotts_and_than_that_of_the_samples(samples, reference):
    points = normal(reference, 3, seed=1)
    view = SamplesView(samples=normal(samples, 3, seed=0), reference=points, seed=0)
    pair, records = WhitenedKernel()(view), normal(40, 3, seed=2)
    features = pair.of_samples.transform(records).shape[1]
    scott = [number ** (-1 / (features + 4)) for number in (samples, reference)]
    factor = max(scott[1], REFERENCE_WIDENING * scott[0]) / scott[0]
    both = (pair.of_reference, pair.of_samples)
    wide, narrow = (kernel.transform(records) - kernel.transform(points[:1]) for kernel in both)
    torch.testing.assert_close(wide * factor, narrow)
    wide_integral, narrow_integral = (kernel.log_integral for kernel in both)
    assert wide_integral - narrow_integral == pytest.approx(features * np.log(factor), abs=1e-5)
    assert pair.details == {}

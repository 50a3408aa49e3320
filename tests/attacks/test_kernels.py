import numpy as np
import pytest
import torch
from scipy.stats import gaussian_kde

from pargan.attacks import ProductKernel, RawSpace, RecordKernel, SamplesView, WhitenedKernel, kernels
from pargan.attacks.kernels import WIDTHS, log_kernel_sum
from pargan.attacks.spaces import category_blocks
from pargan.errors import ParganError
from pargan.records.columns import Categorical, Integer, Numeric
from pargan.records.tables import TableSpec
from tests.helpers.planted import normal

TYPES = {"age": Integer, "colour": Categorical, "size": Numeric, "sex": Categorical}


def table(rows, seed):
    rng = np.random.default_rng(seed)
    colours, sexes = np.array(["blue", "green", "red"]), np.array(["f", "m"])
    return {
        "age": rng.integers(20, 70, rows),
        "colour": rng.choice(colours, rows, p=[0.6, 0.3, 0.1]),
        "size": rng.normal(size=rows),
        "sex": rng.choice(sexes, rows),
    }


SPEC = TableSpec.fit(table(500, seed=0), TYPES)


def rows(number, seed):
    return torch.as_tensor(SPEC.encode(table(number, seed)))


def table_view(samples=400, reference=300):
    return SamplesView(samples=rows(samples, 1), reference=rows(reference, 2), seed=0, spec=SPEC)


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
    log_density = WhitenedKernel(bandwidth=bandwidth)(view, points).log_density(points)(records)
    np.testing.assert_allclose(log_density, scipy.logpdf(records.double().numpy().T), rtol=1e-3, atol=1e-3)


def test_whitened_kernel_leaves_out_directions_without_variance():
    points = torch.cat([normal(100, 2, seed=0), torch.ones(100, 1)], 1)
    view = SamplesView(samples=points, reference=points, seed=0)
    assert WhitenedKernel(RawSpace())(view, points).transform(points).shape == (100, 2)
    with pytest.raises(ParganError) as error:
        WhitenedKernel()(view, torch.ones(9, 3))
    assert error.value.argument == "view"


@pytest.mark.parametrize(("argument", "value"), [("n_components", 0), ("bandwidth", 0.0), ("bandwidth", float("nan"))])
def test_whitened_kernel_refuses_settings_out_of_range(argument, value):
    with pytest.raises(ParganError) as error:
        WhitenedKernel(**{argument: value})
    assert error.value.argument == argument


def test_category_blocks_are_those_of_the_encoding():
    assert category_blocks(SPEC) == [slice(1, 4), slice(5, 7)]
    assert category_blocks(None) == []


def test_product_kernel_is_the_literal_product_over_columns():
    view = table_view()
    fitted = ProductKernel()(view, view.samples)
    width, penalty = fitted.details["width"], fitted.details["penalty"]
    deviation = view.reference.std(0, correction=0)
    left, right = rows(5, 3), rows(6, 4)
    literal = np.zeros((5, 6))
    for i in range(5):
        for j in range(6):
            for number in (0, 4):
                h = width * float(deviation[number])
                difference = float(left[i, number] - right[j, number])
                literal[i, j] += -(difference**2) / (2 * h**2) - np.log(h * np.sqrt(2 * np.pi))
            for block, size in ((slice(1, 4), 3), (slice(5, 7), 2)):
                literal[i, j] -= penalty * (not torch.equal(left[i, block], right[j, block]))
                literal[i, j] -= np.log(1 + (size - 1) * np.exp(-penalty))
    np.testing.assert_allclose(fitted.log_density(right)(left), np.log(np.exp(literal).mean(1)), rtol=1e-4)


def test_log_density_of_a_wider_kernel_is_that_of_a_larger_bandwidth():
    points, records = normal(200, 3, seed=0), normal(40, 3, seed=1)
    view = SamplesView(samples=points, reference=points, seed=0)
    widened = WhitenedKernel()(view, points).log_density(points, 2.5)(records)
    torch.testing.assert_close(widened, WhitenedKernel(bandwidth=2.5)(view, points).log_density(points)(records))


@pytest.mark.parametrize("widening", [1.0, 2.0])
def test_product_kernel_of_categories_sums_to_one_over_them(widening):
    spec = TableSpec.fit({name: table(50, 0)[name] for name in ("colour", "sex")}, TYPES)
    every = {"colour": np.repeat(["blue", "green", "red"], 2), "sex": np.array(["f", "m"] * 3)}
    points = torch.as_tensor(spec.encode({name: table(200, 5)[name] for name in ("colour", "sex")}))
    view = SamplesView(samples=points, reference=points, seed=0, spec=spec)
    fitted = ProductKernel()(view, points)
    density = fitted.log_density(points, widening)(torch.as_tensor(spec.encode(every))).exp()
    assert density.sum() == pytest.approx(1, abs=1e-5)
    assert set(fitted.details) == {"penalty"}


def test_product_kernel_is_narrow_where_points_are_copies():
    view = table_view()
    copies = rows(40, 1).repeat(10, 1)
    wide, narrow = (ProductKernel()(view, points).details for points in (view.samples, copies))
    assert narrow["width"] == min(WIDTHS) < wide["width"]
    assert narrow["penalty"] > wide["penalty"]


def test_product_kernel_width_is_not_changed_by_one_wild_sample():
    view = table_view()
    wild = view.samples.clone()
    wild[0, 0] = 1e4
    with_wild = SamplesView(samples=wild, reference=view.reference, seed=0, spec=SPEC)
    before, after = (ProductKernel()(each, each.reference) for each in (view, with_wild))
    assert before.details == after.details
    assert torch.equal(before.transform(view.samples), after.transform(view.samples))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_product_kernel_of_few_points_has_a_density(number):
    view = table_view(samples=number)
    assert ProductKernel()(view, view.samples).log_density(view.samples)(view.reference).isfinite().all()


def test_record_kernel_is_the_product_kernel_for_tables_only():
    view = table_view()
    assert RecordKernel()(view, view.samples).details == ProductKernel()(view, view.samples).details
    points = SamplesView(samples=normal(50, 3, seed=0), reference=normal(60, 3, seed=1), seed=0)
    expected = WhitenedKernel()(points, points.reference).transform(points.samples)
    torch.testing.assert_close(RecordKernel()(points, points.reference).transform(points.samples), expected)

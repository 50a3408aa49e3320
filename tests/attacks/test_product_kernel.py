import numpy as np
import pytest
import torch

from pargan.attacks import ProductKernel, RecordKernel, SamplesView, WhitenedKernel, product_kernel
from pargan.attacks.kernels import REFERENCE_WIDENING
from pargan.attacks.product_kernel import WIDTHS
from pargan.attacks.spaces import category_blocks
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
AGE = SPEC.columns[0]


def rows(number, seed):
    return torch.as_tensor(SPEC.encode(table(number, seed)))


def table_view(samples=400, reference=300):
    return SamplesView(samples=rows(samples, 1), reference=rows(reference, 2), seed=0, spec=SPEC)


def test_category_blocks_are_those_of_the_encoding():
    assert category_blocks(SPEC) == [slice(1, 4), slice(5, 7)]
    assert category_blocks(None) == []


def test_product_kernel_is_the_literal_product_over_columns():
    view = table_view()
    fitted = ProductKernel()(view).of_samples
    width, penalty = fitted.details["width"], fitted.details["penalty"]
    deviation = view.reference.std(0, correction=0)
    left, right = rows(5, 3), rows(6, 4)
    literal = np.zeros((5, 6))
    for i in range(5):
        for j in range(6):
            for number in (0, 4):
                h = width * float(deviation[number])
                difference = float(left[i, number] - right[j, number])
                # Ages are whole numbers: the kernel's sum over all of them, not its integral.
                step = 2 / (AGE.high - AGE.low)
                steps = np.exp(-((np.arange(-500, 501) * step) ** 2) / (2 * h**2)).sum()
                literal[i, j] += -(difference**2) / (2 * h**2)
                literal[i, j] -= np.log(steps if number == 0 else h * np.sqrt(2 * np.pi))
            for block, size in ((slice(1, 4), 3), (slice(5, 7), 2)):
                literal[i, j] -= penalty * (not torch.equal(left[i, block], right[j, block]))
                literal[i, j] -= np.log(1 + (size - 1) * np.exp(-penalty))
    np.testing.assert_allclose(fitted.log_density(right)(left), np.log(np.exp(literal).mean(1)), rtol=1e-4)


@pytest.mark.parametrize("kernel", ["of_samples", "of_reference"])
def test_product_kernel_of_categories_sums_to_one_over_them(kernel):
    spec = TableSpec.fit({name: table(50, 0)[name] for name in ("colour", "sex")}, TYPES)
    every = {"colour": np.repeat(["blue", "green", "red"], 2), "sex": np.array(["f", "m"] * 3)}
    points = torch.as_tensor(spec.encode({name: table(200, 5)[name] for name in ("colour", "sex")}))
    view = SamplesView(samples=points, reference=points, seed=0, spec=spec)
    fitted = getattr(ProductKernel()(view), kernel)
    density = fitted.log_density(points)(torch.as_tensor(spec.encode(every))).exp()
    assert density.sum() == pytest.approx(1, abs=1e-5)
    assert set(fitted.details) == {"penalty"}


@pytest.mark.parametrize("share", [0.02, 0.1, 1.0, 9.0])
def test_product_kernel_of_whole_numbers_sums_to_one_over_them(share):
    ages = {"age": np.arange(101)}
    spec = TableSpec.fit(ages, {"age": Integer})
    everything = torch.as_tensor(spec.encode(ages))
    # Copies of one age: the width is the smallest, for which neighbouring ages are nearly out of reach, or not.
    spread = share / float(everything.std(0, correction=0)) / 50 / min(WIDTHS)
    view = SamplesView(samples=everything[50:51].repeat(40, 1), reference=everything * spread, seed=0, spec=spec)
    density = ProductKernel()(view).of_samples.log_density(view.samples)(everything).exp()
    assert float(density.sum()) == pytest.approx(1, abs=1e-4)


def test_product_kernel_is_not_narrow_because_whole_numbers_have_few_values(monkeypatch):
    visits = {name: np.arange(4) for name in "ab"}
    spec = TableSpec.fit(visits, dict.fromkeys(visits, Integer))
    counts = np.random.default_rng(0).binomial(3, 0.5, (2, 400))
    points = torch.as_tensor(spec.encode(dict(zip("ab", counts, strict=True))))
    view = SamplesView(samples=points[:200], reference=points[200:], seed=0, spec=spec)
    as_integers = ProductKernel()(view).details["samples"]["width"]
    # As other numbers these are the likelier the narrower the kernel, because many are equal.
    monkeypatch.setattr(product_kernel, "integer_steps", lambda spec, records: torch.zeros(2))
    assert ProductKernel()(view).details["samples"]["width"] < as_integers


def test_product_kernel_of_reference_records_is_as_wide_as_they_need_and_wider_than_that_of_the_samples():
    view = table_view()
    copies = SamplesView(samples=rows(40, 1).repeat(10, 1), reference=view.reference, seed=0, spec=SPEC)
    usual, narrow = (ProductKernel()(each).details for each in (view, copies))
    swapped = SamplesView(samples=view.reference, reference=view.reference, seed=0, spec=SPEC)
    needed = ProductKernel()(swapped).details["samples"]
    assert narrow["samples"]["width"] * REFERENCE_WIDENING < needed["width"] == narrow["reference"]["width"]
    for details in (usual, narrow):
        assert details["reference"]["width"] >= REFERENCE_WIDENING * details["samples"]["width"]
        assert details["reference"]["penalty"] <= details["samples"]["penalty"] / 2 + 1e-9


def test_product_kernel_is_narrow_where_points_are_copies():
    view = table_view()
    copies = SamplesView(samples=rows(40, 1).repeat(10, 1), reference=view.reference, seed=0, spec=SPEC)
    wide, narrow = (ProductKernel()(each).of_samples.details for each in (view, copies))
    assert narrow["width"] == min(WIDTHS) < wide["width"]
    assert narrow["penalty"] > wide["penalty"]


def test_product_kernel_counts_in_standard_deviations_that_one_wild_sample_does_not_change():
    view = table_view()
    wild = view.samples.clone()
    wild[0, 0] = 1e4
    with_wild = SamplesView(samples=wild, reference=view.reference, seed=0, spec=SPEC)
    before, after = (ProductKernel()(each).of_samples for each in (view, with_wild))
    ages = [fitted.transform(view.samples)[:, 0] * fitted.details["width"] for fitted in (before, after)]
    torch.testing.assert_close(*ages)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_product_kernel_of_few_points_has_a_density(number):
    view = table_view(samples=number)
    assert ProductKernel()(view).of_samples.log_density(view.samples)(view.reference).isfinite().all()


def test_record_kernel_is_the_product_kernel_for_tables_only():
    view = table_view()
    assert RecordKernel()(view).details == ProductKernel()(view).details
    points = SamplesView(samples=normal(50, 3, seed=0), reference=normal(60, 3, seed=1), seed=0)
    expected = WhitenedKernel()(points).of_reference.transform(points.samples)
    torch.testing.assert_close(RecordKernel()(points).of_reference.transform(points.samples), expected)

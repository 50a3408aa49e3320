import numpy as np
import torch

from pargan.attacks import SamplesView
from pargan.attacks.prediction_error import prediction_errors
from pargan.judge.auc import auc
from pargan.records.columns import Categorical, Numeric
from pargan.records.identifiers import Identifier
from pargan.records.points import PointsSpec
from pargan.records.tables import TableSpec
from tests.attacks.test_product_kernel import SPEC, rows, table_view


def related(number, seed):
    """A number, its double with noise, and a category that is its sign."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=number)
    return {"x": x, "double": 2 * x + rng.normal(size=number) / 10, "sign": np.where(x > 0, "plus", "minus")}


RELATED = TableSpec.fit(related(3000, 9), {"x": Numeric, "double": Numeric, "sign": Categorical})


def encoded(number, seed):
    return torch.as_tensor(RELATED.encode(related(number, seed)))


def test_prediction_errors_are_small_where_columns_depend_on_each_other():
    view = SamplesView(samples=encoded(1000, 0), reference=encoded(10, 1), seed=0, spec=RELATED)
    found = prediction_errors(view, encoded(200, 2))
    assert list(found) == ["x prediction", "x error", "double prediction", "double error", "sign error"]
    assert np.median(found["x error"]) < 0.15  # in standard deviations
    assert np.median(found["sign error"]) < 0.05
    shuffled = encoded(200, 2)
    shuffled[:, 0] = shuffled[torch.randperm(200, generator=torch.Generator().manual_seed(0)), 0]
    assert np.median(prediction_errors(view, shuffled)["x error"]) > 0.5


def test_prediction_errors_of_copied_rows_are_smaller():
    members, nonmembers = rows(150, 1), rows(150, 2)
    view = SamplesView(samples=members, reference=rows(50, 3), seed=0, spec=SPEC)
    found = prediction_errors(view, torch.cat([members, nonmembers]))
    for name in ("age error", "colour error"):
        errors = -found[name]
        assert auc(errors[:150], errors[150:]) > 0.6


def test_prediction_errors_of_a_category_that_no_sample_has_are_1():
    view = table_view()
    samples = view.samples[view.samples[:, 3] == 0]  # none is red
    found = prediction_errors(SamplesView(samples=samples, reference=samples, seed=0, spec=SPEC), rows(100, 5))
    red = rows(100, 5)[:, 3] == 1
    assert (found["colour error"][red.numpy()] == 1).all()


def test_prediction_errors_are_deterministic_and_of_tables_only():
    view = table_view(samples=60)
    first, second = (prediction_errors(view, rows(20, 5)) for _ in range(2))
    assert all(np.array_equal(first[name], second[name]) for name in first)
    points = SamplesView(samples=torch.zeros(9, 2), reference=torch.zeros(9, 2), seed=0, spec=PointsSpec(2))
    assert prediction_errors(points, torch.zeros(3, 2)) == {}


def test_prediction_errors_need_a_second_column_that_is_learnt():
    names = np.array([f"row {number}" for number in range(30)])
    spec = TableSpec.fit({"name": names, "x": np.arange(30.0)}, {"name": Identifier, "x": Numeric})
    records = torch.as_tensor(spec.encode({"name": names, "x": np.arange(30.0)}))
    view = SamplesView(samples=records, reference=records, seed=0, spec=spec)
    assert prediction_errors(view, records) == {}

"""Numbers and times by ranks: exact inverse, order, frequent and missing values, and a schema that gives them back."""

import json

import numpy as np
import pytest
import torch
from scipy.stats import kstest, norm, truncnorm

from pargan.records import Date, Integer, Numeric, Ranked, WithMissing
from pargan.records.columns import column_from_dict
from pargan.records.number_format import NumberFormat
from pargan.records.ranked import are_frequent
from pargan.records.ranks import FAR

MONEY = NumberFormat(prefix="$", thousands=",", least_decimals=2, most_decimals=2)


def incomes(seed=0, size=2000):
    """Money with a long tail; a third earns nothing."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(size) < 1 / 3, 0.0, np.round(rng.lognormal(6, 1, size), 2))


def columns():
    rng = np.random.default_rng(1)
    money, ages = incomes(), rng.integers(17, 91, 2000)
    days = np.datetime64("2019-01-01") + rng.integers(0, 800, 2000)
    gaps = np.where(rng.random(2000) < 0.2, np.nan, money)
    return {
        "money": (Numeric.fit("money", money, MONEY), money),
        "age": (Integer.fit("age", ages), ages),
        "grade": (Integer.fit("grade", ages % 5), ages % 5),
        "day": (Date.fit("day", days, "%d/%m/%Y"), days),
        "with gaps": (WithMissing(Numeric.fit("gaps", money, MONEY), "n/a"), gaps),
    }


@pytest.mark.parametrize("name", columns())
def test_ranked_gives_values_back_also_those_it_was_not_fitted_on(name):
    column, values = columns()[name]
    ranked = Ranked.fit(column, values[:500])
    order = np.sort(values[:500])  # missing ones last
    present = 500 - np.isnan(order).sum() if order.dtype.kind == "f" else 500
    values = np.clip(values, order[10], order[present - 11])  # all that are beyond count as the outermost knots
    block = ranked.encode(values)
    assert block.shape == (2000, ranked.width)
    assert block.dtype == np.float32
    assert np.abs(block).max() <= 1
    given, back = column.text(values), ranked.text(ranked.decode(block))
    differ = [i for i, (left, right) in enumerate(zip(given, back, strict=True)) if left != right]
    if name in ("money", "with gaps"):  # a million cents in float32: a few of the largest are a cent away
        assert len(differ) < 10
        np.testing.assert_allclose(ranked.decode(block)[differ], values[differ], atol=0.0101)
    else:
        assert not differ


def test_ranked_is_within_a_hundred_thousandth_of_the_range_where_float32_cannot_tell_values_apart():
    values = np.round(np.random.default_rng(2).lognormal(10, 2, 5000), 2)  # up to tens of millions, in cents
    ranked = Ranked.fit(Numeric.fit("money", values, MONEY), values)
    values = np.clip(values, *np.sort(values)[[9, -10]])
    error = np.abs(ranked.decode(ranked.encode(values)) - values)
    assert error.max() < 1e-5 * np.ptp(values)
    assert (error[values < np.median(values)] < 0.02).all()


@pytest.mark.parametrize("name", columns())
def test_ranked_comes_back_from_a_schema(name):
    column, values = columns()[name]
    ranked = Ranked.fit(column, values)
    again = column_from_dict(json.loads(json.dumps(ranked.to_dict())))
    assert again == ranked
    np.testing.assert_array_equal(again.encode(values), ranked.encode(values))


def test_ranked_spreads_values_as_a_normal_distribution_and_keeps_their_order():
    values = incomes()
    column = Numeric.fit("money", values, MONEY)
    scores = Ranked.fit(column, values).encode(values)[:, 0]
    assert (np.diff(scores[np.argsort(values)]) >= 0).all()
    far = -norm.ppf(FAR)
    normal = truncnorm(-far, far, scale=1 / far)
    assert kstest(scores[values > 0], normal.cdf).statistic < 0.05
    assert kstest(column.encode(values)[values > 0, 0], normal.cdf).statistic > 0.5


def test_ranked_leaves_rare_values_at_an_end_where_a_generator_reaches_them():
    hours = np.concatenate([np.random.default_rng(5).integers(20, 70, 4980), np.full(20, 99)])
    ranked = Ranked.fit(Integer.fit("hours", hours), hours)
    lowest = np.linspace(0, 1, 10001)[np.argmax(ranked.decode(np.linspace(0, 1, 10001)[:, None]) == 99)]
    assert lowest < 0.95  # 0.992 on a scale of even ranks, where tanh is flat


def test_ranked_makes_frequent_and_missing_values_modes():
    values = incomes()
    values[:400] = np.nan
    ranked = Ranked.fit(WithMissing(Numeric.fit("money", incomes(), MONEY)), values)
    assert ranked.frequent == ("$0.00",)
    modes = ranked.encode(values)[:, 1:]
    np.testing.assert_array_equal(modes.argmax(1), np.where(np.isnan(values), 2, np.where(values == 0, 1, 0)))
    np.testing.assert_array_equal(modes.sum(1), np.ones(len(values)))
    assert (ranked.encode(values)[:400, 0] == 0).all()


def test_ranked_makes_each_of_few_values_a_mode():
    grades = np.repeat([1, 2, 5, 9], [5, 6, 100, 4])
    assert Ranked.fit(Integer.fit("grade", grades), grades).frequent == ("1", "2", "5")  # four records have a 9


def test_ranked_makes_values_modes_that_are_frequent_among_the_records_without_one():
    rng = np.random.default_rng(6)
    gains = np.concatenate([np.zeros(4500), np.repeat([7688, 15024], [30, 25]), np.repeat([2174], 24)])
    gains = np.concatenate([gains, rng.choice(np.arange(100, 9000, 7), 421)]).astype(np.int64)
    ranked = Ranked.fit(Integer.fit("gain", gains), gains)
    assert ranked.frequent == ("0", "7688", "15024")  # 500 records gain something; 24 of them are less than 5 %
    modes = ranked.encode(np.array([0, 7688, 2174, 15024]))[:, 1:].argmax(1)
    np.testing.assert_array_equal(modes, [1, 2, 0, 3])


def test_values_of_which_none_stands_out_are_not_frequent():
    assert not are_frequent(np.full(25, 100)).any()


def test_value_of_few_records_is_not_frequent_among_those_without_one():
    assert are_frequent(np.array([4981, *[19] * 10, *[1] * 20])).sum() == 1
    assert are_frequent(np.array([4981, *[20] * 10, *[1] * 20])).sum() == 11


def test_ranked_generates_what_real_records_look_like():
    column, values = columns()["with gaps"]
    ranked = Ranked.fit(column, values)
    outputs = torch.randn(500, ranked.width, requires_grad=True)
    generated = ranked.activation(outputs)
    (generated * torch.randn(500, ranked.width)).sum().backward()
    assert (outputs.grad.abs().sum(0) > 0).all()
    decided = torch.zeros(1, ranked.width)
    for mode, value in enumerate([values[values > 0][0], 0.0, np.nan]):  # another value, the frequent one, missing
        decided[:, 1:] = -1e4
        decided[:, 1 + mode] = 1e4
        block = ranked.activation(decided).numpy()
        real = ranked.encode(np.array([value]))
        np.testing.assert_allclose(block[:, 1:], real[:, 1:], atol=1e-6)
        if mode:
            np.testing.assert_allclose(block[:, 0], real[:, 0], atol=1e-6)
    low, high = column.column.low, column.column.high
    drawn = ranked.decode(generated.detach().numpy())
    assert ((drawn >= low) & (drawn <= high) | np.isnan(drawn)).all()


@pytest.mark.parametrize("name", ["money", "day", "with gaps"])
def test_ranked_does_not_depend_on_what_the_few_most_extreme_records_have(name):
    column, values = columns()[name]
    order = np.argsort(values)  # missing ones last
    order = order[: len(values) - np.isnat(values).sum() if values.dtype.kind == "M" else (~np.isnan(values)).sum()]
    other = values.copy()
    other[order[-4:]] = np.sort(values[order])[-1]
    assert Ranked.fit(column, other) == Ranked.fit(column, values)


def test_ranked_keeps_no_value_of_fewer_than_five_records():
    rng = np.random.default_rng(3)
    values = np.concatenate([rng.lognormal(6, 1, 3000), np.repeat([99.5, 250.25], 40)])
    ranked = Ranked.fit(Numeric.fit("x", values), values)
    knots = np.array([float(knot) for knot in ranked.knots])
    order = np.sort(values)
    assert set(knots) & set(values) <= {99.5, 250.25}
    assert order[0] <= knots[0] < order[5]  # the tails go on, not beyond the column's own values
    assert order[-6] < knots[-1] <= order[-1]
    assert 150 < len(knots) <= 200


def test_ranked_continues_tails_as_their_distances_suggest():
    rng = np.random.default_rng(4)
    for values, end in ((rng.random(20000), 1.0), (rng.exponential(1, 20000), np.log(20000))):
        column = Numeric("x", 0.0, 100.0)
        knots = [float(knot) for knot in Ranked.fit(column, values).knots]
        assert np.log(20000 / 8) * (end > 1) < knots[-1]
        assert abs(knots[-1] - end) < (0.001 if end == 1.0 else 4.0)
        assert 0 <= knots[0] < 0.001
    ends = np.concatenate([rng.random(100) * 50, np.full(20, 50.0)])  # top-coded: nothing lies beyond
    assert Ranked.fit(Numeric("x", 0.0, 100.0), ends).knots[-1] == "50"


def test_ranked_is_published_without_the_range_of_the_real_records():
    for column, values in columns().values():
        ranked = Ranked.fit(column, values)
        published = ranked.published()
        block = ranked.encode(values)
        assert published.text(published.decode(block)) == ranked.text(ranked.decode(block))
        assert published.describe() == f"{ranked.knots[0]} to {ranked.knots[-1]}"
        assert column_from_dict(json.loads(json.dumps(published.to_dict()))) == published
        assert not published.is_clipped


@pytest.mark.parametrize("values", [np.zeros(0), np.array([3.0, 3.0]), np.array([np.nan, np.nan])])
def test_ranked_is_the_range_where_nothing_varies_in_the_records_it_is_fitted_on(values):
    ranked = Ranked.fit(WithMissing(Numeric("x", 0.0, 10.0)), values)
    all_values = np.array([0.0, 3.0, 7.5, 10.0, np.nan])
    np.testing.assert_allclose(ranked.decode(ranked.encode(all_values)), all_values, rtol=1e-6)


def test_ranked_refuses_levels_that_do_not_ascend():
    fields = Ranked.fit(Integer("x", 0, 9), np.repeat(np.arange(10), 5)).to_dict()
    fields["normal_scores"]["levels"] = fields["normal_scores"]["levels"][::-1]
    with pytest.raises(ValueError, match="ascend"):
        column_from_dict(fields)
    fields["normal_scores"]["knots"] = ["x"] * len(fields["normal_scores"]["levels"])
    with pytest.raises(ValueError, match="values of the column"):
        column_from_dict(fields)

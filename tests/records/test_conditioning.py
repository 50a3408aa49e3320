from itertools import islice

import numpy as np
import pytest
import torch

from pargan.errors import ParganError
from pargan.records.asked_categories import in_turn
from pargan.records.conditioning import (
    UNCONDITIONAL,
    ClassCondition,
    ColumnCondition,
    conditioning_from_dict,
)

DIGITS = ClassCondition("label", ("3", "5", "7"), (0.25, 0.0, 0.75), ("5",))
INCOME = ColumnCondition("income", ("high", "low", "True"), (0.5, 0.5, 0.0), start=2)


@pytest.mark.parametrize("weights", [[1], [1, 1, 1], [300, 700], [3, 0, 5, 1, 40], [0.2, 0.8], [1 / 3, 2 / 3]])
def test_in_turn_holds_the_shares_in_every_prefix_and_to_the_last_record(weights):
    weights = np.array(weights, dtype=float)
    codes = np.fromiter(islice(in_turn(weights), 1000), int)
    counts = np.cumsum(np.eye(len(weights))[codes], axis=0)
    due = np.arange(1, 1001)[:, None] * weights / weights.sum()
    assert np.abs(counts - due).max() < 1
    whole = np.isclose(due, np.rint(due)).all(axis=1)
    np.testing.assert_array_equal(counts[whole], np.rint(due)[whole])


def test_categories_are_drawn_as_frequent_as_in_the_data():
    codes = DIGITS.draw(4000, 1)
    assert np.array_equal(codes, DIGITS.draw(4000, 1))
    np.testing.assert_allclose(np.bincount(codes, minlength=3) / 4000, DIGITS.frequencies, atol=0.03)


def test_shares_of_a_category_of_several_and_of_all():
    assert DIGITS.shares({"label": 3}).tolist() == DIGITS.shares({"label": "3"}).tolist() == [1, 0, 0]
    assert DIGITS.shares({"label": 7.0}).tolist() == [0, 0, 1]
    assert DIGITS.shares({"label": {3: 20, "7": 80}}).tolist() == [20, 0, 80]
    assert DIGITS.shares(None, balanced=True).tolist() == [1, 0, 1]  # without the one that no member has
    assert DIGITS.shares(None) is None
    assert INCOME.shares({"income": True}).tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({"label": 4}, r'category "4".*does not have; choose one of 3, 7$'),
        ({"label": 5}, r'category "5", which "label" has for no member.*choose one of 3, 7$'),
        ({"class": 3}, r'told "label" alone; give \{label: 3\}'),
        ({"label": 3, "other": 1}, r'told "label" alone'),
        ("3", r'told "label" alone'),
        ({"label": {3: -1}}, "has -1 as a share"),
        ({"label": {3: "much"}}, "has 'much' as a share"),
        ({"label": {3: 0}}, "asks for no category"),
        ({"label": {}}, "asks for no category"),
    ],
)
def test_shares_refuse_what_was_not_learnt(where, message):
    with pytest.raises(ParganError, match=message) as error:
        DIGITS.shares(where)
    assert error.value.argument == "where"


def test_shares_refuse_where_and_balanced_together_and_without_a_condition():
    with pytest.raises(ParganError, match="give one of them"):
        DIGITS.shares({"label": 3}, balanced=True)
    for asked in ({"where": {"label": 3}}, {"where": None, "balanced": True}):
        with pytest.raises(ParganError, match="trained without one; train with conditioning=by_class"):
            UNCONDITIONAL.shares(**asked)


def test_class_condition_stands_behind_points_and_in_channels_of_images():
    condition = torch.eye(3)[torch.tensor([[0, 2], [1, 1]])]
    points, images = torch.randn(2, 2, 4), torch.randn(2, 2, 1, 5, 6)
    told = DIGITS.tell_records(points, condition)
    assert torch.equal(told[..., :4], points)
    assert torch.equal(told[..., 4:], condition)
    planes = DIGITS.tell_records(images, condition)
    assert planes.shape == (2, 2, 4, 5, 6)
    assert torch.equal(planes[:, :, :1], images)
    assert (planes[:, :, 1:] == condition[..., None, None]).all()
    assert torch.equal(DIGITS.record_slopes(told), points)
    assert torch.equal(DIGITS.record_slopes(planes), images)
    with pytest.raises(ParganError, match='judged under their "label"'):
        DIGITS.of_records(points)


def test_column_condition_replaces_the_column_and_is_read_from_records():
    records, condition = torch.randn(4, 7), torch.eye(3)[torch.tensor([0, 1, 2, 0])]
    filled = INCOME.fill(records, condition)
    assert torch.equal(INCOME.of_records(filled), condition)
    assert torch.equal(filled[:, :2], records[:, :2])
    assert torch.equal(filled[:, 5:], records[:, 5:])
    assert INCOME.size_beside == 0
    assert torch.equal(INCOME.tell_records(filled, condition), filled)
    assert INCOME.record_slopes(records[None]).shape == (1, 4, 4)


@pytest.mark.parametrize("conditioning", [DIGITS, INCOME, UNCONDITIONAL])
def test_conditioning_from_dict_is_the_inverse(conditioning):
    assert conditioning_from_dict(conditioning.to_dict()) == conditioning


def test_conditioning_from_dict_refuses_frequencies_that_do_not_fit():
    with pytest.raises(ValueError, match="with sum 1"):
        conditioning_from_dict({**DIGITS.to_dict(), "frequencies": [0.5, 0.5]})

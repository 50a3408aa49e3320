"""Numbers as bins, the discriminators that are given them, and where the numbers of a table stand."""

import numpy as np
import pandas as pd
import pytest
import torch

import pargan
from pargan.errors import ParganError
from pargan.gan.discriminators import Discriminators
from pargan.models import MLPDiscriminator
from pargan.models.number_bins import WEIGHT, NumberBins
from pargan.records import ImageSpec, PointsSpec
from tests.helpers.composed import composed


def test_bins_are_full_up_to_the_number():
    records = torch.tensor([[9.0, -1.0, 7.0], [9.0, -0.25, 0.0], [9.0, 1.0, 1.0]])
    found = NumberBins([1], 4)(records)
    assert torch.equal(found[:, :3], records)
    filled = torch.tensor([[0.0, 0.0, 0.0, 0.0], [1.0, 0.5, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    assert torch.equal(found[:, 3:], WEIGHT * filled)


def test_bins_of_a_number_beyond_the_scale_are_those_at_its_end():
    ends, beyond = (NumberBins([0], 8)(torch.tensor([[-far], [far]]))[:, 1:] for far in (1.0, 1.5))
    assert torch.equal(ends, beyond)


def test_bins_hand_the_gradient_of_a_number_on():
    records = torch.tensor([[0.3, 0.0]], requires_grad=True)
    NumberBins([0], 8)(records)[:, 2:].sum().backward()
    assert torch.equal(records.grad, torch.tensor([[WEIGHT * 4, 0.0]]))  # one bin is 1/4 wide


def table():
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "town": draw.choice(["a", "b", "c"], 200),
            "age": draw.normal(40, 9, 200).round(1),
            "number": np.arange(200),
            "gain": np.where(draw.random(200) < 0.9, 0.0, draw.random(200).round(3)),
            "born": pd.to_datetime("1980-01-01") + pd.to_timedelta(draw.integers(0, 9000, 200), "D"),
            "one": "same",
        }
    )
    frame.loc[:30, "age"] = np.nan
    return pargan.data.table(frame, types={"number": "id"})


@pytest.mark.parametrize("in_units", [False, True], ids=["by ranks", "in units"])
def test_numbers_of_a_row_are_all_entries_that_are_no_indicators(in_units):
    pool = table()
    spec = pool.spec.in_units if in_units else pool.spec
    rows = spec.encode(pool.spec.decode(pool.take(np.arange(200))))
    assert len(spec.numbers) == 3  # age, gain, born
    others = np.delete(rows, list(spec.numbers), axis=1)
    assert set(np.unique(others)) == {0, 1}
    assert all(len(np.unique(rows[:, place])) > 2 for place in spec.numbers)


@pytest.mark.parametrize("spec", [PointsSpec(3), ImageSpec(1, 2, 3)], ids=["points", "images"])
def test_records_other_than_rows_have_all_their_entries_as_bins(spec):
    network = MLPDiscriminator(spec, number_bins=5)
    size = int(np.prod(spec.shape))
    records = torch.rand(4, 7, *spec.shape) * 2 - 1
    features = network.features_of(records)
    assert features.shape == (4, 7, size + 5 * size)
    assert torch.equal(features[..., :size], records.flatten(2))
    assert network(features[0]).shape == (7, 1)


def test_discriminators_give_their_networks_the_features_of_a_record():
    networks = Discriminators(lambda: MLPDiscriminator(PointsSpec(2), (8,), number_bins=4), 3)
    records = torch.rand(3, 6, 2) * 2 - 1
    real_logits, fake_logits, gradients = networks.logits_and_input_gradients(records, records.flip(1), records)
    told = networks[0].features_of(records)
    for k, network in enumerate(networks):
        torch.testing.assert_close(real_logits[k], network(told[k])[:, 0])
        torch.testing.assert_close(fake_logits[k], network(told[k].flip(0))[:, 0])
        at = told[k].clone().requires_grad_()
        (expected,) = torch.autograd.grad(network(at).sum(), at)
        torch.testing.assert_close(gradients[k], expected)


@pytest.mark.parametrize("number", [-1, 2.5, True])
def test_bins_that_are_no_number_are_refused(number):
    with pytest.raises(ParganError) as error:
        MLPDiscriminator(PointsSpec(2), number_bins=number)
    assert error.value.argument == "number_bins"


def test_tables_have_bins_and_other_records_do_not():
    assert composed("dataset=broward").model.discriminator.number_bins == 16
    assert "number_bins" not in composed("dataset=digits").model.discriminator

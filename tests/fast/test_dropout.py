"""Dropout with cheap masks: what it drops, what it keeps, what it leaves alone."""

import pytest
import torch
from scipy.stats import binomtest, chisquare
from torch import nn

from pargan.fast.dropout import Dropout


@pytest.mark.parametrize("p", [0.01, 0.3, 0.5, 0.9])
def test_dropout_drops_the_share_and_scales_the_rest(p):
    torch.manual_seed(0)
    out = Dropout(p)(torch.ones(400_001))
    dropped = int((out == 0).sum())
    assert binomtest(dropped, out.numel(), p).pvalue > 1e-3
    kept = out[out > 0]
    torch.testing.assert_close(kept, torch.full_like(kept, 1 / (1 - p)), rtol=1e-3, atol=0)
    assert len(kept.unique()) == 1


def test_dropout_draws_numbers_independently():
    torch.manual_seed(1)
    gone = (Dropout(0.5)(torch.ones(100_000, 4)) == 0).long()
    patterns = gone @ torch.tensor([1, 2, 4, 8])  # four neighbours share a draw
    assert chisquare(torch.bincount(patterns, minlength=16).numpy()).pvalue > 1e-3


def test_dropout_has_first_and_second_gradients():
    records = torch.randn(3, 5, dtype=torch.float64, requires_grad=True)
    layer = Dropout(0.4)

    def seeded(values):
        torch.manual_seed(2)
        return layer(values)

    assert torch.autograd.gradcheck(seeded, records)
    assert torch.autograd.gradgradcheck(lambda values: seeded(values).square(), records)


@pytest.mark.parametrize("layer", [Dropout(0.3).eval(), Dropout(0.0)], ids=["eval", "p=0"])
def test_dropout_off_changes_nothing(layer):
    records = torch.randn(7, 3)
    assert torch.equal(layer(records), records)


def test_dropout_of_one_drops_everything():
    assert torch.equal(Dropout(1.0)(torch.randn(7, 3)), torch.zeros(7, 3))


def test_dropout_keeps_half_precision_and_follows_the_seed():
    records = torch.ones(64, 9, dtype=torch.bfloat16)
    torch.manual_seed(3)
    first = Dropout(0.3)(records)
    torch.manual_seed(3)
    assert torch.equal(Dropout(0.3)(records), first)
    assert first.dtype == torch.bfloat16


def test_dropout_refuses_a_share_above_one():
    with pytest.raises(ValueError, match="between 0 and 1"):
        Dropout(1.5)


def test_dropout_is_an_nn_dropout():
    assert isinstance(Dropout(0.3), nn.Dropout)

"""Gradients of stacked networks: in the parameters, in the records, and where people look for them."""

from functools import partial

import pytest
import torch
from stacked import CHAINS, RECORDS, both
from tiny import discriminator
from torch import nn

from pargan.losses import input_gradients
from pargan.models.dropout import Dropout
from pargan.models.leaky import LeakyReLU


def penalised(networks, records):
    """A scalar through first and second derivatives in the records."""
    records = records.clone().requires_grad_()
    logits = networks(records)
    (slope,) = torch.autograd.grad(logits.sum(), records, create_graph=True)
    return logits.square().sum() + (slope.norm(dim=2) - 1).square().sum()


@pytest.mark.parametrize("chain", CHAINS)
def test_gradients_are_those_of_the_loop_and_stand_on_the_networks(chain):
    stacked, looped = both(CHAINS[chain])
    for networks in (stacked, looped):
        penalised(networks, RECORDS).backward()
    for own, expected in zip(stacked.parameters(), looped.parameters(), strict=True):
        if expected.grad is not None:  # a bias without influence on anything
            torch.testing.assert_close(own.grad, expected.grad, atol=1e-5, rtol=1e-4)


def test_gradients_that_are_shown_follow_the_vector_wherever_its_gradient_lies():
    stacked, looped = both(discriminator)
    (vector,) = stacked.stack()
    for in_place in (False, True, True, False):
        for networks, optimized in ((stacked, [vector]), (looped, list(looped.parameters()))):
            torch.optim.SGD(optimized).zero_grad(set_to_none=not in_place)
            (networks(RECORDS).square().sum() * (2 if in_place else 1)).backward()
        for own, expected in zip(stacked.parameters(), looped.parameters(), strict=True):
            torch.testing.assert_close(own.grad, expected.grad, atol=1e-5, rtol=1e-4)


def test_a_gradient_taken_from_one_network_is_shown_again():
    networks, _ = both(discriminator)
    (vector,) = networks.stack()
    for _ in range(2):
        networks(RECORDS).square().sum().backward()
        networks[1].zero_grad()
        vector.grad.zero_()
    networks(RECORDS).square().sum().backward()
    assert all(own.grad is not None for own in networks.parameters())


def with_dropout():
    return nn.Sequential(
        nn.Flatten(), nn.Linear(2, 8), nn.ReLU(), Dropout(0.5), nn.Linear(8, 4), LeakyReLU(), nn.Linear(4, 1)
    )


SLOPES = {
    "published": CHAINS["published"],
    "dropout": with_dropout,
    "no bias": lambda: nn.Sequential(nn.Linear(2, 1, bias=False)),
}


@pytest.mark.parametrize("chain", SLOPES)
def test_gradients_in_the_records_by_the_chain_rule_are_those_of_autograd(chain):
    networks, _ = both(SLOPES[chain])
    (vector,) = networks.stack()
    found = []
    for way in (networks.input_gradients, partial(input_gradients, networks)):
        vector.grad = None
        torch.manual_seed(3)  # for the masks
        gradient = way(RECORDS)
        (gradient.norm(dim=2) - 1).square().sum().backward()
        found.append((gradient.detach(), vector.grad))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)
    assert found[0][0].abs().sum() > 0


def test_gradients_in_the_records_of_curved_networks_are_left_to_autograd():
    networks, looped = both(CHAINS["two, no bias"])
    assert networks._stack.input_gradients(RECORDS) is None
    torch.testing.assert_close(networks.input_gradients(RECORDS), looped.input_gradients(RECORDS), atol=1e-5, rtol=1e-4)

"""Which networks are stacked, and what is logged of the others."""

import logging

import pytest
import torch
from torch import nn

from pargan.fast.stacking import reason_not_stackable
from pargan.gan.discriminators import Discriminators
from tests.helpers.stacked import RECORDS
from tests.helpers.tiny import discriminator


class Residual(nn.Sequential):
    """A Sequential that is no plain chain."""

    def forward(self, records):
        return super().forward(records) + records.sum(1, keepdim=True)


def with_a_hook():
    network = discriminator()
    network[0].register_forward_hook(lambda *_: None)
    return network


def with_a_backward_hook():
    network = discriminator()
    network[0].register_full_backward_hook(lambda *_: None)
    return network


def with_a_hook_on_a_gradient():
    network = discriminator()
    network[0].weight.register_hook(lambda gradient: gradient.clamp(-1, 1))
    return network


class Scaled(nn.Sequential):
    """A plain chain with something of its own beside it."""

    def __init__(self):
        super().__init__(nn.Linear(2, 1))
        self.scale = nn.Parameter(torch.ones(()))


def with_a_frozen_layer():
    network = discriminator()
    network[0].requires_grad_(False)
    return network


def with_a_shared_layer():
    layer = nn.Linear(2, 2)
    return nn.Sequential(layer, layer, nn.Linear(2, 1))


widths = iter(range(4, 1000))
LEFT_ALONE = {
    "Unflatten is neither": lambda: nn.Sequential(nn.Unflatten(1, (1, 2)), nn.Conv1d(1, 1, 2), nn.Flatten()),
    "BatchNorm1d is neither": lambda: nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)),
    "Residual is neither": lambda: Residual(nn.Linear(2, 1)),
    "ParametrizedLinear is neither": lambda: nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Linear(2, 1))),
    "Flatten is neither": lambda: nn.Sequential(nn.Linear(2, 1), nn.Flatten(0)),
    "a layer has hooks": with_a_hook,
    "has hooks": with_a_backward_hook,
    "a parameter has hooks": with_a_hook_on_a_gradient,
    "belongs to no layer": Scaled,
    "no parameters": lambda: nn.Sequential(nn.Tanh()),
    "Flatten follows": lambda: nn.Sequential(nn.Linear(2, 4), nn.Flatten(), nn.Linear(4, 1)),
    "frozen": with_a_frozen_layer,
    "share a parameter": with_a_shared_layer,
    "differ in structure": lambda: nn.Sequential(nn.Linear(2, width := next(widths)), nn.Linear(width, 1)),
    "several types": lambda: nn.Sequential(nn.Linear(2, 4), nn.Linear(4, 1).double()),
}


@pytest.mark.parametrize("reason", LEFT_ALONE)
def test_discriminators_that_cannot_be_stacked_run_in_a_loop_and_log_why(reason, caplog):
    networks = Discriminators(LEFT_ALONE[reason], 3)
    assert reason in reason_not_stackable(list(networks))
    with caplog.at_level(logging.INFO, logger="pargan"):
        for _ in range(3):
            left = networks.stack()
    assert [id(each) for each in left] == [id(each) for each in networks.parameters()]
    (message,) = caplog.messages
    assert message.startswith("the 3 discriminators are computed one by one, which takes longer than as one, because ")
    assert message.endswith(reason_not_stackable(list(networks)))
    if reason not in ("several types", "no parameters"):
        assert networks(RECORDS[..., :2]).shape == (3, 5)


def test_stack_notices_frozen_and_hooked_layers_when_called_again():
    networks = Discriminators(discriminator, 3)
    expected = networks(RECORDS)
    networks.stack()
    networks[1][0].requires_grad_(False)
    left = networks.stack()
    assert not networks.stacked
    assert [id(each) for each in left] == [id(each) for each in networks.parameters()]
    networks[1][0].requires_grad_(True)
    assert len(networks.stack()) == 1
    seen = []
    hook = networks[2][0].register_forward_hook(lambda *_: seen.append(1))
    networks.stack()
    torch.testing.assert_close(networks(RECORDS), expected, atol=1e-6, rtol=1e-5)
    assert seen == [1]
    hook.remove()
    assert len(networks.stack()) == 1


def test_single_network_that_cannot_be_stacked_logs_nothing(caplog):
    with caplog.at_level(logging.INFO, logger="pargan"):
        Discriminators(LEFT_ALONE["BatchNorm1d is neither"], 1).stack()
    assert not caplog.messages  # there is no loop that would take longer

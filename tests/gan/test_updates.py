"""The gradients of an update, apart from any optimizer or Trainer."""

import copy

import pytest
import torch
from torch import Tensor

from pargan.errors import ParganError
from pargan.gan.updates import mean_over_records
from pargan.losses import JensenShannon
from pargan.records.batch import Batch
from tests.helpers.tiny import LOSSES, batches, gan


def updates_of(module):
    """The module's updates as a training without a Trainer uses them."""
    module.updates.discriminator_parameters()
    module.updates.backward = Tensor.backward
    return module.updates


def gradients_of(networks):
    return [parameter.grad.clone() for parameter in networks.parameters()]


def test_mean_over_records_is_weighted_row_by_row():
    losses = torch.tensor([[1.0, 2.0, 6.0], [1.0, 5.0, 9.0], [4.0, 4.0, 4.0]])
    weight = torch.tensor([[1.0, 1.0, 0.0], [2.0, 1.0, 1.0], [0.0, 0.0, 0.0]])
    assert mean_over_records(losses).tolist() == [3, 5, 4]
    assert mean_over_records(losses, weight).tolist() == [1.5, 4, 0]


def test_loss_that_averages_itself_is_refused():
    class Averages(JensenShannon):
        def discriminator(self, real, fake):
            return super().discriminator(real, fake).mean(1)

    with pytest.raises(ParganError) as error:
        updates_of(gan(Averages())).discriminators(Batch(batches(1)[0]))
    assert error.value.argument == "loss"
    assert "(K, B)" in error.value.remedy


@pytest.mark.parametrize("loss", LOSSES)
def test_updates_leave_gradients_and_return_detached_losses(loss):
    module = gan(LOSSES[loss])
    updates, batch = updates_of(module), Batch(batches(1)[0])
    d_losses = updates.discriminators(batch)
    d_gradients = gradients_of(module.discriminators)
    assert all(parameter.grad is None for parameter in module.generator.parameters())
    g_losses = updates.generator(batch)
    assert d_losses.shape == g_losses.shape == (3,)
    assert not d_losses.requires_grad
    assert not g_losses.requires_grad
    assert all(gradient.any() for gradient in gradients_of(module.generator))
    for left, expected in zip(gradients_of(module.discriminators), d_gradients, strict=True):
        assert torch.equal(left, expected)


@pytest.mark.parametrize("loss", LOSSES)
def test_weight_zero_takes_a_record_out_of_the_discriminators_loss(loss):
    found = []
    real = batches(1)[0]
    changed = real.clone()
    changed[:, 4] += 1  # which counts only where it has a weight
    for records in (real, changed):
        module = gan(LOSSES[loss])
        weight = torch.ones(3, 5)
        weight[:, 4] = 0
        with torch.random.fork_rng():
            torch.manual_seed(0)
            losses = updates_of(module).discriminators(Batch(records, weight=weight))
        found.append([losses, *gradients_of(module.discriminators)])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)


def test_equal_weights_are_the_plain_mean():
    found = []
    for weight in (None, torch.full((3, 5), 0.25)):
        module = gan(LOSSES["wgan"])
        with torch.random.fork_rng():
            torch.manual_seed(0)
            updates_of(module).discriminators(Batch(batches(1)[0], weight=weight))
        found.append(gradients_of(module.discriminators))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)


def test_copied_module_has_updates_of_its_own_networks():
    module = gan()
    copied = copy.deepcopy(module)
    assert copied.updates.generator_network is copied.generator
    assert copied.updates.discriminator_networks is copied.discriminators
    assert copied.updates.backward.__self__ is copied


def test_mean_over_records_refuses_weights_of_another_shape():
    with pytest.raises(ParganError) as error:
        mean_over_records(torch.ones(2, 3), torch.ones(2, 5))
    assert error.value.argument == "weight"

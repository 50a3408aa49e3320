"""K networks as one: what they compute, what they learn, and that they stay K ordinary networks to everybody."""

import copy
import pickle
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from pargan.gan.discriminators import Discriminators
from pargan.models import MLPDiscriminator
from tests.helpers.stacked import CHAINS, RECORDS, both
from tests.helpers.tiny import (
    LOSSES,
    SGD,
    assert_equal_weights,
    batches,
    discriminator,
    fit_on,
    gan,
    generator,
    weights,
)


@pytest.mark.parametrize("chain", CHAINS)
def test_stack_computes_what_the_loop_computes(chain):
    stacked, looped = both(CHAINS[chain])
    (vector,) = stacked.stack()
    assert len(vector) == sum(own.numel() for own in looped.parameters())
    torch.testing.assert_close(stacked(RECORDS), looped(RECORDS), atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
def test_stack_trains_as_the_loop_does(loss, tmp_path):
    def trained(networks):
        module = gan(LOSSES[loss], networks=networks, d_steps=2, discriminator_optimizer=SGD, generator_optimizer=SGD)
        fit_on(batches(4), module, tmp_path)
        return weights(module)

    class InALoop(nn.Sequential):
        """No plain chain to whom does not look inside."""

        def forward(self, records):
            return super().forward(records)

    expected = trained(lambda: (generator(), lambda: InALoop(*discriminator())))
    found = trained(None)
    assert found.keys() == expected.keys()
    for name, value in found.items():
        torch.testing.assert_close(value, expected[name], atol=1e-6, rtol=1e-5)


def test_stack_of_one_network():
    networks = Discriminators(discriminator, 1)
    expected = networks(RECORDS[:1])
    (vector,) = networks.stack()
    assert len(vector) == sum(own.numel() for own in networks.parameters())
    torch.testing.assert_close(networks(RECORDS[:1]), expected, atol=1e-6, rtol=1e-5)


SHAPES = {
    (1, 8, 8): lambda: MLPDiscriminator(SimpleNamespace(shape=(1, 8, 8)), (6,)),
    (2, 3): lambda: nn.Sequential(nn.Tanh(), nn.Flatten(), nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 1)),
    (1, 3): lambda: nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_stack_takes_records_of_any_shape(shape):
    stacked, looped = both(SHAPES[shape])
    assert stacked.stacked
    real, fake, penalised = torch.randn(3, 3, 5, *shape)
    for found, expected in zip(
        stacked.logits_and_input_gradients(real, fake, penalised),
        looped.logits_and_input_gradients(real, fake, penalised),
        strict=True,
    ):
        assert found.shape == expected.shape
        torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)


def test_stack_draws_dropout_for_every_record_and_not_in_eval_mode():
    networks = Discriminators(lambda: nn.Sequential(nn.Linear(2, 64), nn.Dropout(0.5), nn.Linear(64, 1)), 3)
    before = networks.eval()(RECORDS)
    networks.stack()
    torch.testing.assert_close(networks(RECORDS), before, atol=1e-6, rtol=1e-5)
    drawn = networks.train()(RECORDS[:1, :1].expand(3, 40, 2))
    assert all(len(row.unique()) == 40 for row in drawn)


def test_stack_leaves_each_network_usable():
    networks = Discriminators(discriminator, 3)
    optimizer = torch.optim.SGD(networks.stack(), lr=0.1)
    networks(RECORDS).square().sum().backward()
    before = weights(networks)
    optimizer.step()
    for k, network in enumerate(networks):
        torch.testing.assert_close(network(RECORDS[k]).squeeze(1), networks(RECORDS)[k], atol=1e-6, rtol=1e-5)
    assert not any(torch.equal(value, before[name]) for name, value in weights(networks).items())


COPIES = {"deepcopy": copy.deepcopy, "pickle": lambda networks: pickle.loads(pickle.dumps(networks))}


@pytest.mark.parametrize("way", COPIES)
def test_stack_can_be_copied(way):
    networks = Discriminators(discriminator, 3)
    networks.stack()
    copied = COPIES[way](networks)
    before = weights(copied)
    assert_equal_weights(before, weights(networks))
    with torch.no_grad():
        for parameter in networks.stack():
            parameter.add_(1.0)
    assert_equal_weights(weights(copied), before)
    copied.load_state_dict(networks.state_dict())  # reaches the copy alone, whose stack is its own
    torch.testing.assert_close(copied(RECORDS), networks(RECORDS), atol=1e-6, rtol=1e-5)
    assert len(copied.stack()) == 1


@pytest.mark.parametrize("assign", [False, True])
def test_stack_computes_with_a_loaded_state_dict(assign):
    networks, others = Discriminators(discriminator, 3), Discriminators(discriminator, 3)
    parameters = networks.stack()
    networks.load_state_dict(others.state_dict(), assign=assign)
    torch.testing.assert_close(networks(RECORDS), others(RECORDS), atol=1e-6, rtol=1e-5)
    assert [id(each) for each in networks.stack()] == [id(each) for each in parameters]  # an optimiser may hold them


def test_stack_computes_with_a_state_dict_loaded_through_a_parent():
    module, other = gan(), gan(networks=lambda: (generator(), discriminator))
    torch.nn.init.zeros_(other.discriminators[1][2].weight)
    module.discriminators.stack()
    module.load_state_dict(other.state_dict(), assign=True)
    torch.testing.assert_close(module.discriminators(RECORDS), other.discriminators(RECORDS), atol=1e-6, rtol=1e-5)


def test_stack_keeps_its_vector_and_gradient_when_converted():
    networks = Discriminators(discriminator, 3)
    (vector,) = networks.stack()
    networks(RECORDS).sum().backward()
    expected, slope = networks(RECORDS), vector.grad.clone()
    networks.double()
    assert vector.dtype == torch.float64
    torch.testing.assert_close(networks(RECORDS.double()), expected.double(), atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(vector.grad, slope.double())
    assert networks.stack()[0] is vector
    vector.grad = None
    networks(RECORDS.double()).sum().backward()
    torch.testing.assert_close(vector.grad, slope.double(), atol=1e-6, rtol=1e-5)
    assert all(own.grad.dtype == torch.float64 for own in networks.parameters())


def test_stack_takes_replaced_parameters_when_called_again():
    networks = Discriminators(discriminator, 3)
    (vector,) = networks.stack()
    networks[1][0].weight.data = torch.full((8, 2), 2.0)
    networks.stack()
    assert (vector == 2).sum() == 8 * 2
    torch.testing.assert_close(networks(RECORDS)[1], networks[1](RECORDS[1]).squeeze(1), atol=1e-6, rtol=1e-5)


def test_stack_does_not_enlarge_the_state_dict(tmp_path):
    sizes = []
    networks = Discriminators(lambda: nn.Sequential(nn.Linear(2, 500), nn.Linear(500, 1)), 20)
    for name in ("looped", "stacked"):
        torch.save(networks.state_dict(), tmp_path / name)
        sizes.append((tmp_path / name).stat().st_size)
        networks.stack()
    assert sizes[1] <= 1.01 * sizes[0]


def wide():
    return nn.Sequential(nn.Linear(2, 500), nn.Linear(500, 1))


def test_state_dict_of_one_stacked_network_holds_no_other(tmp_path):
    networks, looped = both(wide)
    torch.save(networks[1].state_dict(), tmp_path / "stacked")
    torch.save(looped[1].state_dict(), tmp_path / "looped")
    assert (tmp_path / "stacked").stat().st_size <= 1.1 * (tmp_path / "looped").stat().st_size
    assert_equal_weights(torch.load(tmp_path / "stacked"), looped[1].state_dict())


def test_stack_does_not_enlarge_pickles():
    networks, looped = both(wide)
    assert len(pickle.dumps(networks)) <= 1.1 * len(pickle.dumps(looped))


@pytest.mark.parametrize("ask", [Discriminators.parameters, Discriminators.stack], ids=["loop", "stack"])
def test_frozen_ends_with_its_block_also_after_an_error(ask):
    networks = Discriminators(discriminator, 3)
    parameters = list(ask(networks))

    def fail_inside():
        with networks.frozen():
            assert not any(each.requires_grad for each in parameters)
            raise KeyError

    with pytest.raises(KeyError):
        fail_inside()
    assert all(each.requires_grad for each in parameters)

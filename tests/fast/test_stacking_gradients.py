"""Gradients of stacked networks: in the parameters, in the records, and where people look for them."""

import pytest
import torch

from tests.helpers.stacked import CHAINS, RECORDS, both
from tests.helpers.tiny import discriminator


def penalised(networks, records):
    """A scalar through first and second derivatives in the records."""
    records = records.clone().requires_grad_()
    logits = networks(records)
    (slope,) = torch.autograd.grad(logits.sum(), records, create_graph=True)
    return logits.square().sum() + (slope.norm(dim=2) - 1).square().sum()


@pytest.mark.parametrize("chain", CHAINS)
def test_stack_gradients_equal_the_loop_and_are_shown_on_the_networks(chain):
    stacked, looped = both(CHAINS[chain])
    for networks in (stacked, looped):
        penalised(networks, RECORDS).backward()
    for own, expected in zip(stacked.parameters(), looped.parameters(), strict=True):
        if expected.grad is not None:  # a bias without influence on anything
            torch.testing.assert_close(own.grad, expected.grad, atol=1e-5, rtol=1e-4)


def test_stack_gradients_are_shown_again_after_the_vectors_gradient_moved():
    stacked, looped = both(discriminator)
    (vector,) = stacked.stack()
    for in_place in (False, True, True, False):
        for networks, optimized in ((stacked, [vector]), (looped, list(looped.parameters()))):
            torch.optim.SGD(optimized).zero_grad(set_to_none=not in_place)
            (networks(RECORDS).square().sum() * (2 if in_place else 1)).backward()
        for own, expected in zip(stacked.parameters(), looped.parameters(), strict=True):
            torch.testing.assert_close(own.grad, expected.grad, atol=1e-5, rtol=1e-4)


def test_stack_gradients_are_shown_again_after_one_was_removed():
    networks, _ = both(discriminator)
    (vector,) = networks.stack()
    for _ in range(2):
        networks(RECORDS).square().sum().backward()
        networks[1].zero_grad()
        vector.grad.zero_()
    networks(RECORDS).square().sum().backward()
    assert all(own.grad is not None for own in networks.parameters())


def judged(networks, records):
    """What an update of the discriminators asks for, by itself."""
    return networks.logits_and_input_gradients(records, records.flip(0) + 1, records[:, :3] - 1)


@pytest.mark.parametrize("chain", CHAINS)
def test_logits_and_input_gradients_equal_separate_passes(chain):
    found = []
    for networks in both(CHAINS[chain]):
        of_real, of_fake, gradients = judged(networks, RECORDS)
        assert networks.logits_and_input_gradients(RECORDS, RECORDS, None)[2] is None
        loss = of_real.square().sum() + of_fake.sin().sum() + gradients.square().sum()
        loss.backward()
        expected = networks(RECORDS), networks(RECORDS.flip(0) + 1), networks.input_gradients(RECORDS[:, :3] - 1)
        for one, other in zip((of_real, of_fake, gradients), expected, strict=True):
            torch.testing.assert_close(one, other)
        found.append(list(networks.parameters()))
    for own, looped in zip(*found, strict=True):
        if looped.grad is not None:  # a bias without influence on anything
            torch.testing.assert_close(own.grad, looped.grad, atol=1e-5, rtol=1e-4)


def test_stack_bias_gradient_that_cancels_is_exactly_zero():
    # RMSprop and Adam would turn any rest, however small, into a step of the learning rate.
    networks, _ = both(CHAINS["published"])
    of_real, of_fake, _ = judged(networks, RECORDS)
    (of_fake - of_real).mean(1).sum().backward()
    for network in networks:
        assert network[-1].bias.grad.item() == 0
        assert network[-1].weight.grad.all()


def test_stack_gives_gradients_to_records_with_history():
    records = RECORDS.clone().requires_grad_()
    for networks in both(CHAINS["published"]):
        of_real, of_fake, _ = networks.logits_and_input_gradients(RECORDS, records, None)
        (gradient,) = torch.autograd.grad((of_real + of_fake).sum(), records)
        torch.testing.assert_close(gradient, networks.input_gradients(RECORDS))


WRITTEN_OUT = {
    "published": True,
    "two hidden layers": True,
    "rectified": True,
    "one logit without a dimension": True,
    "rectified first": False,
    "rectified downwards": False,
    "rectified downwards twice": False,
    "two, no bias": False,
}


@pytest.mark.parametrize("chain", WRITTEN_OUT)
def test_dense_chain_serves_rectifiers_between_dense_layers(chain):
    networks, _ = both(CHAINS[chain])
    assert (type(networks(RECORDS).grad_fn).__name__ == "_EvaluationBackward") == WRITTEN_OUT[chain]


def test_stack_follows_autocast_and_double_precision():
    stacked, looped = both(CHAINS["published"])
    with torch.autocast("cpu", torch.bfloat16):
        assert stacked(RECORDS).dtype == looped(RECORDS).dtype == torch.bfloat16
        torch.testing.assert_close(stacked(RECORDS), looped(RECORDS), atol=0.05, rtol=0.05)
    torch.testing.assert_close(stacked.double()(RECORDS.double()), looped.double()(RECORDS.double()))


def forward(networks, records):
    return (networks(records),)


@pytest.mark.parametrize("way", [forward, judged])
def test_dense_chain_can_be_differentiated_again(way):
    found = []
    for networks in both(CHAINS["rectified"]):
        parameters = networks.stack() if networks.stacked else list(networks.parameters())
        records = RECORDS.clone().requires_grad_(way == forward)
        first = sum(each.square().sum() for each in way(networks, records))
        inputs = [*parameters, records] if way == forward else parameters
        plain = torch.autograd.grad(first, inputs, retain_graph=True, allow_unused=True)
        gradients = torch.autograd.grad(first, inputs, create_graph=True, allow_unused=True)
        for one, other in zip(plain, gradients, strict=True):
            assert (one is None) == (other is None)
            if one is not None:
                torch.testing.assert_close(one, other)
        size = sum(each.square().sum() for each in gradients if each is not None)
        again = torch.autograd.grad(size, parameters, allow_unused=True)
        found.append((size, sum(each.square().sum() for each in again if each is not None)))
        assert torch.equal(records, RECORDS)
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("way", [forward, judged])
def test_dense_chain_refuses_gradients_of_changed_weights(way):
    networks, _ = both(CHAINS["published"])
    (vector,) = networks.stack()
    result = sum(each.square().sum() for each in way(networks, RECORDS))
    with torch.no_grad():
        vector.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        result.backward()

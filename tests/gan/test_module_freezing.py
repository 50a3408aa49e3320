"""Who learns when in a step, and what a step leaves as its owner made it."""

import pytest
import torch
from pytorch_lightning import Callback
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from pargan.gan.discriminators import Discriminators
from tests.helpers.tiny import LOSSES, SGD, batches, discriminator, fit_on, gan, generator, weights


def in_turns():
    return generator(), lambda: nn.Sequential(discriminator(), nn.Flatten(0))


@pytest.mark.parametrize(("networks", "num_partitions"), [(None, 3), (in_turns, 3), (None, 1)])
def test_discriminators_are_frozen_only_in_the_generators_update(networks, num_partitions, tmp_path):
    used = []

    class Watched(torch.optim.SGD):
        def step(self, closure=None):
            used[:] = [weight.grad.clone() for group in self.param_groups for weight in group["params"]]

    module = gan(networks=networks, num_partitions=num_partitions, discriminator_optimizer=Watched)
    fit_on(batches(1, num_partitions), module, tmp_path)
    assert all(weight.requires_grad for weight in module.parameters())
    # The gradient on D is the one of the D step, untouched by the G step.
    left = [weight.grad for weight in module.discriminators.stack()]
    assert all(torch.equal(one, other) for one, other in zip(left, used, strict=True))
    assert all(weight.grad.abs().sum() > 0 for weight in module.parameters())


@pytest.mark.parametrize("num_partitions", [1, 3])
def test_frozen_layer_is_not_trained(num_partitions, tmp_path):
    def half_frozen():
        network = discriminator()
        network[0].requires_grad_(False)
        return network

    module = gan(networks=lambda: (generator(), half_frozen), num_partitions=num_partitions)
    before = weights(module.discriminators)
    fit_on(batches(3, num_partitions), module, tmp_path)
    for name, value in weights(module.discriminators).items():
        assert torch.equal(value, before[name]) == (".0." in name), name
    assert not any(network[0].weight.requires_grad for network in module.discriminators)


def test_discriminators_may_modify_shared_fakes_in_place():
    class Noisy(nn.Sequential):
        def forward(self, records):
            return super().forward(records.add_(1.0))

    networks = Discriminators(lambda: Noisy(nn.Linear(2, 1)), 3)
    fake = torch.randn(1, 5, 2)
    expected = networks(fake.repeat(3, 1, 1))
    assert torch.equal(networks(fake.expand(3, 5, 2)), expected)


class ReadsNothing(TorchDispatchMode):
    """Fails where a number is taken from a tensor, for which a GPU would have to finish first."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        assert func is not torch.ops.aten._local_scalar_dense.default
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("networks", [None, in_turns], ids=["stacked", "in turns"])
@pytest.mark.parametrize("loss", LOSSES)
def test_training_step_reads_nothing_back_from_the_device(loss, networks):
    settings = {"discriminator_optimizer": SGD, "generator_optimizer": SGD}  # others count steps in tensors
    module = gan(LOSSES[loss], networks=networks, d_steps=2, **settings)
    kept = module.configure_optimizers()
    module.optimizers = lambda: kept
    module.updates.backward = Tensor.backward
    with ReadsNothing():
        for number, real in enumerate(batches(2)):
            module.training_step(real, number)
    with pytest.raises(AssertionError), ReadsNothing():
        float(torch.ones(()))


class HooksOnceItTrains(Callback):
    """Somebody who watches the discriminators from the moment the training starts."""

    def on_train_start(self, trainer, pl_module):
        pl_module.discriminators[0][0].register_forward_hook(lambda *_: None)


def test_discriminators_learn_with_hooks_added_after_the_optimizer(tmp_path):
    module = gan()
    before = weights(module.discriminators)
    fit_on(batches(3), module, tmp_path, callbacks=[HooksOnceItTrains()])
    assert not any(torch.equal(value, before[name]) for name, value in weights(module.discriminators).items())

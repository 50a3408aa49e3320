"""Training steps against updates written out by hand; resuming; what the module refuses.

Legend: K partitions, B records of each; a, z, x are the mixing numbers, latents and real records of protocol.
"""

from functools import partial

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch.nn.functional import softplus

from pargan import ParGANModule
from pargan.errors import ParganError
from pargan.gan.latents import shared
from pargan.records.points import PointsSpec
from pargan.seeding import derive
from tests.helpers.tiny import (
    ADAM,
    LATENT,
    LOSSES,
    RMSPROP,
    SGD,
    assert_equal_weights,
    batches,
    blobs_in_partitions,
    discriminator,
    fit_on,
    gan,
    generator,
    trainer,
    weights,
    with_noise_and_batch_norm,
)

# Each loss of one discriminator, from the formula: of D on its logits, of G on its logits, weight of the penalty.
LITERAL = {
    "js": (lambda x, g: softplus(-x).mean() + softplus(g).mean(), lambda g: softplus(-g).mean(), 0.0),
    "wgan": (lambda x, g: g.mean() - x.mean(), lambda g: -g.mean(), 5.0),
    "hinge": (lambda x, g: (1 - x).clamp(min=0).mean() + (1 + g).clamp(min=0).mean(), lambda g: -g.mean(), 0.0),
    "lsgan": (
        lambda x, g: ((x - 1) ** 2).mean() / 2 + (g**2).mean() / 2,
        lambda g: ((g - 1) ** 2).mean() / 2,
        0.0,
    ),
}


def d_loss_by_hand(loss, critic, x, g, a):
    d_loss, _, penalty = LITERAL[loss]
    value = d_loss(critic(x), critic(g))
    if penalty:
        u = (x + a * (g - x)).requires_grad_()
        (slope,) = torch.autograd.grad(critic(u).sum(), u, create_graph=True)
        value = value + penalty * ((slope.square().sum(1).sqrt() - 1) ** 2).mean()
    return value


@pytest.mark.parametrize("loss", ["js", "wgan"])
def test_training_step_with_one_partition_is_the_plain_gan(loss, tmp_path):
    module = gan(LOSSES[loss], num_partitions=1, d_steps=2, seed=4)
    g_net, d_net = generator(), discriminator()
    g_net.load_state_dict(module.generator.state_dict())
    d_net.load_state_dict(module.discriminators[0].state_dict())
    g_optimizer, d_optimizer = ADAM(g_net.parameters()), ADAM(d_net.parameters())
    real = batches(3, num_partitions=1)
    fit_on(real, module, tmp_path)

    for step, x in enumerate(real[:, 0]):  # (B, 2)
        torch.manual_seed(derive(4, "training step", step))
        for _ in range(2):
            g = g_net(torch.randn(5, LATENT)).detach()
            a = torch.rand(5, 1) if loss == "wgan" else None
            d_optimizer.zero_grad()
            d_loss_by_hand(loss, d_net, x, g, a).backward()
            d_optimizer.step()
        g_optimizer.zero_grad()
        LITERAL[loss][1](d_net(g_net(torch.randn(5, LATENT)))).backward()
        g_optimizer.step()

    for found, expected in ((module.generator, g_net), (module.discriminators[0], d_net)):
        for one, other in zip(found.parameters(), expected.parameters(), strict=True):
            torch.testing.assert_close(one, other, atol=1e-6, rtol=0)


# SGD beside the two in use, whose updates hardly notice a gradient that is K times too large.
@pytest.mark.parametrize("optimizer", [ADAM, RMSPROP, SGD], ids=["Adam", "RMSprop", "SGD"])
@pytest.mark.parametrize("loss", LITERAL)
def test_training_step_with_three_partitions_is_three_updates_by_hand(loss, optimizer, tmp_path):
    module = gan(LOSSES[loss], d_steps=2, seed=9, generator_optimizer=optimizer, discriminator_optimizer=optimizer)
    g_net, d_nets = generator(), [discriminator() for _ in range(3)]
    g_net.load_state_dict(module.generator.state_dict())
    for d_net, own in zip(d_nets, module.discriminators, strict=True):
        d_net.load_state_dict(own.state_dict())
    g_optimizer = optimizer(g_net.parameters())
    d_optimizers = [optimizer(d_net.parameters()) for d_net in d_nets]
    real = batches(3)
    fit_on(real, module, tmp_path)

    for step, x in enumerate(real):  # (K, B, 2)
        torch.manual_seed(derive(9, "training step", step))
        for _ in range(2):
            z = torch.randn(15, LATENT).reshape(3, 5, LATENT)
            a = torch.rand(3, 5, 1) if loss == "wgan" else [None] * 3
            for k in range(3):
                d_optimizers[k].zero_grad()
                d_loss_by_hand(loss, d_nets[k], x[k], g_net(z[k]).detach(), a[k]).backward()
                d_optimizers[k].step()
        z = torch.randn(15, LATENT).reshape(3, 5, LATENT)
        gradients = [
            torch.autograd.grad(LITERAL[loss][1](d_nets[k](g_net(z[k]))), list(g_net.parameters())) for k in range(3)
        ]
        for weight, *per_partition in zip(g_net.parameters(), *gradients, strict=True):
            weight.grad = sum(per_partition) / 3
        g_optimizer.step()

    for found, expected in ((module.generator, g_net), *zip(module.discriminators, d_nets, strict=True)):
        for one, other in zip(found.parameters(), expected.parameters(), strict=True):
            torch.testing.assert_close(one, other, atol=1e-6, rtol=0)


@pytest.mark.parametrize("loss", ["js", "wgan"])
def test_shared_latents_give_all_discriminators_the_same_fakes(loss, tmp_path):
    module = gan(LOSSES[loss], latents=shared, seed=9, generator_optimizer=SGD, discriminator_optimizer=SGD)
    g_net, d_nets = generator(), [discriminator() for _ in range(3)]
    g_net.load_state_dict(module.generator.state_dict())
    for d_net, own in zip(d_nets, module.discriminators, strict=True):
        d_net.load_state_dict(own.state_dict())
    real = batches(1)
    fit_on(real, module, tmp_path)

    torch.manual_seed(derive(9, "training step", 0))
    g = g_net(torch.randn(5, LATENT)).detach()
    a = torch.rand(3, 5, 1) if loss == "wgan" else [None] * 3
    for k, d_net in enumerate(d_nets):
        d_loss_by_hand(loss, d_net, real[0, k], g, a[k]).backward()
        SGD(d_net.parameters()).step()
    g = g_net(torch.randn(5, LATENT))
    (sum(LITERAL[loss][1](d_net(g)) for d_net in d_nets) / 3).backward(inputs=list(g_net.parameters()))
    SGD(g_net.parameters()).step()

    for found, expected in ((module.generator, g_net), *zip(module.discriminators, d_nets, strict=True)):
        for one, other in zip(found.parameters(), expected.parameters(), strict=True):
            torch.testing.assert_close(one, other, atol=1e-6, rtol=0)


@pytest.mark.parametrize("loss", LOSSES)
def test_discriminator_learns_nothing_from_other_partitions(loss, tmp_path):
    def gradients(real):
        module = gan(LOSSES[loss], networks=with_noise_and_batch_norm)
        fit_on(real, module, tmp_path)  # one step, after which D's gradients are still there
        return [[weight.grad for weight in network.parameters()] for network in module.discriminators]

    real = batches(1)
    changed = real.clone()
    changed[:, 1] = batches(1, seed=8)[:, 1]
    before, after = gradients(real), gradients(changed)
    for k in (0, 2):
        assert all(torch.equal(one, other) for one, other in zip(before[k], after[k], strict=True))
    assert not all(torch.equal(one, other) for one, other in zip(before[1], after[1], strict=True))


def test_training_step_restores_the_global_random_states(tmp_path):
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002 - it is the global state that must not move
    states = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    fit_on(batches(2), gan(LOSSES["wgan"], networks=with_noise_and_batch_norm), tmp_path)
    assert torch.equal(torch.random.get_rng_state(), states[0])
    assert np.array_equal(np.random.get_state()[1], states[1])  # noqa: NPY002


def test_training_does_not_depend_on_the_global_random_state(tmp_path):
    found = []
    for state in (0, 1):
        module = gan(networks=with_noise_and_batch_norm)
        torch.manual_seed(state)
        fit_on(batches(2), module, tmp_path)
        found.append(weights(module))
    assert_equal_weights(*found)


def test_seed_changes_the_training(tmp_path):
    one, other = gan(seed=0), gan(seed=1)
    for module in (one, other):
        fit_on(batches(1), module, tmp_path)
    assert not torch.equal(one.generator[0].weight, other.generator[0].weight)


def test_generator_steps_are_counted_apart_from_optimiser_steps(tmp_path):
    module = gan(d_steps=3)
    made = fit_on(batches(2), module, tmp_path)
    assert module.generator_steps == 2
    assert made.global_step == 2 * (3 + 1)


def test_mean_losses_of_the_epoch_are_logged(tmp_path):
    class Watch(pl.Callback):
        steps = ()

        def on_train_batch_end(self, trainer, pl_module, *_):
            self.steps += (pl_module._epoch_losses[-1],)

    module, watch = gan(d_steps=2), Watch()
    made = trainer(tmp_path, 2, [watch])
    made.fit(module, blobs_in_partitions())  # two epochs of four steps
    d_losses, g_losses = (torch.stack(each).mean(0) for each in zip(*watch.steps[4:], strict=True))  # (K,)
    assert len(watch.steps) == 8
    logged = made.callback_metrics
    assert logged["loss/generator"] == pytest.approx(float(g_losses.mean()), rel=1e-6)
    assert logged["loss/discriminator"] == pytest.approx(float(d_losses.mean()), rel=1e-6)
    for k in range(3):
        assert logged[f"loss/discriminator_{k}"] == pytest.approx(float(d_losses[k]), rel=1e-6)


def test_losses_of_the_first_step_are_those_of_untrained_networks(tmp_path):
    frozen = partial(torch.optim.SGD, lr=0.0)
    module = gan(generator_optimizer=frozen, discriminator_optimizer=frozen, seed=2)
    real = batches(1)
    made = fit_on(real, module, tmp_path)
    torch.manual_seed(derive(2, "training step", 0))
    fakes = [module.generator(torch.randn(15, LATENT)).reshape(3, 5, 2) for _ in range(2)]
    d_loss, g_loss, _ = LITERAL["js"]
    for k, d_net in enumerate(module.discriminators):
        expected = d_loss(d_net(real[0, k]), d_net(fakes[0][k])).item()
        assert made.callback_metrics[f"loss/discriminator_{k}"] == pytest.approx(expected, rel=1e-5)
    expected = np.mean([g_loss(d_net(own)).item() for d_net, own in zip(module.discriminators, fakes[1], strict=True)])
    assert made.callback_metrics["loss/generator"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("d_steps", [0, -1])
def test_module_refuses_d_steps_below_one(d_steps):
    with pytest.raises(ParganError) as error:
        gan(d_steps=d_steps)
    assert (error.value.argument, error.value.value) == ("d_steps", d_steps)


def test_module_refuses_a_batch_of_another_k(tmp_path):
    with pytest.raises(ParganError) as error:
        fit_on(batches(1, num_partitions=2), gan(), tmp_path)
    assert error.value.argument == "batch"
    assert "K=3" in error.value.remedy


def test_module_trains_networks_and_images_of_the_user(tmp_path):
    with torch.random.fork_rng():
        module = ParGANModule(
            nn.Sequential(nn.Linear(4, 2 * 3 * 5), nn.Unflatten(1, (2, 3, 5))),
            lambda: nn.Sequential(nn.Flatten(), nn.Linear(30, 1), nn.Flatten(0)),  # logits (B,) instead of (B, 1)
            LOSSES["wgan"],
            num_partitions=2,
            latent_dim=4,
        )
    before = weights(module)
    fit_on(torch.rand(2, 2, 6, 2, 3, 5), module, tmp_path)  # (steps, K, B, C, H, W)
    for name, value in module.state_dict().items():
        if name != "discriminators.0.1.bias" and name != "discriminators.1.1.bias":  # cancels out of wgan's loss
            assert not torch.equal(value, before[name]), name


def test_generate_depends_on_the_seed_alone(tmp_path):
    module = gan(networks=with_noise_and_batch_norm, spec=PointsSpec(2))
    fit_on(batches(2), module, tmp_path)
    records = module.generate(25, seed=3)
    assert records.shape == (25, 2)
    assert isinstance(records, np.ndarray)
    np.testing.assert_allclose(module.generate(25, seed=3, batch_size=4), records, rtol=1e-5, atol=1e-6)
    assert not np.allclose(module.generate(25, seed=4), records)
    module.eval()
    latents = torch.randn(25, LATENT, generator=torch.Generator().manual_seed(3))
    np.testing.assert_allclose(module(latents).detach().numpy(), records, rtol=1e-5, atol=1e-6)


def test_generate_needs_a_record_format():
    with pytest.raises(ParganError) as error:
        gan().generate(1)
    assert error.value.argument == "spec"
    assert "spec=datamodule.spec" in error.value.remedy


def test_module_is_a_lightning_module_with_k_discriminators():
    module = gan(num_partitions=4)
    assert isinstance(module, pl.LightningModule)
    assert isinstance(module.discriminators, nn.ModuleList)
    assert module.num_partitions == len(module.discriminators) == 4

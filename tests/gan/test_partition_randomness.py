"""What partition k draws depends on (seed, step, k), and not on which other partitions a process trains."""

import copy

import pytest
import torch
from torch import Tensor, nn

from pargan.fast.acceleration import Acceleration, Plain
from pargan.gan.discriminators import Discriminators
from pargan.gan.latents import independent, shared
from pargan.gan.updates import Updates
from pargan.records.batch import Batch
from pargan.seeding import derive, seeded
from tests.helpers.tiny import LATENT, LOSSES, SGD, assert_equal_weights, batches, generator, weights

OWNED = (1, 3)
CPU = torch.device("cpu")


def dense(dropout):
    return lambda: nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Dropout(dropout), nn.Linear(8, 1))


class InALoop(nn.Sequential):
    """A network that is not stacked."""

    def forward(self, records):
        return super().forward(records)


NETWORKS = {
    "stacked": dense(0.0),
    "stacked with dropout": dense(0.5),
    "loop": lambda: InALoop(*dense(0.0)()),
    "loop with dropout": lambda: InALoop(*dense(0.5)()),
    "loop that draws in its forward": lambda: InALoop(nn.Linear(2, 8), nn.RReLU(0.1, 0.9), nn.Linear(8, 1)),
}


def updated(generator, discriminators, loss, latents, acceleration, steps=2, seed=3):
    """The discriminators after the updates of their rows in a training of five partitions."""
    updates = Updates(generator, discriminators, LOSSES[loss], latents, LATENT, acceleration, Tensor.backward)
    optimizer = SGD(updates.discriminator_parameters())
    for step, records in enumerate(batches(steps, 5)):
        batch = Batch(records[list(discriminators.rows)])
        with seeded(derive(seed, "training step", step), CPU), discriminators.drawing_from(seed, step, CPU):
            for _ in range(2):
                updates.discriminators(batch)
                optimizer.step()
            updates.generator(batch)
    return discriminators


@pytest.mark.parametrize("acceleration", [Acceleration(), Plain()], ids=["fast", "plain"])
@pytest.mark.parametrize("latents", [independent, shared])
@pytest.mark.parametrize("loss", ["js", "wgan"])
@pytest.mark.parametrize("networks", NETWORKS)
def test_discriminator_learns_the_same_whichever_others_are_trained_beside_it(networks, loss, latents, acceleration):
    with torch.random.fork_rng():
        torch.manual_seed(1)
        generator_network = generator()
        whole = Discriminators(NETWORKS[networks], 5)
    part = Discriminators(iter([copy.deepcopy(whole[k]) for k in OWNED]).__next__, 5, OWNED)
    updated(generator_network, whole, loss, latents, acceleration)
    updated(generator_network, part, loss, latents, acceleration)
    for k, network in zip(OWNED, part, strict=True):
        for name, value in weights(network).items():
            torch.testing.assert_close(value, weights(whole[k])[name], atol=1e-6, rtol=1e-5)


def test_discriminators_in_a_loop_do_not_share_their_masks():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        networks = Discriminators(lambda: InALoop(nn.Dropout(0.5), nn.Linear(2, 1)), 3)
    masks = []
    for network in networks:
        network[0].register_forward_hook(lambda module, inputs, output: masks.append(output == 0))
    with seeded(0, CPU), networks.drawing_from(0, 0, CPU):
        networks(torch.ones(3, 50, 2))
        networks(torch.ones(3, 50, 2))  # a stream continues
    assert len({tuple(mask.flatten().tolist()) for mask in masks}) == 6


def test_drawing_from_leaves_the_global_stream_where_it_was():
    networks = Discriminators(NETWORKS["loop with dropout"], 3)
    with seeded(0, CPU), networks.drawing_from(0, 0, CPU):
        before = torch.random.get_rng_state()
        networks(torch.ones(3, 5, 2))
        assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("position", ["seed", "step"])
def test_drawing_from_depends_on_seed_and_step(position):
    networks = Discriminators(NETWORKS["loop with dropout"], 3)
    found = []
    for seed, step in ((0, 0), (1, 0) if position == "seed" else (0, 1), (0, 0)):
        with networks.drawing_from(seed, step, CPU):
            found.append(networks(torch.ones(3, 5, 2)))
    assert not torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


def test_copied_discriminators_have_streams_of_their_own():
    networks = Discriminators(NETWORKS["loop with dropout"], 3)
    with networks.drawing_from(0, 0, CPU):
        copied = copy.deepcopy(networks)
        assert networks.generators
        assert not copied.generators
    assert_equal_weights(weights(copied), weights(networks))
    assert not networks.generators

"""Ways to run updates: the training that comes out, what is replayed, what is refused."""

import copy
import pickle
from functools import partial

import pytest
import torch
from torch import nn

from pargan.errors import ParganError
from pargan.fast.acceleration import Acceleration, Graphed
from pargan.records.batch import Batch
from tests.helpers.accelerated import NETWORKS, convolutional, trained
from tests.helpers.tiny import (
    LOSSES,
    SGD,
    assert_equal_weights,
    batches,
    fit_on,
    gan,
    weights,
    with_noise_and_batch_norm,
)


class Tape:
    """A recorder for any device: runs the function, and on replay runs it again into the same result.

    As a CUDA graph does, it records without changing anything.
    """

    def __init__(self, made):
        made.append(self)
        self.replays = 0

    def record(self, function, generators):
        self.function, self.result = function, torch.full((3,), torch.nan)
        return self.result

    def replay(self):
        self.replays += 1
        self.result.copy_(self.function())


def graphed(made, warm_up=2):
    return Graphed(warm_up, partial(Tape, made))


@pytest.mark.parametrize("networks", [None, with_noise_and_batch_norm], ids=["stacked", "dropout and BatchNorm"])
@pytest.mark.parametrize("loss", LOSSES)
def test_graphed_updates_give_the_same_training(loss, networks, tmp_path):
    made = []
    found = trained(graphed(made), tmp_path, loss, networks=networks)
    assert_equal_weights(weights(found), weights(trained(None, tmp_path, loss, networks=networks)))
    # Of 6 steps, 2 x 6 updates of the discriminators and 6 of the generator; 2 of each warm up.
    assert [each.replays for each in made] == [10, 4]


def test_graphed_updates_return_the_losses_of_each_step(tmp_path):
    logged = []
    for acceleration in (graphed([]), None):
        module = trained(acceleration, tmp_path)
        logged.append([loss for losses in module._epoch_losses for loss in losses])
    for one, other in zip(*logged, strict=True):
        torch.testing.assert_close(one, other)
    assert len({tuple(loss.tolist()) for loss in logged[0]}) == 12  # not twelve times the last


def summed(batch):
    """A loss (K,) in which every tensor of the batch counts."""
    return batch.records.sum((1, 2)) + (0 if batch.weight is None else batch.weight.sum(1))


def test_graphed_update_copies_every_tensor_of_the_batch():
    made = []
    update = graphed(made, warm_up=0).gradients(summed, [], [])
    for _ in range(3):
        batch = Batch(torch.randn(3, 5, 2), weight=torch.rand(3, 5))
        torch.testing.assert_close(update(batch), summed(batch))
    assert made[0].replays == 3


@pytest.mark.parametrize("other", [Batch(torch.ones(3, 3, 2)), Batch(torch.ones(3, 5, 2), weight=torch.ones(3, 5))])
def test_graphed_update_runs_a_batch_of_another_shape_without_the_graph(other):
    made, calls = [], []
    update = graphed(made, warm_up=0).gradients(lambda batch: calls.append(batch) or summed(batch), [], [])
    for batch in (Batch(torch.randn(3, 5, 2)), other, Batch(torch.randn(3, 5, 2))):
        torch.testing.assert_close(update(batch), summed(batch))
    assert calls[1] is other
    assert made[0].replays == 2


def test_graphed_update_is_recorded_again_for_a_larger_batch():
    made = []
    update = graphed(made, warm_up=0).gradients(summed, [], [])
    for size in (3, 5, 5, 3, 5):
        batch = Batch(torch.randn(3, size, 2))
        torch.testing.assert_close(update(batch), summed(batch))
    assert [each.replays for each in made] == [1, 3]


@pytest.mark.parametrize("move", ["gradient", "parameter"])
def test_graphed_update_is_recorded_again_where_a_tensor_moved(move):
    made, weight = [], nn.Parameter(torch.ones(3))
    weight.grad = torch.zeros(3)
    update = graphed(made, warm_up=1).gradients(summed, [weight], [weight])
    batch = Batch(torch.randn(3, 5, 2))
    for _ in range(3):
        update(batch)
    if move == "gradient":
        weight.grad = torch.zeros(3)
    else:
        weight.data = torch.zeros(3)
    for _ in range(4):
        torch.testing.assert_close(update(batch), summed(batch))
    assert [each.replays for each in made] == [2, 3]


def test_graphed_updates_keep_gradients_in_place(tmp_path):
    made = []
    trained(graphed(made), tmp_path, networks=convolutional)
    assert [each.replays for each in made] == [10, 4]  # none was recorded anew


def test_graphed_update_is_not_recorded_before_gradients_exist(tmp_path):
    made = []
    module = gan(LOSSES["wgan"], acceleration=graphed(made, warm_up=3), d_steps=4, networks=convolutional)
    fit_on(batches(6), module, tmp_path)
    assert [each.replays for each in made] == [6 * 4 - 3, 6 - 3]  # of the discriminators, in the first step already


def test_graphed_is_refused_without_a_gpu_before_the_first_step(tmp_path):
    with pytest.raises(ParganError) as error:
        trained(Graphed(), tmp_path)
    assert (error.value.argument, error.value.value) == ("acceleration", "graph")
    assert "acceleration=compile" in error.value.remedy


def test_graphed_is_refused_in_fp16():
    with pytest.raises(ParganError) as error:
        Graphed().refuse(torch.device("cuda"), "16-mixed")
    assert (error.value.argument, error.value.value) == ("precision", "16-mixed")
    assert "precision=32-true" in error.value.remedy
    Graphed().refuse(torch.device("cuda"), "bf16-mixed")


@pytest.mark.parametrize("way", [copy.deepcopy, lambda module: pickle.loads(pickle.dumps(module))])
def test_trained_module_can_be_copied(way, tmp_path):
    module = trained(Acceleration(), tmp_path)
    assert_equal_weights(weights(way(module)), weights(module))


@pytest.mark.skipif(torch.cuda.is_available(), reason="is about machines without a GPU")
def test_optimizers_skip_the_nvml_probe_without_a_gpu(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(torch.cuda, "_raw_device_count_nvml", lambda: asked.append(1) or 0)

    def asked_in_a_training():
        monkeypatch.setenv("PYTORCH_NVML_BASED_CUDA_CHECK", "1")  # as Lightning sets it
        asked.clear()
        fit_on(batches(6), gan(d_steps=2), tmp_path)
        return len(asked)

    found = asked_in_a_training()
    monkeypatch.setattr("pargan.gan.module.disable_nvml_probe", lambda: None)
    assert found < 6 * 3 <= asked_in_a_training()  # optimiser steps


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
@pytest.mark.parametrize("networks", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("loss", LOSSES)
def test_cuda_graphs_give_the_same_training(loss, networks, precision, tmp_path):
    found = []
    for acceleration in (Graphed(), None):
        settings = {"generator_optimizer": SGD, "discriminator_optimizer": SGD, "d_steps": 2, "networks": networks}
        module = gan(LOSSES[loss], acceleration=acceleration, **settings)
        fit_on(batches(6), module, tmp_path, accelerator="gpu", devices=1, precision=precision)
        found.append(weights(module.cpu()))
    for name, value in found[1].items():
        torch.testing.assert_close(found[0][name], value, atol=1e-5, rtol=1e-4, msg=name)

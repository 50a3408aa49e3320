"""Compiled steps: the training that comes out, what is compiled, what is refused."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
import torch

from pargan.errors import ParganError
from pargan.fast.compiled import Compiled
from pargan.records.batch import Batch
from tests.helpers.accelerated import NETWORKS, trained
from tests.helpers.forked import use_one_thread
from tests.helpers.tiny import ADAM, LOSSES, RMSPROP, SGD, batches, gan, weights


def assert_close(found, expected, tolerance=1e-5):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, atol=tolerance, rtol=1e-4, msg=name)


def test_compiled_names_a_missing_compiler(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(ParganError) as error:
        Compiled().refuse(torch.device("cpu"), "32-true")
    assert (error.value.argument, error.value.value) == ("acceleration", "compile")
    assert "no-such-compiler" in error.value.problem
    assert "acceleration=fast" in error.value.remedy


def test_compiled_is_refused_in_fp16():
    with pytest.raises(ParganError) as error:
        Compiled().refuse(torch.device("cuda"), "16-mixed")
    assert (error.value.argument, error.value.value) == ("precision", "16-mixed")
    Compiled().refuse(torch.device("cuda"), "bf16-mixed")


@pytest.fixture
def traced(monkeypatch):
    """Graphs are run as they were recorded, without the minute that it takes to compile them; counts them."""
    graphs = []
    monkeypatch.setattr(torch, "compile", lambda function, **_: graphs.append(function) or function)
    return graphs


@pytest.mark.parametrize("optimizer", [RMSPROP, ADAM], ids=["rmsprop", "adam"])
@pytest.mark.parametrize("networks", ["stacked", "dropout and BatchNorm", "house layers", "numbers in bins"])
@pytest.mark.parametrize("loss", LOSSES)
def test_recorded_updates_give_the_same_training(loss, networks, optimizer, tmp_path, traced):
    arguments = {"loss": loss, "networks": NETWORKS[networks], "optimizer": optimizer}
    found = trained(Compiled(), tmp_path, **arguments)
    assert len(traced) == 4  # an update and an optimizer's step of each side
    assert_close(weights(found), weights(trained(None, tmp_path, **arguments)), 2e-5)


def test_recorded_updates_give_the_same_training_in_bfloat16(tmp_path, traced):
    arguments = {"loss": "wgan", "precision": "bf16-mixed"}
    found = trained(Compiled(), tmp_path, **arguments)
    assert_close(weights(found), weights(trained(None, tmp_path, **arguments)))


def test_each_shape_of_a_batch_is_recorded_once(tmp_path, traced):
    real = [*batches(2), *batches(2, batch_size=3), *batches(2)]
    found = trained(Compiled(), tmp_path, real=real)
    assert len(traced) == 2 * 2 + 2
    assert_close(weights(found), weights(trained(None, tmp_path, real=real)))


@pytest.fixture
def both_updates():
    """Those of one module compiled, and of its copy not."""
    found = []
    for acceleration in (Compiled(), None):
        module = gan(acceleration=acceleration)
        module.updates.backward = torch.Tensor.backward
        module.updates.discriminator_parameters()
        found.append(module.updates)
    return found


def assert_equal_losses(both_updates, seed):
    batch = Batch(torch.randn(3, 5, 2), weight=torch.rand(3, 5))
    losses = []
    for updates in both_updates:
        torch.manual_seed(seed)
        losses += [updates.discriminators(batch), updates.generator(batch)]
    torch.testing.assert_close(losses[:2], losses[2:])


def test_every_tensor_of_a_batch_is_an_input_of_the_graph(both_updates, traced):
    for seed in range(3):
        assert_equal_losses(both_updates, seed)
    assert len(traced) == 2


def test_update_is_compiled_again_where_parameters_moved(both_updates, traced):
    other = gan().discriminators
    torch.nn.init.ones_(other[1][0].weight)
    for seed in range(3):
        if seed == 1:
            for updates in both_updates:
                updates.discriminator_networks.load_state_dict(other.state_dict(), assign=True)
        assert_equal_losses(both_updates, seed)
    assert len(traced) == 4


def test_gradients_of_stacked_networks_are_views_of_the_compiled_one(tmp_path, traced):
    module = trained(Compiled(), tmp_path)
    whole = module.discriminators.trainable_parameters[0].grad
    for network in module.discriminators:
        for parameter in network.parameters():
            assert parameter.grad.untyped_storage().data_ptr() == whole.untyped_storage().data_ptr()


def test_step_of_a_compiled_optimizer_takes_a_closure(traced):
    weight = torch.nn.Parameter(torch.ones(2))
    optimizer = Compiled().optimizer(SGD([weight]))

    def closure():
        optimizer.zero_grad()
        loss = weight.sum()
        loss.backward()
        return loss

    assert optimizer.step(closure) == 2
    torch.testing.assert_close(weight.detach(), torch.full((2,), 1 - 0.05))
    assert len(traced) == 1


def test_learning_rate_that_changed_is_followed(monkeypatch):
    weight, calls = torch.nn.Parameter(torch.ones(2)), []
    monkeypatch.setattr(torch, "compile", lambda function, **_: lambda: calls.append(1) or function())
    optimizer = Compiled().optimizer(SGD([weight]))
    weight.grad = torch.ones(2)
    optimizer.step()
    optimizer.param_groups[0]["lr"] = 0.5
    optimizer.step()
    torch.testing.assert_close(weight.detach(), torch.full((2,), 1 - 0.05 - 0.5))
    assert len(calls) == 1


def test_fused_optimizer_is_left_as_it_is(traced):
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.ones(2))], fused=True)
    assert Compiled().optimizer(optimizer) is optimizer
    assert not traced


@pytest.fixture(scope="module")
def other_process():
    """What is compiled leaves autograd with threads, and then no fork of the process can train: other tests fork."""
    with ProcessPoolExecutor(1, get_context("fork"), use_one_thread) as process:
        yield process


def compiled_weights(loss, networks, folder):
    """Weights of a compiled training, by name, and the number of functions that were compiled."""
    torch._dynamo.utils.counters.clear()
    found = weights(trained(Compiled(), folder, loss, NETWORKS[networks]))
    return {name: value.numpy() for name, value in found.items()}, torch._dynamo.utils.counters["frames"]["ok"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("loss", "networks"),
    [
        *(("js", networks) for networks in ("stacked", "house layers in turns")),  # the others are recorded above
        *(("wgan", networks) for networks in ("stacked", "dropout and BatchNorm", "house layers")),
        ("wgan", "house layers in turns"),
    ],
)
def test_compiled_steps_give_the_same_training(loss, networks, tmp_path, other_process):
    compiled, num_compiled = other_process.submit(compiled_weights, loss, networks, tmp_path).result()
    assert num_compiled >= 4  # an update and an optimizer's step of each side
    compiled = {name: torch.as_tensor(value) for name, value in compiled.items()}
    assert_close(compiled, weights(trained(None, tmp_path, loss, NETWORKS[networks])))

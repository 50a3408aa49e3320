"""The moving average of the generator: its value, who reads it, and that training does not."""

import pickle

import pytest
import torch

from pargan.audits.targets import target_of
from pargan.errors import ParganError
from pargan.gan.averaging import AveragedGenerator
from pargan.records.points import PointsSpec
from pargan.seeding import derive
from tests.helpers.tiny import assert_equal_weights, batches, fit_on, gan, weights, with_noise_and_batch_norm


def network():
    return with_noise_and_batch_norm()[0]


def test_average_is_the_formula_for_parameters_and_buffers():
    generator = network()
    averaged = AveragedGenerator(generator, 0.75)
    expected = weights(generator)
    for _ in range(3):
        generator(torch.randn(6, 3))  # moves BatchNorm's statistics
        with torch.no_grad():
            for parameter in generator.parameters():
                parameter.add_(torch.randn_like(parameter))
        averaged.update(generator)
        for name, value in weights(generator).items():
            integer = not value.is_floating_point()
            expected[name] = value if integer else 0.75 * expected[name] + 0.25 * value
    for name, value in weights(averaged.network).items():
        torch.testing.assert_close(value, expected[name], msg=name)
    assert averaged.network[1].num_batches_tracked == 3
    assert not any(parameter.requires_grad for parameter in averaged.parameters())


@pytest.mark.parametrize("ema", [0, 1, -0.5, 1.5, float("nan")])
def test_ema_outside_zero_and_one_is_refused(ema):
    with pytest.raises(ParganError) as error:
        gan(ema=ema)
    assert error.value.argument == "ema"
    assert "ema=0.999" in error.value.remedy


def test_ema_does_not_change_the_training(tmp_path):
    found = []
    for ema in (None, 0.9):
        module = gan(networks=with_noise_and_batch_norm, ema=ema)
        fit_on(batches(4), module, tmp_path)
        found.append(weights(module))
    averages = {name: found[1].pop(name) for name in list(found[1]) if name.startswith("averaged.")}
    assert_equal_weights(*found)
    assert len(averages) == len(weights(network()))


def test_released_is_the_generator_without_ema():
    module = gan()
    assert module.released is module.generator
    assert not any(name.startswith("averaged") for name in weights(module))


def test_released_is_what_samples_and_attacks_read(tmp_path):
    module = gan(networks=with_noise_and_batch_norm, ema=0.9, spec=PointsSpec(2))
    fit_on(batches(4), module, tmp_path)
    assert not torch.equal(module.released[0].weight, module.generator[0].weight)
    samples = module.sample(30, seed=2)
    with torch.no_grad():
        for parameter in module.generator.parameters():
            parameter.zero_()  # which nothing reads that publishes or attacks
    assert torch.equal(module.sample(30, seed=2), samples)
    assert module.generate(5, seed=2).any()
    view = target_of(module, torch.randn(10, 2), num_samples=30, seed=2)
    assert torch.equal(view.samples, module.sample(30, derive(2, "attacked samples")))
    module.eval()
    torch.testing.assert_close(view.generator(torch.ones(1, 3)), module(torch.ones(1, 3)))


def test_averaged_module_can_be_pickled():
    module = gan(ema=0.9)
    assert_equal_weights(weights(pickle.loads(pickle.dumps(module))), weights(module))

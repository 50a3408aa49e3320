import pytest
import torch

from pargan.attacks import (
    SamplesView,
    narrow,
)
from pargan.errors import ParganError
from pargan.records.images import ImageSpec
from tests.helpers.planted import LATENT, SHAPE, groups, normal, target_of, untrained


def test_make_target_restores_train_mode_after_an_error():
    generator, discriminators = untrained()
    target = target_of(generator, discriminators, groups()[3])
    with pytest.raises(RuntimeError):
        target.logits(torch.zeros(4, 1, 9, 9))
    with pytest.raises(RuntimeError):
        target.generator(torch.zeros(4, LATENT + 1))
    assert all(module.training for module in [*generator.modules(), *discriminators.modules()])


def test_make_target_logits_equal_each_network_for_every_batch_size():
    generator, discriminators = untrained()
    _, _, _, reference = groups()
    small = target_of(generator, discriminators, reference, batch_size=7)
    discriminators.eval()
    with torch.no_grad():
        expected = torch.stack([network(reference).squeeze(1) for network in discriminators])
    discriminators.train()
    torch.testing.assert_close(small.logits(reference), expected)


def test_make_target_samples_depend_on_the_seed_alone():
    generator, discriminators = untrained()
    reference = groups()[3]
    first = target_of(generator, discriminators, reference, seed=1).samples
    torch.rand(3)
    assert torch.equal(target_of(generator, discriminators, reference, seed=1).samples, first)
    assert not torch.equal(target_of(generator, discriminators, reference, seed=2).samples, first)
    assert first.shape == (1500, *SHAPE)


def test_make_target_snaps_samples_to_the_record_format():
    spec = ImageSpec(*SHAPE)
    target = target_of(*untrained(), groups()[3], spec=spec)
    levels = (target.samples + 1) * 127.5
    torch.testing.assert_close(levels, levels.round(), atol=1e-4, rtol=0)
    assert target.samples.dtype == torch.float32
    assert narrow(target, SamplesView).spec is spec


def test_make_target_gives_the_latents_of_its_samples():
    target = target_of(*untrained(), groups()[3], num_samples=30)
    with torch.no_grad():
        torch.testing.assert_close(target.generator(target.sample_latents), target.samples)


def test_make_target_generator_is_differentiable_in_latents_and_in_eval_mode():
    generator, discriminators = untrained()
    target = target_of(generator, discriminators, groups()[3])
    latents = normal(4, LATENT, seed=0).requires_grad_()
    output = target.generator(latents)
    output.square().sum().backward()
    assert latents.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in generator.parameters())
    torch.testing.assert_close(target.generator(latents), output)  # no dropout
    with torch.no_grad():
        assert not target.generator(latents).requires_grad


def test_make_target_refuses_bad_input():
    generator, discriminators = untrained()
    reference = groups()[3]
    with pytest.raises(ParganError, match="num_samples=0"):
        target_of(generator, discriminators, reference, num_samples=0)
    with pytest.raises(ParganError, match=r"^reference is empty"):
        target_of(generator, discriminators, reference[:0])
    with torch.no_grad():
        generator[0].bias[:] = torch.nan
    with pytest.raises(ParganError, match="1500 of 1500 generated records hold NaN"):
        target_of(generator, discriminators, reference)

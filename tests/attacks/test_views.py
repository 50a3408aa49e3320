import pytest
import torch

from pargan.attacks import (
    DiscriminatorMean,
    DiscriminatorsView,
    GeneratorView,
    NearestNeighbour,
    OwnPartition,
    PartitionsView,
    SamplesView,
    narrow,
)
from pargan.audits import make_target, run_attacks
from pargan.audits.scoring import refuse_wider
from pargan.errors import ParganError
from pargan.records.images import ImageSpec
from tests.helpers.planted import LATENT, SHAPE, groups, normal, target_of, untrained


def test_the_modes_come_back_after_an_error():
    generator, discriminators = untrained()
    target = target_of(generator, discriminators, groups()[3])
    with pytest.raises(RuntimeError):
        target.logits(torch.zeros(4, 1, 9, 9))
    with pytest.raises(RuntimeError):
        target.generator(torch.zeros(4, LATENT + 1))
    assert all(module.training for module in [*generator.modules(), *discriminators.modules()])


def test_logits_are_those_of_each_network_and_do_not_depend_on_the_batch_size():
    generator, discriminators = untrained()
    _, _, _, reference = groups()
    small = target_of(generator, discriminators, reference, batch_size=7)
    discriminators.eval()
    with torch.no_grad():
        expected = torch.stack([network(reference).squeeze(1) for network in discriminators])
    discriminators.train()
    torch.testing.assert_close(small.logits(reference), expected)


def test_samples_depend_on_the_seed_alone():
    generator, discriminators = untrained()
    reference = groups()[3]
    first = target_of(generator, discriminators, reference, seed=1).samples
    torch.rand(3)
    assert torch.equal(target_of(generator, discriminators, reference, seed=1).samples, first)
    assert not torch.equal(target_of(generator, discriminators, reference, seed=2).samples, first)
    assert first.shape == (1500, *SHAPE)


def test_samples_are_snapped_to_what_would_be_released():
    spec = ImageSpec(*SHAPE)
    target = target_of(*untrained(), groups()[3], spec=spec)
    levels = (target.samples + 1) * 127.5
    torch.testing.assert_close(levels, levels.round(), atol=1e-4, rtol=0)
    assert target.samples.dtype == torch.float32
    assert narrow(target, SamplesView).spec is spec


def test_the_latents_are_those_of_the_samples():
    target = target_of(*untrained(), groups()[3], num_samples=30)
    with torch.no_grad():
        torch.testing.assert_close(target.generator(target.sample_latents), target.samples)


def test_the_generator_is_differentiable_in_latents_and_in_eval_mode():
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


def test_bad_targets_are_refused():
    generator, discriminators = untrained()
    reference = groups()[3]
    with pytest.raises(ParganError, match="num_samples=0"):
        target_of(generator, discriminators, reference, num_samples=0)
    with pytest.raises(ParganError, match="reference set is empty"):
        target_of(generator, discriminators, reference[:0])
    with torch.no_grad():
        generator[0].bias[:] = torch.nan
    with pytest.raises(ParganError, match="1500 of 1500 generated records hold NaN"):
        target_of(generator, discriminators, reference)


def widest_views():
    """The same generated records, known through ever wider views."""
    generator, discriminators = untrained()
    reference = groups()[3]
    gan = target_of(generator, discriminators, reference)
    alone = make_target(generator, None, LATENT, None, reference, num_samples=1500, seed=0)
    return {"samples": narrow(gan, SamplesView), "generator": alone, "discriminators": gan}


def test_a_target_is_the_widest_view_there_is():
    views = widest_views()
    assert [type(view) for view in views.values()] == [SamplesView, GeneratorView, DiscriminatorsView]
    assert all(torch.equal(view.samples, views["samples"].samples) for view in views.values())
    latents = normal(4, LATENT, seed=0)
    torch.testing.assert_close(views["generator"].generator(latents), views["discriminators"].generator(latents))


@pytest.mark.parametrize("wide", ["samples", "generator", "discriminators"])
def test_a_view_is_cut_to_what_it_gives_and_no_further(wide):
    view = widest_views()[wide]
    for access in (SamplesView, GeneratorView, DiscriminatorsView, PartitionsView):
        if isinstance(view, access):
            assert type(narrow(view, access)) is access
        else:
            with pytest.raises(ParganError, match=f"^access {access.level} .* gives {wide}"):
                narrow(view, access)


@pytest.mark.parametrize("wide", ["samples", "generator", "discriminators"])
def test_attacks_that_need_more_than_the_target_gives_are_named_before_any_runs(wide):
    members, _, nonmembers, _ = groups()
    view = widest_views()[wide]
    attacks = {"nn": NearestNeighbour(), "mean": DiscriminatorMean(), "own": OwnPartition()}
    tracked = []
    with pytest.raises(ParganError) as refused:
        run_attacks(view, attacks, members, None, nonmembers, seed=0, draws=10, track=tracked.append)
    first, able = ("own", "nn,mean") if wide == "discriminators" else ("mean", "nn")
    assert str(refused.value).startswith(f"attack={first} needs access")
    assert str(refused.value).endswith(f"gives {wide} only; leave it out: attack=[{able}]")
    assert tracked == []


def test_where_no_attack_is_left_the_sentence_says_none():
    with pytest.raises(ParganError, match=r"attack=own needs access partitions, .* leave it out: attack=none$"):
        refuse_wider(widest_views()["samples"], {"own": OwnPartition()})


def test_a_narrow_target_is_attacked_as_the_wide_one_is():
    members, partition, nonmembers, _ = groups()
    views = widest_views()
    found = [
        run_attacks(view, {"nn": NearestNeighbour()}, members, known, nonmembers, seed=0, draws=10)[0]
        for view, known in (
            (views["discriminators"], partition),
            (views["samples"], None),
            (views["samples"], partition),
        )
    ]
    assert found[0].metrics == found[1].metrics == found[2].metrics


def test_records_of_another_shape_are_refused():
    members, _, nonmembers, _ = groups()
    view = widest_views()["samples"]
    with pytest.raises(ParganError, match=r"^nonmembers are records of shape \(16,\), generated ones of \(1, 4, 4\)"):
        run_attacks(view, {"nn": NearestNeighbour()}, members, None, nonmembers.flatten(1), seed=0)

"""Networks that are told a condition: what each of them is given, and every way to train gives the same."""

from functools import partial

import pytest
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import nn

from pargan import Batch, ParGANModule, PartitionDataModule
from pargan.data import by_class
from pargan.data.partition import by_label
from pargan.data.sources.blobs import blobs
from pargan.errors import ParganError
from pargan.fast import Acceleration, Plain
from pargan.gan.latents import independent, shared
from pargan.models import DCGANDiscriminator, DCGANGenerator, MLPDiscriminator, MLPGenerator
from pargan.records import ClassCondition, ColumnCondition, ImageSpec, PointsSpec
from tests.fast.test_acceleration import graphed
from tests.helpers.tiny import LOSSES, SGD, assert_equal_weights, fit_on, gan, trainer, weights

LATENT = 4
K = 3
LABEL = ClassCondition("label", ("a", "b", "c"), (0.5, 0.25, 0.25))
COLUMN = ColumnCondition("town", ("a", "b"), (0.5, 0.5), start=1)
POINTS, IMAGES, ROWS = PointsSpec(2), ImageSpec(1, 8, 8), PointsSpec(5)

# The record format, the condition, and a discriminator that is told a number of conditions.
CASES = {
    "points by class": (POINTS, LABEL, dense := partial(MLPDiscriminator, hidden=(12, 9))),
    "points by class in bins": (POINTS, LABEL, binned := partial(dense, number_bins=4)),
    "flat images by class": (IMAGES, LABEL, dense),
    "images by class": (IMAGES, LABEL, convolutional := partial(DCGANDiscriminator, width=4, dropout=0.0)),
    "rows by column": (ROWS, COLUMN, dense),
    "rows by column in bins": (ROWS, COLUMN, binned),
}


def module_of(case, loss="js", **settings):
    spec, conditioning, discriminator = CASES[case]
    sizes = {"condition_size": conditioning.size}
    with torch.random.fork_rng():
        torch.manual_seed(5)
        return ParGANModule(
            DCGANGenerator(spec, LATENT, 4, **sizes)
            if discriminator is convolutional
            else MLPGenerator(spec, LATENT, (12,), True, **sizes),
            lambda: discriminator(spec, condition_size=conditioning.size_beside),
            LOSSES[loss],
            K,
            LATENT,
            SGD,
            SGD,
            conditioning=conditioning,
            spec=spec,
            **settings,
        )


def batches_of(case, steps=4):
    spec, conditioning, _ = CASES[case]
    draw = torch.Generator().manual_seed(3)
    conditions = torch.eye(conditioning.size)[torch.randint(conditioning.size, (steps, K, 6), generator=draw)]
    records = torch.rand(steps, K, 6, *spec.shape, generator=draw) * 2 - 1
    return [Batch(conditioning.fill(*pair), pair[1]) for pair in zip(records, conditions, strict=True)]


def trained(case, loss, folder, **settings):
    module = module_of(case, loss, d_steps=2, **settings)
    fit_on(batches_of(case), module, folder)
    return module


@pytest.mark.parametrize("loss", ["js", "wgan"])
@pytest.mark.parametrize("case", CASES)
def test_conditional_training_is_the_same_plain_fast_and_recorded(case, loss, tmp_path):
    ways = (Plain(), Acceleration(), graphed([], 2))
    if case != "images by class":
        assert trained(case, loss, tmp_path).discriminators.stacked
    plain, *others = (
        weights(trained(case, loss, tmp_path, acceleration=way)) for way in (ways if loss == "js" else ways[:2])
    )
    for other in others:
        for name, value in other.items():
            torch.testing.assert_close(value, plain[name], atol=1e-5, rtol=1e-4, msg=name)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("latents", [independent, shared])
def test_discriminators_judge_real_and_fake_records_under_the_conditions_of_their_own_partition(case, latents):
    module, batch = module_of(case, acceleration=Plain(), latents=latents).eval(), batches_of(case)[0]
    conditioning = module.conditioning
    drawn = latents(K, 6, LATENT, torch.device("cpu"))
    fakes = module.updates.fakes(drawn, batch)
    found = module.discriminators(fakes, batch.condition)
    for k in range(K):
        told = torch.cat([drawn[min(k, len(drawn) - 1)], batch.condition[k]], 1)
        expected = conditioning.fill(module.generator(told), batch.condition[k])
        torch.testing.assert_close(fakes[k], expected)
        network = module.discriminators[k]
        judged = network.features_of(expected) if isinstance(network, MLPDiscriminator) else expected
        if conditioning.size_beside:
            judged = conditioning.tell_records(judged, batch.condition[k])
        torch.testing.assert_close(found[k], network(judged).flatten())


def test_a_discriminator_is_never_shown_a_class_that_its_partition_lacks(tmp_path):
    """Else it would call every such record a fake, and teach the generator so, however good it is."""
    data = PartitionDataModule(partial(blobs, 240), 3, 10, scheme=by_label, conditioning=by_class)
    data.setup()
    size = data.conditioning.size
    module = gan(
        networks=lambda: (
            MLPGenerator(POINTS, 3, (8,), condition_size=size),
            partial(MLPDiscriminator, POINTS, (8,), condition_size=size),
        ),
        acceleration=Plain(),
        conditioning=data.conditioning,
    )
    shown = [set() for _ in module.discriminators]
    for network, classes in zip(module.discriminators, shown, strict=True):
        network.register_forward_pre_hook(
            lambda _, told, classes=classes: classes.update(told[0][:, 2:].argmax(1).tolist())
        )
    trainer(tmp_path, 2).fit(module, data)
    expected = [set(data.pool.labels[partition].tolist()) for partition in data.membership.partitions]
    assert shown == expected
    assert any(len(classes) < size for classes in shown)


@pytest.mark.parametrize("acceleration", [Plain(), Acceleration()])
@pytest.mark.parametrize("case", CASES)
def test_gradient_penalty_leaves_the_condition_out(case, acceleration):
    module, batch = module_of(case, "wgan", acceleration=acceleration), batches_of(case)[0]
    module.updates.discriminator_parameters()
    *_, found = module.discriminators.logits_and_input_gradients(
        batch.records, batch.records, batch.records, batch.condition
    )
    told = module.discriminators.tell(batch.records, batch.condition).requires_grad_()
    logits = [network(row).sum() for network, row in zip(module.discriminators, told, strict=True)]
    (whole,) = torch.autograd.grad(sum(logits), told)
    size = module.conditioning.size
    if module.conditioning.size_beside:
        expected = whole[:, :, :-size]
    else:
        expected = torch.cat([whole[..., :1], whole[..., 1 + size :]], -1)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-4)


def test_a_module_without_conditioning_ignores_the_condition_of_a_batch(tmp_path):
    records = torch.randn(3, 3, 5, 2)
    found, expected = gan(), gan()
    fit_on([Batch(each, torch.ones(3, 5, 2)) for each in records], found, tmp_path)
    fit_on(records, expected, tmp_path)
    assert_equal_weights(weights(found), weights(expected))


@pytest.mark.parametrize("condition", [None, torch.ones(3, 6, 2), torch.ones(1, 6, 3)])
def test_a_conditional_module_refuses_batches_without_its_condition(condition, tmp_path):
    batch = Batch(torch.randn(K, 6, 2), condition)
    with pytest.raises(ParganError, match=r"batch.*told one of shape \(3, 6, 3\)"):
        fit_on([batch], module_of("points by class"), tmp_path)


def by_class_on_blobs(folder, epochs, checkpoint=None, latents=independent):
    data = PartitionDataModule(partial(blobs, 240), 2, 20, conditioning=by_class)
    data.setup()
    size = data.conditioning.size
    with torch.random.fork_rng():
        torch.manual_seed(5)
        module = ParGANModule(
            MLPGenerator(POINTS, LATENT, (8,), True, size),
            partial(MLPDiscriminator, POINTS, (8,), 0.2, size),
            LOSSES["wgan"],
            2,
            LATENT,
            latents=latents,
            ema=0.9,
            spec=data.spec,
            conditioning=data.conditioning,
        )
    made = trainer(folder, epochs, [ModelCheckpoint(folder, save_last=True)])
    made.fit(module, data, ckpt_path=checkpoint)
    return module


@pytest.mark.parametrize("latents", [independent, shared])
def test_a_conditional_run_is_resumed_to_the_bit(latents, tmp_path):
    whole = by_class_on_blobs(tmp_path / "whole", 3, latents=latents)
    by_class_on_blobs(tmp_path / "first", 1, latents=latents)
    resumed = by_class_on_blobs(tmp_path / "first", 3, tmp_path / "first" / "last.ckpt", latents=latents)
    assert_equal_weights(weights(resumed), weights(whole))
    assert (resumed.generate(9, 1, where={"label": 2}) == whole.generate(9, 1, where={"label": 2})).all()


class Telltale(nn.Module):
    """A generator of points that shows its condition: the category's number, twice."""

    def forward(self, told):
        return told[:, LATENT:].argmax(1, keepdim=True).float().expand(-1, 2)


def counts(points):
    return [int((points[:, 0] == code).sum()) for code in range(3)]


def test_generate_gives_the_categories_that_were_asked_for():
    module = module_of("points by class")
    module.generator = Telltale()
    assert set(module.generate(30, where={"label": "b"}).flatten()) == {1.0}
    assert sorted(counts(module.generate(200, balanced=True))) == [66, 67, 67]
    assert counts(module.generate(200, where={"label": {"a": 30, "c": 70}})) == [60, 0, 140]
    codes = module.draw_codes(500, 4)
    assert (module.generate(500, 4)[:, 0] == codes).all()
    assert (module.generate(500, 4, batch_size=7)[:, 0] == codes).all()
    with pytest.raises(ParganError, match="choose one of a, b, c"):
        module.generate(3, where={"label": "d"})


def test_generate_gives_rows_whose_column_is_the_condition():
    module = module_of("rows by column")
    codes = module.draw_codes(40, where={"town": {"a": 1, "b": 3}})
    rows = module.sample(40, codes=codes)
    assert torch.equal(rows[:, 1:3], torch.eye(2)[torch.as_tensor(codes)])
    assert (codes == 0).sum() == 10


class Remembers(nn.Module):
    """A discriminator that remembers in which order it was shown records, by their first number."""

    def __init__(self, shown):
        super().__init__()
        self.last, self.shown = nn.Linear(2, 1), shown

    def forward(self, records):
        self.shown.append(int(records[0, 0]))
        return self.last(records)


def test_discriminators_in_a_loop_draw_for_real_fake_and_penalised_records_in_this_order():
    """So that a training without a condition is the same to the bit as before there were any."""
    shown = []
    module = gan(LOSSES["wgan"], 1, networks=lambda: (MLPGenerator(POINTS, 3, (8,)), lambda: Remembers(shown)))
    module.discriminators.logits_and_input_gradients(*(torch.full((1, 4, 2), float(i)) for i in (1, 2, 3)))
    assert shown == [1, 2, 3]

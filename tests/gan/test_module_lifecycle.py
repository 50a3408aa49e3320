"""A module's life in a Trainer: resuming to the bit, stopping on NaN, and the checkpoints it leaves or refuses."""

from functools import partial

import pytest
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import nn
from torch.utils.data import DataLoader

from pargan.errors import ParganError
from pargan.io.checkpoints import load_checkpoint
from pargan.losses import Wasserstein
from tests.helpers.tiny import (
    ADAM,
    LOSSES,
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


def fit(folder, epochs, checkpoint=None, networks=with_noise_and_batch_norm, loss="js", **settings):
    module = gan(LOSSES[loss], networks=networks, **settings)
    keep = ModelCheckpoint(folder, filename="{epoch}", save_top_k=-1, save_last=True)
    made = trainer(folder, epochs, [keep])
    made.fit(module, blobs_in_partitions(), ckpt_path=checkpoint)
    return module, made


@pytest.mark.parametrize("loss", ["js", "wgan"])
def test_resumed_run_equals_the_uninterrupted_one(loss, tmp_path):
    whole, whole_trainer = fit(tmp_path / "whole", 5, loss=loss)
    fit(tmp_path / "first", 2, loss=loss)  # a finished run, whose max_epochs is then extended
    resumed, resumed_trainer = fit(tmp_path / "first", 5, tmp_path / "first" / "last.ckpt", loss=loss)
    # Interrupted in the middle: the checkpoint of the whole run's third epoch.
    again, _ = fit(tmp_path / "again", 5, tmp_path / "whole" / "epoch=2.ckpt", loss=loss)
    for module in (resumed, again):
        assert_equal_weights(weights(module), weights(whole))
        assert module.generator_steps == whole.generator_steps == 5 * 4
    for one, other in zip(resumed_trainer.optimizers, whole_trainer.optimizers, strict=True):
        for found, expected in zip(one.state.values(), other.state.values(), strict=True):
            assert_equal_weights(found, expected)
    assert resumed_trainer.current_epoch == 5


@pytest.mark.parametrize("interrupted_after", [2, 3])
def test_resumed_run_has_the_average_of_the_uninterrupted_one(interrupted_after, tmp_path):
    whole, _ = fit(tmp_path / "whole", 5, ema=0.9)
    last = tmp_path / "whole" / f"epoch={interrupted_after - 1}.ckpt"
    resumed, _ = fit(tmp_path / "resumed", 5, last, ema=0.9)
    assert any(name.startswith("averaged.") for name in weights(whole))
    assert_equal_weights(weights(resumed), weights(whole))
    assert torch.equal(resumed.sample(20, 1), whole.sample(20, 1))


def test_learning_rates_fall_to_zero_over_the_run_and_go_on_where_it_was_interrupted(tmp_path):
    rates = []

    class Adam(torch.optim.Adam):
        def step(self, closure=None):
            rates.append(self.param_groups[0]["lr"])
            return super().step(closure)

    made = partial(Adam, lr=1e-3)
    settings = {"generator_optimizer": made, "discriminator_optimizer": made, "lr_decay": True, "d_steps": 2}
    whole, _ = fit(tmp_path / "whole", 5, **settings)
    falling = torch.linspace(1e-3, 0, 21)[:20].repeat_interleave(
        3
    )  # 20 steps: twice the discriminators', the generator's
    torch.testing.assert_close(torch.tensor(rates), falling)
    resumed, _ = fit(tmp_path / "resumed", 5, tmp_path / "whole" / "epoch=2.ckpt", **settings)
    torch.testing.assert_close(torch.tensor(rates[60:]), falling[36:])
    assert_equal_weights(weights(resumed), weights(whole))


def test_learning_rates_stay_without_a_trainer():
    module = gan(lr_decay=True)
    optimizers = module.configure_optimizers()
    module.optimizers = lambda: optimizers
    module.updates.backward = torch.Tensor.backward
    module.training_step(batches(1)[0], 0)
    assert {group["lr"] for optimizer in optimizers for group in optimizer.param_groups} == {ADAM.keywords["lr"]}


def test_falling_learning_rates_need_an_end(tmp_path):
    module = gan(lr_decay=True)
    with pytest.raises(ParganError, match="this one has none") as error:
        trainer(tmp_path, -1).fit(module, blobs_in_partitions())
    assert error.value.argument == "lr_decay"
    trainer(tmp_path, -1, max_steps=8).fit(module, blobs_in_partitions())  # of both optimizers
    assert module.generator_steps == 4


def test_resume_extends_a_run_saved_at_its_end(tmp_path):
    whole, _ = fit(tmp_path, 3)
    _, finished = fit(tmp_path, 2)
    finished.save_checkpoint(tmp_path / "end.ckpt")
    resumed, _ = fit(tmp_path, 3, tmp_path / "end.ckpt")
    assert_equal_weights(weights(resumed), weights(whole))


class Breaks(nn.Module):
    """A discriminator whose output is NaN from its `after`-th call on, where gradients are asked for."""

    def __init__(self, after):
        super().__init__()
        self.inner = discriminator()
        self.after = after
        self.calls = 0

    def forward(self, records):
        self.calls += 1
        return self.inner(records) * (float("nan") if self.calls > self.after else 1.0)


def test_training_stops_at_a_loss_of_nan(tmp_path):
    # Three calls a step (real, fake, generator step), four steps an epoch: partition 2 breaks in step 9, epoch 2.
    after = iter([10**9, 10**9, 3 * 9])
    module = gan(networks=lambda: (generator(), lambda: Breaks(next(after))))
    keep = ModelCheckpoint(tmp_path, filename="{epoch}", save_top_k=-1, save_last=True)
    with pytest.raises(ParganError) as stopped:
        trainer(tmp_path, 5, [keep]).fit(module, blobs_in_partitions())
    message = str(stopped.value)
    assert "generator step 9 (epoch 2), partition 2," in message
    assert f"last good checkpoint: {tmp_path / 'epoch=1.ckpt'};" in message
    assert message.endswith("lower the learning rate")
    left = sorted(path.name for path in tmp_path.glob("*.ckpt"))
    assert left == ["epoch=0.ckpt", "epoch=1.ckpt", "last.ckpt"]
    for name in left:
        state = load_checkpoint(tmp_path / name)["state_dict"]
        assert all(torch.isfinite(value).all() for value in state.values())


def test_training_stopped_without_a_checkpoint_says_so(tmp_path):
    module = gan(networks=lambda: (generator(), lambda: Breaks(0)))
    with pytest.raises(ParganError, match=r"step 0 \(epoch 0\), partition 0, 1, 2, .* checkpoint: none was saved;"):
        fit_on(batches(2), module, tmp_path)


def test_training_stops_at_a_weight_of_nan(tmp_path):
    class Overshoots(torch.optim.SGD):
        def step(self, closure=None):
            super().step(closure)
            self.param_groups[0]["params"][0].data.fill_(float("inf"))

    module = gan(generator_optimizer=partial(Overshoots, lr=1e-3))
    with pytest.raises(ParganError, match=r"step 0 \(epoch 0\), partition none so far"):
        fit_on(batches(1), module, tmp_path)


def test_module_refuses_half_precision_with_a_gradient_penalty(tmp_path):
    with pytest.raises(ParganError) as error:
        fit_on(batches(1), gan(Wasserstein()), tmp_path, precision="16-true")
    assert (error.value.argument, error.value.value) == ("precision", "16-true")
    assert "precision=bf16-mixed" in error.value.remedy
    assert "Wasserstein" in error.value.problem


@pytest.mark.parametrize("loss", LOSSES)
def test_module_trains_in_bfloat16_with_every_loss(loss, tmp_path):
    module = gan(LOSSES[loss])
    before = weights(module)
    fit_on(batches(2), module, tmp_path, precision="bf16-mixed")
    assert all(torch.isfinite(value).all() for value in module.state_dict().values())
    assert not torch.equal(module.generator[0].weight, before["generator.0.weight"])


def test_checkpoint_of_another_k_is_refused_before_weights_are_loaded(tmp_path):
    fit(tmp_path, 1)
    other = gan(num_partitions=2, networks=with_noise_and_batch_norm)
    before = weights(other)
    with pytest.raises(ParganError) as error:
        trainer(tmp_path, 2).fit(
            other, DataLoader(list(batches(1, 2)), batch_size=None), ckpt_path=tmp_path / "last.ckpt"
        )
    assert (error.value.argument, error.value.value) == ("num_partitions", 2)
    assert "num_partitions=3" in error.value.remedy
    assert_equal_weights(weights(other), before)


def test_checkpoint_of_another_program_is_refused():
    with pytest.raises(ParganError) as error:
        gan().on_load_checkpoint({"state_dict": {}})
    assert error.value.argument == "checkpoint"
    assert "run directory" in error.value.remedy


def test_checkpoint_holds_plain_containers_and_tensors_only(tmp_path):
    fit(tmp_path, 1)
    checkpoint = torch.load(tmp_path / "last.ckpt", weights_only=True)
    assert checkpoint["pargan"] == {"generator_steps": 4, "num_partitions": 3}

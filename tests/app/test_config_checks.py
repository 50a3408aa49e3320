"""Whole keys are checked before anything is imported or written; a user's own components are not."""

import pytest
import torch
from omegaconf import OmegaConf

from pargan.app.component_checks import check_arguments, check_optimizers
from pargan.app.config_checks import check_objective, check_values
from pargan.errors import ParganError
from tests.helpers.composed import composed


@pytest.mark.parametrize(
    ("override", "remedy"),
    [
        ("seed=-1", "0 or more"),
        ("num_partitions=2.5", "a whole number"),
        ("evaluate_every=0", "1 or more"),
        ("generator_steps=0", "or null"),
        ("trainer.max_epochs=0", "-1 for no limit"),
        ("trainer.precision=bf16-true", "bf16-mixed"),
        ("+trainer.gradient_clip_val=1.0", "null"),
        ("+trainer.accumulate_grad_batches=2", "1"),
        ("data.members=half", "a share such as 0.5"),
        ("data.num_workers=-1", "0 or more"),
        ("model.latent_dim=0", "1 or more"),
        ("model.threads=0", "or null"),
        ("module.d_steps=0", "1 or more"),
        ("callbacks.quality.num_samples=0", "1 or more"),
        ("resume=2024", "./2024"),
        ("data_dir=2024", "./2024"),
    ],
)
def test_check_values_refuses(override, remedy):
    cfg = composed(override, "hydra.run.dir=nowhere")
    with pytest.raises(ParganError) as error:
        check_values(cfg)
    assert f"{error.value.argument}={error.value.value}" == override.removeprefix("+")
    assert remedy in error.value.remedy


def test_check_values_refuses_a_number_as_a_path():
    cfg = composed("dataset=image_folder", "dataset.path=2024")
    with pytest.raises(ParganError, match=r"^dataset\.path=2024 does not work; .*\./2024"):
        check_values(cfg)
    check_values(composed("dataset=image_folder", "dataset.path=./2024"))


def test_check_values_never_looks_at_a_users_own_component():
    own = ["loss._target_=mine.Loss", *(f"+loss.{name}=-1" for name in ("gamma", "share", "models", "lr", "seed"))]
    own += ["dataset._target_=mine.records", "+dataset.path=[1, 2]", "callbacks.quality._target_=mine.Callback"]
    check_values(composed(*own, "callbacks.quality.num_samples=0"))


def test_check_objective_knows_the_chosen_attacks():
    check_objective(composed("objective=attack/own_partition/auc"))
    check_objective(composed("objective=quality/anything"))
    with pytest.raises(ParganError, match=r"choose one of quality/distance, attack/rmia/auc$"):
        check_objective(composed("attack=rmia", "objective=attack/own_partition/auc"))


@pytest.mark.parametrize(
    ("override", "known"),
    [("+module.average=0.9", "d_steps"), ("+dataset.columns=[plan]", "delimiter"), ("+trainer.foo=1", "max_epochs")],
)
def test_check_arguments_refuses_what_a_component_does_not_take(override, known):
    key = override.strip("+").partition("=")[0]
    cfg = composed("dataset=csv", override)
    with pytest.raises(ParganError) as error:
        check_arguments(cfg)
    assert str(error.value).startswith(f"{key} is not an argument of ")
    assert f"(~{key})" in str(error.value)
    assert known in str(error.value)


def test_check_arguments_accepts_everything_that_conf_has():
    for loss in ("js", "wgan"):
        check_arguments(composed("dataset=image_folder", f"loss={loss}", "attack=[rmia,own_partition]"))
    for target in ("run", "samples", "module"):
        check_arguments(composed(f"target={target}", name="attack"))
    check_arguments(OmegaConf.create({"mine": {"_target_": "builtins.dict", "any": 1}}))


class Optimizer(torch.optim.SGD):
    """A user's own, whose learning rate may be null."""

    def __init__(self, params, lr=None):
        super().__init__(params, lr or 1.0)


@pytest.mark.parametrize("value", ["fast", "-1", "null"])
def test_check_optimizers_names_the_key_that_the_optimizer_refuses(value):
    cfg = composed(f"module.generator_optimizer.lr={value}")
    with pytest.raises(ParganError) as error:
        check_optimizers(cfg)
    assert f"module.generator_optimizer.lr={value}" in str(error.value)
    assert "torch.optim.Adam" in str(error.value)


def test_check_optimizers_accepts_a_users_own():
    own = f"module.generator_optimizer={{_target_: {__name__}.Optimizer, _partial_: true, lr: null}}"
    cfg = composed("~module.generator_optimizer", f"+{own}")
    check_optimizers(cfg)

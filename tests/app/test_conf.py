"""Every YAML of every group composes, and every data set goes with every loss.

Nothing is downloaded: networks are built from the record format alone.
"""

from functools import partial

import numpy as np
import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf

from pargan.app.config_directory import config_directory
from pargan.app.objects import build_attacks
from pargan.app.yaml_comments import yaml_comments
from pargan.attacks import GeneratorView, NeedsModels, PartitionsView, SamplesView
from pargan.losses import AdversarialLoss
from pargan.records.columns import Categorical, Numeric
from pargan.records.images import ImageSpec
from pargan.records.points import PointsSpec
from pargan.records.tables import TableSpec
from tests.helpers.composed import GROUPS, composed, options

CONF = config_directory()
TABLE = TableSpec.fit({"age": np.array([1.0, 2.0]), "sex": np.array(["f", "m"])}, {"age": Numeric, "sex": Categorical})
SPECS = {
    "blobs": PointsSpec(2),
    "circles": PointsSpec(2),
    "digits": ImageSpec(1, 8, 8),
    "mnist": ImageSpec(1, 28, 28),
    "fashion_mnist": ImageSpec(1, 28, 28),
    "cifar10": ImageSpec(3, 32, 32),
    "npz": ImageSpec(1, 28, 28),
    "image_folder": ImageSpec(3, 32, 32),
    "hospital": TABLE,
    "broward": TABLE,
    "csv": TABLE,
}


def test_conf_groups_are_those_expected():
    assert set(options("dataset")) == set(SPECS)
    assert options("loss") == ["hinge", "js", "lsgan", "wgan"]
    groups = {path.name for path in CONF.iterdir() if path.is_dir() and list(path.glob("*.yaml"))}
    assert groups == {
        "acceleration",
        "attack", "callbacks", "conditioning", "dataset", "experiment", "latents", "logger", "loss", "model",
        "optimizer", "partition", "recipe",
        "target",
        "trainer",
    }  # fmt: skip


@pytest.mark.parametrize("loss", options("loss"))
@pytest.mark.parametrize("dataset", options("dataset"))
def test_conf_builds_every_pair_of_data_set_and_loss(dataset, loss):
    cfg = composed(f"dataset={dataset}", f"loss={loss}", "trainer=cpu")
    OmegaConf.resolve(cfg)
    spec = SPECS[dataset]
    module = instantiate(cfg.module, _partial_=True)(
        generator=instantiate(cfg.model.generator)(spec),
        discriminator=partial(instantiate(cfg.model.discriminator), spec),
        spec=spec,
    )
    assert isinstance(module.loss, AdversarialLoss)
    assert len(module.discriminators) == cfg.num_partitions
    d_optimizer, g_optimizer = module.configure_optimizers()
    for optimizer, networks in ((d_optimizer, module.discriminators), (g_optimizer, module.generator)):
        optimised = sum(each.numel() for each in optimizer.param_groups[0]["params"])
        assert optimised == sum(each.numel() for each in networks.parameters())
    is_published = loss == "wgan" and SPECS[dataset] is not TABLE
    assert type(d_optimizer) is type(g_optimizer) is (torch.optim.RMSprop if is_published else torch.optim.Adam)
    assert d_optimizer.defaults["eps"] == 1e-7  # Keras's, as published
    trainer = instantiate(cfg.trainer, logger=False, enable_progress_bar=False, callbacks=[])
    assert trainer.max_epochs == cfg.trainer.max_epochs
    assert callable(instantiate(cfg.dataset))
    assert module.sample(3).shape == (3, *spec.shape)


# (K, members, B, d_steps, epochs, learning rate, betas of Adam, weight of the penalty): protocol, section 2.
PUBLISHED = {
    ("blobs", "js"): (10, 5000, 32, 2, 5000, 1e-4, [0.9, 0.999], None),
    ("blobs", "wgan"): (10, 5000, 16, 4, 5000, 1e-5, None, 5.0),
    ("circles", "js"): (10, 5000, 32, 2, 5000, 1e-4, [0.9, 0.999], None),
    ("circles", "wgan"): (10, 5000, 16, 4, 5000, 1e-5, None, 5.0),
    ("mnist", "js"): (5, 7000, 64, 2, 1500, 1e-4, [0.5, 0.999], None),
    ("mnist", "wgan"): (5, 7000, 64, 4, 10000, 1e-5, None, 10.0),
    ("cifar10", "js"): (5, 6000, 64, 2, 1500, 1e-4, [0.5, 0.999], None),
    ("cifar10", "wgan"): (5, 7000, 64, 4, 10000, 1e-5, None, 10.0),
}


@pytest.mark.parametrize(("dataset", "loss"), PUBLISHED)
def test_conf_recipes_hold_the_published_settings(dataset, loss):
    K, members, B, d_steps, epochs, lr, betas, penalty = PUBLISHED[dataset, loss]
    cfg = composed(f"dataset={dataset}", f"loss={loss}")
    assert (cfg.num_partitions, cfg.data.num_partitions, cfg.module.num_partitions) == (K, K, K)
    assert (cfg.data.members, cfg.data.batch_size) == (members, B)
    assert (cfg.module.d_steps, cfg.trainer.max_epochs, cfg.generator_steps) == (d_steps, epochs, None)
    assert cfg.loss.get("penalty_weight") == penalty
    for optimizer in (cfg.module.generator_optimizer, cfg.module.discriminator_optimizer):
        settings = {"lr": lr, "eps": 1e-7, "_partial_": True}
        settings |= {"_target_": "torch.optim.Adam", "betas": betas, "fused": True} if betas else {}
        settings |= {} if betas else {"_target_": "torch.optim.RMSprop", "alpha": 0.9}
        assert OmegaConf.to_container(optimizer) == settings
    points = {"latent_dim": 2, "G hidden": [256, 256], "D hidden": [256]}
    images = {"latent_dim": 100, "G width": 64, "D width": 64, "D dropout": 0.3}
    chosen = points if dataset in ("blobs", "circles") else images
    assert cfg.module.latent_dim == chosen.pop("latent_dim")
    assert cfg.model.generator.get("per_channel", False) == (dataset == "cifar10")
    for key, value in chosen.items():
        network = cfg.model.generator if key.startswith("G") else cfg.model.discriminator
        assert network[key[2:]] == value


def test_conf_recipes_belong_to_existing_pairs():
    pairs = {f"{dataset}_{loss}" for dataset in options("dataset") for loss in options("loss")}
    assert set(options("recipe")) <= pairs
    ours = {f"{dataset}_{loss}" for dataset in ("digits", "hospital", "broward") for loss in ("js", "wgan")}
    ours.add("csv_wgan")
    assert {f"{dataset}_{loss}" for dataset, loss in PUBLISHED} | ours <= set(options("recipe"))
    assert set(options("recipe/general")) <= set(options("loss"))


@pytest.mark.parametrize("recipe", options("recipe"))
def test_conf_recipe_can_be_overridden(recipe):
    dataset, _, loss = recipe.rpartition("_")
    cfg = composed(
        f"dataset={dataset}", f"loss={loss}", "num_partitions=3", "data.members=77", "trainer.max_epochs=4",
        "module.d_steps=9", "module.generator_optimizer.lr=0.5",
    )  # fmt: skip
    assert (cfg.num_partitions, cfg.data.members, cfg.trainer.max_epochs) == (3, 77, 4)
    assert (cfg.module.d_steps, cfg.module.generator_optimizer.lr) == (9, 0.5)


@pytest.mark.parametrize("loss", options("loss"))
def test_conf_optimizer_can_be_replaced(loss):
    for optimizer, target in (("adam", "torch.optim.Adam"), ("rmsprop", "torch.optim.RMSprop")):
        module = composed("dataset=npz", f"loss={loss}", f"optimizer={optimizer}").module
        for chosen in (module.generator_optimizer, module.discriminator_optimizer):
            assert chosen._target_ == target
            assert isinstance(instantiate(chosen)([torch.nn.Parameter(torch.zeros(1))]), torch.optim.Optimizer)


@pytest.mark.parametrize("dataset", [name for name, spec in SPECS.items() if spec is TABLE])
def test_conf_tables_choose_wgan_and_their_optimizer_unless_told_otherwise(dataset):
    for arguments in ((), ("loss=wgan",)):
        cfg = composed(f"dataset={dataset}", *arguments)
        assert cfg.loss._target_ == "pargan.losses.Wasserstein"
        assert cfg.module.d_steps == 3
        for optimizer in (cfg.module.generator_optimizer, cfg.module.discriminator_optimizer):
            assert list(optimizer.betas) == [0.5, 0.9]
    js = composed(f"dataset={dataset}", "loss=js")
    assert js.loss._target_ == "pargan.losses.JensenShannon"
    assert js.module.d_steps != 3
    rmsprop = composed(f"dataset={dataset}", "optimizer=rmsprop").module.generator_optimizer
    assert rmsprop._target_ == "torch.optim.RMSprop"
    assert composed("dataset=digits").loss._target_ == "pargan.losses.JensenShannon"


@pytest.mark.parametrize(("K", "size"), [(1, 250), (5, 50), (1000, 1)])
def test_conf_batches_of_a_table_of_ones_own_are_divided_among_the_partitions(K, size):
    assert composed("dataset=csv", f"num_partitions={K}").data.batch_size == size
    assert composed("dataset=csv", f"num_partitions={K}", "data.batch_size=7").data.batch_size == 7
    assert composed("dataset=csv", f"num_partitions={K}", "loss=js").data.batch_size == 64


def test_conf_default_is_digits_js_with_five_partitions():
    cfg = composed()
    assert cfg.dataset._target_.endswith(".digits")
    assert cfg.loss._target_.endswith(".JensenShannon")
    assert cfg.num_partitions == 5


@pytest.mark.parametrize("name", [name for name in options("attack") if name != "for_tables"])
@pytest.mark.parametrize("config", ["train", "attack"])
def test_conf_attack_composes_alone(config, name):
    cfg = composed(f"attack=[{name}]", name=config)
    chosen = instantiate(cfg.attack, _convert_="all")
    assert list(chosen) == ([] if name == "none" else [name])
    for each in chosen.values():
        assert issubclass(each.access, SamplesView)
        if isinstance(each, NeedsModels):
            assert each.models_wanted == cfg.attack[name].models


@pytest.mark.parametrize("target", options("target"))
def test_conf_target_brings_its_keys_and_attacks(target):
    cfg = composed(f"target={target}", name="attack")
    assert callable(instantiate(cfg.target))
    views = {"run": PartitionsView, "samples": SamplesView, "module": GeneratorView, "release": GeneratorView}
    attacks = build_attacks(cfg, SPECS["broward"])
    assert {"nearest_neighbour", "monte_carlo", "gen_lra"} < set(attacks)
    assert all(issubclass(views[target], attack.access) for attack in attacks.values())
    files = {"members", "nonmembers", "reference", "dataset"}
    keys = {"run": {"run", "checkpoint", "data_dir", "dataset", "trust"}, "samples": {*files, "synthetic"}}
    keys["module"] = {*files, "module", "weights", "latent_dim", "trust"}
    keys["release"] = {*files, "path", "sample_file"}
    shared = {"seed", "device", "inception", "attack", "audit", "report", "target", "csv_safe", "fail_if"}
    assert set(cfg) - shared == keys[target]
    assert list(composed(f"target={target}", "attack=[own_partition]", name="attack").attack) == ["own_partition"]


def leaves(node, path=()):
    for key, value in node.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value


EXPLAINED = (
    *("attack", "callbacks", "dataset", "loss", "model", "optimizer", "partition", "target", "target/general"),
    *("trainer", "logger", "conditioning"),
)


@pytest.mark.parametrize(
    "name",
    ["train", "attack", "sample", "export", *(f"{group}/{each}" for group in EXPLAINED for each in options(group))],
)
def test_conf_keys_have_comments(name):
    text = (CONF / f"{name}.yaml").read_text(encoding="utf-8")
    comments = yaml_comments(text)
    assert comments[()]
    for path, value in leaves(OmegaConf.to_container(OmegaConf.create(text))):
        is_set_elsewhere = str(value).startswith("${") or path[0] in ("defaults", "hydra")
        if not is_set_elsewhere and not path[-1].startswith("_") and path != ("accelerator",):
            assert comments.get(path), path


@pytest.mark.parametrize(("group", "option"), [(group, each) for group in GROUPS for each in options(group)])
def test_conf_option_composes(group, option, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "disabled")
    cfg = composed(f"{group}={option}", folder="somewhere/run")
    OmegaConf.resolve(cfg)
    assert "run_directory" in cfg


def test_conf_data_dir_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("PARGAN_DATA_DIR", "/where/data/lie")
    cfg = composed("dataset=mnist")
    assert cfg.dataset.data_dir == "/where/data/lie"
    monkeypatch.delenv("PARGAN_DATA_DIR")
    assert composed("dataset=mnist").dataset.data_dir == "data"

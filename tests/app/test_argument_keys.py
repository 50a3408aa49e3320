"""Errors in the core's terms become errors in the words of the configuration."""

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.utils import instantiate
from omegaconf import OmegaConf

from pargan.app.argument_keys import errors_in_configuration_keys
from pargan.errors import ParganError
from tests.helpers.composed import composed, composed_with_hydra


def message(raise_error, *overrides, **where):
    cfg, hydra = composed_with_hydra(*overrides, **where)
    with pytest.raises(ParganError) as error, errors_in_configuration_keys(cfg, hydra.runtime.choices):
        raise_error(cfg)
    return str(error.value)


class Gamma:
    """A user's own component."""

    def __init__(self, gamma=1, batch_size=3, refuse=True):
        self.gamma, self.batch_size = gamma, batch_size
        if refuse:
            self.check("gamma")

    def check(self, name):
        raise ParganError("is odd", argument=name, value=getattr(self, name), remedy=f"set {name}=2 or less")


OWN = [f"loss._target_={__name__}.Gamma", "+loss.gamma=3"]
NO_VALUE = object()


def core(argument=None, value=NO_VALUE, problem="does not work", remedy=None):
    def raise_error(cfg):
        given = {} if value is NO_VALUE else {"value": value}
        raise ParganError(problem, argument=argument, remedy=remedy, **given)

    return raise_error


@pytest.mark.parametrize(
    ("error", "overrides", "expected"),
    [
        (
            core("batch_size", 13, "is more than the 12 each", "set batch_size=12 or less"),
            ["data.batch_size=13"],
            "data.batch_size=13 is more than the 12 each; set data.batch_size=12 or less",
        ),
        (core("num_partitions", 9), ["num_partitions=9"], "num_partitions=9 does not work"),
        (core("d_steps", 1, remedy="set d_steps=2"), [], "module.d_steps=1 does not work; set module.d_steps=2"),
        (core("label", None, remedy="set label=None"), ["dataset=csv", "dataset.label=null"],
         "dataset.label=null does not work; set dataset.label=null"),
        (core("scheme", object(), remedy="set scheme=iid"), ["partition=by_label"],
         "partition=by_label does not work; set partition=iid"),
        (core("source", problem="holds no records"), ["dataset=digits"], "dataset holds no records"),
        (core("loss", object()), ["loss=wgan"], "loss=wgan does not work"),
        (core("records", problem="hold (a=1), b=2", remedy='drop "seed=3"'), [],
         'records hold (a=1), b=2; drop "seed=3"'),
        (core("precision", "16-mixed", remedy="use precision=32-true"), ["trainer.precision=16-mixed"],
         "trainer.precision=16-mixed does not work; use trainer.precision=32-true"),
        # Another value than the configuration has: it is about something else.
        (core("path", "x.ckpt"), ["dataset=csv", "dataset.path=my.csv"], "path=x.ckpt does not work"),
        (core("seed", 17), [], "seed=17 does not work"),
        # Several keys of that name, equally near the root.
        (core("latent_dim", 64), [], "model.latent_dim=64 does not work"),
        (core("hidden", [256, 256]), ["model=mlp"], "hidden=[256, 256] does not work"),
        # A message in the old style, and one that has keys already.
        (core(problem="data.members=3 is few; set seed=4"), [], "data.members=3 is few; set seed=4"),
        (core("audit.draws", 1, remedy="set audit.draws=2"), [],
         "audit.draws=1 does not work; set audit.draws=2"),
        # A user's own component has the parameter, but raised nothing.
        (core("gamma", 3, remedy="set gamma=4"), OWN, "gamma=3 does not work; set gamma=4"),
        (core("batch_size", 3), [*OWN, "+loss.batch_size=3", "data.batch_size=3"], "data.batch_size=3 does not work"),
    ],
)  # fmt: skip
def test_errors_in_configuration_keys(error, overrides, expected):
    assert message(error, *overrides) == expected


def test_errors_while_hydra_builds_a_component():
    said = message(lambda cfg: instantiate(cfg.attack), "attack=rmia", "attack.rmia.gamma=0.5")
    assert said.startswith("attack.rmia.gamma=0.5 ")
    assert message(lambda cfg: instantiate(cfg.loss), *OWN) == "loss.gamma=3 is odd; set loss.gamma=2 or less"
    said = message(lambda cfg: instantiate(cfg.module, _partial_=True), *OWN)
    assert said == "loss.gamma=3 is odd; set loss.gamma=2 or less"  # module.loss is ${loss}


def test_errors_of_a_component_that_was_built_before():
    def raise_error(cfg):
        instantiate(cfg.loss).check("batch_size")

    own = [*OWN, "+loss.refuse=false"]
    assert message(raise_error, *own) == "loss.batch_size=3 is odd; set +loss.batch_size=2 or less"
    assert message(raise_error, *own, "+loss.batch_size=5").startswith("loss.batch_size=5 is odd; set loss.batch_")


def test_errors_of_one_of_two_components_with_the_same_class():
    def raise_error(cfg):
        instantiate(cfg.attack.second).check("gamma")

    own = [f"+attack.{name}={{_target_: {__name__}.Gamma, gamma: {gamma}, refuse: false}}"
           for name, gamma in (("first", 1), ("second", 2))]  # fmt: skip
    assert message(raise_error, "attack=[]", *own) == "attack.second.gamma=2 is odd; set attack.second.gamma=2 or less"


def test_errors_name_the_key_that_exists_before_one_that_could_be_added():
    def raise_error(cfg):
        datamodule = instantiate(cfg.data, _partial_=True)(source=instantiate(cfg.data.source))
        datamodule.setup()  # the partial function of cfg.partition takes num_partitions too

    expected = "num_partitions=5001 is more than the 5,000 members; give num_partitions=5000 or less, or more members"
    assert message(raise_error, "dataset=blobs", "num_partitions=5001", "data.members=0.5") == expected


def test_errors_of_functions_that_hydra_only_names():
    def raise_error(cfg):
        instantiate(cfg.dataset)()

    said = message(raise_error, "dataset=csv", "dataset.path=no.csv")
    assert said.startswith("dataset.path=no.csv ")


def test_errors_of_components_that_cannot_be_built():
    def build(cfg):
        instantiate(cfg.data.source)

    said = message(build, "dataset._target_=pargan.data.nothing")
    assert said.startswith("dataset._target_=pargan.data.nothing cannot be imported")
    said = message(build, "dataset._target_=builtins.int", "dataset._partial_=false", "+dataset.base=2")
    assert said.startswith("dataset cannot be built: ")
    assert said.endswith("see the arguments of builtins.int")


def test_other_errors_pass_through():
    with pytest.raises(KeyError), errors_in_configuration_keys(OmegaConf.create({}), {}):
        raise KeyError("seed")


@pytest.mark.parametrize("remedy", ["batch_size=12", "scheme=iid", "members=0.4", "label=None", "penalty_weight=3.0"])
def test_remedies_can_be_typed(remedy):
    overrides = ["dataset=csv", "loss=wgan"]
    said = message(core("x", remedy=f"set {remedy} there"), *overrides)
    typed = said.partition("set ")[2].removesuffix(" there")
    assert OverridesParser.create().parse_override(typed)
    assert composed(*overrides, typed)

"""A resumed run has the saved configuration plus the overrides that are allowed."""

import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

from pargan.app.resume import resumed_config
from pargan.errors import ParganError
from pargan.fast.acceleration import Acceleration, Graphed
from pargan.fast.compiled import Compiled
from pargan.io.run_directory import RunDirectory
from tests.helpers.composed import composed


@pytest.fixture
def resumed(tmp_path):
    """The configuration of a run that was started with `before`, resumed with `after`."""

    def configuration(before, *after):
        directory = RunDirectory(tmp_path / "run")
        directory.config.parent.mkdir(parents=True, exist_ok=True)
        OmegaConf.save(composed(*before), directory.config)
        return resumed_config(directory, after, composed(*after))

    return configuration


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("fast", ["acceleration=compile"], Compiled()),
        ("graph", ["acceleration=compile"], Compiled()),
        ("plain", ["acceleration=graph", "+acceleration.warm_up=5"], Graphed(5)),
        ("graph", [], Graphed()),
    ],
)
def test_resumed_config_takes_another_acceleration(resumed, before, after, expected):
    cfg = resumed(["loss=wgan", "num_partitions=3", f"acceleration={before}"], *after)
    assert instantiate(cfg.module.acceleration) == expected
    assert (cfg.num_partitions, cfg.loss) == (3, composed("loss=wgan").loss)


def test_resumed_config_of_a_run_with_graphs_may_leave_them_out(resumed):
    assert type(instantiate(resumed(["acceleration=graph"], "acceleration=fast").module.acceleration)) is Acceleration


def test_resumed_config_takes_allowed_values_and_refuses_others(resumed):
    assert resumed([], "trainer.max_epochs=7", "audit.draws=20").trainer.max_epochs == 7
    for key in ("seed=4", "loss=wgan", "module.d_steps=7", "trainer=gpu", "~acceleration"):
        with pytest.raises(ParganError, match=f"^{key} cannot be given with resume=.*only acceleration and single"):
            resumed([], key)


def test_resumed_config_lets_inception_weights_move_but_not_appear_or_disappear(resumed):
    assert resumed(["inception=here.pth"], "inception=there.pth").inception == "there.pth"
    assert resumed(["inception=here.pth"]).inception == "here.pth"
    assert resumed([], "inception=null").inception is None
    with pytest.raises(ParganError, match=r"^inception=there\.pth cannot .* leave inception out, and give it"):
        resumed([], "inception=there.pth")
    with pytest.raises(ParganError, match=r"^inception=null cannot .* with inception=here\.pth, .* path of the same"):
        resumed(["inception=here.pth"], "inception=null")


def test_resumed_config_takes_the_new_path_of_a_file(resumed):
    before = ["dataset=csv", "dataset.path=my.csv"]
    assert resumed(before, "dataset=csv", "dataset.path=moved.csv").dataset.path == "moved.csv"
    assert resumed(before, "+dataset.path=moved.csv").dataset.path == "moved.csv"
    for other in (["dataset=npz", "dataset.path=moved.npz"], ["dataset=csv", "dataset.encoding=latin-1"]):
        with pytest.raises(ParganError, match=r"cannot be given with resume="):
            resumed(before, *other)
    with pytest.raises(ParganError, match=r"^\+dataset\.path=my\.csv cannot be given"):
        resumed(["dataset=blobs"], "+dataset.path=my.csv")

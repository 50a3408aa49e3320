"""The wheel in a separate environment, outside the checkout; and the two scripts of the checkout."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
import torch

from tests.helpers.launch import ROOT, SMALL, environment, only_run, result_of

pytestmark = pytest.mark.slow


def _call(*words, cwd, **env):
    ended = subprocess.run([str(word) for word in words], cwd=cwd, env=env, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "source"
    copy.mkdir()
    for name in ("pargan", "conf", "pyproject.toml", "README.md", "LICENSE"):  # a build leaves folders in its source
        _call("cp", "-r", ROOT / name, copy, cwd=ROOT, **os.environ)
    _call(
        *(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index"),
        *("--wheel-dir", folder, copy),
        cwd=folder,
        **os.environ,
    )
    (built,) = folder.glob("pargan-*.whl")
    return built


@pytest.fixture(scope="module")
def bin_folder(wheel, tmp_path_factory):
    """An environment with the wheel, and this one's packages behind it (but not its pargan)."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    (own,) = folder.glob("lib/python*/site-packages")
    _call(
        *(sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install"),
        *("--no-deps", "--no-index", wheel),
        cwd=folder,
        **{key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
    )
    # A path line, not an import line: the editable pargan of the environment behind stays out of reach.
    (own / "behind.pth").write_text(f"{Path(torch.__file__).parents[1]}\n")
    return folder / "bin"


def _bare():
    return {key: value for key, value in environment().items() if key != "PYTHONPATH"}


def test_wheel_contains_every_yaml_file(wheel):
    with zipfile.ZipFile(wheel) as file:
        names = set(file.namelist())
    assert {f"pargan/{path.relative_to(ROOT)}" for path in (ROOT / "conf").rglob("*.yaml")} <= names
    assert {str(path.relative_to(ROOT)) for path in (ROOT / "pargan").rglob("*.py")} <= names
    assert "pargan/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "conf/"))]


def test_pargan_train_and_pargan_attack_run_outside_the_checkout(bin_folder, tmp_path):
    where = _call(bin_folder / "python", "-c", "import pargan; print(pargan.__file__)", cwd=tmp_path, **_bare())
    assert Path(where).is_relative_to(bin_folder.parent)
    table = _call(bin_folder / "pargan-train", *SMALL, "attack=[nearest_neighbour]", cwd=tmp_path, **_bare())
    assert "nearest_neighbour" in table
    directory = only_run(tmp_path)
    assert result_of(directory)["provenance"]["git_commit"] is None
    chosen = ("attack=[nearest_neighbour,discriminator_gap]", "audit.num_samples=100")
    table = _call(bin_folder / "pargan-attack", f"run={directory}", *chosen, cwd=tmp_path, **_bare())
    assert "discriminator_gap" in table


def test_import_pargan_does_not_import_hydra(bin_folder, tmp_path):
    code = "import sys, pargan; print([name for name in ('hydra', 'wandb') if name in sys.modules])"
    assert _call(bin_folder / "python", "-c", code, cwd=tmp_path, **_bare()).strip() == "[]"


LOSS = """
from torch.nn.functional import softplus
from pargan.losses import AdversarialLoss

class Mine(AdversarialLoss):
    def __init__(self, gamma=1.0):
        self.gamma = gamma

    def discriminator(self, real, fake):
        return softplus(fake - real)

    def generator(self, fake):
        return softplus(-self.gamma * fake)
"""
ATTACK = """
from pargan.attacks import SamplesView

class Mine:
    access = SamplesView

    def __call__(self, view, records):
        return -records.flatten(1).norm(dim=1)
"""
DATA = """
import numpy as np
from pargan import Pool
from pargan.metrics import PointsQuality
from pargan.records import PointsSpec

def points(n):
    return Pool(np.random.default_rng(0).normal(size=(n, 2)), PointsSpec(2), PointsQuality())
"""


def test_pargan_train_uses_components_of_a_config_dir(bin_folder, tmp_path):
    for name, text in (("my_losses", LOSS), ("my_attacks", ATTACK), ("my_data", DATA)):
        (tmp_path / f"{name}.py").write_text(text)
    for name, text in {
        "loss/mine": "_target_: my_losses.Mine\ngamma: 0.5\n",
        "attack/mine": "# @package attack.mine\n_target_: my_attacks.Mine\n",
        "dataset/mine": "_target_: my_data.points\nn: 300\n",
    }.items():
        path = tmp_path / "my_conf" / f"{name}.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(text)
    given = ("--config-dir", "my_conf", "dataset=mine", "loss=mine", "attack=[mine]", "experiment=smoke")
    small = ("num_partitions=2", "data.batch_size=10", "trainer.accelerator=cpu", "audit.num_samples=100")
    table = _call(bin_folder / "pargan-train", *given, *small, cwd=tmp_path, **_bare())
    assert "mine  " in table
    run = only_run(tmp_path)
    longer = (f"resume={run}", "trainer.max_epochs=3", "trust=[my_losses,my_attacks,my_data]")
    _call(bin_folder / "pargan-train", *longer, cwd=tmp_path, **_bare())
    assert result_of(run)["training"]["epochs"] == 3
    text = _call(bin_folder / "pargan-attack", "--config-dir", "my_conf", "--help", cwd=tmp_path, **_bare())
    assert text.startswith("Usage: pargan-attack [key=value ...]")
    assert " mine, [monte_carlo]," in " ".join(text.split())
    ended = subprocess.run(
        [bin_folder / "pargan-train", "--config-dir", "my_conf", "loss=min"],
        cwd=tmp_path, env=_bare(), capture_output=True, text=True,
    )  # fmt: skip
    assert ended.stderr.startswith("pargan-train: loss=min is not known (did you mean mine?); choose one of hinge, js,")


def test_scripts_of_the_checkout_run_in_any_folder(tmp_path):
    quick = (*SMALL, "attack=[nearest_neighbour]", "trainer.max_epochs=1")
    assert "run directory: " in _call(sys.executable, ROOT / "train.py", *quick, cwd=tmp_path, **environment())
    run = f"run={only_run(tmp_path)}"
    table = _call(sys.executable, ROOT / "attack.py", run, "attack=monte_carlo", cwd=tmp_path, **environment())
    assert "monte_carlo" in table

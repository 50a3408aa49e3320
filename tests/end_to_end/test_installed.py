"""The wheel in an environment of its own, away from the checkout; and the two scripts of the checkout."""

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


def test_every_yaml_is_in_the_wheel(wheel):
    with zipfile.ZipFile(wheel) as file:
        names = set(file.namelist())
    assert {f"pargan/{path.relative_to(ROOT)}" for path in (ROOT / "conf").rglob("*.yaml")} <= names
    assert {str(path.relative_to(ROOT)) for path in (ROOT / "pargan").rglob("*.py")} <= names
    assert "pargan/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "conf/"))]


def test_pargan_train_and_pargan_attack_outside_the_checkout(bin_folder, tmp_path):
    where = _call(bin_folder / "python", "-c", "import pargan; print(pargan.__file__)", cwd=tmp_path, **_bare())
    assert Path(where).is_relative_to(bin_folder.parent)
    table = _call(bin_folder / "pargan-train", *SMALL, "attack=[nearest_neighbour]", cwd=tmp_path, **_bare())
    assert "nearest_neighbour" in table
    directory = only_run(tmp_path)
    assert result_of(directory)["provenance"]["git_commit"] is None
    chosen = ("attack=[nearest_neighbour,discriminator_gap]", "audit.num_samples=100")
    table = _call(bin_folder / "pargan-attack", f"run={directory}", *chosen, cwd=tmp_path, **_bare())
    assert "discriminator_gap" in table


def test_the_library_is_taken_without_hydra(bin_folder, tmp_path):
    code = "import sys, pargan; print([name for name in ('hydra', 'wandb') if name in sys.modules])"
    assert _call(bin_folder / "python", "-c", code, cwd=tmp_path, **_bare()).strip() == "[]"


def test_the_scripts_of_the_checkout(tmp_path):
    quick = (*SMALL, "attack=[nearest_neighbour]", "trainer.max_epochs=1")
    assert "run directory: " in _call(sys.executable, ROOT / "train.py", *quick, cwd=tmp_path, **environment())
    run = f"run={only_run(tmp_path)}"
    table = _call(sys.executable, ROOT / "attack.py", run, "attack=monte_carlo", cwd=tmp_path, **environment())
    assert "monte_carlo" in table

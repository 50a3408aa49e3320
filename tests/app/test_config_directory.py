"""Code and configuration come from the same checkout."""

import subprocess
import sys
from pathlib import Path

from pargan.app.config_directory import config_directories, config_directory
from tests.helpers.launch import ROOT, environment


def test_config_directory_is_beside_this_code():
    assert config_directory() == ROOT / "conf"


def test_config_directory_of_a_second_checkout_is_its_own(tmp_path):
    for name in ("pargan", "conf"):
        subprocess.run(["cp", "-r", ROOT / name, tmp_path], check=True)
    code = "from pargan.app.config_directory import config_directory; print(config_directory())"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(PYTHONPATH=str(tmp_path)),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert Path(ended.stdout.strip()) == tmp_path / "conf"


def test_config_directories_include_that_of_the_command_line(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["train.py", "seed=1", "--config-dir", "mine", "loss=js"])
    assert config_directories() == [ROOT / "conf", tmp_path / "mine"]

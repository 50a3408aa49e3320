"""Commands answer without the frameworks where no job starts."""

import subprocess
import sys

import pytest

from tests.helpers.launch import environment

HEAVY = {"torch", "numpy", "pytorch_lightning", "torchvision", "sklearn", "matplotlib", "wandb"}
REPORT_IMPORTS = f"""
import atexit, sys
atexit.register(lambda: print("imported:", *sorted({HEAVY!r} & set(sys.modules))))
from pargan.app import cli
"""


@pytest.mark.parametrize(
    ("name", "arguments", "status"),
    [
        ("train", ["--help"], 0),
        ("attack", ["--help"], 0),
        ("train", ["loss=jss"], 1),
        ("train", ["num_partition=3"], 1),
        ("train", ["num_partitions=0"], 1),
        ("train", ["resume=nowhere"], 1),
        ("train", ["-m", "seed=0,-1", "los=js"], 1),
        ("attack", ["target=sample"], 1),
        ("attack", ["run=nowhere"], 1),
    ],
)
def test_cli_imports_no_framework_before_a_job_starts(tmp_path, name, arguments, status):
    code = f"{REPORT_IMPORTS}sys.argv[0] = '{name}.py'; cli.{name}()"
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=tmp_path, env=environment(), capture_output=True, text=True
    )
    assert ended.returncode == status, ended.stderr
    assert ended.stdout.splitlines()[-1].split() == ["imported:"]

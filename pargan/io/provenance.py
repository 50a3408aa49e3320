"""Package versions, git commit and machine, saved with the results of a run."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

PACKAGES = ("pargan", "torch", "torchvision", "pytorch-lightning", "hydra-core", "numpy", "scikit-learn")


def provenance() -> dict[str, object]:
    """Versions, git commit of this source (None outside a checkout), machine and time, ready for `json.dumps`."""
    return {
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}},
        "git_commit": _git_commit(Path(__file__).parent),
        "finished": datetime.now(UTC).isoformat(" ", "seconds").replace("+00:00", " UTC"),
        "machine": {
            "platform": platform.platform(),
            "cpu_cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        },
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:  # a checkout on the path, not installed
        return None


def _git_commit(folder: Path) -> str | None:
    # `ls-files` first: a package installed inside the checkout of another project must not report its commit.
    try:
        subprocess.run(
            ["git", "-C", str(folder), "ls-files", "--error-unmatch", "__init__.py"],
            check=True,
            capture_output=True,
        )
        command = ["git", "-C", str(folder), "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None

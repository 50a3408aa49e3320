"""Where conf/ lies: beside the code that runs, so that code and configuration are always of one version."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def config_directory() -> Path:
    """conf/ of the checkout that this code belongs to, or the copy inside an installed package."""
    installed = PACKAGE / "conf"
    return installed if installed.is_dir() else PACKAGE.parent / "conf"

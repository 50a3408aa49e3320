"""A digest of the run's configuration in every checkpoint, so that a value that was changed later is noticed.

It is no signature: who changes the configuration on purpose can change the checkpoint too.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pytorch_lightning as pl
from omegaconf import OmegaConf

from pargan.app.saved_config import as_stored
from pargan.errors import ParganError
from pargan.io.run_directory import RunDirectory

KEY = "pargan_config_sha256"


class ConfigDigestInCheckpoint(pl.Callback):
    """Writes the digest of the configuration in the run directory into every checkpoint.

    A directory without a configuration, as a run from Python has it, leaves the checkpoints as they are.
    """

    def __init__(self, directory: RunDirectory) -> None:
        self.digest = config_digest(directory) if directory.config.is_file() else None

    def on_save_checkpoint(self, trainer: pl.Trainer, pl_module: Any, checkpoint: dict[str, Any]) -> None:
        """Add the digest to what is saved."""
        if self.digest is not None:
            checkpoint[KEY] = self.digest


def config_digest(directory: RunDirectory) -> str:
    """SHA-256 (hex) of the values in a run's stored configuration, in their order.

    Raises:
        ParganError: the file is damaged or missing.
    """
    values = OmegaConf.to_container(as_stored(directory), resolve=False)
    return hashlib.sha256(json.dumps(values, default=str).encode()).hexdigest()


def check_config_digest(directory: RunDirectory, checkpoint: Mapping[str, Any]) -> None:
    """Refuse a stored configuration other than the one that the checkpoint was trained with.

    Checkpoints of earlier versions have no digest and pass.

    Raises:
        ParganError: they differ.
    """
    if checkpoint.get(KEY) not in (None, config_digest(directory)):
        raise ParganError(
            f"{directory.config} is not the one that the checkpoint was trained with (their digests differ): it was "
            "altered, or the checkpoint is another run's",
            remedy="use an unaltered copy of the run directory",
        )

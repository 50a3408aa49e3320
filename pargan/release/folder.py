"""A released generator, loaded from its folder: with PyTorch and safetensors, without Hydra, Lightning or the data.

Legend: *shape of one record.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import nn

from pargan.errors import ParganError
from pargan.io.files import read_error
from pargan.release.networks import build_network
from pargan.release.record_formats import format_from_dict
from pargan.release.sampling import Generator

FORMAT, VERSION = "pargan generator", 1
CONFIG, WEIGHTS, SCHEMA, CARD = "config.json", "generator.safetensors", "schema.json", "README.md"
SAMPLES = "samples"
"""Name of the file of generated records, without its ending."""


@dataclass(frozen=True)
class LoadedRelease(Generator):
    """A released generator.

    Attributes:
        config: what config.json holds.
    """

    config: Mapping[str, Any]

    def generate(self, num: int, seed: int = 0) -> Any:
        """`num` records in the user's units, as `spec.decode` returns them; equal seeds give equal records.

        Raises:
            ParganError: `num` is below 1.
        """
        return self.spec.decode(np.concatenate(list(self.batches(num, seed))))


def is_release(folder: Path) -> bool:
    """Whether this is a folder that pargan-export wrote."""
    return (folder / CONFIG).is_file() and (folder / WEIGHTS).is_file()


def load_generator(path: str | Path, network: nn.Module | None = None, device: str = "cpu") -> LoadedRelease:
    """Load the folder that pargan-export wrote; no code in it is run.

    Args:
        path: the folder.
        network: the generator, for one of a class of your own; its weights are replaced by those of the folder.
        device: for the network.

    Raises:
        ParganError: another folder, one of another version, a damaged one, or a class that does not come with pargan.
    """
    folder = Path(path).expanduser()
    if not is_release(folder):
        raise ParganError(
            "is not a released generator",
            argument="path",
            value=path,
            remedy="give a folder that pargan-export wrote: pargan-export run=... out=...",
        )
    config = _read_config(folder, path)
    try:
        spec = format_from_dict(config["record_format"])
        latent_dim = int(config["latent_dim"])
        module = build_network(config["network"], spec) if network is None else network
    except ParganError as error:
        if error.argument == "schema":
            raise damaged(path, SCHEMA, error.problem) from error
        if error.argument in _network_arguments(config):
            raise damaged(path, CONFIG, str(error)) from error
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RuntimeError) as error:
        raise damaged(path, CONFIG, f"{type(error).__name__}: {error}") from error
    _load_weights(module, folder, path, config)
    return LoadedRelease(module.eval().requires_grad_(False).to(device), spec, latent_dim, config)


def _network_arguments(config: Mapping[str, Any]) -> Mapping[str, Any]:
    network = config.get("network")
    arguments = network.get("arguments") if isinstance(network, Mapping) else None
    return arguments if isinstance(arguments, Mapping) else {}


def damaged(path: str | Path, name: str, reason: str) -> ParganError:
    """The error that a file of the folder at `path` does not hold what it should."""
    return ParganError(
        f"is damaged or was altered: {name} ({' '.join(reason.split())[:200]})",
        argument="path",
        value=path,
        remedy="export the run again, or get an unaltered copy",
    )


def _read_config(folder: Path, path: str | Path) -> dict[str, Any]:
    config = _read_json(folder, CONFIG, path)
    if config.get("format") != FORMAT:
        raise ParganError(
            "is not a released generator: its config.json was written by another program",
            argument="path",
            value=path,
            remedy="give a folder that pargan-export wrote",
        )
    if config.get("version") != VERSION:
        raise ParganError(
            f"was exported in version {config.get('version')} of the format, by pargan {config.get('pargan')}; this "
            f"pargan reads version {VERSION}",
            argument="path",
            value=path,
            remedy="use that pargan, or export the run again",
        )
    if (folder / SCHEMA).is_file() and isinstance(config.get("record_format"), dict):
        config["record_format"]["schema"] = _read_json(folder, SCHEMA, path)
    return config


def _read_json(folder: Path, name: str, path: str | Path) -> dict[str, Any]:
    try:
        content = json.loads((folder / name).read_text(encoding="utf-8"))
    except OSError as error:
        raise read_error(folder / name, error) from error
    except ValueError as error:
        raise damaged(path, name, str(error)) from error
    if not isinstance(content, dict):
        raise damaged(path, name, "no JSON object")
    return content


def _load_weights(module: nn.Module, folder: Path, path: str | Path, config: Mapping[str, Any]) -> None:
    try:
        content = (folder / WEIGHTS).read_bytes()
    except OSError as error:
        raise read_error(folder / WEIGHTS, error) from error
    if hashlib.sha256(content).hexdigest() != config.get("sha256"):
        raise damaged(path, WEIGHTS, "its SHA-256 is not that of config.json")
    try:
        with torch.no_grad():
            module.load_state_dict(load(content))
    except (SafetensorError, RuntimeError, KeyError, TypeError, ValueError) as error:
        raise damaged(path, WEIGHTS, str(error)) from error

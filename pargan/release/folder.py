"""A released generator, loaded from its folder: with PyTorch and safetensors, without Hydra, Lightning or the data.

Legend: *shape of one record.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import nn

from pargan.errors import ParganError
from pargan.io.files import read_error
from pargan.records.asked_categories import Where
from pargan.records.conditioning import ClassCondition, ColumnCondition, Conditioning, conditioning_from_dict
from pargan.records.spec import RecordSpec
from pargan.release.networks import build_network
from pargan.release.record_formats import format_from_dict
from pargan.release.sampling import BATCH, Generator

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

    config: Mapping[str, Any] = field(kw_only=True)

    def generate(self, num: int, seed: int = 0, *, where: Where | None = None, balanced: bool = False) -> Any:
        """`num` records in the user's units, as `spec.decode` returns them; equal seeds give equal records.

        Args:
            num: records.
            seed: of latents and conditions.
            where, balanced: the categories, as in `batches`.

        Raises:
            ParganError: `num` is below 1, or `where` asks for what the generator has not learnt.
        """
        return self.spec.decode(np.concatenate(list(self.batches(num, seed, where=where, balanced=balanced))))

    def generate_labelled(
        self, num: int, seed: int = 0, *, where: Where | None = None, balanced: bool = False
    ) -> tuple[Any, np.ndarray]:
        """The records of `generate`, and their classes (N,).

        Raises:
            ParganError: as by `generate`; or the generator was not trained with `conditioning=by_class`.
        """
        if not isinstance(self.conditioning, ClassCondition):
            raise ParganError(
                "has no classes beside its records: it was not trained with conditioning=by_class",
                argument="generator",
                remedy="call generate instead",
            )
        drawn = list(self._drawn(num, seed, BATCH, self.conditioning.shares(where, balanced)))
        labels = self.conditioning.labels(np.concatenate([each.codes for each in drawn if each.codes is not None]))
        assert labels is not None
        return self.spec.decode(np.concatenate([each.records for each in drawn])), labels


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
        conditioning = _conditioning(config, spec)
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
    network = module.eval().requires_grad_(False).to(device)
    return LoadedRelease(network, spec, latent_dim, conditioning, config=config)


def _conditioning(config: Mapping[str, Any], spec: RecordSpec) -> Conditioning:
    """What the generator is told; ValueError if network or record format do not fit it."""
    conditioning = conditioning_from_dict(config.get("conditioning"))  # earlier exports have none
    if _network_arguments(config).get("condition_size", 0) != conditioning.size:
        raise ValueError("the network is told another number of categories")
    if isinstance(conditioning, ColumnCondition) and not 0 <= conditioning.start <= spec.shape[0] - conditioning.size:
        raise ValueError("the record format has no such column")
    return conditioning


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

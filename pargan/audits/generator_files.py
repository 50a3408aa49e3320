"""Generators from files. Without trust nothing is run that a file holds.

Legend: B latents, *shape of one record.
"""

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn

from pargan.audits.program_files import load_program
from pargan.errors import ParganError
from pargan.gan.sampling import evaluating
from pargan.io.files import TORCH_LOAD_ERRORS, read_error
from pargan.seeding import seeded


@dataclass(frozen=True)
class LoadedGenerator:
    """A generator that has been evaluated once.

    Attributes:
        module: (B, latent_dim) -> (B, *shape).
        shape: of one record.
    """

    module: nn.Module
    shape: tuple[int, ...]


def load_generator(
    source: str | nn.Module, weights: str | None, latent_dim: int, *, trust: bool = False
) -> LoadedGenerator:
    """A generator that returns records for latents of this length.

    A pickled module is refused, and a state dict is read as tensors only. TorchScript files and torch.export archives
    are programs, and loaded only where `trust` says that their author is known.

    Args:
        source: a torch.export archive (`torch.export.save`) or a TorchScript file (`torch.jit.save`), or the module
            itself.
        weights: a state dict for it, a .safetensors file or one of `torch.save`; None keeps the weights it has.
        latent_dim: length of a latent.
        trust: that whoever made the file of `source` is trusted to run code.

    Raises:
        ParganError: another kind of file, one that is not trusted, weights that do not fit, or a module that does not
            return records.
    """
    module: Any = source
    if isinstance(source, str):
        module = load_program(source, trust)
    elif not isinstance(source, nn.Module):
        raise ParganError(
            f"is a {type(source).__name__}",
            argument="module",
            remedy="give a torch.nn.Module, or a function that returns one",
        )
    if weights is not None:
        _load_weights(module, weights)
    return LoadedGenerator(module, _shape(module, latent_dim))


def _load_weights(module: nn.Module, path: str) -> None:
    try:
        module.load_state_dict(_state_dict(Path(path).expanduser()))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise ParganError(
            "is not a file",
            argument="weights",
            value=path,
            remedy="give a state dict: a .safetensors file, or one saved with torch.save",
        ) from error
    except OSError as error:
        raise read_error(path, error, argument="weights") from error
    except (*TORCH_LOAD_ERRORS, SafetensorError) as error:
        is_pickle = isinstance(error, pickle.UnpicklingError)  # PyTorch's advice for it is to run the file's code
        reason = "it holds more than tensors" if is_pickle else " ".join(str(error).split())[:200]
        raise ParganError(
            f"is not a state dict of this module ({reason})",
            argument="weights",
            value=path,
            remedy="save torch.save(generator.state_dict(), path)",
        ) from error


def _state_dict(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".safetensors":
        with path.open("rb") as file:  # whose errors say why it cannot be read
            return load(file.read())
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def _shape(module: nn.Module, latent_dim: int) -> tuple[int, ...]:
    """Shape of a record, from the output for two latents."""
    try:
        with evaluating(module), seeded(0, torch.device("cpu")):
            records = module(torch.zeros(2, latent_dim))
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        reason = " ".join(str(error).split())[-200:]
        raise ParganError(
            f"does not fit: the module cannot be evaluated at latents of shape (2, {latent_dim}) ({reason})",
            argument="latent_dim",
            value=latent_dim,
            remedy="give the length of a latent that the module was made for",
        ) from error
    if not isinstance(records, Tensor) or records.ndim < 2 or len(records) != 2 or not records.is_floating_point():
        is_tensor = isinstance(records, Tensor)
        output = f"shape {tuple(records.shape)}, {records.dtype}" if is_tensor else type(records).__name__
        raise ParganError(
            f"returns {output} for two latents",
            argument="module",
            remedy="give one that returns float records (B, *shape)",
        )
    return tuple(records.shape[1:])

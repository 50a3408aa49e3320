"""Generators from files. No pickle is opened, because unpickling runs any code a file holds.

Legend: B latents, *shape of one record.
"""

import pickle
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pargan.errors import ParganError
from pargan.gan.sampling import evaluating
from pargan.io.files import TORCH_LOAD_ERRORS, read_error
from pargan.seeding import seeded


class Scripted(nn.Module):
    """A TorchScript program as a module, with weights that are not trained."""

    def __init__(self, program: Any) -> None:
        super().__init__()
        for weight in program.parameters():  # a program has no requires_grad_
            weight.requires_grad = False
        self.program = program

    def forward(self, latents: Tensor) -> Tensor:
        """(B, latent_dim) -> (B, *shape)."""
        return self.program(latents)


@dataclass(frozen=True)
class LoadedGenerator:
    """A generator that has been evaluated once.

    Attributes:
        module: (B, latent_dim) -> (B, *shape).
        shape: of one record.
    """

    module: nn.Module
    shape: tuple[int, ...]


def load_generator(source: str | nn.Module, weights: str | None, latent_dim: int) -> LoadedGenerator:
    """A generator that returns records for latents of this length.

    A pickled module is refused, and a state dict is read as tensors only. TorchScript runs without Python, but
    is a program all the same: take it from people you trust.

    Args:
        source: a TorchScript file (`torch.jit.save`), or the module itself.
        weights: a file with a state dict for it; None keeps the weights it has.
        latent_dim: length of a latent.

    Raises:
        ParganError: another kind of file, weights that do not fit, or a module that does not return records.
    """
    module: Any = source
    if isinstance(source, str):
        module = _scripted(source)
    elif not isinstance(source, nn.Module):
        raise ParganError(
            f"is a {type(source).__name__}",
            argument="module",
            remedy="give a torch.nn.Module, or a function that returns one",
        )
    if weights is not None:
        _load_weights(module, weights)
    return LoadedGenerator(module, _shape(module, latent_dim))


def _scripted(path: str) -> nn.Module:
    if not Path(path).expanduser().is_file():
        raise ParganError(
            "is not a file",
            argument="module",
            value=path,
            remedy="give a TorchScript file, or 'module={_target_: my_package.Generator}'",
        )
    try:
        with warnings.catch_warnings(), Path(path).expanduser().open("rb") as file:
            warnings.simplefilter("ignore", FutureWarning)  # TorchScript is deprecated
            return Scripted(torch.jit.load(file, map_location="cpu"))
    except OSError as error:
        raise read_error(path, error, argument="module") from error
    except (RuntimeError, ValueError) as error:
        raise ParganError(
            "is not a TorchScript file, and a pickled module is refused because loading it would run any code in it",
            argument="module",
            value=path,
            remedy="write torch.jit.script(generator).save(path), or name its class: "
            "'module={_target_: my_package.Generator}' weights=state_dict.pt",
        ) from error


def _load_weights(module: nn.Module, path: str) -> None:
    try:
        module.load_state_dict(torch.load(Path(path).expanduser(), map_location="cpu", weights_only=True))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise ParganError(
            "is not a file", argument="weights", value=path, remedy="give a state dict, saved with torch.save"
        ) from error
    except OSError as error:
        raise read_error(path, error, argument="weights") from error
    except TORCH_LOAD_ERRORS as error:
        is_pickle = isinstance(error, pickle.UnpicklingError)  # PyTorch's advice for it is to run the file's code
        reason = "it holds more than tensors" if is_pickle else " ".join(str(error).split())[:200]
        raise ParganError(
            f"is not a state dict of this module ({reason})",
            argument="weights",
            value=path,
            remedy="save torch.save(generator.state_dict(), path)",
        ) from error


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

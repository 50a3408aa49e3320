"""Generators from files. No pickle is opened: unpickling runs whatever code a file holds.

Legend: B latents, *shape of one record.
"""

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
    """A TorchScript program as a module like any other, with weights that nobody trains."""

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
    """A generator, tried out.

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
        ParganError: a file that is none of these, weights that do not fit, or a module that returns no records.
    """
    module: Any = source
    if isinstance(source, str):
        module = _scripted(source)
    elif not isinstance(source, nn.Module):
        raise ParganError(f"module is a {type(source).__name__}; give a torch.nn.Module, or something that returns one")
    if weights is not None:
        _load_weights(module, weights)
    return LoadedGenerator(module, _shape(module, latent_dim))


def _scripted(path: str) -> nn.Module:
    if not Path(path).expanduser().is_file():
        raise ParganError(
            f"module={path} is no file; give a TorchScript file, or 'module={{_target_: my_package.Generator}}'"
        )
    try:
        with warnings.catch_warnings(), Path(path).expanduser().open("rb") as file:
            warnings.simplefilter("ignore", FutureWarning)  # that TorchScript is old is no news to who has a file
            return Scripted(torch.jit.load(file, map_location="cpu"))
    except OSError as error:
        raise read_error(path, error, argument="module") from error
    except (RuntimeError, ValueError) as error:
        raise ParganError(
            f"module={path} is no TorchScript file, and a pickled module is refused because loading it would run any "
            f"code in it; write torch.jit.script(generator).save(path), or name its class: "
            f"'module={{_target_: my_package.Generator}}' weights=state_dict.pt"
        ) from error


def _load_weights(module: nn.Module, path: str) -> None:
    try:
        module.load_state_dict(torch.load(Path(path).expanduser(), map_location="cpu", weights_only=True))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise ParganError(f"weights={path} is no file; give a state dict, saved with torch.save") from error
    except OSError as error:
        raise read_error(path, error, argument="weights") from error
    except TORCH_LOAD_ERRORS as error:
        reason = " ".join(str(error).split())[:200]
        raise ParganError(
            f"weights={path} is no state dict of this module ({reason}); save torch.save(generator.state_dict(), path)"
        ) from error


def _shape(module: nn.Module, latent_dim: int) -> tuple[int, ...]:
    """Of a record, from two latents."""
    try:
        with evaluating(module), seeded(0, torch.device("cpu")):
            records = module(torch.zeros(2, latent_dim))
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        reason = " ".join(str(error).split())[-200:]
        raise ParganError(
            f"latent_dim={latent_dim}: the module cannot be evaluated at latents of shape (2, {latent_dim}) "
            f"({reason}); give the length that it was made for"
        ) from error
    if not isinstance(records, Tensor) or records.ndim < 2 or len(records) != 2 or not records.is_floating_point():
        found = (
            f"shape {tuple(records.shape)}, {records.dtype}" if isinstance(records, Tensor) else type(records).__name__
        )
        raise ParganError(
            f"the module returns {found} for two latents; give one that returns (B, *shape) float records"
        )
    return tuple(records.shape[1:])

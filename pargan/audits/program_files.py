"""Networks stored as programs: TorchScript files and torch.export archives. Loading one trusts its author.

A TorchScript program can do what PyTorch can do, which includes reading files, and an archive holds pickles.

Legend: B latents, *shape of one record.
"""

import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pargan.errors import ParganError
from pargan.io.files import TORCH_LOAD_ERRORS, read_error

BY_CLASS = "'module={_target_: my_package.Generator}' weights=generator.safetensors"
KINDS = {
    "code/": "TorchScript file",
    "archive_format": "torch.export archive",
    "serialized_exported_program.json": "torch.export archive",
}
"""Names inside the zip file that tell what it is."""


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


class Exported(nn.Module):
    """A program of torch.export as a module, with weights that are not trained.

    It has no training mode: it computes what the network computed in the mode in which it was exported.
    """

    def __init__(self, program: Any) -> None:
        super().__init__()
        for weight in program.parameters():
            weight.requires_grad = False
        self._program = [program]  # in a list, or its train() and eval(), which raise, would be called

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "Exported":
        super()._apply(fn, recurse)
        self._program[0]._apply(fn)
        return self

    def forward(self, latents: Tensor) -> Tensor:
        """(B, latent_dim) -> (B, *shape)."""
        return self._program[0](latents)


def load_program(path: str, trust: bool) -> nn.Module:
    """The network in a TorchScript file or a torch.export archive, on the CPU.

    Args:
        path: the file.
        trust: that its author is trusted; without, nothing of the file is loaded.

    Raises:
        ParganError: no file, a file of another kind, or one that is not trusted.
    """
    if not Path(path).expanduser().is_file():
        raise ParganError(
            "is not a file",
            argument="module",
            value=path,
            remedy="give a TorchScript file or a torch.export archive, or 'module={_target_: my_package.Generator}'",
        )
    kind = _kind(path)
    if kind is not None and not trust:
        raise ParganError(
            f"is a {kind}, a program that could do anything on this machine",
            argument="module",
            value=path,
            remedy=f"give trust=true if you know who made it, or name its class: {BY_CLASS}",
        )
    try:
        with Path(path).expanduser().open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # TorchScript is deprecated
            if kind == "TorchScript file":
                return Scripted(torch.jit.load(file, map_location="cpu"))
            if kind == "torch.export archive":
                return Exported(torch.export.load(file).module())
    except OSError as error:
        raise read_error(path, error, argument="module") from error
    except TORCH_LOAD_ERRORS as error:
        raise _other_file(path) from error
    raise _other_file(path)


def _kind(path: str) -> str | None:
    """What a file is, by the names of its parts; None for anything else. Nothing is loaded."""
    try:
        with zipfile.ZipFile(Path(path).expanduser()) as archive:
            names = [name.partition("/")[2] for name in archive.namelist()] + archive.namelist()
    except zipfile.BadZipFile:
        return None
    except OSError as error:
        raise read_error(path, error, argument="module") from error
    return next((kind for part, kind in KINDS.items() for name in names if name.startswith(part)), None)


def _other_file(path: str) -> ParganError:
    return ParganError(
        "is neither a TorchScript file nor a torch.export archive, and a pickled module is refused because loading it "
        "would run any code in it",
        argument="module",
        value=path,
        remedy=f"write torch.export.save(program, path), or name its class: {BY_CLASS}",
    )

"""Checkpoints that are either whole and unaltered or refused."""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO
from torch import Tensor

from pargan.errors import ParganError
from pargan.io.files import NO_TENSORS, write_atomically

DIGEST = "pargan_sha256"


class VerifiedCheckpointIO(TorchCheckpointIO):
    """Writes checkpoints atomically with a digest of their content, and checks it when they are read.

    A crash or a full disk leaves the previous checkpoint in place: Lightning's own writer neither flushes
    to the disk nor notices a file that was changed later.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None) -> None:
        """Serialise in memory, then replace the file at `path` in one move."""
        buffer = io.BytesIO()
        torch.save(checkpoint | {DIGEST: content_digest(checkpoint)}, buffer)
        write_atomically(Path(path), buffer.getvalue())

    def load_checkpoint(
        self, path: Any, map_location: Callable | None = None, weights_only: bool | None = None
    ) -> dict[str, Any]:
        """What `load_checkpoint` gives; the arguments beside `path` are Lightning's and not needed."""
        return load_checkpoint(Path(path))


def load_checkpoint(path: Path) -> dict[str, Any]:
    """The checkpoint at `path`, on the CPU; only plain containers and tensors are ever unpickled.

    Raises:
        ParganError: the file is missing, is not a checkpoint, or its content does not match its digest.
    """
    if not path.is_file():
        raise ParganError(
            f"{path} is missing: the run was stopped before its first checkpoint, or kept none "
            f"(callbacks=none); start it anew"
        )
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except (*NO_TENSORS, OSError) as error:
        raise ParganError(
            f"{path} is damaged or is no checkpoint; use another checkpoint or start the run anew"
        ) from error
    if not isinstance(checkpoint, dict) or checkpoint.pop(DIGEST, None) != content_digest(checkpoint):
        raise ParganError(f"{path} was altered after it was written (its digest does not match); use an unaltered copy")
    return checkpoint


def content_digest(content: Any) -> str:
    """Hex sha256 of nested dicts, lists, tensors and plain values, in their order."""
    digest = hashlib.sha256()
    _update(digest, content)
    return digest.hexdigest()


def _update(digest: Any, content: Any) -> None:
    if isinstance(content, Tensor):
        digest.update(f"tensor {content.dtype} {tuple(content.shape)}".encode())
        # Bytes, not values: bfloat16 has no NumPy counterpart, and NaNs must compare equal to themselves.
        flat = content.detach().cpu().contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b"")
    elif isinstance(content, dict):
        digest.update(f"dict {len(content)}".encode())
        for key, value in content.items():
            _update(digest, key)
            _update(digest, value)
    elif isinstance(content, list | tuple):
        digest.update(f"list {len(content)}".encode())
        for value in content:
            _update(digest, value)
    else:
        digest.update(f"{type(content).__name__} {content!r}".encode())

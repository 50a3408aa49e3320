"""Checkpoints that are written atomically and verified by a digest when they are loaded."""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO
from torch import Tensor

from pargan.errors import ParganError
from pargan.io.files import TORCH_LOAD_ERRORS, write_atomically

DIGEST = "pargan_sha256"


class VerifiedCheckpointIO(TorchCheckpointIO):
    """Writes checkpoints atomically with a digest of their content, and checks it when they are read.

    After a crash or with a full disk the previous checkpoint is still there. Lightning's own writer does not flush
    to the disk, and its reader does not notice a file that was changed later.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None) -> None:
        """Serialise in memory, then replace the file at `path` atomically."""
        buffer = io.BytesIO()
        torch.save(checkpoint | {DIGEST: content_digest(checkpoint)}, buffer)
        write_atomically(Path(path), buffer.getvalue())

    def load_checkpoint(
        self, path: Any, map_location: Callable | None = None, weights_only: bool | None = None
    ) -> dict[str, Any]:
        """Call `load_checkpoint`; Lightning passes the arguments other than `path`, which are ignored."""
        return load_checkpoint(Path(path))


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Load the checkpoint at `path` to the CPU with `weights_only=True`, so that no code in the file is run.

    Raises:
        ParganError: the file is missing, is not a checkpoint, or its content does not match its digest.
    """
    if not path.is_file():
        raise ParganError(
            f"{path} is missing: the run was stopped before its first checkpoint or trained without any",
            remedy="train a new run",
        )
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except (*TORCH_LOAD_ERRORS, OSError) as error:
        raise ParganError(
            f"{path} is damaged or not a checkpoint", remedy="use another checkpoint or train a new run"
        ) from error
    if not isinstance(checkpoint, dict) or checkpoint.pop(DIGEST, None) != content_digest(checkpoint):
        raise ParganError(
            f"{path} was altered after it was written (its digest does not match)", remedy="use an unaltered copy"
        )
    return checkpoint


def content_digest(content: Any) -> str:
    """SHA-256 (hex) of nested dicts, lists, tensors and plain values, in their order."""
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

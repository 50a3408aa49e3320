"""A generator as a program that runs without pargan: torch.export's .pt2, or ONNX.

Legend: B latents; images of H x W pixels with C channels; D coordinates.
"""

import logging
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from pargan.errors import ParganError
from pargan.records.images import ImageSpec
from pargan.records.points import PointsSpec
from pargan.records.spec import RecordSpec

OPSET = 18


class PointsProgram(nn.Module):
    """(B, latent_dim) latents -> (B, D) float32 points in the user's units."""

    def __init__(self, network: nn.Module, spec: PointsSpec) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("centre", torch.tensor(spec.centre or [0.0] * spec.size))
        self.register_buffer("scale", torch.tensor(spec.scale or [1.0] * spec.size))

    def forward(self, latents: Tensor) -> Tensor:
        """(B, latent_dim) -> (B, D)."""
        return self.network(latents) * self.scale + self.centre


class ImageProgram(nn.Module):
    """(B, latent_dim) latents -> (B, H, W, C) uint8, or (B, H, W) for one channel."""

    def __init__(self, network: nn.Module, spec: ImageSpec) -> None:
        super().__init__()
        self.network = network
        self.is_grey = spec.channels == 1

    def forward(self, latents: Tensor) -> Tensor:
        """(B, latent_dim) -> (B, H, W, C) or (B, H, W)."""
        levels = ((self.network(latents) + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
        return levels[:, 0] if self.is_grey else levels.permute(0, 2, 3, 1)


def write_program(kind: str, network: nn.Module, spec: RecordSpec, latent_dim: int, folder: Path) -> Path:
    """Write `generator.<kind>` to a folder: latents in, records in the user's units out, for any number of latents.

    Args:
        kind: a key of `PROGRAMS`.
        network: the generator, in eval mode and of PyTorch's own layers, on the CPU.
        spec: its record format: points or images.
        latent_dim: size of a latent.
        folder: where to write.

    Raises:
        ParganError: records of another kind, a package that is missing, or a network that cannot be exported.
    """
    check_program(kind, spec)
    program = (PointsProgram(network, spec) if isinstance(spec, PointsSpec) else ImageProgram(network, spec)).eval()  # type: ignore[arg-type]
    path = folder / f"generator.{kind}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            PROGRAMS[kind](program, torch.zeros(2, latent_dim), path)
    except (RuntimeError, torch.onnx.errors.OnnxExporterError) as error:  # torch._dynamo's errors are RuntimeErrors
        raise ParganError(
            f"cannot be written for this network ({' '.join(str(error).split())[:200]})",
            argument="format",
            value=kind,
            remedy="leave it out: the weights are exported anyway",
        ) from error
    return path


def check_program(kind: str, spec: RecordSpec) -> None:
    """Refuse a kind of program that `write_program` cannot write.

    Raises:
        ParganError: an unknown kind, a table, or a package that is missing.
    """
    if kind not in PROGRAMS:
        raise ParganError(
            "is unknown", argument="format", value=kind, remedy=f"give one of {', '.join(PROGRAMS)}, or None"
        )
    if not isinstance(spec, PointsSpec | ImageSpec):
        raise ParganError(
            f"is for points and images; a generator of kind {spec.kind} draws categories, which needs pargan",
            argument="format",
            value=kind,
            remedy="leave it out: the weights are exported anyway",
        )
    if kind == "onnx":
        try:
            import onnxscript  # noqa: F401
        except ImportError as error:
            raise ParganError(
                "needs packages that are not installed",
                argument="format",
                value=kind,
                remedy="type pip install 'pargan[onnx]'",
            ) from error


def _exported(program: nn.Module, latents: Tensor) -> torch.export.ExportedProgram:
    exported = torch.export.export(program, (latents,), dynamic_shapes=({0: torch.export.Dim("batch")},))
    for node in exported.graph.nodes:  # paths of this machine
        node.meta.pop("stack_trace", None)
    return exported


def _pt2(program: nn.Module, latents: Tensor, path: Path) -> None:
    torch.export.save(_exported(program, latents), path)


def _onnx(program: nn.Module, latents: Tensor, path: Path) -> None:
    for name in ("torch.onnx", "onnxscript", "onnx_ir"):  # they report every step
        logging.getLogger(name).setLevel(logging.ERROR)
    exported = torch.onnx.export(
        _exported(program, latents),
        input_names=["latents"],
        output_names=["records"],
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    assert exported is not None
    exported.save(path)


PROGRAMS: dict[str, Callable[[nn.Module, Tensor, Path], None]] = {"pt2": _pt2, "onnx": _onnx}
"""Ending of the file -> exporter."""

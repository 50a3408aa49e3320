"""Refuse sizes that no memory holds, before anything of that size is made."""

import os
from collections.abc import Mapping
from typing import Any

import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from pargan.errors import ParganError
from pargan.records.spec import RecordSpec

COPIES = 4  # of every weight during training: itself, its gradient, two averages of Adam
FLOAT_BYTES = 4
GIB = 2**30


def check_memory(cfg: DictConfig, spec: RecordSpec, memory: int | None = None) -> None:
    """Compare what networks and generated records need with the memory of the machine.

    Networks are built without numbers, on PyTorch's meta device; a user's own that cannot be is not checked.

    Args:
        cfg: the composed training configuration.
        spec: the record format.
        memory: bytes; None asks the machine.

    Raises:
        ParganError: a network, or a number of generated records, that does not fit.
    """
    memory = memory or os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for network, number in (("generator", 1), ("discriminator", cfg.num_partitions)):
        weights = _num_weights(cfg.model[network], spec)
        if weights is not None and weights * number * COPIES * FLOAT_BYTES > memory:
            sizes = _size_keys(cfg.model[network], f"model.{network}")
            sizes += ["num_partitions"] if number > 1 else []
            raise _too_large(f"model.{network}", weights * number * COPIES, memory, sizes)
    record = 1
    for size in spec.shape:
        record *= size
    for key in _sample_sizes(cfg):
        number = OmegaConf.select(cfg, key)
        if number * record * FLOAT_BYTES > memory:
            raise _too_large(f"{key}={number}", number * record, memory, [key])


def _num_weights(node: DictConfig, spec: RecordSpec) -> float | None:
    """Number of weights of a network; None where it cannot be built without numbers."""
    try:
        with torch.device("meta"):
            network = instantiate(node)(spec)
    except ParganError:
        raise
    except RuntimeError as error:
        return float("inf") if "overflow" in str(error) or "too large" in str(error).lower() else None
    except Exception:
        return None  # it is built for real next, and then its errors are reported
    return sum(weight.numel() for weight in network.parameters())


def _too_large(what: str, numbers: float, memory: int, keys: list[str]) -> ParganError:
    needed = f"{numbers * FLOAT_BYTES / GIB:,.0f} GiB" if numbers < float("inf") else "more than can be counted"
    return ParganError(
        f"{what} needs {needed} of memory, and this machine has {memory / GIB:.0f} GiB; lower {' or '.join(keys)}"
    )


def _size_keys(node: DictConfig, key: str) -> list[str]:
    """The keys of a network that hold sizes, or those that they refer to."""
    raw: Mapping[str, Any] = OmegaConf.to_container(node, resolve=False)  # type: ignore[assignment]
    references = [value[2:-1] for value in raw.values() if isinstance(value, str) and value.startswith("${")]
    return references + [
        f"{key}.{name}" for name, value in raw.items() if type(value) is int or isinstance(value, list)
    ]


def _sample_sizes(cfg: DictConfig) -> list[str]:
    keys = ["audit.num_samples", *(f"callbacks.{name}.num_samples" for name in cfg.callbacks)]
    return [key for key in keys if isinstance(OmegaConf.select(cfg, key), int)]

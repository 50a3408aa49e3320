"""Settings of the process that make short training steps faster."""

import os

import torch

LARGEST = 31 * 2**20
"""Bytes; glibc ignores blocks above 32 MiB."""


def disable_nvml_probe() -> None:
    """Without a GPU, skip NVML's check on every optimizer step, which takes longer than a small step.

    Lightning sets PYTORCH_NVML_BASED_CUDA_CHECK so that forked processes can still initialise CUDA; PyTorch then asks
    NVML at every `torch.cuda.is_available()`, and optimizers call that in every step.
    """
    if not torch.cuda.is_available():
        os.environ["PYTORCH_NVML_BASED_CUDA_CHECK"] = "0"


def raise_malloc_trim_threshold() -> None:
    """Let glibc keep freed activations for the next step, which saves their page faults: up to a tenth of a step.

    glibc returns freed blocks above 128 KiB to the system. After it has seen a larger block freed, it raises that
    threshold to the block's size, and its trim threshold to twice of it (mallopt(3), M_MMAP_THRESHOLD). So one large
    block is allocated and freed here; none of its pages is touched. Other C libraries are not affected.
    """
    torch.empty(LARGEST, dtype=torch.uint8)

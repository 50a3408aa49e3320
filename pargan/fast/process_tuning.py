"""What a training asks of the process it runs in."""

import os

import torch

LARGEST = 31 * 2**20
"""Bytes; glibc takes no notice of blocks above 32 MiB."""


def disable_nvml_probe() -> None:
    """Where there is none, spare optimisers the search for one at every step, which takes longer than a small step.

    Lightning makes PyTorch ask the driver's library each time, so that forked processes may still use the GPU.
    """
    if not torch.cuda.is_available():
        os.environ["PYTORCH_NVML_BASED_CUDA_CHECK"] = "0"


def raise_malloc_trim_threshold() -> None:
    """Spare a step the page faults of activations that it frees and makes anew, up to a tenth of its time.

    At first glibc hands blocks above 128 KiB back to the system once they are freed, and keeps up to twice the largest
    that it has seen freed (mallopt(3), M_MMAP_THRESHOLD): so it is shown one. No page of it is ever touched, and other
    C libraries take no notice.
    """
    torch.empty(LARGEST, dtype=torch.uint8)

"""What a training asks of the process it runs in."""

import platform
import subprocess
import sys

import pytest

WHERE = """
from pathlib import Path
import torch
from pargan.fast.process_tuning import raise_malloc_trim_threshold

def on_the_heap(tensor):  # whose top is kept, while a mapping of its own goes back to the system with its tensor
    (heap,) = [line for line in Path("/proc/self/maps").read_text().splitlines() if line.endswith("[heap]")]
    first, last = (int(address, 16) for address in heap.split()[0].split("-"))
    return first <= tensor.data_ptr() < last

activations = torch.ones(2**22)  # 16 MiB
print(on_the_heap(activations))
raise_malloc_trim_threshold()
activations = torch.ones(2**22)
print(on_the_heap(activations))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's way of handing memory back")
def test_raise_malloc_trim_threshold_keeps_large_freed_blocks():
    found = subprocess.run([sys.executable, "-c", WHERE], capture_output=True, check=True, text=True)
    assert found.stdout.split() == ["False", "True"]

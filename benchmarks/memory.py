"""Peak resident memory of a step, in a process of its own for each contestant: no other can have touched it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import torch

from benchmarks import cases

STEPS = 3
CONTESTANTS = {"reference": cases.reference, "ours": cases.ours}


def peak_memory(case: str, num_partitions: int | None, contestant: str) -> float:
    """MiB at the peak of a process that makes the contestant and takes three steps, Python and PyTorch included."""
    words = [sys.executable, "-m", "benchmarks.memory", json.dumps([case, num_partitions, contestant])]
    return float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def _measure(case: str, num_partitions: int | None, contestant: str) -> float:
    cfg, spec = cases.configuration(case, num_partitions), cases.SPECS[case.split()[0]]
    device = torch.device("cpu")
    real = cases.records(cfg, spec, device)
    step = CONTESTANTS[contestant](cfg, spec, device)
    for _ in range(STEPS):
        step(real)
    # Linux's own count for this process. That of getrusage starts with the peak of the process that started it.
    (line,) = re.findall(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    return int(line) / 2**10


if __name__ == "__main__":
    print(_measure(*json.loads(sys.argv[1])))

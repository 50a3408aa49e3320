"""benchmarks/gpu.sh: what one GPU does. Every part is a command of its own with a time limit.

A part that fails or takes too long is reported, and the next one runs. gpu.sh says what is needed.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import torch

ROOT = Path(__file__).parent.parent
STEP, FIT, NEIGHBOURS = ([sys.executable, "-m", f"benchmarks.{name}"] for name in ("step", "fit", "neighbours"))


def main() -> None:
    """Run the parts, write summary.json after each; status 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="output directory")
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="where MNIST/raw is")
    parser.add_argument("--parts", nargs="+", choices=LIMITS, default=list(LIMITS), help="default: all")
    parser.add_argument("--seconds", type=int, default=450, help="for all parts together")
    parser.add_argument("--dry-run", action="store_true", help="on the CPU, at tiny sizes")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    out, end = arguments.out.resolve(), time.monotonic() + arguments.seconds
    commands = on_cpu(out) if arguments.dry_run else on_gpu(out, arguments.data_dir.resolve())
    summary: dict[str, object] = {"torch": torch.__version__, "device": name_of_device(arguments.dry_run)}
    print(json.dumps(summary), flush=True)
    statuses = []
    for part in arguments.parts:
        limit = end - time.monotonic() if arguments.dry_run else min(LIMITS[part], end - time.monotonic())
        status, seconds = run(commands[part], out / f"{part}.log", limit) if limit > 0 else (None, 0.0)
        statuses.append(status)
        summary[part] = {"status": status, "seconds": round(seconds, 1)}
        (out / "summary.json").write_text(json.dumps(summary, indent=2))
        print(f"--- {part}: {'no time left' if limit <= 0 else f'status {status}'}, {seconds:.1f} s", flush=True)
        if limit > 0:
            print("\n".join((out / f"{part}.log").read_text().splitlines()[-SHOWN:]), flush=True)
    sys.exit(any(statuses) or None in statuses)


LIMITS = {
    "tests": 90,
    "steps": 90,
    "precision": 60,
    "experiment": 180,
    "neighbours": 40,
    "profile": 40,
    "partitions": 60,
    "cifar10": 40,
    "compile": 100,
}
"""Seconds each part may take, the most important parts first."""

SHOWN = 40  # lines of a log that are printed


def on_gpu(out: Path, data_dir: Path) -> dict[str, list[str]]:
    """The command of each part."""
    gpu = ["--device", "cuda", "--turns", "3"]
    graph = ["--acceleration", "fast", "graph"]
    images = ["--cases", "mnist js", "mnist wgan", "cifar10 js", "--steps", "150"]
    precisions = ["--precision", "32-true", "bf16-mixed"]
    cifar10 = ["--cases", "cifar10 js", "--steps", "2000", "--turns", "1", "--acceleration", "graph"]
    sizes = ["--records", "60000", "--samples", "100000"]
    some = ["--cases", "blobs js", "blobs wgan", "mnist js", "--partitions", "1", "5", "16"]
    compiled = ["--acceleration", "compile", "--cases", "blobs js", "mnist js"]
    train = [sys.executable, "train.py", "dataset=mnist", "loss=js", "trainer=gpu", "acceleration=graph"]
    return {
        "tests": [sys.executable, "-m", "pytest", "-q", "-m", "gpu", "tests/gan", "tests/fast"],
        "steps": [*STEP, *gpu, *graph, "--json", f"{out}/steps.json"],
        "precision": [*FIT, *gpu, *graph, *images, *precisions, "--json", f"{out}/precision.json"],
        "experiment": [*train, f"data_dir={data_dir}", f"hydra.run.dir={out}/run"],
        "neighbours": [*NEIGHBOURS, *sizes, "--contestants", "ours", "--device", "cuda"],
        "profile": [*STEP, *gpu, *graph, "--cases", "mnist js", "--profile"],
        "partitions": [*STEP, *gpu, *graph, *some, "--json", f"{out}/partitions.json"],
        "cifar10": [*FIT, *gpu, *cifar10, "--json", f"{out}/cifar10.json"],
        "compile": [*STEP, *gpu, *compiled, "--json", f"{out}/compile.json"],
    }


def on_cpu(out: Path) -> dict[str, list[str]]:
    """The same programs at a size that takes seconds; torch.compile and the GPU's tests are left out."""
    step = [*STEP, "--turns", "1", "--cases", "blobs js", "--acceleration", "fast", "plain"]
    fit = [*FIT, "--turns", "1", "--cases", "blobs js", "--steps", "3"]
    return {
        "tests": [sys.executable, "-m", "pytest", "-q", "-m", "gpu", "tests/gan", "tests/fast"],
        "steps": [*step, "--json", f"{out}/steps.json"],
        "precision": [*fit, "--precision", "32-true", "bf16-mixed", "--json", f"{out}/precision.json"],
        "experiment": [sys.executable, "train.py", "dataset=blobs", "experiment=smoke", f"hydra.run.dir={out}/run"],
        "neighbours": [*NEIGHBOURS, "--records", "50", "--samples", "60"],
        "profile": [*step, "--profile"],
        "partitions": [*step, "--partitions", "1", "2", "--json", f"{out}/partitions.json"],
        "cifar10": [*fit, "--json", f"{out}/cifar10.json"],
        "compile": [*step, "--json", f"{out}/compile.json"],
    }


def run(command: list[str], log: Path, limit: float) -> tuple[int | None, float]:
    """Exit status (None: stopped at the limit) and seconds of a command whose output goes to a file."""
    start = time.monotonic()
    with log.open("w") as file:
        # A session of its own, so that what the command has started ends with it.
        process = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            status: int | None = process.wait(limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            status = None
    return status, time.monotonic() - start


def name_of_device(dry_run: bool) -> str:
    """For the summary."""
    return "cpu, dry run" if dry_run else torch.cuda.get_device_name()


if __name__ == "__main__":
    main()

"""python -m benchmarks.neighbours: distances to the nearest sample, ours against scikit-learn's brute force.

Each contestant runs in a process of its own on the same random float32 records, so that its peak memory is its own;
that includes the interpreter, its libraries and the records themselves. CPU seconds, over all threads, compare where
other work runs on the machine.

    ours           `pargan.attacks.neighbours.nearest_distances`
    scikit-learn   `NearestNeighbors(n_neighbors=1, algorithm="brute")`
"""

import argparse
import json
import time
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from benchmarks.memory import measured_alone
from pargan.attacks.neighbours import nearest_distances


def main() -> None:
    """Measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=6_000, help="N; 60000 for the full size")
    parser.add_argument("--samples", type=int, default=10_000, help="S; 100000 for the full size")
    parser.add_argument("--features", type=int, default=784, help="F")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu", help="of ours")
    parser.add_argument("--contestants", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS))
    arguments = parser.parse_args()
    sizes = (arguments.records, arguments.samples, arguments.features)
    rows = [measured(name, *sizes, arguments.threads, arguments.device) for name in arguments.contestants]
    print(json.dumps(rows))
    Console().print(table(rows))


def ours(records: np.ndarray, samples: np.ndarray, device: str) -> np.ndarray:
    on_device = (torch.from_numpy(values).to(device) for values in (records, samples))
    return nearest_distances(*on_device).cpu().numpy()


def scikit_learn(records: np.ndarray, samples: np.ndarray, device: str) -> np.ndarray:
    return NearestNeighbors(n_neighbors=1, algorithm="brute").fit(samples).kneighbors(records)[0][:, 0]


CONTESTANTS = {"ours": ours, "scikit-learn": scikit_learn}


def measured(name: str, *settings: int | str) -> dict[str, Any]:
    """Time and peak memory of one contestant, in a fresh process."""
    found, peak = measured_alone(run, name, *settings)
    return {**found, "MiB": round(peak)}


def run(name: str, num_records: int, num_samples: int, features: int, threads: int, device: str) -> dict[str, Any]:
    torch.set_num_threads(threads)
    random = np.random.default_rng(0)
    records, samples = (random.standard_normal((n, features), dtype=np.float32) for n in (num_records, num_samples))
    torch.zeros(1, device=device)  # starts the device, which is not measured; the copies to it are
    with threadpool_limits(threads):
        start, cpu_start = time.perf_counter(), time.process_time()
        distances = CONTESTANTS[name](records, samples, device)
        seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    return {
        "contestant": name,
        "records": num_records,
        "samples": num_samples,
        "features": features,
        "threads": threads,
        "device": device,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu_seconds, 2),
        "mean_distance": round(float(distances.mean(dtype=np.float64)), 6),
    }


def table(rows: list[dict[str, Any]]) -> Table:
    """For people."""
    first = rows[0]
    title = f"{first['records']} x {first['samples']} records in {first['features']} dimensions"
    result = Table("contestant", "seconds", "CPU seconds", "MiB", "mean distance", title=title)
    for row in rows:
        times = f"{row['seconds']:.1f}", f"{row['cpu_seconds']:.1f}"
        result.add_row(row["contestant"], *times, str(row["MiB"]), f"{row['mean_distance']}")
    return result


if __name__ == "__main__":
    main()

"""python -m benchmarks.judge: what the metrics of one attack cost, and the controls that go with them.

Scores are normal, n members against n nonmembers, and need no network; the blind classifier gets records of
784 numbers. The metric is the median over turns, of process time, so that neighbours do not count.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from pargan.audits.controls import blind_classifier
from pargan.judge import judge
from pargan.judge.auc import auc_difference, auc_interval
from pargan.judge.epsilon import epsilon_lower_bound
from pargan.judge.set_level import set_accuracy
from pargan.judge.total_variation import total_variation


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", type=int, default=[500, 7000], help="records in each group")
    parser.add_argument("--draws", type=int, default=2000, help="bootstrap draws")
    parser.add_argument("--turns", type=int, default=7)
    arguments = parser.parse_args()
    table = Table("ms", *(f"{size} + {size}" for size in arguments.sizes))
    columns = [contestants(size, arguments.draws) for size in arguments.sizes]
    for name in columns[0]:
        table.add_row(name, *(f"{median_ms(column[name], arguments.turns):.1f}" for column in columns))
    Console().print(table)


def contestants(size: int, draws: int) -> dict[str, Callable[[], object]]:
    """What is measured, by name."""
    rng = np.random.default_rng(0)
    scores = rng.normal(size=size), rng.normal(size=size)
    records = torch.randn(2, size, 784, generator=torch.Generator().manual_seed(0))
    return {
        "interval of the AUC": partial(auc_interval, *scores),
        "lower bound on epsilon": partial(epsilon_lower_bound, *scores, rng),
        "histograms": partial(total_variation, *scores, rng),
        "sets": partial(set_accuracy, *scores, rng),
        "all metrics": partial(judge, *scores, 0, draws),
        "paired difference": partial(auc_difference, scores, scores[::-1]),
        "blind classifier": partial(blind_classifier, *records, seed=0),
    }


def median_ms(function: Callable[[], object], turns: int) -> float:
    """Median milliseconds of process time, after one call to warm up."""
    times = []
    for _ in range(turns + 1):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return statistics.median(times[1:]) * 1e3


if __name__ == "__main__":
    main()

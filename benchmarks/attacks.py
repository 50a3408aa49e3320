"""python -m benchmarks.attacks: what each attack costs in the loop and at full size, and its share of training.

Records are random and the networks untrained: an attack's time depends on sizes alone. Every attack of
conf/attack that needs nothing but a GAN runs alone, so that none profits from what another has computed; the
figure is the median over turns. `loop` is what the default callbacks run every `evaluate_every` epochs, all attacks
together, which share samples and logits; `of training` compares that with the training steps in between.
"""

import argparse
import json
import statistics
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
from hydra.utils import instantiate
from rich.console import Console
from rich.table import Table

from benchmarks import cases
from benchmarks.step import steps_between, timed
from pargan import AttackRecords, ParGANModule
from pargan.evaluation import attack_target, target_of

FULL = {"num_records": 5000, "num_samples": 10_000, "draws": 2000}
CPU = torch.device("cpu")


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--cases", nargs="+", choices=cases.CASES, default=["blobs js", "digits js", "broward js", "mnist js"]
    )
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--json", type=Path, help="file for the figures")
    arguments = parser.parse_args()
    rows = []
    for case in arguments.cases:
        for row in measure(case, arguments.turns):
            print(json.dumps(row), flush=True)
            rows.append(row)
    Console(width=120).print(table(rows))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2))


def measure(case: str, turns: int) -> Iterator[dict[str, Any]]:
    """Median seconds of each attack at both sizes, and of the loop's attacks together beside the steps between."""
    cfg, spec = cases.configuration(case), cases.SPECS[case.split()[0]]
    torch.set_num_threads(cfg.model.threads or torch.get_num_threads())
    module = cases.build(cfg, spec)
    records = random_records(FULL["num_records"], spec.shape, cfg.num_partitions)
    scheduled = instantiate(cfg.attack, _convert_="all")
    loop = {"num_samples": cfg.callbacks.attacks.num_samples, "draws": cfg.callbacks.attacks.draws}
    sizes = {name: {"num_records": each.num_records, **loop} for name, each in scheduled.items()}
    for name, each in scheduled.items():
        chosen = {name: each.attack}
        times = {
            column: median(partial(attacked, module, chosen, records, **size), turns)
            for column, size in (("default", sizes[name]), ("full", FULL))
        }
        yield {"case": case, "attack": name, **times}
    together = {name: each.attack for name, each in scheduled.items()}
    in_loop = median(partial(attacked, module, together, records, num_records=500, **loop), turns)
    step, real = cases.ours(cfg, spec, CPU), cases.records(cfg, spec, CPU)
    training = median(partial(step, real), turns + 2) * steps_between(cfg)
    yield {"case": case, "attack": "all in the loop", "default": in_loop, "of_training": in_loop / training}


def random_records(number: int, shape: tuple[int, ...], num_partitions: int) -> AttackRecords:
    """Members, nonmembers and reference of nobody's."""
    members, nonmembers, reference = torch.rand(3, number, *shape) * 2 - 1
    return AttackRecords(members, torch.arange(number) % num_partitions, nonmembers, reference)


def attacked(
    module: ParGANModule,
    attacks: dict[str, Any],
    records: AttackRecords,
    num_records: int,
    num_samples: int,
    draws: int,
) -> None:
    """One evaluation, samples included."""
    target = target_of(module, records.reference, num_samples, seed=0)
    attack_target(target, records.subset(num_records, seed=0), attacks, draws, seed=0)


def median(call: Any, turns: int) -> float:
    """Median seconds."""
    return statistics.median(timed(call, CPU) for _ in range(turns))


def table(rows: list[dict[str, Any]]) -> Table:
    """For people."""
    result = Table("case", "attack", "default size, s", "full size, s", "of training")
    for row in rows:
        full = f"{row['full']:.2f}" if "full" in row else ""
        share = f"{row['of_training']:.1%}" if "of_training" in row else ""
        result.add_row(row["case"], row["attack"], f"{row['default']:.3f}", full, share)
    return result


if __name__ == "__main__":
    main()

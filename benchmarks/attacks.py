"""python -m benchmarks.attacks: what each attack costs in the loop and at full size, and its share of training.

Records are random and the networks untrained. Every attack runs alone, so that none profits from what another has
computed, and metrics are medians over turns. `MiB` is the peak resident memory of a process that runs the attack once
at full size, Python and PyTorch included. `all in the loop` is what the default callbacks run every `evaluate_every`
epochs, all attacks of the recipe together, which share samples and logits; `of training` compares that with the
training steps in between.
"""

import argparse
import json
import statistics
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig
from rich.console import Console
from rich.table import Table

from benchmarks import cases
from benchmarks.memory import peak_memory
from benchmarks.step import steps_between, timed
from pargan import AttackRecords, ParganError, ParGANModule
from pargan.app.config_directory import config_directory
from pargan.app.objects import build_attacks
from pargan.attacks import Attack
from pargan.audits import AuditSettings, attack_target, target_of

FULL = {"num_records": 5000, "num_samples": 10_000, "draws": 2000}
CPU = torch.device("cpu")
NOT_ONE_GAN = {"calibrated", "for_tables", "none", "rmia", "shadow"}
ATTACKS = sorted(file.stem for file in config_directory().glob("attack/*.yaml") if file.stem not in NOT_ONE_GAN)
"""What conf/attack has that needs one GAN only, so that a training may run it."""


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--cases", nargs="+", choices=cases.CASES, default=["blobs js", "digits js", "broward js", "mnist js"]
    )
    parser.add_argument("--attacks", nargs="+", choices=ATTACKS, default=[], help="instead of the recipe's")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--json", type=Path, help="file for the metrics")
    arguments = parser.parse_args()
    rows = []
    for case in arguments.cases:
        for row in measure(case, arguments.attacks, arguments.turns):
            print(json.dumps(row), flush=True)
            rows.append(row)
    Console(width=120).print(table(rows))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2))


def measure(case: str, attacks: Sequence[str], turns: int) -> Iterator[dict[str, Any]]:
    """Median seconds and peak memory of each attack, and of the recipe's together beside the steps between."""
    cfg, module, records = setting(case)
    loop = {key: cfg.callbacks.attacks[key] for key in FULL}
    measured = chosen(case, attacks)
    for name, attack in measured.items():
        try:
            times = {
                column: median(partial(attacked, module, {name: attack}, records, **size), turns)
                for column, size in (("default", loop), ("full", FULL))
            }
        except ParganError as error:
            yield {"case": case, "attack": name, "refused": str(error)}
        else:
            yield {"case": case, "attack": name, **times, "MiB": peak_memory(once_at_full_size, case, name)}
    if attacks:
        return
    in_loop = median(partial(attacked, module, measured, records, **loop), turns)
    spec = cases.spec_of(case)
    step, real = cases.ours(cfg, spec, CPU), cases.records(cfg, spec, CPU)
    training = median(partial(step, real), turns + 2) * steps_between(cfg)
    yield {"case": case, "attack": "all in the loop", "default": in_loop, "of_training": in_loop / training}


def setting(case: str) -> tuple[DictConfig, ParGANModule, AttackRecords]:
    """The recipe, its networks, and the records they are attacked with."""
    cfg, spec = cases.configuration(case), cases.spec_of(case)
    torch.set_num_threads(cfg.model.threads or torch.get_num_threads())
    return cfg, cases.build(cfg, spec), random_records(FULL["num_records"], spec.shape, cfg.num_partitions)


def chosen(case: str, attacks: Sequence[str]) -> dict[str, Attack]:
    """The attacks of these names, or the recipe's where none are given."""
    return build_attacks(cases.configuration(case, attacks=attacks))


def once_at_full_size(case: str, name: str) -> None:
    """Run an attack once at full size, in the process whose peak memory is measured."""
    _, module, records = setting(case)
    attacked(module, {name: chosen(case, [name])[name]}, records, **FULL)


def random_records(number: int, shape: tuple[int, ...], num_partitions: int) -> AttackRecords:
    """Random members, nonmembers and reference records."""
    members, nonmembers, reference = torch.rand(3, number, *shape) * 2 - 1
    places = torch.arange(number)
    return AttackRecords(members, places % num_partitions, nonmembers, reference, reference_labels=places % 10)


def attacked(
    module: ParGANModule,
    attacks: dict[str, Any],
    records: AttackRecords,
    num_records: int,
    num_samples: int,
    draws: int,
) -> None:
    """One run of the attacks, samples included."""
    settings = AuditSettings(num_samples=num_samples, num_records=num_records, draws=draws)
    target = target_of(module, records.reference, num_samples, seed=0, reference_labels=records.reference_labels)
    attack_target(target, records.subset(num_records, seed=0), attacks, settings)


def median(call: Any, turns: int) -> float:
    """Median seconds."""
    return statistics.median(timed(call, CPU) for _ in range(turns))


def table(rows: list[dict[str, Any]]) -> Table:
    """The rows as a table for the terminal."""
    result = Table("case", "attack", "default size, s", "full size, s", "MiB", "of training")
    for row in rows:
        default = f"{row['default']:.3f}" if "default" in row else "refused"
        full = f"{row['full']:.2f}" if "full" in row else ""
        memory = f"{row['MiB']:.0f}" if "MiB" in row else ""
        share = f"{row['of_training']:.1%}" if "of_training" in row else ""
        result.add_row(row["case"], row["attack"], default, full, memory, share)
    return result


if __name__ == "__main__":
    main()

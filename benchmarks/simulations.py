"""Simulations in which the truth is known: do intervals cover, do marks stay silent? One function for each table."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from scipy.special import expit
from scipy.stats import norm

from pargan.attacks import DensityRatio, KernelDensity, RawSpace, SamplesView
from pargan.audits import AttackResult, Finding, leakage_per_partition, reach_verdict
from pargan.audits.controls import blind_classifier
from pargan.judge.auc import auc, auc_interval
from pargan.judge.intervals import clopper_pearson
from pargan.judge.low_fpr import is_measurable, is_resolved, tpr_at_fpr, tpr_p_value
from pargan.judge.multiple import ERROR
from pargan.judge.one_run import one_run_epsilon
from pargan.judge.permutation import permutation_p_value
from pargan.judge.power import smallest_visible_auc
from pargan.judge.total_variation import equal_width_bins, total_variation

ATTACKS = 6
"""Attacks in a simulated audit, as many as the default ones; independent, the worst case for their number."""

Row = dict[str, Any]
Draw = Callable[[np.random.Generator, int, int], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Population:
    """Scores whose AUC is known: `draw` gives those of m members and n nonmembers."""

    name: str
    auc: float
    draw: Draw


def shifted(auc_value: float, spread: float = 1.0) -> Population:
    """Normal scores, those of members shifted to this AUC, with this standard deviation."""
    shift = norm.ppf(auc_value) * np.hypot(1, spread)
    name = f"normal, AUC {auc_value:g}" + ("" if spread == 1 else f", members' SD {spread:g}")
    return Population(name, auc_value, lambda rng, m, n: (rng.normal(shift, spread, m), rng.normal(0, 1, n)))


def partly_found(share: float) -> Population:
    """A share of the members stands above everybody else; of the others the scores say nothing."""

    def draw(rng: np.random.Generator, m: int, n: int) -> tuple[np.ndarray, np.ndarray]:
        return rng.normal(0, 1, m) + 100 * (rng.random(m) < share), rng.normal(0, 1, n)

    return Population(f"{share:.0%} of members found", share + (1 - share) / 2, draw)


def three_values() -> Population:
    """Scores of three values, with many ties."""
    draw: Draw = lambda rng, m, n: (rng.integers(0, 3, m) * 1.0, rng.integers(0, 3, n) * 1.0)  # noqa: E731
    return Population("three values, AUC 0.5", 0.5, draw)


POPULATIONS = (
    *(shifted(value) for value in (0.5, 0.76, 0.96, 0.99)),
    *(shifted(0.9, 3.0), partly_found(0.2), partly_found(0.92), three_values()),
)
AUC_SIZES = ((2, 100), (5, 100), (20, 20), (20, 200), (100, 100), (500, 500))


def auc_coverage(repeats: int) -> Iterator[Row]:
    """How often the 95 % interval of the AUC holds the true one."""
    for population in POPULATIONS:
        row: Row = {"scores": population.name}
        for m, n in AUC_SIZES:
            rng, covered = np.random.default_rng([m, n]), 0
            for _ in range(repeats):
                interval = auc_interval(*population.draw(rng, m, n))
                covered += interval.low <= population.auc <= interval.high
            row[f"{m} + {n}"] = covered / repeats
        yield row


def lost_pairs() -> Iterator[Row]:
    """The interval of 20 + 20 records where the attack gets few pairs wrong."""
    for lost in (0, 1, 2, 4, 8):
        members = np.append(np.arange(20.0, 39.0), 19.5 - lost)
        interval = auc_interval(members, np.arange(20.0))
        yield {"lost pairs": lost, "AUC": interval.value, "low": interval.low, "high": interval.high}


def tpr_coverage(repeats: int, sizes: tuple[int, ...] = (100, 300, 1000, 7000)) -> Iterator[Row]:
    """How often the interval of the TPR at a true FPR holds the true TPR, beside Clopper and Pearson's alone."""
    for rate in (0.1, 0.01, 0.001):
        for size in (size for size in sizes if is_measurable(rate, size)):
            row: Row = {"FPR": rate, "records": f"{size} + {size}", "resolved": is_resolved(rate, size)}
            alone = []
            for shift in (0.0, 0.5, 1.0, 2.0):
                rng, covered, truth = np.random.default_rng(size), 0, norm.sf(norm.isf(rate) - shift)
                for _ in range(repeats):
                    scores = rng.normal(shift, 1, size), rng.normal(0, 1, size)
                    interval = tpr_at_fpr(*scores, rate, rng, draws=1000)
                    covered += interval.low <= truth <= interval.high
                    conditional = clopper_pearson(round(interval.value * size), size)
                    alone.append(conditional.low <= truth <= conditional.high)
                row[f"shift {shift:g}"] = covered / repeats
            yield row | {"Clopper-Pearson alone": float(np.mean(alone[repeats:]))}


def null_marks(repeats: int) -> Iterator[Row]:
    """How often something is marked in an audit where nothing leaks."""
    for m, n in ((2, 100), (5, 100), (20, 20), (100, 100), (500, 500)):
        rng, raw, one, leak = np.random.default_rng([m, n]), 0, 0, 0
        for _ in range(repeats):
            results = [_result(f"attack {i}", rng.normal(size=m), rng.normal(size=n)) for i in range(ATTACKS)]
            raw += any(result.metrics.auc_low > 0.5 for result in results)
            one += reach_verdict(results[:1], None, 0.6).levels[0].finding is Finding.LEAK
            leak += reach_verdict(results, None, 0.6).levels[0].finding is Finding.LEAK
        yield {
            "records": f"{m} + {n}",
            "an interval above 0.5": raw / repeats,
            "leak found": leak / repeats,
            "leak found, one attack": one / repeats,
        }


def null_partitions(repeats: int) -> Iterator[Row]:
    """How often one of K partitions is marked under one of six attacks where nothing leaks."""
    for num_partitions in (2, 5, 10):
        partition, raw, marked = np.repeat(np.arange(num_partitions), 60), 0, 0
        rng = np.random.default_rng(num_partitions)
        for _ in range(repeats):
            # Partitions share the nonmembers, so that their tests depend on each other.
            results = [
                _result(f"attack {i}", rng.normal(size=len(partition)), rng.normal(size=200)) for i in range(ATTACKS)
            ]
            found = leakage_per_partition(results, partition)
            raw += any(each.auc_low > 0.5 for each in found)
            marked += any(each.leaks for each in found)
        row = {"partitions": num_partitions, "an interval above 0.5": raw / repeats, "marked": marked / repeats}
        yield row


def power(repeats: int) -> Iterator[Row]:
    """How often a leak of the smallest visible AUC is found, among five attacks that find nothing."""
    for m, n in ((20, 20), (100, 100), (200, 1000), (500, 500)):
        tests = ATTACKS * (2 if is_measurable(0.01, n) else 1)
        visible = smallest_visible_auc(m, n, tests, ERROR)
        assert visible is not None
        leaky, rng, found = shifted(visible), np.random.default_rng([m, n]), 0
        for _ in range(repeats):
            results = [_result(f"attack {i}", rng.normal(size=m), rng.normal(size=n)) for i in range(1, ATTACKS)]
            results.append(_result("leaky", *leaky.draw(rng, m, n)))
            found += "auc" in reach_verdict(results, None, 0.6).attack("leaky").evidence
        yield {"records": f"{m} + {n}", "smallest visible AUC": visible, "found": found / repeats}


def one_run(repeats: int) -> Iterator[Row]:
    """How often the bound of one run exceeds the epsilon of mechanisms that leak as much as it allows."""
    for epsilon, pairs in ((0.1, 400), (1.0, 60), (1.0, 1000), (4.0, 300)):
        rng, zeros = np.random.default_rng([pairs, int(10 * epsilon)]), np.zeros(pairs)
        mechanisms = {
            "randomised response": lambda e=epsilon, p=pairs, r=rng: np.where(r.random(p) < expit(e), 1.0, -1.0),
            "Laplace noise": lambda e=epsilon, p=pairs, r=rng: 1 + r.laplace(scale=2 / e, size=p),
        }
        for name, told in mechanisms.items():
            bounds = [one_run_epsilon(told(), zeros).low for _ in range(repeats)]
            yield {
                "mechanism": name,
                "epsilon": epsilon,
                "pairs": pairs,
                "bound above epsilon": float(np.mean(np.array(bounds) > epsilon)),
                "median bound": float(np.median(bounds)),
            }


def copies(repeats: int) -> Iterator[Row]:
    """What copies do that are counted as records: every record stands `number` times in its group."""
    for number in (1, 2, 5):
        rng, covered, alarms = np.random.default_rng(number), 0, 0
        for _ in range(repeats):
            scores = [np.repeat(rng.normal(size=size), number) for size in (100, 100)]
            interval = auc_interval(*scores)
            covered += interval.low <= 0.5 <= interval.high
        tried = max(1, repeats // 20)
        for seed in range(tried):
            generator = torch.Generator().manual_seed(seed)
            groups = torch.randn(2, 200, 5, generator=generator).repeat_interleave(number, dim=1)
            chance = blind_classifier(*groups, seed=seed)
            alarms += chance is not None and chance.p_value < 0.01
        yield {"copies": number, "interval covers": covered / repeats, "blind classifier warns": alarms / tried}


def selection(repeats: int) -> Iterator[Row]:
    """AUC of the nearest-neighbour attack on the best of 30 checkpoints, none of which saw a member."""
    rng, aucs = np.random.default_rng(0), {"nonmembers": [], "reference": []}
    for _ in range(repeats):
        members, nonmembers, reference = rng.normal(size=(3, 60, 2))
        checkpoints = [rng.normal(size=(60, 2)) for _ in range(30)]
        for name, held_out in (("nonmembers", nonmembers), ("reference", reference)):
            best = min(checkpoints, key=lambda samples: _nearest(held_out, samples).mean())
            aucs[name].append(auc(-_nearest(members, best), -_nearest(nonmembers, best)))
    for name, found in aucs.items():
        error = np.std(found) / np.sqrt(repeats)
        yield {"chosen by": name, "mean AUC": float(np.mean(found)), "standard error": float(error)}


def histograms() -> Iterator[Row]:
    """Total variation distance of scores shifted by one SD, before and after a transform with heavy tails."""
    rng = np.random.default_rng(0)
    scores = rng.normal(1, 1, 2000), rng.normal(0, 1, 2000)
    for name, transform in (("normal", np.asarray), ("heavy tails", lambda values: np.sinh(4 * values))):
        groups = [transform(group) for group in scores]
        quantiles = total_variation(*groups, np.random.default_rng(0))
        widths = total_variation(*groups, np.random.default_rng(0), equal_width_bins)
        yield {"scores": name, "equal widths": widths.value, "quantiles": quantiles.value, "truth": 0.383}


def bandwidths() -> Iterator[Row]:
    """AUC of density_ratio in two dimensions, with Scott's bandwidth and with the likeliest one."""
    groups = torch.randn(4, 1000, 2, generator=torch.Generator().manual_seed(0))
    members, nonmembers, reference, fresh = groups
    for name, samples in (("copies of members", members.repeat(3, 1)), ("fresh records", fresh)):
        view = SamplesView(samples=samples, reference=reference, seed=0)
        row: Row = {"samples": name}
        for label, bandwidth in (("Scott's rule", 1.0), ("held-out likelihood", None)):
            attack = DensityRatio(RawSpace(), KernelDensity(bandwidth))
            scores = attack(view, torch.cat([members, nonmembers])).double().numpy()
            row[label] = auc(scores[:1000], scores[1000:])
        yield row


def _nearest(records: np.ndarray, samples: np.ndarray) -> np.ndarray:
    return np.linalg.norm(records[:, None] - samples[None], axis=-1).min(1)


def _result(name: str, members: np.ndarray, nonmembers: np.ndarray) -> AttackResult:
    """An attack with the metrics that a verdict is made from; all of `judge` would take ten times as long."""
    value, low, high = auc_interval(members, nonmembers)
    metrics: Any = SimpleNamespace(
        auc=value,
        auc_low=low,
        auc_high=high,
        p_value=permutation_p_value(members, nonmembers),
        tpr_at_1pct_fpr=None,
        tpr_at_1pct_fpr_p_value=tpr_p_value(members, nonmembers, 0.01)
        if is_measurable(0.01, len(nonmembers))
        else None,
        num_members=len(members),
        num_nonmembers=len(nonmembers),
    )
    return AttackResult(name, "samples", members, nonmembers, metrics, num_samples=1, seconds=0.0)

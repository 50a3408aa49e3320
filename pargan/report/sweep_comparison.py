"""What a sweep says about quality and leakage: the strongest attacks, Pareto steps, paired differences to K = 1."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pargan.judge.intervals import Interval, mean_interval
from pargan.metrics.meanings import metric_meaning
from pargan.report.sweep import SEED, SweepGroup
from pargan.report.words import ATTACKERS

K = "num_partitions"
LEAKAGE = {"auc": "AUC", "tpr_at_1pct_fpr": "TPR at 1 % FPR"}
"""The attacks' metrics that are compared, and how they are called."""

Job = Mapping[str, Any]
"""The content of the result.json of one job."""


@dataclass(frozen=True)
class Measured:
    """One metric of one configuration.

    Attributes:
        name: of the attack or the quality metric.
        seeds: (s,) its value in each job, in the order of the group's results.
        low: mean over the jobs of the lower end of the interval within a run; None for quality, which has none.
        high: of the upper end.
    """

    name: str
    seeds: np.ndarray
    low: float | None = None
    high: float | None = None

    @property
    def mean(self) -> float:
        """Mean over seeds."""
        return float(self.seeds.mean())

    @property
    def sd(self) -> float | None:
        """Standard deviation (n - 1) over seeds; None for a single seed."""
        return float(self.seeds.std(ddof=1)) if len(self.seeds) > 1 else None


@dataclass(frozen=True)
class Difference:
    """A metric of a configuration minus that of its control, over the seeds that both have.

    Attributes:
        control: mean of the control.
        value: mean difference.
        interval: 95 % t interval over seeds; None for a single seed.
        seeds: number of pairs.
    """

    control: float
    value: float
    interval: Interval | None
    seeds: int

    @property
    def is_resolved(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.interval is not None and not self.interval.low <= 0 <= self.interval.high


def comparable(groups: Sequence[SweepGroup]) -> list[list[SweepGroup]]:
    """The groups with finished jobs, by what can be compared: the same records and the same main quality metric."""
    boards: dict[tuple[Any, ...], list[SweepGroup]] = {}
    for group in groups:
        if group.results:
            first = group.results[0]
            boards.setdefault((first.get("data", {}).get("fingerprint"), main_quality(group)), []).append(group)
    return list(boards.values())


def main_quality(group: SweepGroup) -> str | None:
    """The first quality metric that all jobs of a group have; None where none was measured."""
    names = [list(result.get("quality", {})) for result in group.results]
    return next((name for name in names[0] if all(name in others for others in names)), None)


def lower_is_better(quality: str) -> bool:
    """The direction of a quality metric; an unknown one is taken for a distance, as `quality/distance` is."""
    meaning = metric_meaning(quality)
    return meaning is None or meaning.better != "higher"


def quality_names(groups: Sequence[SweepGroup]) -> list[str]:
    """The quality metrics of these groups, the main one first."""
    return list(
        dict.fromkeys(name for group in groups for result in group.results for name in result.get("quality", {}))
    )


def quality_metric(group: SweepGroup, name: str) -> Measured | None:
    """A quality metric of a group; None where a job lacks it."""
    values = [result.get("quality", {}).get(name) for result in group.results]
    return None if any(value is None for value in values) else Measured(name, np.array(values, dtype=float))


def levels_of(groups: Sequence[SweepGroup]) -> list[str]:
    """The access levels of the attacks, from the weakest attacker to the strongest."""
    found = {attack["access"] for group in groups for result in group.results for attack in result.get("attacks", [])}
    return [level for level in ATTACKERS if level in found]


def attacks_of(group: SweepGroup) -> list[str]:
    """The attacks that all jobs of a group ran."""
    names = [[attack["attack"] for attack in result.get("attacks", [])] for result in group.results]
    return [name for name in names[0] if all(name in others for others in names)]


def attack_metric(group: SweepGroup, name: str, metric: str) -> Measured | None:
    """A metric of an attack; None where a job could not measure it, as TPR at a low FPR with few nonmembers."""
    rows = [next(row for row in result["attacks"] if row["attack"] == name) for result in group.results]
    values = [(row.get(metric), row.get(f"{metric}_low"), row.get(f"{metric}_high")) for row in rows]
    if any(value is None for row in values for value in row):
        return None
    seeds, low, high = np.array(values, dtype=float).T
    return Measured(name, seeds, float(low.mean()), float(high.mean()))


def strongest(group: SweepGroup, level: str, metric: str) -> Measured | None:
    """The attack with the highest mean over seeds among those of an access level and of all weaker ones.

    It is one attack for all seeds. The highest of several means is above what that attack would reach on new seeds.
    """
    levels = list(ATTACKERS)
    within = set(levels[: levels.index(level) + 1])
    access = {attack["attack"]: attack["access"] for attack in group.results[0]["attacks"]}
    measured = [attack_metric(group, name, metric) for name in attacks_of(group) if access[name] in within]
    return max((each for each in measured if each is not None), key=lambda each: each.mean, default=None)


def pareto(points: Sequence[tuple[float, float]]) -> list[bool]:
    """Whether each point (N, 2) is on the Pareto front: none is at least as low in both and lower in one."""
    return [
        not any(a <= x and b <= y and (a < x or b < y) for a, b in points)  # the point itself is not lower
        for x, y in points
    ]


def control_of(group: SweepGroup, groups: Sequence[SweepGroup]) -> SweepGroup | None:
    """The group that differs in K = 1 alone; None for a control itself, or where there is none."""
    if group.settings.get(K, 1) == 1:
        return None
    wanted = {**group.settings, K: 1}
    return next((other for other in groups if other.settings == wanted), None)


def difference(
    group: SweepGroup, control: SweepGroup, measure: Callable[[SweepGroup], Measured | None]
) -> Difference | None:
    """A metric of `group` minus that of `control`, over pairs with the same seed and so the same members.

    Args:
        group: K > 1.
        control: K = 1 with the same settings else.
        measure: the metric of a group.

    Returns:
        None where either lacks the metric or no seed is common.
    """
    ours, theirs = measure(group), measure(control)
    if ours is None or theirs is None:
        return None
    first, second = (
        dict(zip((result["settings"].get(SEED) for result in each.results), measured.seeds, strict=True))
        for each, measured in ((group, ours), (control, theirs))
    )
    common = [seed for seed in first if seed in second]
    if not common:
        return None
    differences = [float(first[seed] - second[seed]) for seed in common]
    interval = mean_interval(differences) if len(common) > 1 else None
    return Difference(
        float(np.mean([second[seed] for seed in common])), float(np.mean(differences)), interval, len(common)
    )

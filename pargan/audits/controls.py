"""Controls: what an audit must give where there is nothing to find. Pure; runs no attack itself.

Legend: scores of m members and n nonmembers, (m,) and (n,); *shape of one record.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from torch import Tensor

from pargan.attacks.discriminator import dead_discriminators
from pargan.attacks.views import DiscriminatorsView, Target
from pargan.audits.scoring import AttackResult
from pargan.errors import ParganError
from pargan.judge.auc import auc_difference, auc_interval, permutation_p_value
from pargan.judge.intervals import Interval
from pargan.seeding import derive

FEATURES = 50
"""Principal components that the blind classifier sees of records with more features than that."""

MOST_RECORDS = 5000
"""Of each group, for the blind classifier."""

FEWEST_RECORDS = 100
"""Of each group; from the half that trains them, trees could hardly learn anything of fewer."""

FALSE_ALARMS = {"blind classifier": 0.01, "permuted membership": 0.001}
"""How often a control warns where all is well; the second is asked once per attack."""


@dataclass(frozen=True)
class Chance:
    """An AUC that should be 0.5.

    Attributes:
        auc: with its 95 % interval, which misses 0.5 one time in twenty where all is well.
        p_value: of an AUC this far from 0.5.
    """

    auc: Interval
    p_value: float

    def to_dict(self) -> dict[str, float]:
        """Flat and ready for JSON."""
        return {**_flat("auc", self.auc), "p_value": self.p_value}


@dataclass(frozen=True)
class AttackControl:
    """The controls of one attack.

    Attributes:
        result: the attack itself.
        permuted: its scores judged with membership permuted.
        untrained: the attack on untrained networks of the same recipe, the same records; None without such.
        gain: AUC minus the untrained AUC, with its paired 95 % interval.
    """

    result: AttackResult
    permuted: Chance
    untrained: AttackResult | None
    gain: Interval | None

    @property
    def beats_untrained(self) -> bool:
        """Whether training told the attack anything; also where there is nothing to compare with."""
        return self.gain is None or self.gain.low > 0

    def to_dict(self) -> dict[str, Any]:
        """Flat and ready for JSON; the attack's name stands under `attack`."""
        written = {"attack": self.result.name, **_flat("permuted_auc", self.permuted.auc)}
        metrics = None if self.untrained is None else self.untrained.metrics
        untrained = None if metrics is None else Interval(metrics.auc, metrics.auc_low, metrics.auc_high)
        return written | _flat("untrained_auc", untrained) | _flat("gain", self.gain)


@dataclass(frozen=True)
class Controls:
    """The controls of an audit.

    Attributes:
        blind: a classifier that never sees the model; None with fewer than 100 records in a group.
        dead: the k of discriminators with the same output for every record.
        attacks: the controls of each attack.
    """

    blind: Chance | None
    dead: tuple[int, ...]
    attacks: tuple[AttackControl, ...]

    def warnings(self) -> list[str]:
        """What the controls hold against the attacks' metrics, one sentence each; none where all is well."""
        found = []
        if self.blind is not None and self.blind.p_value < FALSE_ALARMS["blind classifier"]:
            found.append(
                f"members and nonmembers are not exchangeable: a classifier that never sees the model tells them "
                f"apart with AUC {_written(self.blind.auc)}, so no AUC here is evidence of leakage; draw both "
                f"groups at random from one pool"
            )
        if self.dead:
            found.append(
                f"dead discriminators ({', '.join(map(str, self.dead))}) give every record the same logit, and "
                f"attacks on them find nothing; lower the learning rate or look at an earlier checkpoint"
            )
        for each in self.attacks:
            if each.permuted.p_value < FALSE_ALARMS["permuted membership"]:
                found.append(
                    f"{each.result.name}: with membership permuted its AUC is {_written(each.permuted.auc)}, where "
                    f"0.5 is due; do not trust its metrics"
                )
        return found + self._no_better()

    def _no_better(self) -> list[str]:
        """Attacks that do as well on networks that have learnt nothing."""
        idle = [each for each in self.attacks if not each.beats_untrained]
        alarming = [each for each in idle if each.result.metrics.auc_low > 0.5]
        found = [
            f"{each.result.name}: its AUC {each.result.metrics.auc:.3f} is above 0.5, but no better than on untrained "
            f"networks (difference {_written(each.gain)})"
            for each in alarming
            if each.gain is not None
        ]
        quiet = [each.result.name for each in idle if each not in alarming]
        return found + ([f"no better than on untrained networks: {', '.join(quiet)}"] if quiet else [])

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON; None where a control cannot be had, and a note that says why."""
        few = f"blind_classifier: takes {FEWEST_RECORDS} members and as many nonmembers, half of them to learn from"
        return {
            "blind_classifier": None if self.blind is None else self.blind.to_dict(),
            "dead_discriminators": list(self.dead),
            "attacks": [each.to_dict() for each in self.attacks],
            "notes": [few] if self.blind is None else [],
        }


def judge_controls(
    results: Sequence[AttackResult],
    untrained: Sequence[AttackResult] | None,
    view: Target,
    members: Tensor,
    nonmembers: Tensor,
    *,
    seed: int,
    draws: int = 2000,
) -> Controls:
    """The controls of attacks that have run; deterministic for a seed.

    Args:
        results: the attacks on the target.
        untrained: the same attacks in the same order on untrained networks, records and seed the same; None
            leaves that control out.
        view: the target, for its discriminators, where it has any.
        members: (m, *shape), the records that were attacked.
        nonmembers: (n, *shape).
        seed: for permutation, halves, classifier and bootstrap.
        draws: bootstrap draws of each interval.

    Raises:
        ParganError: `untrained` holds other attacks than `results`.
    """
    others = [None] * len(results) if untrained is None else list(untrained)
    names, other_names = [each.name for each in results], [each.name for each in others if each is not None]
    if untrained is not None and names != other_names:
        raise ParganError(
            f"the control ran {', '.join(other_names) or 'no attack'}, but the attacks are {', '.join(names)}; "
            f"run the same ones on both"
        )
    return Controls(
        blind=blind_classifier(members, nonmembers, seed=seed, draws=draws),
        dead=tuple(dead_discriminators(view)) if isinstance(view, DiscriminatorsView) else (),
        attacks=tuple(_control(result, other, seed, draws) for result, other in zip(results, others, strict=True)),
    )


def blind_classifier(members: Tensor, nonmembers: Tensor, *, seed: int, draws: int = 2000) -> Chance | None:
    """Can the records alone tell members from nonmembers? AUC 0.5 where the two are exchangeable.

    Gradient-boosted trees learn from a random half of each group and are judged on the other, which makes
    it a two-sample test (Lopez-Paz and Oquab 2017, arXiv 1610.06545); its p-value is one-sided. None with
    fewer than 100 records in a group.
    """
    if min(len(members), len(nonmembers)) < FEWEST_RECORDS:
        return None
    rng = np.random.default_rng(derive(seed, "blind classifier"))
    groups = [group[rng.permutation(len(group))[:MOST_RECORDS]].flatten(1).cpu() for group in (members, nonmembers)]
    (train_members, members_left), (train_nonmembers, nonmembers_left) = (
        np.array_split(group.numpy(), 2) for group in groups
    )
    records = np.concatenate([train_members, train_nonmembers])
    labels = np.repeat([1, 0], [len(train_members), len(train_nonmembers)])
    random_state = int(rng.integers(2**32))
    trees = HistGradientBoostingClassifier(max_iter=50, early_stopping=False, random_state=random_state)
    wide = records.shape[1] > FEATURES
    reduce = [PCA(min(FEATURES, len(records)), random_state=random_state)] if wide else []
    classifier = make_pipeline(*reduce, trees).fit(records, labels)
    left, others_left = (classifier.decision_function(each) for each in (members_left, nonmembers_left))
    return Chance(auc_interval(left, others_left, rng, draws), permutation_p_value(left, others_left))


def permuted_membership(result: AttackResult, *, seed: int, draws: int = 2000) -> Chance:
    """An attack's scores judged with membership drawn anew, which nothing can tell; two-sided p-value."""
    rng = np.random.default_rng(derive(seed, "permuted membership"))
    pooled = np.concatenate([result.member_scores, result.nonmember_scores])
    one, other = np.split(rng.permutation(pooled), [len(result.member_scores)])
    sides = (permutation_p_value(one, other), permutation_p_value(other, one))
    return Chance(auc_interval(one, other, rng, draws), min(1.0, 2 * min(sides)))


def _control(result: AttackResult, untrained: AttackResult | None, seed: int, draws: int) -> AttackControl:
    gain = None
    if untrained is not None:
        scores = [(each.member_scores, each.nonmember_scores) for each in (result, untrained)]
        gain = auc_difference(*scores)
    return AttackControl(result, permuted_membership(result, seed=seed, draws=draws), untrained, gain)


def _flat(key: str, interval: Interval | None) -> dict[str, Any]:
    return dict(zip((key, f"{key}_low", f"{key}_high"), interval or (None, None, None), strict=True))


def _written(interval: Interval | None) -> str:
    return "" if interval is None else f"{interval.value:.3f} [{interval.low:.3f}, {interval.high:.3f}]"

"""Controls: the same measurements where nothing can be found. Runs no attack itself.

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
from pargan.judge.auc import auc_difference, auc_interval
from pargan.judge.intervals import Interval
from pargan.judge.permutation import permutation_p_value
from pargan.seeding import derive

FEATURES = 50
"""The blind classifier sees this many principal components of records with more features."""

MOST_RECORDS = 5000
"""The blind classifier uses at most this many records of each group."""

FEWEST_RECORDS = 100
"""The blind classifier needs this many records of each group: half of them train it."""

FALSE_ALARMS = {"blind classifier": 0.01, "permuted membership": 0.001}
"""How often a control warns although nothing is wrong; the second one is computed once per attack."""


@dataclass(frozen=True)
class Chance:
    """An AUC that should be 0.5.

    Attributes:
        auc: with its 95 % interval, which misses 0.5 in 5 % of audits where nothing is wrong.
        p_value: probability of such an AUC if nothing is wrong: one-sided for the blind classifier, two-sided for
            permuted membership.
    """

    auc: Interval
    p_value: float

    def to_dict(self) -> dict[str, float]:
        """One flat JSON-ready object."""
        return {**_flat("auc", self.auc), "p_value": self.p_value}


@dataclass(frozen=True)
class AttackControl:
    """The controls of one attack.

    Attributes:
        result: the attack on the target.
        permuted: AUC of the attack where membership was permuted before it ran; see `score_permuted`.
        untrained: the attack on untrained networks of the same recipe, on the same records; None where there are none.
        gain: AUC minus the untrained AUC, with its paired 95 % interval.
    """

    result: AttackResult
    permuted: Chance
    untrained: AttackResult | None
    gain: Interval | None

    @property
    def is_trusted(self) -> bool:
        """Whether the attack finds nothing where membership is permuted, as it should."""
        return self.permuted.p_value >= FALSE_ALARMS["permuted membership"]

    @property
    def beats_untrained(self) -> bool:
        """Whether the attack does better than on untrained networks; True where there are none to compare with."""
        return self.gain is None or self.gain.low > 0

    def to_dict(self) -> dict[str, Any]:
        """One flat JSON-ready object; the key `attack` holds the attack's name."""
        columns: dict[str, Any] = {"attack": self.result.name, **_flat("permuted_auc", self.permuted.auc)}
        columns["permuted_p_value"] = self.permuted.p_value
        metrics = None if self.untrained is None else self.untrained.metrics
        untrained = None if metrics is None else Interval(metrics.auc, metrics.auc_low, metrics.auc_high)
        return columns | _flat("untrained_auc", untrained) | _flat("gain", self.gain)


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

    @property
    def is_exchangeable(self) -> bool:
        """Whether members and nonmembers look alike without the model; True where it was not tested."""
        return self.blind is None or self.blind.p_value >= FALSE_ALARMS["blind classifier"]

    def warnings(self) -> list[str]:
        """Reasons not to trust the attacks' metrics, one sentence each; empty where the controls pass."""
        warnings = []
        if self.blind is not None and not self.is_exchangeable:
            warnings.append(
                f"members and nonmembers are not exchangeable: a classifier that never sees the model tells them "
                f"apart with AUC {_text(self.blind.auc)}, so no AUC here is evidence of leakage; draw both "
                f"groups at random from one pool"
            )
        if self.dead:
            warnings.append(
                f"dead discriminators ({', '.join(map(str, self.dead))}) give every record the same logit, and "
                f"attacks on them find nothing; lower the learning rate or look at an earlier checkpoint"
            )
        for control in self.attacks:
            if not control.is_trusted:
                warnings.append(
                    f"{control.result.name}: with membership permuted its AUC is {_text(control.permuted.auc)}, but "
                    f"it should be 0.5; do not trust its metrics"
                )
        return warnings

    def notes(self) -> list[str]:
        """What the controls say about single attacks, and why one of them could not be computed."""
        notes = []
        if self.blind is None:
            notes.append(
                f"blind_classifier: needs {FEWEST_RECORDS} members and as many nonmembers, half of them for training"
            )
        unconvincing = [control for control in self.attacks if not control.beats_untrained]
        above_half = [control for control in unconvincing if control.result.metrics.auc_low > 0.5]
        notes += [
            f"{control.result.name}: its AUC {control.result.metrics.auc:.3f} is above 0.5, but no better than on "
            f"untrained networks (difference {_text(control.gain)})"
            for control in above_half
        ]
        names = [control.result.name for control in unconvincing if control not in above_half]
        return notes + ([f"no better than on untrained networks: {', '.join(names)}"] if names else [])

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; None where a control could not be computed, with a note that says why."""
        return {
            "blind_classifier": None if self.blind is None else self.blind.to_dict(),
            "dead_discriminators": list(self.dead),
            "attacks": [control.to_dict() for control in self.attacks],
            "notes": self.notes(),
        }


def judge_controls(
    results: Sequence[AttackResult],
    permuted: Sequence[tuple[np.ndarray, np.ndarray]],
    untrained: Sequence[AttackResult] | None,
    view: Target,
    members: Tensor,
    nonmembers: Tensor,
    *,
    seed: int,
) -> Controls:
    """Compute the controls of attacks that have run; deterministic for a seed.

    Args:
        results: the attacks on the target.
        permuted: scores of the same attacks in the same order where membership was permuted before they ran.
        untrained: the same attacks in the same order on untrained networks, records and seed the same; None
            leaves that control out.
        view: the target, for its discriminators, where it has any.
        members: (m, *shape), the records that were attacked.
        nonmembers: (n, *shape).
        seed: for halves and classifier.

    Raises:
        ParganError: `untrained` holds other attacks than `results`.
    """
    counterparts = [None] * len(results) if untrained is None else list(untrained)
    names = [result.name for result in results]
    untrained_names = [result.name for result in counterparts if result is not None]
    if untrained is not None and names != untrained_names:
        raise ParganError(
            f"holds the attacks {', '.join(untrained_names) or 'none'}, but the attacks on the target are "
            f"{', '.join(names)}",
            argument="untrained",
            remedy="run the same attacks on both",
        )
    return Controls(
        blind=blind_classifier(members, nonmembers, seed=seed),
        dead=tuple(dead_discriminators(view)) if isinstance(view, DiscriminatorsView) else (),
        attacks=tuple(_control(*triple) for triple in zip(results, permuted, counterparts, strict=True)),
    )


def blind_classifier(members: Tensor, nonmembers: Tensor, *, seed: int) -> Chance | None:
    """Whether the records alone tell members from nonmembers; AUC 0.5 where the two are exchangeable.

    Gradient-boosted trees are trained on a random half of each group and tested on the other, which makes
    this a two-sample test (Lopez-Paz and Oquab 2017, arXiv 1610.06545); its p-value is one-sided. None with
    fewer than 100 records in a group.
    """
    if min(len(members), len(nonmembers)) < FEWEST_RECORDS:
        return None
    rng = np.random.default_rng(derive(seed, "blind classifier"))
    groups = [group[rng.permutation(len(group))[:MOST_RECORDS]].flatten(1).cpu() for group in (members, nonmembers)]
    (train_members, test_members), (train_nonmembers, test_nonmembers) = (
        np.array_split(group.numpy(), 2) for group in groups
    )
    records = np.concatenate([train_members, train_nonmembers])
    labels = np.repeat([1, 0], [len(train_members), len(train_nonmembers)])
    random_state = int(rng.integers(2**32))
    trees = HistGradientBoostingClassifier(max_iter=50, early_stopping=False, random_state=random_state)
    wide = records.shape[1] > FEATURES
    reduce = [PCA(min(FEATURES, len(records)), random_state=random_state)] if wide else []
    classifier = make_pipeline(*reduce, trees).fit(records, labels)
    member_scores, nonmember_scores = (
        classifier.decision_function(held_out) for held_out in (test_members, test_nonmembers)
    )
    return Chance(
        auc_interval(member_scores, nonmember_scores),
        permutation_p_value(member_scores, nonmember_scores),
    )


def chance_of_permuted(member_scores: np.ndarray, nonmember_scores: np.ndarray) -> Chance:
    """AUC of those called members, (m,) against (n,), which should be 0.5; two-sided p-value."""
    sides = (permutation_p_value(member_scores, nonmember_scores), permutation_p_value(nonmember_scores, member_scores))
    return Chance(auc_interval(member_scores, nonmember_scores), min(1.0, 2 * min(sides)))


def _control(
    result: AttackResult, permuted: tuple[np.ndarray, np.ndarray], untrained: AttackResult | None
) -> AttackControl:
    gain = None
    if untrained is not None:
        gain = auc_difference(
            (result.member_scores, result.nonmember_scores), (untrained.member_scores, untrained.nonmember_scores)
        )
    return AttackControl(result, chance_of_permuted(*permuted), untrained, gain)


def _flat(key: str, interval: Interval | None) -> dict[str, Any]:
    return dict(zip((key, f"{key}_low", f"{key}_high"), interval or (None, None, None), strict=True))


def _text(interval: Interval | None) -> str:
    return "" if interval is None else f"{interval.value:.3f} [{interval.low:.3f}, {interval.high:.3f}]"

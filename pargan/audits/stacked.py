"""The stacked attack: what all scores of an access level say together. An upper bound, not an attack.

Legend: N = m + n records under attack (m members, n nonmembers), S generated and R reference records; C columns of
evidence, one for each attack and for each distance.

Houssiau et al. 2022 (TAPAS, arXiv 2211.06550) and Stadler et al. 2022 (arXiv 2011.07018) train such classifiers on
generated sets of known members. This one is trained on the members themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from pargan.attacks.neighbours import k_nearest
from pargan.audits.risk import WIDTH
from pargan.audits.scoring import AttackResult
from pargan.judge.auc import auc_interval
from pargan.judge.intervals import Interval
from pargan.judge.permutation import permutation_p_value
from pargan.seeding import derive

FEWEST = 20
"""Records of each group, at least: a classifier of fewer says nothing."""

NEAREST = 5
"""Generated records whose mean distance is a column of evidence."""

DISTANCES = ("nearest distance", "nearest neighbour distance ratio", "mean distance to the 5 nearest")


@dataclass(frozen=True, kw_only=True)
class Stacked:
    """Logistic regression over all scores of an access level and all narrower ones.

    It is trained on half of the members and nonmembers and scores the other half, so no attacker has it: to train it,
    one has to know who is a member. It bounds what a combination of these attacks could find, roughly: a linear one,
    learnt from so many records.

    Attributes:
        access: the widest level of the scores.
        auc: mean over the two halves, and the mean of the bounds of their 95 % intervals: by chance both halves are
            scored well, or both badly, so that they say no more than one of them.
        p_value: one-sided, against permuted membership: twice the mean of the halves' p-values, which holds however
            they depend on each other (Rueschendorf 1982).
        permuted_auc: the same with membership permuted before the classifier is trained: should be 0.5.
        evidence: names of the columns.
    """

    access: str
    auc: Interval
    p_value: float
    permuted_auc: Interval
    evidence: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """One flat JSON-ready object."""
        return {
            "access": self.access,
            "is_upper_bound": True,
            "auc": self.auc.value,
            "auc_low": self.auc.low,
            "auc_high": self.auc.high,
            "p_value": self.p_value,
            "permuted_auc": self.permuted_auc.value,
            "permuted_auc_low": self.permuted_auc.low,
            "permuted_auc_high": self.permuted_auc.high,
            "evidence": list(self.evidence),
        }


def stacked_attacks(
    results: Sequence[AttackResult],
    features: Mapping[str, tuple[np.ndarray, np.ndarray]],
    *,
    seed: int,
) -> tuple[Stacked, ...]:
    """One stacked attack for every access level of the results, from the weakest attacker to the strongest.

    Args:
        results: the attacks.
        features: further evidence that access `samples` gives: name -> (m,) of the members, (n,) of the nonmembers.
        seed: for halves and the permutation.

    Returns:
        Nothing where there are fewer than 20 members or nonmembers, or no attack.
    """
    if not results or min(len(results[0].member_scores), len(results[0].nonmember_scores)) < FEWEST:
        return ()
    stacks = []
    for access in sorted({result.access for result in results}, key=WIDTH.__getitem__):
        used = {
            result.name: (result.member_scores, result.nonmember_scores)
            for result in results
            if WIDTH[result.access] <= WIDTH[access]
        }
        used |= features
        evidence = [np.column_stack([columns[side] for columns in used.values()]) for side in (0, 1)]
        stacks.append(_stack(access, tuple(used), evidence[0], evidence[1], seed))
    return tuple(stacks)


def distance_features(members: Tensor, nonmembers: Tensor, samples: Tensor) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Distances of records (m, F), (n, F) to the samples (S, F) in a space, as evidence for `stacked_attacks`."""
    columns = []
    for group in (members, nonmembers):
        near = k_nearest(group, samples, min(NEAREST, len(samples)))[0].double().cpu().numpy()
        first, second = near[:, 0], near[:, min(1, near.shape[1] - 1)]
        ratio = np.where(second > 0, first / np.where(second > 0, second, 1.0), 1.0)
        columns.append((first, ratio, near.mean(axis=1)))
    return {name: (columns[0][i], columns[1][i]) for i, name in enumerate(DISTANCES)}


def _stack(access: str, names: tuple[str, ...], members: np.ndarray, nonmembers: np.ndarray, seed: int) -> Stacked:
    rng = np.random.default_rng(derive(seed, f"stacked attack {access}"))
    m, evidence = len(members), np.concatenate([members, nonmembers])
    is_member = np.arange(len(evidence)) < m
    auc, p_value = _cross_fitted(evidence, is_member, rng)
    control, _ = _cross_fitted(evidence, rng.permutation(is_member), rng)
    return Stacked(access=access, auc=auc, p_value=p_value, permuted_auc=control, evidence=names)


def _cross_fitted(evidence: np.ndarray, is_member: np.ndarray, rng: np.random.Generator) -> tuple[Interval, float]:
    """AUC and p-value of (N, C) evidence, each half scored by the classifier that was trained on the other.

    Scores enter as ranks, standardised: one far score would otherwise outweigh all others.
    """
    half = np.empty(len(evidence), dtype=np.int64)
    for group in (is_member, ~is_member):
        half[group] = rng.permutation(int(group.sum())) % 2
    ranked = stats.rankdata(evidence, axis=0) / (len(evidence) + 1)
    intervals, p_values = [], []
    for trained_on, scored in ((half == 0, half == 1), (half == 1, half == 0)):
        classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        classifier.fit(ranked[trained_on], is_member[trained_on])
        found = [classifier.decision_function(ranked[scored & group]) for group in (is_member, ~is_member)]
        intervals.append(auc_interval(*found))
        p_values.append(permutation_p_value(*found))
    return Interval(*np.mean(intervals, axis=0).tolist()), min(1.0, sum(p_values))

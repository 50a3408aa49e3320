"""The ROC curve and metrics at one threshold: advantage and accuracies; `low_fpr` has TPR at a low FPR.

Legend: scores of m members and of n nonmembers, (m,) and (n,) float64; higher = more likely a member.
A record is predicted to be a member where its score is at least the threshold.
"""

from typing import NamedTuple

import numpy as np


class Roc(NamedTuple):
    """The ROC curve's corners, from threshold +inf downwards; (c,) arrays."""

    thresholds: np.ndarray
    tpr: np.ndarray
    fpr: np.ndarray


def roc(members: np.ndarray, nonmembers: np.ndarray) -> Roc:
    """True and false positive rate at every distinct score; starts at (0, 0), ends at (1, 1)."""
    thresholds = np.append(np.inf, np.unique(np.concatenate([members, nonmembers]))[::-1])
    tpr, fpr = (
        (len(scores) - np.searchsorted(np.sort(scores), thresholds)) / len(scores) for scores in (members, nonmembers)
    )
    return Roc(thresholds, tpr, fpr)


def advantage(members: np.ndarray, nonmembers: np.ndarray) -> float:
    """max(TPR - FPR) in [0, 1]. The threshold is chosen on the same records, so it is above 0 by chance."""
    curve = roc(members, nonmembers)
    return float((curve.tpr - curve.fpr).max())


def balanced_accuracy(members: np.ndarray, nonmembers: np.ndarray, rng: np.random.Generator) -> float:
    """(TPR + 1 - FPR) / 2 with the threshold chosen on a separate half.

    Both groups are halved at random; the best threshold of either half is applied to the other, and the two
    accuracies are averaged. 0.5 is guessing. Needs two records of each group.
    """
    halves = [np.array_split(rng.permutation(scores), 2) for scores in (members, nonmembers)]
    accuracies = []
    for chosen_on, reported_on in ((0, 1), (1, 0)):
        curve = roc(*(half[chosen_on] for half in halves))
        threshold = curve.thresholds[np.argmax(curve.tpr - curve.fpr)]
        tpr, fpr = ((half[reported_on] >= threshold).mean() for half in halves)
        accuracies.append((tpr + 1 - fpr) / 2)
    return float(np.mean(accuracies))


def top_n_accuracy(members: np.ndarray, nonmembers: np.ndarray, rng: np.random.Generator) -> float:
    """Share of members among the n highest scores of n members and n nonmembers: the published accuracy.

    0.5 is guessing. Records tied at the cut count by their expected share. The larger group is cut at
    random to the size of the smaller.
    """
    n = min(len(members), len(nonmembers))
    members, nonmembers = (rng.permutation(scores)[:n] for scores in (members, nonmembers))
    cut = np.sort(np.concatenate([members, nonmembers]))[n]  # the lowest of the n highest
    above = [(scores > cut).sum() for scores in (members, nonmembers)]
    tied = [(scores == cut).sum() for scores in (members, nonmembers)]
    return float((above[0] + (n - sum(above)) * tied[0] / sum(tied)) / n)

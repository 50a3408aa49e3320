"""A lower bound on epsilon from one training run in which coins chose who is a member.

Legend: p pairs of records; a fair coin of its own decided which record of a pair was trained on.

Source: Steinke, Nasr and Jagielski (2023, arXiv 2305.08846). Their canaries are single records, each included by a
coin of its own; a coin that chooses one of two records changes the training set as much as replacing one record does.
For a mechanism that is epsilon-differentially private when one record is replaced, whatever it returned and whatever
the other coins were, the chance to guess a coin is at most q = e^epsilon / (1 + e^epsilon). So the number of right
guesses is stochastically no larger than Binomial(guesses, q), though all records were in one run and depend on each
other. The tighter analysis of Mahloujifar et al. (2024, arXiv 2410.22235) assumes a curve of trade-offs beyond epsilon.
"""

from dataclasses import asdict, dataclass

import numpy as np
from scipy import stats
from scipy.special import logit

from pargan.judge.epsilon import ERROR

FEWEST_GUESSES = 8
"""Fewer prove little: seven guesses, all of them right, an epsilon of 0.6 at an error of 5 %."""


@dataclass(frozen=True)
class OneRunEpsilon:
    """What the guesses of an attack prove.

    Attributes:
        low: lower bound on epsilon; 0 where the guesses prove nothing.
        guesses: how many pairs were guessed to reach it: those whose scores differ most.
        correct: how many guesses were right.
    """

    low: float
    guesses: int
    correct: int

    def to_dict(self) -> dict[str, float]:
        """JSON-ready."""
        return asdict(self)


def one_run_epsilon(trained: np.ndarray, left_out: np.ndarray, error: float = ERROR) -> OneRunEpsilon:
    """A one-sided lower bound on the epsilon of the mechanism that returned what was attacked, at delta = 0.

    The record of a pair with the higher score is guessed to be the member; of equal scores none is guessed. How many
    of the surest pairs are guessed may not be chosen by what is right: all, the half, the quarter and so on are tried,
    each at its share of the error (Bonferroni). Which are the surest depends on scores alone, which know no coin.

    An algorithm that is epsilon-differentially private when a record is added or removed is so for 2 epsilon when one
    is replaced: of that epsilon the bound proves half.

    Args:
        trained: (p,) scores of the record of each pair that was trained on.
        left_out: (p,) scores of the other record.
        error: probability with which the bound may exceed the true epsilon.

    Returns:
        The highest of these bounds; with too few pairs 0, for no guess.
    """
    differences = np.asarray(trained, dtype=np.float64) - np.asarray(left_out, dtype=np.float64)
    # By size alone: which way a difference points is what is guessed. Ties are broken by position, as chance as any.
    surest = differences[np.argsort(-np.abs(differences), kind="stable")]
    surest = surest[surest != 0]
    counts = [len(surest) >> halvings for halvings in range(len(surest).bit_length())]
    counts = [count for count in counts if count >= FEWEST_GUESSES]
    bounds = []
    for count in counts:
        correct = int((surest[:count] > 0).sum())
        chance = stats.beta.ppf(error / len(counts), correct, count - correct + 1) if correct else 0.0
        bounds.append(OneRunEpsilon(max(0.0, float(logit(chance))), count, correct))
    return max(bounds, key=lambda bound: bound.low, default=OneRunEpsilon(0.0, 0, 0))

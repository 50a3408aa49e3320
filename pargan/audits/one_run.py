"""The bound on epsilon of a run whose members were chosen by coins, for every attack on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pargan.attacks.views import PartitionsView
from pargan.audits.records import AttackRecords
from pargan.audits.scoring import AttackResult
from pargan.judge.epsilon import ERROR
from pargan.judge.one_run import OneRunEpsilon, one_run_epsilon


@dataclass(frozen=True)
class OneRunEpsilons:
    """Lower bounds on the epsilon of the training and of what it returned to the attacker, at delta = 0.

    Attributes:
        pairs: attacked pairs of records, of each of which a coin chose one to be trained on.
        attacks: by name, a bound that holds with 95 % for each attack alone. Attacks with access `partitions` are left
            out: they are told a member's true partition and a random one for a nonmember.
        low: the highest bound of all attacks, which holds with 95 % for all of them together.
        strongest: the attack that it comes from; None where it is 0.
    """

    pairs: int
    attacks: Mapping[str, OneRunEpsilon]
    low: float
    strongest: str | None

    def note(self) -> str:
        """One sentence for a reader."""
        head = f"one-run epsilon: coins chose the member of {self.pairs} pairs of records"
        if self.strongest is None:
            return f"{head}; the attacks prove no epsilon above 0"
        guessed = self.attacks[self.strongest]
        return (
            f"{head}; with 95 % confidence no epsilon below {self.low:.2f} holds for what was attacked (delta = 0, one "
            f"record replaced), as {self.strongest} shows: {guessed.correct} of its {guessed.guesses} surest guesses "
            f"are right"
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "pairs": self.pairs,
            "low": self.low,
            "strongest": self.strongest,
            "attacks": {name: bound.to_dict() for name, bound in self.attacks.items()},
        }


def one_run_epsilons(results: Sequence[AttackResult], records: AttackRecords) -> OneRunEpsilons | None:
    """The bounds of attacks that have run on these records; None where no coins chose the members."""
    if records.pairs is None or records.member_index is None or records.nonmember_index is None:
        return None
    trained, left_out = _rows(records.pairs, records.member_index, records.nonmember_index)
    usable = [result for result in results if result.access != PartitionsView.level]
    alone, together = {}, {}
    for result in usable:
        scores = result.member_scores[trained], result.nonmember_scores[left_out]
        alone[result.name] = one_run_epsilon(*scores)
        together[result.name] = one_run_epsilon(*scores, error=ERROR / len(usable)).low
    strongest = max(together, key=together.__getitem__, default=None)
    low = 0.0 if strongest is None else together[strongest]
    return OneRunEpsilons(len(trained), alone, low, strongest if low > 0 else None)


def _rows(pairs: np.ndarray, members: np.ndarray, nonmembers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of those pairs among the attacked records of which both are attacked, as (p,) in members and nonmembers."""
    found = []
    for column, group in zip(pairs.T, (members, nonmembers), strict=True):
        order = np.argsort(group)
        places = np.minimum(np.searchsorted(group[order], column), len(group) - 1)
        rows = order[places]
        found.append(np.where(group[rows] == column, rows, -1))
    both = (found[0] >= 0) & (found[1] >= 0)
    return found[0][both], found[1][both]

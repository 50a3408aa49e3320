"""The words that terminal and report.html share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

SMALLEST = 1e-6
"""Numbers closer to 0 are said to be, in text."""


@dataclass(frozen=True)
class Attacker:
    """Who holds what an access level gives.

    Attributes:
        title: a few words.
        description: one or two sentences.
        is_real: False for an upper bound that no real attacker reaches.
    """

    title: str
    description: str
    is_real: bool = True


ATTACKERS = {
    "samples": Attacker(
        "sees the generated records",
        "Anyone who gets the generated records. Like all attackers here, they also have other records of the same "
        "population, and want to know whether a person's record was trained on.",
    ),
    "generator": Attacker(
        "holds the generator",
        "Anyone who gets the generator itself: they generate as many records as they like and search for the latents "
        "that give a certain one.",
    ),
    "discriminators": Attacker(
        "holds the discriminators",
        "Anyone who gets a checkpoint: discriminators saw the members during training, and are not needed to generate "
        "records.",
    ),
    "partitions": Attacker(
        "knows the partitions (an upper bound)",
        "Also knows which discriminator would have seen which record. No real attacker knows that; it bounds what the "
        "discriminators could tell.",
        is_real=False,
    ),
}
"""By access level, from the weakest attacker to the strongest."""

LIMITS = (
    "An AUC near 0.5 means that these attacks fail, not that no attack can succeed. It is no proof of privacy, and no "
    "differential privacy.",
    "The numbers hold for these members, this model and these generated records. Another training with the same "
    "settings gives others: train with several seeds to see by how much.",
    "The attacks ask whether a record was trained on. They do not ask what else can be learnt about a person from the "
    "generated records, for example by linking them with other data.",
    "Members and nonmembers must come from one population at random. Where they do not, every attack measures that "
    "difference; the blind classifier among the controls looks for it.",
    "An AUC averages over all members. A few may be exposed where it is near 0.5: read the true positive rate at 1 % "
    "false positives too.",
)
"""What an audit does not show, one or two sentences each."""


def by_attacker(attacks: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Access level -> its attacks, the highest AUC first; levels from the weakest attacker to the strongest."""
    levels = [*ATTACKERS, *(attack["access"] for attack in attacks if attack["access"] not in ATTACKERS)]
    groups = {
        level: sorted((attack for attack in attacks if attack["access"] == level), key=lambda attack: -attack["auc"])
        for level in levels
    }
    return {level: group for level, group in groups.items() if group}


def parts_of_sentence(sentence: str) -> tuple[str, str, str]:
    """The sentence of a verdict before its finding, the finding, and the rest."""
    subject, _, rest = sentence.partition(": ")
    finding, dot, reason = rest.partition(".")
    return subject, finding, dot + reason


def interval(low: float, high: float) -> str:
    """A 95 % interval as text."""
    return f"[{low:.3f}, {high:.3f}]"


def significant(value: float | None) -> str:
    """Four significant digits; an exponent only where the plain number would be very long.

    Of numbers below 0.000001 that they are.
    """
    if value is None:
        return "n/a"
    if 0 < abs(value) < SMALLEST:
        return f"< {SMALLEST:f}" if value > 0 else f"> -{SMALLEST:f}"
    if 0 < abs(value) < 1e-4:
        return np.format_float_positional(value, 4, unique=False, fractional=False, trim="-")
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"


def p_value(value: float | None) -> str:
    """Two significant digits, or that it is below 0.001."""
    if value is None:
        return "n/a"
    return "< 0.001" if value < 0.001 else f"{value:.2g}"

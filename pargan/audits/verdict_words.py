"""The verdict in plain words: what was found, what that means, and what can be done about it."""

from collections.abc import Set
from enum import StrEnum

from pargan.audits.scoring import AttackResult


class Finding(StrEnum):
    """What an audit can say about an access level."""

    LEAK = "leak found"
    NONE = "none found"
    WEAK = "too weak to tell"


RELEASING = {
    "samples": "Releasing the samples",
    "generator": "Releasing the generator",
    "discriminators": "Releasing the discriminators",
    "partitions": "To an attacker who also knows each record's partition (an upper bound)",
}
"""Access level -> how its sentence begins."""

SAYS = {
    Finding.LEAK: "leak found",
    Finding.NONE: "no leak found",
    Finding.WEAK: "this audit was too weak to tell",
}

MEANS = {
    Finding.LEAK: "A leak means that whoever holds these can tell, better than by guessing, whether a person's record "
    "was among the members, the records that were trained on.",
    Finding.NONE: "No leak found means that these attacks fail, not that no attack can succeed.",
    Finding.WEAK: "Too weak to tell means that there may be a leak that matters and that this audit could not see.",
}

NOT_EXCHANGEABLE = "Members and nonmembers differ even without the model, so no attack is evidence."
NOT_TRUSTED = "Every attack finds something even where membership is permuted."

DRAW_AT_RANDOM = "To be able to tell, draw members and nonmembers at random from the same records before training."
LOOK_AT_ATTACKS = "To be able to tell, use other attacks: these ones do not depend on who is a member."
MORE_RECORDS = "To be able to tell, attack more members and nonmembers."


def sentence(access: str, finding: Finding, reason: str) -> str:
    """The verdict on an access level."""
    return f"{RELEASING[access]}: {SAYS[finding]}. {reason}"


def meaning(findings: Set[Finding]) -> tuple[str, ...]:
    """What these findings mean, one sentence each."""
    return tuple(text for finding, text in MEANS.items() if finding in findings)


def leak_found(strongest: AttackResult, evidence: tuple[str, ...], surest: AttackResult | None) -> str:
    """Why a leak was found.

    Args:
        strongest: the leaking attack with the highest AUC.
        evidence: which of its metrics show a leak.
        surest: the leaking attack that finds most members at a false positive rate of 1 %; None where none is sure of
            any.
    """
    if "auc" not in evidence:
        return f"{strongest.name} is sure of a few: it finds {_share(surest or strongest)}, where guessing finds 1 %."
    if surest is None:
        also = ""
    else:
        finder = "it" if surest.name == strongest.name else surest.name
        also = f"; {finder} finds {_share(surest)}"
    return f"The strongest attack is {_auc(strongest)}, where guessing has 0.5{also}."


def none_found(strongest: AttackResult, relevant_auc: float, visible: float) -> str:
    """Why no leak is assumed: how strong the strongest attack is, and what would have been seen."""
    return (
        f"No attack reaches AUC {relevant_auc:g}; the strongest is {_auc(strongest)}, where guessing has 0.5. "
        f"An AUC of {visible:.2f} or more would have been seen."
    )


def too_weak(strongest: AttackResult, relevant_auc: float, visible: float | None, members: int, nonmembers: int) -> str:
    """Why nothing can be told: what would have been seen with so many records, or that the intervals are too wide."""
    seen = "not even a perfect attack" if visible is None else f"an AUC of {visible:.2f} or more"
    seen = f"With {members} members and {nonmembers} nonmembers it would have seen {seen}"
    if visible is None or visible > relevant_auc:
        return f"{seen}; the strongest attack is {_auc(strongest)}."
    return f"{seen}, but cannot exclude {relevant_auc:g}; the strongest attack is {_auc(strongest)}."


def against_leaks(accesses: Set[str]) -> tuple[str, ...]:
    """What can be done about attacks with these access levels."""
    advice = []
    if accesses & {"samples", "generator"}:
        advice.append(
            "To leak less, train for fewer steps or on more records, and leave out the most exposed members; only "
            "training with differential privacy bounds what any attack can find."
        )
    if accesses & {"discriminators", "partitions"}:
        advice.append(
            "Keep the discriminators and checkpoints private: they are not needed to generate records. Fewer "
            "steps, or fewer partitions, each with more records, make them leak less."
        )
    return tuple(advice)


def _share(result: AttackResult) -> str:
    share = 100 * (result.metrics.tpr_at_1pct_fpr or 0.0)
    return f"{share:.1f} % of the members while wrongly accusing 1 % of the nonmembers"


def _auc(result: AttackResult) -> str:
    metrics = result.metrics
    return f"{result.name} with AUC {metrics.auc:.3f} [{metrics.auc_low:.3f}, {metrics.auc_high:.3f}]"

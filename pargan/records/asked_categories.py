"""Categories as a user asks for them, and in which order they come. Legend: c categories."""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, TypeAlias

import numpy as np

from pargan.errors import ParganError

SHOWN = 20
"""At most this many categories are named in an error."""

Where: TypeAlias = Mapping[str, Any]
"""A condition as a user asks for it: {name: category}, or {name: {category: share, ...}}."""


def asked_shares(
    name: str, categories: Sequence[str], learnt: Sequence[str], where: Where | None, balanced: bool
) -> np.ndarray | None:
    """(c,) weights of the categories, 0 or more; None where nothing is asked for.

    Args:
        name: of the condition.
        categories: all that there are.
        learnt: those that can be asked for.
        where: what is asked for, or None.
        balanced: all that can be asked for, equally often.

    Raises:
        ParganError: another condition, a category that there is not or that was not learnt, or both ways to ask.
    """
    if where is not None and balanced:
        raise ParganError(
            "and balanced both choose categories", argument="where", value=where, remedy="give one of them"
        )
    if balanced:
        where = {name: dict.fromkeys(learnt, 1)}
    if where is None:
        return None
    if not isinstance(where, Mapping) or list(map(str, where)) != [name]:
        raise ParganError(
            f'is not a condition of this generator, which was told "{name}" alone',
            argument="where",
            value=where,
            remedy=f"give {{{name}: {learnt[0]}}}, with one of {_listed(learnt)}",
        )
    asked = next(iter(where.values()))
    shares = np.zeros(len(categories))
    for category, weight in (asked if isinstance(asked, Mapping) else {asked: 1}).items():
        code = _code(category, categories)
        if code is None or categories[code] not in learnt:
            why = "does not have" if code is None else "has for no member, so that the generator has not learnt it"
            raise ParganError(
                f'asks for the category "{_text(category)}", which "{name}" {why}',
                argument="where",
                value=where,
                remedy=f"choose one of {_listed(learnt)}",
            )
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not isfinite(weight) or weight < 0:
            raise ParganError(
                f"has {weight!r} as a share", argument="where", value=where, remedy="give numbers, 0 or more"
            )
        shares[code] += weight
    if not shares.sum() > 0:
        raise ParganError(
            "asks for no category", argument="where", value=where, remedy="give a share above 0 to one or more"
        )
    return shares


def _code(category: Any, categories: Sequence[str]) -> int | None:
    """The position of a category; true and false, as YAML reads them, are found however the file spells them."""
    text, is_truth = _text(category), isinstance(category, bool)
    found = [
        code for code, known in enumerate(categories) if known == text or (is_truth and known.lower() == text.lower())
    ]
    return found[0] if len(found) == 1 else None


def in_turn(shares: np.ndarray) -> Iterator[int]:
    """Codes of categories without end, of which the first n hold every category less than once too often or seldom.

    Where n times each share is whole, the counts are exactly these. Rule of Tijdeman (1980, doi
    10.1016/0012-365X(80)90269-1): of the categories that are due, the one whose time runs out first.

    Args:
        shares: (c,) weights, 0 or more.
    """
    codes = np.flatnonzero(shares)
    weights, total = shares[codes], float(shares.sum())
    slack = total * (1 - 1 / (2 * len(codes) - 2)) if len(codes) > 1 else 0.0
    behind = np.zeros(len(codes))  # the number that is due, less the number there is, times the total
    while True:
        behind += weights
        due = behind >= total - slack - 1e-9 * total
        chosen = int(np.where(due, (slack - behind) / weights, np.inf).argmin())
        behind[chosen] -= total
        yield int(codes[chosen])


def _text(category: Any) -> str:
    """The text of a category as YAML or Python gives it; None is a missing value."""
    if category is None:
        return ""
    return str(int(category)) if isinstance(category, float) and category.is_integer() else str(category)


def _listed(categories: Sequence[str]) -> str:
    more = f" and {len(categories) - SHOWN} more" if len(categories) > SHOWN else ""
    return ", ".join(category or '""' for category in categories[:SHOWN]) + more

"""Which encoding a column of a table has in model space, and why. Legend: N rows."""

from dataclasses import replace

import numpy as np

from pargan.records.column import Column
from pargan.records.ranked import FREQUENT, Ranked
from pargan.records.schema import Decision

ENCODINGS = ("auto", "ranks", "range")
SHOWN = 5  # frequent values named in a reason


def encoded(column: Column, decision: Decision, values: np.ndarray, of: str) -> tuple[Column, Decision]:
    """A column in the encoding that was set for it, or in the one that suits it, fitted to (N,) values.

    Numbers and times are encoded by ranks, in which tails and frequent values are learnt better than on the scale of
    their range; `range` keeps the latter. Categories have one encoding.

    Args:
        column: without a fitted encoding.
        decision: what was decided of the column, with `encoding` as set.
        values: of the records to fit to.
        of: which records they are, for the reason: "reference records".

    Returns:
        The column, and the decision with the reason.
    """
    if not column.width or not column.is_number or decision.encoding == "range":
        return column, decision
    ranked = Ranked.fit(column, values)
    why = f"{'ranks as set' if decision.encoding == 'ranks' else 'ranks'}, of {len(values)} {of}"
    if ranked.frequent:
        more = f" and {len(ranked.frequent) - SHOWN} more" if len(ranked.frequent) > SHOWN else ""
        shown = ", ".join(ranked.frequent[:SHOWN]) + more
        are_few = len(ranked.knots) <= len(ranked.frequent) + 2
        reason = "few values" if are_few else f"in {FREQUENT:.0%} of them, or of those without one, or more"
        why += f"; {shown} {'is a category' if len(ranked.frequent) == 1 else 'are categories'} ({reason})"
    if ranked.is_clipped:
        why += f"; values beyond {ranked.knots[0]} and {ranked.knots[-1]} count as these, because few records lie there"
    return ranked, replace(decision, encoding_why=why)


def without_encoding(column: Column) -> Column:
    """The column as it was before `encoded`."""
    return column.column if isinstance(column, Ranked) else column

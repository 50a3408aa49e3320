"""Singling out, linkability and inference: what somebody who knows part of a row can do with the generated ones.

Each is an attack with n guesses about members, beside two comparisons: the same guesses about held-out rows, which show
what the generated rows say about the population, and guesses of somebody who has not looked at how columns go together.

Source: Anonymeter (Giomi et al. 2023, doi 10.56553/popets-2023-0055), whose three risks are those of the Article 29
Working Party (WP216). Legend: S generated rows, N rows of a group, n guesses, V columns, F features.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import torch

from pargan.attacks.neighbours import k_nearest
from pargan.judge.intervals import Interval
from pargan.judge.rates import Rate, excess_risk, fisher_p_value
from pargan.records import Categorical
from pargan.records.column import overflow_exponent
from pargan.records.spec import RecordSpec
from pargan.records.tables import TableSpec
from pargan.seeding import derive, subset

GUESSES = 500
"""Guesses of each attack, at most."""

ATTEMPTS = 4
"""Predicates tried for each one that is wanted."""

TOLERANCE = 0.05
"""A guessed number is right within this share of the true one; where that is 0, of the column's standard deviation."""

ROUNDING = 1e-6
"""Numbers this close to 0, in standard deviations, are zeros that went through model space and back."""

WEAK = 0.05
"""An attack that is not better than the naive one with this p-value is too weak to say anything."""


@dataclass(frozen=True, kw_only=True)
class GuessingRisk:
    """One of the three risks.

    Attributes:
        name: singling out, linkability, or inference of a column.
        attack: right guesses about members.
        control: right guesses about held-out rows.
        baseline: right guesses about members by the naive attack.
        risk: of the guesses that the control gets wrong, the share that members add, with its 95 % interval.
        p_value: Fisher's exact test of attack against control, one-sided.
        is_too_weak: whether the attack is no better than the naive one. A risk of 0 then says nothing.
    """

    name: str
    attack: Rate
    control: Rate
    baseline: Rate

    @property
    def risk(self) -> Interval:
        """See the class."""
        return excess_risk(self.attack, self.control)

    @property
    def p_value(self) -> float:
        """See the class."""
        return fisher_p_value(self.attack, self.control)

    @property
    def is_too_weak(self) -> bool:
        """See the class."""
        return fisher_p_value(self.attack, self.baseline) > WEAK

    def to_dict(self) -> dict[str, Any]:
        """One flat JSON-ready object."""
        rates = {name: getattr(self, name) for name in ("attack", "control", "baseline")}
        return {
            "risk_of": self.name,
            **{f"{name}_rate": rate.value for name, rate in rates.items()},
            **{f"{name}_guesses": rate.trials for name, rate in rates.items()},
            "risk": self.risk.value,
            "risk_low": self.risk.low,
            "risk_high": self.risk.high,
            "p_value": self.p_value,
            "is_too_weak": self.is_too_weak,
        }


class Cells(NamedTuple):
    """A column of one group: (N,) values, numbers in the user's units or codes of categories, and (N, F) features."""

    name: str
    is_category: bool
    values: np.ndarray
    features: np.ndarray


Rows: TypeAlias = tuple[Cells, ...]
Condition: TypeAlias = tuple[int, float, bool]
"""The position of a column, a value, and whether a number has to be at least or at most that value."""
Predicate: TypeAlias = tuple[Condition, ...]
"""Conditions that all have to hold."""


def guessing_risks(
    samples: np.ndarray, members: np.ndarray, nonmembers: np.ndarray, spec: RecordSpec | None, *, seed: int
) -> tuple[GuessingRisk, ...]:
    """The three risks, inference once for every column; deterministic for a seed.

    Args:
        samples: (S, width) generated rows in model space.
        members: (m, width); the larger of the two groups is cut at random to the size of the smaller one.
        nonmembers: (n, width), the held-out rows.
        spec: the record format.
        seed: for guesses, columns known to the attacker, and the cut.

    Returns:
        Nothing for tables with fewer than two columns, and for other records.
    """
    if not isinstance(spec, TableSpec):
        return ()
    rng = np.random.default_rng(derive(seed, "guessing risks"))
    size = min(len(members), len(nonmembers))
    known, held_out = (group[subset(size, len(group), rng)] for group in (members, nonmembers))
    generated, known_rows, held_out_rows = _without_overflow(
        [_rows(group, spec) for group in (samples, known, held_out)]
    )
    if len(generated) < 2 or len(samples) < 2:
        return ()
    risks = [singling_out(generated, known_rows, held_out_rows, rng)]
    risks.append(linkability(generated, known_rows, held_out_rows, rng))
    risks += [inference(i, generated, known_rows, held_out_rows, rng) for i in range(len(generated))]
    return tuple(risks)


def singling_out(generated: Rows, members: Rows, nonmembers: Rows, rng: np.random.Generator) -> GuessingRisk:
    """Predicates that hold for one generated row: do they hold for exactly one member?

    A predicate asks columns of a generated row, in random order, for its category, or for a number at least its own
    (at most, where that is below the median), until it holds for no other generated row. The naive attack asks the same
    columns for values of rows drawn anew for each, and does not look for how many rows that holds.
    """
    total = len(generated[0].values)
    medians = [np.nanmedian(column.values) for column in generated]
    found: list[Predicate] = []
    naive: list[Predicate] = []
    for _ in range(ATTEMPTS * GUESSES):
        if len(found) == GUESSES:
            break
        one = _single_out(int(rng.integers(total)), generated, medians, rng)
        if one is not None and one not in found:
            found.append(one)
            sources = rng.integers(total, size=len(one))
            naive.append(
                tuple(
                    _condition(i, int(source), generated, medians) for (i, *_), source in zip(one, sources, strict=True)
                )
            )
    guesses = max(len(found), 1)  # without a guess nothing is right
    attack, control, baseline = (
        Rate(sum(_count(one, rows) == 1 for one in predicates), guesses)
        for predicates, rows in ((found, members), (found, nonmembers), (naive, members))
    )
    return GuessingRisk(name="singling out", attack=attack, control=control, baseline=baseline)


def linkability(generated: Rows, members: Rows, nonmembers: Rows, rng: np.random.Generator) -> GuessingRisk:
    """Two parts of a row, each known to somebody: is the same generated row nearest to both?

    The columns are cut into two halves at random. The naive attack names two generated rows at random.
    """
    first, second = np.array_split(rng.permutation(len(generated)), 2)
    total = len(generated[0].values)
    rates = []
    for rows in (members, nonmembers):
        chosen = subset(GUESSES, len(rows[0].values), rng)
        left, right = (_nearest(generated, rows, part, chosen) for part in (first, second))
        rates.append(Rate(int((left == right).sum()), len(chosen)))
    named = rng.integers(total, size=(2, rates[0].trials))
    baseline = Rate(int((named[0] == named[1]).sum()), rates[0].trials)
    return GuessingRisk(name="linkability", attack=rates[0], control=rates[1], baseline=baseline)


def inference(secret: int, generated: Rows, members: Rows, nonmembers: Rows, rng: np.random.Generator) -> GuessingRisk:
    """All columns but one are known: has the nearest generated row the same value there?

    The naive attack takes the value of a generated row drawn at random.
    """
    known = np.delete(np.arange(len(generated)), secret)
    column = generated[secret]
    rates = []
    for rows in (members, nonmembers):
        chosen = subset(GUESSES, len(rows[0].values), rng)
        guesses = column.values[_nearest(generated, rows, known, chosen)]
        rates.append(_right(guesses, rows[secret].values[chosen], column))
        if rows is members:
            drawn = column.values[rng.integers(len(column.values), size=len(chosen))]
            baseline = _right(drawn, rows[secret].values[chosen], column)
    return GuessingRisk(name=f"inference of {column.name}", attack=rates[0], control=rates[1], baseline=baseline)


def _rows(group: np.ndarray, spec: TableSpec) -> Rows:
    """The columns of rows (N, width) that hold anything."""
    decoded, scales, rows = spec.decode(group), spec.column_scales(), []
    for column, block in zip(spec.columns, spec.blocks, strict=True):
        if column.width == 0:
            continue
        is_category = isinstance(column, Categorical)
        values = np.asarray(decoded[column.name])
        if is_category:
            values = group[:, block].argmax(axis=1)
        elif not np.issubdtype(values.dtype, np.number):  # dates and others: their place on an axis
            values = group[:, block.start]
        rows.append(Cells(column.name, is_category, values.astype(np.float64), group[:, block] * scales[block]))
    return tuple(rows)


def _without_overflow(groups: list[Rows]) -> list[Rows]:
    """The rows with huge numbers in a larger unit, which no risk depends on."""
    exponents = [overflow_exponent(*(column.values for column in columns)) for columns in zip(*groups, strict=True)]
    return [
        tuple(
            column._replace(values=np.ldexp(column.values, -exponent))
            for column, exponent in zip(rows, exponents, strict=True)
        )
        for rows in groups
    ]


def _single_out(row: int, generated: Rows, medians: list[float], rng: np.random.Generator) -> Predicate | None:
    """The first predicate along a random order of columns that holds for this generated row alone, or None."""
    holds, conditions = np.ones(len(generated[0].values), dtype=bool), []
    for i in rng.permutation(len(generated)):
        conditions.append(_condition(int(i), row, generated, medians))
        holds &= _holds(conditions[-1], generated)
        if holds.sum() == 1:
            return tuple(sorted(conditions))
    return None


def _condition(i: int, row: int, generated: Rows, medians: list[float]) -> Condition:
    value = float(generated[i].values[row])
    return i, value, value >= medians[i]


def _holds(condition: Condition, rows: Rows) -> np.ndarray:
    """(N,) whether a condition holds for each row; for a missing number it holds for none."""
    i, value, is_high = condition
    column = rows[i]
    if column.is_category:
        return column.values == value
    return (column.values >= value) if is_high else (column.values <= value)


def _count(predicate: Predicate, rows: Rows) -> int:
    """Rows for which all conditions hold."""
    return int(np.logical_and.reduce([_holds(condition, rows) for condition in predicate]).sum())


def _nearest(generated: Rows, rows: Rows, columns: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """(n,) the generated row nearest to each chosen row in these columns; every column counts alike."""
    samples, records = (
        torch.as_tensor(np.hstack([group[i].features for i in columns]), dtype=torch.float32)
        for group in (generated, rows)
    )
    return k_nearest(records[chosen], samples, 1)[1][:, 0].numpy()


def _right(guesses: np.ndarray, truth: np.ndarray, column: Cells) -> Rate:
    if column.is_category:
        return Rate(int((guesses == truth).sum()), len(truth))
    deviation = np.nanstd(column.values)
    is_zero = np.abs(truth) <= ROUNDING * deviation
    allowed = TOLERANCE * np.where(is_zero, deviation, np.abs(truth))
    # A missing value is guessed by a missing value.
    right = (np.abs(guesses - truth) <= allowed) | (np.isnan(guesses) & np.isnan(truth))
    return Rate(int(right.sum()), len(truth))

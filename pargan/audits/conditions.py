"""A small language for conditions on metrics: comparisons with numbers, and, or, parentheses. Nothing is evaluated.

    condition  = all_of {"or" all_of}
    all_of     = comparison {"and" comparison}
    comparison = operand ("<" | "<=" | ">" | ">=") operand | "(" condition ")"
    operand    = number | name, a name having parts with dots between

A metric that was not measured is neither above nor below a number: truth has three values, as Kleene has them.
"""

import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pargan.errors import ParganError

TOKEN = re.compile(
    r"(?P<number>[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?(?![\w.]))"
    r"|(?P<name>[^\W\d][\w-]*(\.[\w-]+)*)"
    r"|(?P<sign><=|>=|<|>|\(|\))"
)
COMPARED: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
DEEPEST = 20
"""Parentheses in parentheses."""

EXAMPLE = "samples.auc.low > 0.55 or discriminators.tpr_at_1pct_fpr.low > 0.05"

Values = Callable[[str], float | None]
"""Name of a metric -> its value; None where it was not measured."""


@dataclass(frozen=True)
class Comparison:
    """Two operands, of which at least one is the name of a metric, and a sign."""

    left: str | float
    sign: str
    right: str | float

    def names(self) -> Iterator[str]:
        """The metrics it needs, in order."""
        yield from (operand for operand in (self.left, self.right) if isinstance(operand, str))

    def truth(self, values: Values) -> bool | None:
        """Whether it holds; None where a metric was not measured."""
        left, right = (values(side) if isinstance(side, str) else side for side in (self.left, self.right))
        return None if left is None or right is None else COMPARED[self.sign](left, right)

    def __str__(self) -> str:
        left, right = (side if isinstance(side, str) else f"{side:g}" for side in (self.left, self.right))
        return f"{left} {self.sign} {right}"


@dataclass(frozen=True)
class Joined:
    """Conditions joined by `and` or by `or`."""

    word: str
    parts: tuple["Condition", ...]

    def names(self) -> Iterator[str]:
        """The metrics it needs, in order."""
        for part in self.parts:
            yield from part.names()

    def truth(self, values: Values) -> bool | None:
        """Whether it holds; None where that depends on a metric that was not measured."""
        deciding = self.word == "or"  # one True decides an `or`, one False an `and`
        truths = [part.truth(values) for part in self.parts]
        if deciding in truths:
            return deciding
        return None if None in truths else not deciding

    def __str__(self) -> str:
        return f" {self.word} ".join(f"({part})" if isinstance(part, Joined) else str(part) for part in self.parts)


Condition = Comparison | Joined


def parse_condition(text: str) -> Condition:
    """Read a condition.

    Raises:
        ParganError: about the argument `fail_if`: it does not follow the grammar.
    """
    return _Parser(text).condition()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(self._read())
        self.position = 0

    def condition(self) -> Condition:
        condition = self._joined("or", depth=0)
        if self._next() is not None:
            raise self._error("and, or, or its end")
        return condition

    def _read(self) -> Iterator[tuple[str, str]]:
        rest = self.text.strip()
        while rest:
            match = TOKEN.match(rest)
            if match is None or match.lastgroup is None:
                raise self._unreadable(f"at {rest[:20]!r}")
            kind = next(kind for kind in ("number", "name", "sign") if match[kind] is not None)
            yield kind, match[0]
            rest = rest[match.end() :].lstrip()

    def _joined(self, word: str, depth: int) -> Condition:
        inner = self._comparison if word == "and" else lambda depth: self._joined("and", depth)
        parts = [inner(depth)]
        while self._next() == ("name", word):
            self.position += 1
            parts.append(inner(depth))
        return parts[0] if len(parts) == 1 else Joined(word, tuple(parts))

    def _comparison(self, depth: int) -> Condition:
        if self._next() == ("sign", "("):
            if depth == DEEPEST:
                raise self._unreadable(f"because more than {DEEPEST} parentheses are open at once")
            self.position += 1
            condition = self._joined("or", depth + 1)
            if self._next() != ("sign", ")"):
                raise self._error("a closing parenthesis")
            self.position += 1
            return condition
        left = self._operand()
        token = self._next()
        if token is None or token[1] not in COMPARED:
            raise self._error("one of <, <=, >, >=")
        self.position += 1
        comparison = Comparison(left, token[1], self._operand())
        if not list(comparison.names()):
            raise self._unreadable(f"because {comparison} compares two numbers")
        return comparison

    def _operand(self) -> str | float:
        token = self._next()
        if token is None or token[0] == "sign" or token[1] in ("and", "or"):
            raise self._error("a metric or a number")
        self.position += 1
        return float(token[1]) if token[0] == "number" else token[1]

    def _next(self) -> tuple[str, str] | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def _error(self, wanted: str) -> ParganError:
        token = self._next()
        found = "it ends" if token is None else f"there is {token[1]!r}"
        return self._unreadable(f"because {found} where {wanted} should be")

    def _unreadable(self, reason: str) -> ParganError:
        return ParganError(
            f"cannot be read, {reason}",
            argument="fail_if",
            value=self.text,
            remedy=f"write comparisons of metrics with numbers, joined by and, or and parentheses, such as '{EXAMPLE}'",
        )

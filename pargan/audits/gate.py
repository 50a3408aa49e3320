"""A gate for pipelines: a condition on the metrics of an audit under which it fails.

A metric is `<whose>.<metric>`: whose is an attack, an access level, `quality`, `copies` or `blind_classifier`. For an
access level it is that of the worst of the attacks that such an attacker can run: those of this level and of all
narrower ones.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from math import isfinite
from typing import Any, Self

from pargan.audits.conditions import Condition, Joined, parse_condition
from pargan.audits.result import AuditResult
from pargan.audits.risk import WIDTH
from pargan.audits.verdict_words import Finding
from pargan.errors import ParganError
from pargan.judge.metrics import AttackMetrics

NOT_EVIDENCE = ("tvd_null", "tvd_null_high", "epsilon_ceiling", "num_sets")
ATTACK_METRICS = (
    *(
        field.name
        for field in fields(AttackMetrics)
        if field.type in (float, float | None) and field.name not in NOT_EVIDENCE
    ),
    "p_adjusted",
)
"""Numbers of an attack that say whether it found anything."""

COPIES_METRICS = ("copied_members", "excess", "excess_low", "excess_high", "p_value", "epsilon_low")
BLIND_METRICS = ("auc", "auc_low", "auc_high", "p_value")
LEAK = "leak"
"""Of an access level: 1 where the verdict is a leak, 0 where none was found, not measured where it was too weak."""


class GateStatus(StrEnum):
    """What became of a clause, or of the whole gate."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Measured:
    """The value of a metric and the attack that it comes from; None where it was not measured, and why if known."""

    value: float | None
    attack: str | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class ClauseResult:
    """One of the conditions that the outermost `or` joins.

    Attributes:
        clause: as text.
        status: failed where the condition holds.
        values: metric -> its value, for those that the clause names.
    """

    clause: str
    status: GateStatus
    values: Mapping[str, Measured]

    def __str__(self) -> str:
        return f"{self.clause} ({', '.join(_described(name, found) for name, found in self.values.items())})"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        values = {name: asdict(found) for name, found in self.values.items()}
        return {"clause": self.clause, "status": self.status.value, "values": values}


@dataclass(frozen=True, kw_only=True)
class GateResult:
    """What a gate says about an audit.

    Attributes:
        fail_if: the condition as it was given.
        clauses: in its order.
    """

    fail_if: str
    clauses: tuple[ClauseResult, ...]

    @property
    def status(self) -> GateStatus:
        """Failed where any clause holds, else not measured where that cannot be told of one, else passed."""
        statuses = [clause.status for clause in self.clauses]
        return next(
            (status for status in (GateStatus.FAILED, GateStatus.NOT_MEASURED) if status in statuses), GateStatus.PASSED
        )

    @property
    def passed(self) -> bool:
        """False also where a metric could not be measured: a pipeline must not go on because nothing was known."""
        return self.status is GateStatus.PASSED

    def count(self, status: GateStatus) -> int:
        """How many clauses have this status."""
        return sum(clause.status is status for clause in self.clauses)

    def __str__(self) -> str:
        counts = f"fail_if: {self.status}. Clauses: {len(self.clauses)}, " + ", ".join(
            f"{status}: {self.count(status)}" for status in (GateStatus.FAILED, GateStatus.NOT_MEASURED)
        )
        reasons = [f"{clause.status} {clause}" for clause in self.clauses if clause.status is not GateStatus.PASSED]
        return "; ".join([counts, *reasons])

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        clauses = [clause.to_dict() for clause in self.clauses]
        return {"fail_if": self.fail_if, "status": self.status.value, "clauses": clauses}


@dataclass(frozen=True)
class Gate:
    """A condition under which an audit fails.

    Attributes:
        fail_if: as it was given.
        condition: the same, read.

    Example:
        >>> Gate.parse("samples.auc.low > 0.55").names
        ('samples.auc.low',)
    """

    fail_if: str
    condition: Condition

    @classmethod
    def parse(cls, fail_if: str) -> Self:
        """Read a condition such as `samples.auc.low > 0.55 or discriminators.tpr_at_1pct_fpr.low > 0.05`.

        Raises:
            ParganError: it does not follow the grammar in `pargan.audits.conditions`.
        """
        return cls(fail_if, parse_condition(fail_if))

    @property
    def names(self) -> tuple[str, ...]:
        """The metrics it needs, each once."""
        return tuple(dict.fromkeys(self.condition.names()))

    @property
    def needs_quality(self) -> bool:
        """Whether it needs a quality metric, whose names only the data knows."""
        return any(name.partition(".")[0] == "quality" for name in self.names)

    def refuse_unknown(self, access: Mapping[str, str], quality: Iterable[str], has_controls: bool) -> None:
        """Check, before anything is attacked, that the audit will have every metric.

        Args:
            access: attack -> its access level.
            quality: names of the quality metrics; read only if `needs_quality`.
            has_controls: whether the controls are run.

        Raises:
            ParganError: about the argument `fail_if`: a metric that the audit does not have, with those it has.
        """
        levels = sorted(set(access.values()), key=WIDTH.__getitem__)
        known: dict[str, Sequence[str]] = dict.fromkeys(levels, (*ATTACK_METRICS, LEAK))
        known |= dict.fromkeys(access, ATTACK_METRICS)
        known["quality"] = ("distance", *quality) if self.needs_quality else ()
        known |= {"copies": COPIES_METRICS} if access else {}
        known |= {"blind_classifier": BLIND_METRICS} if access and has_controls else {}
        for name in self.names:
            whose, _, metric = name.partition(".")
            if whose not in known:
                example = f"{levels[0]}.auc.low" if levels else "quality.distance"
                raise self._unknown(name, f"begin with one of {', '.join(known)}, as in {example}")
            if _key(metric) not in known[whose]:
                raise self._unknown(name, f"after {whose}. choose one of {', '.join(map(_shown, known[whose]))}")

    def apply(self, audit: AuditResult) -> GateResult:
        """Compare with what an audit found; a metric that it does not have counts as not measured."""
        found = {name: _measured(audit, name) for name in self.names}
        is_or = isinstance(self.condition, Joined) and self.condition.word == "or"
        clauses = self.condition.parts if is_or and isinstance(self.condition, Joined) else (self.condition,)
        statuses = {True: GateStatus.FAILED, False: GateStatus.PASSED, None: GateStatus.NOT_MEASURED}
        return GateResult(
            fail_if=self.fail_if,
            clauses=tuple(
                ClauseResult(
                    clause=str(clause),
                    status=statuses[clause.truth(lambda name: found[name].value)],
                    values={name: found[name] for name in clause.names()},
                )
                for clause in clauses
            ),
        )

    def _unknown(self, name: str, remedy: str) -> ParganError:
        return ParganError(
            f"names {name}, which this audit does not measure", argument="fail_if", value=self.fail_if, remedy=remedy
        )


def _key(metric: str) -> str:
    """`auc.low` as result.json has it."""
    return metric.replace(".", "_")


def _shown(key: str) -> str:
    base, _, bound = key.rpartition("_")
    return f"{base}.{bound}" if bound in ("low", "high") else key


def _measured(audit: AuditResult, name: str) -> Measured:
    whose, _, metric = name.partition(".")
    key = _key(metric)
    if whose == "quality":
        value = next(iter(audit.quality.values()), None) if key == "distance" else audit.quality.get(metric)
        return Measured(_finite(value))
    if whose == "copies":
        copies = () if audit.set_tests is None else audit.set_tests.copies
        return Measured(next((_finite(each.to_dict()[key]) for each in copies if not each.columns), None))
    if whose == "blind_classifier":
        blind = None if audit.controls is None else audit.controls.blind
        return Measured(None if blind is None else _finite(blind.to_dict()[key]))
    if key == LEAK:
        levels = () if audit.verdict is None else audit.verdict.levels
        findings = {level.access: level.finding for level in levels}
        return Measured({Finding.LEAK: 1.0, Finding.NONE: 0.0}.get(findings[whose]) if whose in findings else None)
    return _worst(audit, whose, key)


def _worst(audit: AuditResult, whose: str, key: str) -> Measured:
    """Of the attacks of a level or with a name; not measured where one of them was not."""
    rows = [row for row in audit.to_dicts() if whose in (row["attack"], row["access"])]
    if whose in WIDTH:
        rows = [row for row in audit.to_dicts() if WIDTH[row["access"]] <= WIDTH[whose]]
    values = {row["attack"]: _finite(row.get(key)) for row in rows}
    if not values or None in values.values():
        notes = [note for row in rows if values[row["attack"]] is None for note in row["notes"]]
        reasons = (note.partition(": ") for note in notes)
        return Measured(None, reason=next((reason for what, _, reason in reasons if key.startswith(what)), None))
    worst = min if key == "p_adjusted" or key.endswith("p_value") else max
    attack = worst(values, key=lambda name: values[name] or 0.0)
    return Measured(values[attack], attack)


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and isfinite(value) else None


def _described(name: str, found: Measured) -> str:
    if found.value is None:
        return f"{name} was not measured" + (f": {found.reason}" if found.reason else "")
    by = f" by {found.attack}" if found.attack is not None and found.attack != name.partition(".")[0] else ""
    return f"{name} = {found.value:.4g}{by}"

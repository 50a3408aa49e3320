"""What an audit found.

Legend: m members, n nonmembers and S generated records, *shape of one record in model space.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pargan.audits.classes import ClassLeakage
from pargan.audits.controls import Controls
from pargan.audits.curves import AttackCurves
from pargan.audits.one_run import OneRunEpsilons
from pargan.audits.partitions import PartitionLeakage
from pargan.audits.published import PublishedProtocol
from pargan.audits.risk import RiskTable
from pargan.audits.scoring import AttackResult
from pargan.audits.set_tests import SetTests
from pargan.audits.verdict import Verdict


@dataclass(frozen=True, kw_only=True)
class AuditResult:
    """The metrics of an audit, and the records they were computed on.

    Attributes:
        access: what the target gives: samples, generator or discriminators.
        attacks: one result per attack.
        controls: the controls of the attacks; None where they were switched off or there was no attack.
        verdict: what the attacks and their controls say together; None without attacks.
        set_tests: tests of the generated set as a whole, which have no part in the verdict; None without attacks.
        quality: metrics of the generated records, the main one first; empty where no measure was given.
        quality_real: the same metrics of a second real sample, the members: what a perfect generator would reach. Empty
            without controls.
        quality_independent: the same metrics of rows whose columns were drawn each by itself, the floor; empty without
            controls and for records other than tables.
        risk: every record attacked, the most exposed first; None without attacks.
        partitions: what each attack finds about each partition; empty where partitions are not known.
        members: (m, *shape) the members attacked.
        nonmembers: (n, *shape) the nonmembers attacked.
        samples: (S, *shape) the generated records.
        copies: by group, how many of its records equal an earlier one and were therefore not attacked.
        indistinguishable: by group, how many equal a record of another group and were therefore not attacked.
        seconds: wall time of each part.
        not_learnt: signs that there was nothing to attack, see `pargan.audits.learning`.
        one_run: lower bounds on epsilon; None where no coins chose the members.
        published: the metrics of the published experiments; None where the target is no whole GAN.
        classes: what each attack finds in each class; empty where records have no classes.
        further_notes: what was noticed while the groups were read and split, one sentence each.
    """

    access: str
    attacks: list[AttackResult]
    controls: Controls | None
    verdict: Verdict | None
    set_tests: SetTests | None
    quality: dict[str, float]
    quality_real: dict[str, float]
    quality_independent: dict[str, float]
    risk: RiskTable | None
    partitions: list[PartitionLeakage]
    members: np.ndarray
    nonmembers: np.ndarray
    samples: np.ndarray
    copies: Mapping[str, int]
    indistinguishable: Mapping[str, int] = field(default_factory=dict)
    seconds: Mapping[str, float]
    not_learnt: Sequence[str] = ()
    one_run: OneRunEpsilons | None = None
    published: PublishedProtocol | None = None
    classes: Sequence[ClassLeakage] = ()
    further_notes: Sequence[str] = ()

    def warnings(self) -> list[str]:
        """Reasons not to trust the attacks' metrics, one sentence each; empty where there is none."""
        return [*self.not_learnt, *([] if self.controls is None else self.controls.warnings())]

    def notes(self) -> list[str]:
        """What a reader of the metrics should know, one sentence each."""
        notes = list(self.further_notes)
        if found := [f"{number} {group}" for group, number in self.copies.items() if number]:
            notes.append(
                f"copies: {' and '.join(found)} equal another record of their group; of equal records one was "
                f"attacked, because copies are not independent"
            )
        if found := [f"{number} {group}" for group, number in self.indistinguishable.items() if number]:
            rest = f"the audit judges the other {len(self.members)} members and {len(self.nonmembers)} nonmembers"
            notes.append(
                f"equal records in several groups: {' and '.join(found)} equal a record of another group, so nobody "
                f"can tell their membership; {rest if self.attacks else 'too few are left to attack'}"
            )
        if self.one_run is not None:
            notes.append(self.one_run.note())
        return notes

    def to_dicts(self) -> list[dict[str, Any]]:
        """The attacks' metrics and whether they show a leak, one JSON-ready object per attack."""
        if self.verdict is None:
            return [result.to_dict() for result in self.attacks]
        judged = [
            {"p_adjusted": each.p_adjusted, "tpr_p_adjusted": each.tpr_p_adjusted, "leaks": each.leaks}
            for each in self.verdict.attacks
        ]
        return [result.to_dict() | marks for result, marks in zip(self.attacks, judged, strict=True)]

    def to_dict(self) -> dict[str, Any]:
        """All metrics, JSON-ready; records and scores are left out."""
        return {
            "verdict": None if self.verdict is None else self.verdict.to_dict(),
            "set_tests": None if self.set_tests is None else self.set_tests.to_dict(),
            "quality": self.quality,
            "quality_real": self.quality_real,
            "quality_independent": self.quality_independent,
            "attacks": self.to_dicts(),
            "partitions": [leakage.to_dict() for leakage in self.partitions],
            "classes": [leakage.to_dict() for leakage in self.classes],
            "controls": None if self.controls is None else self.controls.to_dict(),
            "warnings": self.warnings(),
            "copies": dict(self.copies),
            "indistinguishable": dict(self.indistinguishable),
            "one_run_epsilon": None if self.one_run is None else self.one_run.to_dict(),
            "published_protocol": None if self.published is None else self.published.to_dict(),
            "risk": {"averaged": [], "exposed": None}
            if self.risk is None
            else {"averaged": list(self.risk.averaged), "exposed": self.risk.summary()},
            "curves": [AttackCurves.of(result).to_dict() for result in self.attacks],
        }

"""Tests of the generated set as a whole, beside the attacks. None of them has a part in the verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from pargan.attacks.prediction_error import prediction_errors
from pargan.attacks.spaces import RecordSpace
from pargan.attacks.views import SamplesView, in_units_of_records, narrow
from pargan.audits.copies import Copies, count_copies
from pargan.audits.guessing import GuessingRisk, guessing_risks
from pargan.audits.holdout_tests import HoldoutTests, holdout_tests
from pargan.audits.overlap import Overlap, Vulnerable, overlaps, vulnerable_records
from pargan.audits.records import AttackRecords
from pargan.audits.scoring import AttackResult
from pargan.audits.settings import AuditSettings
from pargan.audits.stacked import Stacked, distance_features, stacked_attacks


@dataclass(frozen=True, kw_only=True)
class SetTests:
    """What is measured beside the attacks, on the same records.

    Attributes:
        holdout: tests that compare distances to members with distances to held-out records.
        copies: exact copies of records as a whole; and, where the settings name columns, matches in these.
        overlap: how far every two attacks agree on the most exposed records.
        vulnerable: what each attack finds about the records that stand apart.
        stacked: what all scores of an access level say together, an upper bound; empty with fewer than 20 records in a
            group.
        guessing: tables: singling out, linkability and inference; empty for other records.
    """

    holdout: HoldoutTests
    copies: tuple[Copies, ...]
    overlap: tuple[Overlap, ...]
    vulnerable: tuple[Vulnerable, ...]
    stacked: tuple[Stacked, ...]
    guessing: tuple[GuessingRisk, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "holdout": self.holdout.to_dict(),
            "copies": [copies.to_dict() for copies in self.copies],
            "overlap": [overlap.to_dict() for overlap in self.overlap],
            "vulnerable": [vulnerable.to_dict() for vulnerable in self.vulnerable],
            "stacked": [stacked.to_dict() for stacked in self.stacked],
            "guessing": [risk.to_dict() for risk in self.guessing],
        }


def run_set_tests(
    results: Sequence[AttackResult], view: SamplesView, records: AttackRecords, settings: AuditSettings
) -> SetTests:
    """Measure a target on the records that it was attacked with; deterministic for a seed.

    Args:
        results: the attacks on these records, one or more.
        view: the target.
        records: members and nonmembers, in the order of the scores.
        settings: seed, and columns to match.

    Raises:
        ParganError: columns to match that the records do not have.
    """
    members, nonmembers = (
        in_units_of_records(view.spec, group.to(view.samples.device)) for group in (records.members, records.nonmembers)
    )
    view = narrow(view, SamplesView)
    transform = RecordSpace()(view)
    into_space = [transform(group) for group in (view.samples, members, nonmembers, view.reference)]
    samples, known, held_out = (group.cpu().numpy() for group in (view.samples, members, nonmembers))
    matched: list[tuple[str, ...]] = [(), *([settings.match_columns] if settings.match_columns else [])]
    evidence = distance_features(into_space[1], into_space[2], into_space[0])
    errors = prediction_errors(view, torch.cat([members, nonmembers]))
    evidence |= {name: (values[: len(members)], values[len(members) :]) for name, values in errors.items()}
    return SetTests(
        holdout=holdout_tests(*into_space[:3], seed=settings.seed, draws=settings.draws),
        copies=tuple(count_copies(samples, known, held_out, view.spec, columns) for columns in matched),
        overlap=overlaps(results, settings.seed),
        vulnerable=vulnerable_records(results, *into_space[1:]),
        stacked=stacked_attacks(results, evidence, seed=settings.seed),
        guessing=guessing_risks(samples, known, held_out, view.spec, seed=settings.seed),
    )

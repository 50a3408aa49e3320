"""The quality of generated records in an audit, between what a second real sample and independent columns score.

Legend: S generated records, m members, r reference records, *shape of one record in model space.
"""

from collections.abc import Callable

import numpy as np

from pargan.audits.settings import AuditSettings
from pargan.records.pool import Quality, QualityRecords
from pargan.records.spec import RecordSpec
from pargan.records.tables import TableSpec
from pargan.seeding import derive, subset

QualityMeasure = Callable[[np.ndarray], dict[str, float]]
"""Generated records (S, *shape) -> named metrics, the main one first."""


def quality_of_subset(quality: Quality | None, real: QualityRecords, settings: AuditSettings) -> QualityMeasure:
    """A measure of at most `settings.num_quality` generated records, taken at random: a file may be in order.

    Without `quality` it gives no metrics.
    """

    def measure(samples: np.ndarray) -> dict[str, float]:
        if quality is None:
            return {}
        chosen = subset(settings.num_quality, len(samples), derive(settings.seed, "quality generated"))
        return quality(samples[chosen], real, settings.seed)

    return measure


def quality_of_real(measure: QualityMeasure, members: np.ndarray, settings: AuditSettings) -> dict[str, float]:
    """The metrics of a second real sample: at most `settings.num_quality` members (m, *shape), taken at random.

    A control of quality: the distance between two finite real samples is not 0. Without controls it gives no metrics.
    """
    if not settings.controls or len(members) < 2:
        return {}
    return measure(members[subset(settings.num_quality, len(members), derive(settings.seed, "second real sample"))])


def quality_of_independent(
    measure: QualityMeasure, spec: RecordSpec | None, reference: np.ndarray, settings: AuditSettings
) -> dict[str, float]:
    """The metrics of rows whose columns know nothing of one another: the floor for a generator of tables.

    Each column of at most `settings.num_quality` reference records (r, width) is shuffled by itself, which keeps its
    distribution and nothing else. Without controls, and for records that are no rows of a table, it gives no metrics.
    """
    if not settings.controls or not isinstance(spec, TableSpec) or len(reference) < 2:
        return {}
    seed = derive(settings.seed, "independent columns")
    rows = reference[subset(settings.num_quality, len(reference), seed)]
    rng = np.random.default_rng(seed)
    return measure(np.hstack([rng.permutation(rows[:, block]) for block in spec.blocks]))

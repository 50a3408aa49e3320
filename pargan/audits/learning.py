"""Signs that there was nothing to attack, because the generator has not learnt the data or scores are all alike.

Legend: S generated records, R reference records, *shape of one record in model space.
"""

from collections.abc import Sequence

import numpy as np

from pargan.audits.scoring import AttackResult

SHARE_OUTSIDE = 0.05
"""A generator that has learnt something puts fewer of its records this far outside."""

LEAST_WIDTH = 0.1
"""Of the widest feature: a pixel that is almost constant in the reference set has hardly any range of its own."""


def learning_warnings(results: Sequence[AttackResult], samples: np.ndarray, reference: np.ndarray) -> list[str]:
    """Reasons why attacks could not find anything, one sentence each.

    Args:
        results: of the attacks.
        samples: (S, *shape) generated records.
        reference: (R, *shape) reference records.
    """
    warnings = []
    outside = num_outside(samples, reference)
    if outside > SHARE_OUTSIDE * len(samples):
        warnings.append(
            f"the generator has not learnt the data: {outside} of {len(samples)} generated records lie outside the "
            f"range of the reference set by more than its width, so low AUCs here say nothing about leakage; look at "
            f"the quality metrics, lower the learning rate, or scale the data"
        )
    alike = [result.name for result in results if _is_constant(result)]
    if alike:
        warnings.append(
            f"{', '.join(alike)}: every record has the same score, so an AUC of 0.5 says nothing; the attack "
            f"could not work on this target"
        )
    elif results and all(result.metrics.auc == 0.5 for result in results):
        warnings.append("the AUC of every attack is exactly 0.5, as where nothing could be measured; check the data")
    return warnings


def num_outside(samples: np.ndarray, reference: np.ndarray) -> int:
    """Number of generated records with a feature outside the reference set's range by more than the range's width.

    Features that are constant in the reference set are left out.
    """
    flat = np.asarray(samples, dtype=np.float64).reshape(len(samples), -1)
    known = np.asarray(reference, dtype=np.float64).reshape(len(reference), -1)
    low, high = known.min(axis=0), known.max(axis=0)
    varies = high > low
    width = np.maximum(high - low, LEAST_WIDTH * (high - low).max(initial=0.0))[varies]
    flat, low, high = flat[:, varies], low[varies], high[varies]
    inside = (flat >= low - width) & (flat <= high + width)  # False for NaN
    return int((~inside).any(axis=1).sum())


def _is_constant(result: AttackResult) -> bool:
    scores = np.concatenate([np.asarray(result.member_scores), np.asarray(result.nonmember_scores)])
    return len(np.unique(scores)) == 1

"""The content of result.json of an audit of points that leaks a little."""

from functools import cache

import numpy as np

from pargan import AuditSettings, audit
from pargan.io.provenance import provenance
from pargan.metrics import PointsQuality
from pargan.report import SCHEMA_VERSION


@cache
def audited():
    """An `AuditResult`: a tenth of the generated records are near copies of members."""
    rng = np.random.default_rng(0)
    members, nonmembers, reference = rng.normal(size=(3, 200, 3)).astype(np.float32)
    copies = members[:50] + rng.normal(0, 0.01, (50, 3)).astype(np.float32)
    generated = np.concatenate([copies, rng.normal(size=(450, 3)).astype(np.float32)])
    settings = AuditSettings(draws=200, num_quality=100)
    return audit(generated, members, nonmembers, reference, quality=PointsQuality(), settings=settings)


def result_of_audit(**changes):
    """What result.json of this audit holds."""
    return {
        "schema_version": SCHEMA_VERSION,
        "status": "finished",
        "settings": {"synthetic": "s.csv", "seed": 0},
        "data": {"members": 200, "nonmembers": 200},
        "timings": {"audit": {"attacks": 1.0}},
        **audited().to_dict(),
        "provenance": provenance(),
    } | changes

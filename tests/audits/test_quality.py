"""What stands beside the quality of generated records: a second real sample, and independent columns."""

import numpy as np

from pargan.audits import AuditSettings
from pargan.audits.quality import quality_of_independent
from pargan.metrics.tables import TableQuality
from pargan.records import Categorical, Integer, PointsSpec, TableSpec
from pargan.records.pool import QualityRecords


def test_independent_columns_keep_each_distribution_and_lose_what_columns_share():
    age = np.random.default_rng(0).integers(18, 80, 900)
    table = {"age": age, "is_old": np.where(age > 50, "yes", "no")}
    spec = TableSpec.fit(table, {"age": Integer, "is_old": Categorical})
    rows = spec.encode(table)
    seen = []

    def measure(generated):
        seen.append(generated)
        real = QualityRecords(rows[:300], rows[300:600], rows[600:])
        return TableQuality(spec, label="is_old")(generated, real, 0)

    settings = AuditSettings(num_quality=250)
    floor = quality_of_independent(measure, spec, rows[600:], settings)
    assert len(seen[0]) == 250
    assert {*map(tuple, seen[0][:, 1:])} == {(0.0, 1.0), (1.0, 0.0)}
    assert floor["column_distance"] < 0.1
    assert floor["correlation_difference"] > 0.5
    assert 0.4 < floor["tstr_auc"] < 0.6
    assert floor["trtr_auc"] > 0.95
    assert quality_of_independent(measure, spec, rows[600:], settings) == floor
    assert not quality_of_independent(measure, PointsSpec(3), rows[600:], settings)
    assert not quality_of_independent(measure, spec, rows[600:], AuditSettings(controls=False))

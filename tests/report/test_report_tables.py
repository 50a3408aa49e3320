"""Cells of the tables in report.html."""

import pytest

from pargan.report.report_tables import leak_marks, quality_rows


@pytest.mark.parametrize(
    ("evidence", "reason", "mark"),
    [
        (["auc"], None, "yes"),
        (["auc", "tpr_at_1pct_fpr"], None, "yes"),
        (["tpr_at_1pct_fpr"], None, "yes, by its TPR (p 0.004)"),
        ([], None, "no"),
        ([], "it does no better than on untrained networks", "no: it does no better than on untrained networks"),
    ],
)
def test_mark_says_what_shows_the_leak(evidence, reason, mark):
    attack = {"attack": "a", "evidence": evidence, "leaks": bool(evidence), "reason": reason, "tpr_p_adjusted": 0.004}
    assert leak_marks({"verdict": {"attacks": [attack]}}) == {"a": mark}
    assert leak_marks({"verdict": None}) == {}


def test_a_metric_of_the_real_records_is_not_said_three_times():
    values = {"tstr_auc": 0.8, "trtr_auc": 0.9, "of a user": 1.0}
    tstr, trtr, own = quality_rows({"quality": values, "quality_real": values, "quality_independent": values})
    assert (tstr["real"], tstr["independent"]) == (0.8, 0.8)
    assert (trtr["value"], trtr["real"], trtr["independent"]) == (0.9, None, None)
    assert (own["real"], own["independent"]) == (1.0, 1.0)

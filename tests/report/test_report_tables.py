"""Cells of the tables in report.html."""

import pytest

from pargan.report.report_tables import leak_marks


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

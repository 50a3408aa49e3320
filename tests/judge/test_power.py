import numpy as np
import pytest
from scipy.stats import norm

from pargan.judge.auc import auc_interval
from pargan.judge.permutation import permutation_p_value
from pargan.judge.power import smallest_visible_auc


@pytest.mark.parametrize(("m", "n", "tests"), [(200, 150, 6), (300, 60, 1)])
def test_smallest_visible_auc_is_seen_four_times_in_five(m, n, tests):
    visible, rng = smallest_visible_auc(m, n, tests, 0.05), np.random.default_rng(0)
    shift, seen = norm.ppf(visible) * np.sqrt(2), []
    for _ in range(250):
        scores = rng.normal(shift, 1, m), rng.normal(0, 1, n)
        seen.append(permutation_p_value(*scores) <= 0.05 / tests and auc_interval(*scores).low > 0.5)
    assert np.mean(seen) == pytest.approx(0.8, abs=0.08)


def test_smallest_visible_auc_falls_with_records_and_rises_with_tests():
    sizes = [smallest_visible_auc(size, size, 6, 0.05) for size in (20, 100, 1000, 7000)]
    assert sizes == sorted(sizes, reverse=True)
    assert 0.5 < sizes[-1] < 0.52
    assert smallest_visible_auc(100, 100, 1, 0.05) < smallest_visible_auc(100, 100, 40, 0.05)


def test_smallest_visible_auc_of_too_few_records_does_not_exist():
    assert smallest_visible_auc(2, 2, 1, 0.05) is None  # perfect separation has p = 1 / 6
    assert smallest_visible_auc(3, 3, 1, 0.05) > 0.99  # 1 / 20
    assert smallest_visible_auc(3, 3, 2, 0.05) is None

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, norm
from sklearn.metrics import roc_auc_score, roc_curve

from pargan.judge import statistics

# Few distinct values, so that ties within and between the groups are the rule.
tied_scores = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=40).map(np.array)


def labelled(members, nonmembers):
    return np.repeat([1, 0], [len(members), len(nonmembers)]), np.concatenate([members, nonmembers])


@given(tied_scores, tied_scores)
def test_auc_equals_scikit_learn(members, nonmembers):
    assert statistics.auc(members, nonmembers) == pytest.approx(roc_auc_score(*labelled(members, nonmembers)))


@given(tied_scores, tied_scores)
def test_auc_counts_ties_half_and_mirrors(members, nonmembers):
    difference = np.sign(members[:, None] - nonmembers[None])
    assert statistics.auc(members, nonmembers) == pytest.approx((difference.mean() + 1) / 2)
    assert statistics.auc(nonmembers, members) == pytest.approx(1 - statistics.auc(members, nonmembers))


@given(st.integers(1, 500), st.integers(1, 500), st.floats(-1e9, 1e9))
def test_constant_scores_give_exactly_one_half(m, n, value):
    members, nonmembers = np.full(m, value), np.full(n, value)
    assert statistics.auc(members, nonmembers) == 0.5
    assert statistics.permutation_p_value(members, nonmembers) == 1.0
    assert statistics.advantage(members, nonmembers) == 0.0
    interval = statistics.auc_interval(members, nonmembers, np.random.default_rng(0), draws=20)
    assert interval == (0.5, 0.5, 0.5)


@given(tied_scores, tied_scores)
def test_roc_equals_scikit_learn(members, nonmembers):
    fpr, tpr, thresholds = roc_curve(*labelled(members, nonmembers), drop_intermediate=False)
    curve = statistics.roc(members, nonmembers)
    np.testing.assert_allclose(curve.fpr, fpr)
    np.testing.assert_allclose(curve.tpr, tpr)
    np.testing.assert_array_equal(curve.thresholds, thresholds)
    assert statistics.advantage(members, nonmembers) == pytest.approx((tpr - fpr).max())


@given(tied_scores, tied_scores, st.sampled_from([0.01, 0.1, 0.25, 0.5]))
def test_tpr_at_fpr_is_the_best_corner_of_scikit_learns_curve(members, nonmembers, rate):
    fpr, tpr, _ = roc_curve(*labelled(members, nonmembers), drop_intermediate=False)
    found = statistics.tpr_at_fpr(members, nonmembers, rate)
    assert found.value == pytest.approx(tpr[fpr <= rate].max())
    assert found.low <= found.value <= found.high


def test_tpr_at_fpr_admits_the_rate_itself():
    nonmembers = np.arange(100.0)  # 1 % of them is the one record 99
    members = np.array([99.0, 98.5, 98.0, 0.0])
    assert statistics.tpr_at_fpr(members, nonmembers, 0.01).value == 0.5  # 99 and 98.5; at 98 a second one passes
    assert statistics.tpr_at_fpr(members, nonmembers, 0.009).value == 0.0


def test_clopper_pearson_literal_numbers():
    # 0 of n: the upper end is 1 - 0.025^(1/n). The others are standard textbook values.
    assert statistics.clopper_pearson(0, 10) == pytest.approx((0, 0, 1 - 0.025**0.1))
    assert statistics.clopper_pearson(10, 10) == pytest.approx((1, 0.025**0.1, 1))
    assert statistics.clopper_pearson(5, 10) == pytest.approx((0.5, 0.18708603, 0.81291397))
    assert statistics.clopper_pearson(1, 10) == pytest.approx((0.1, 0.00252858, 0.44501612), abs=1e-8)


@given(st.integers(1, 2000), st.data())
def test_clopper_pearson_equals_scipy(trials, data):
    hits = data.draw(st.integers(0, trials))
    expected = binomtest(hits, trials).proportion_ci(0.95, method="exact")
    assert statistics.clopper_pearson(hits, trials)[1:] == pytest.approx((expected.low, expected.high), abs=1e-9)


@pytest.mark.parametrize(("rate", "enough"), [(0.001, 1000), (0.01, 100), (0.1, 10)])
def test_a_rate_takes_one_over_itself_nonmembers(rate, enough):
    assert statistics.resolves(rate, enough)
    assert not statistics.resolves(rate, enough - 1)


@pytest.mark.parametrize("levels", [4, 10_000])
def test_p_value_agrees_with_permuting_membership(levels):
    rng = np.random.default_rng(3)
    members = np.floor(rng.uniform(0.15, 1.15, 60) * levels)
    nonmembers = np.floor(rng.uniform(0, 1, 50) * levels)
    together = np.concatenate([members, nonmembers])
    observed = statistics.auc(members, nonmembers)
    permuted = [statistics.auc(mixed[:60], mixed[60:]) for mixed in (rng.permutation(together) for _ in range(4000))]
    expected = np.mean(np.array(permuted) >= observed)
    assert 0.002 < expected < 0.2
    assert statistics.permutation_p_value(members, nonmembers) == pytest.approx(expected, abs=0.012)


def test_p_value_is_one_sided():
    high, low = np.arange(30.0) + 10, np.arange(30.0)
    assert statistics.permutation_p_value(high, low) < 0.001
    assert statistics.permutation_p_value(low, high) > 0.999


def test_bootstrap_interval_covers_the_true_auc():
    rng = np.random.default_rng(0)
    truth = norm.cdf(1 / np.sqrt(2))  # of N(1, 1) against N(0, 1)
    intervals = [
        statistics.auc_interval(rng.normal(1, 1, 80), rng.normal(0, 1, 60), rng, draws=300) for _ in range(300)
    ]
    coverage = np.mean([low <= truth <= high for _, low, high in intervals])
    assert 0.91 < coverage < 0.98


def test_bootstrap_draws_have_the_mean_and_spread_of_a_literal_bootstrap():
    rng = np.random.default_rng(1)
    members, nonmembers = rng.integers(0, 6, 40) + 1.0, rng.integers(0, 6, 30) + 0.0
    literal = [statistics.auc(rng.choice(members, 40), rng.choice(nonmembers, 30)) for _ in range(8000)]
    _, low, high = statistics.auc_interval(members, nonmembers, rng, draws=8000)
    assert (low, high) == pytest.approx(np.quantile(literal, [0.025, 0.975]), abs=0.01)


def test_bootstrap_does_not_depend_on_the_block_size_for_its_meaning(monkeypatch):
    rng = np.random.default_rng(2)
    members, nonmembers = rng.normal(0.5, 1, 50), rng.normal(0, 1, 70)
    whole = statistics.auc_interval(members, nonmembers, np.random.default_rng(0), draws=3000)
    monkeypatch.setattr(statistics, "BLOCK_NUMBERS", 1000)  # 8 draws at a time
    blocks = statistics.auc_interval(members, nonmembers, np.random.default_rng(0), draws=3000)
    assert blocks == pytest.approx(whole, abs=0.01)


def test_bootstrap_at_full_size_has_the_width_of_the_null():
    rng = np.random.default_rng(0)
    _, low, high = statistics.auc_interval(rng.normal(size=7000), rng.normal(size=7000), rng, draws=2000)
    assert high - low == pytest.approx(2 * 1.96 * 0.0049, rel=0.1)  # the null SD of protocol.md, 5


@pytest.mark.parametrize("m", [1, 5, 100])
def test_a_perfect_separation_of_few_records_is_no_certainty(m):
    # All of m independent pairs won: Clopper and Pearson's interval at m of m.
    high, low = np.arange(m) + 1000.0, np.arange(2.0 * m)
    rng = np.random.default_rng(0)
    assert statistics.auc_interval(high, low, rng, 20) == pytest.approx((1, *statistics.clopper_pearson(m, m)[1:]))
    assert statistics.auc_interval(low, high, rng, 20) == pytest.approx((0, *statistics.clopper_pearson(0, m)[1:]))


@given(tied_scores, tied_scores)
def test_a_difference_is_that_of_the_two_aucs(members, nonmembers):
    other = (np.cos(7 * members), np.cos(7 * nonmembers))
    found = statistics.auc_difference((members, nonmembers), other)
    assert found.value == pytest.approx(statistics.auc(members, nonmembers) - statistics.auc(*other), abs=1e-12)
    assert found.low <= found.value <= found.high
    assert statistics.auc_difference(other, other) == (0.0, 0.0, 0.0)


def test_the_interval_of_a_difference_is_a_paired_one():
    rng = np.random.default_rng(4)
    easy = rng.normal(size=200), rng.normal(size=150)  # shared by both attacks
    first = [each + shift + rng.normal(0, 0.5, len(each)) for each, shift in zip(easy, (0.5, 0), strict=True)]
    second = [each + rng.normal(0, 0.5, len(each)) for each in easy]
    drawn = []
    for _ in range(3000):
        i, j = rng.integers(200, size=200), rng.integers(150, size=150)
        drawn.append(statistics.auc(first[0][i], first[1][j]) - statistics.auc(second[0][i], second[1][j]))
    found = statistics.auc_difference(tuple(first), tuple(second))
    assert (found.low, found.high) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.01)
    unpaired = statistics.auc_difference(tuple(first), tuple(rng.permutation(each) for each in second))
    assert found.high - found.low < 0.7 * (unpaired.high - unpaired.low)


def test_balanced_accuracy_is_not_flattered_by_choosing_a_threshold():
    rng = np.random.default_rng(0)
    accuracies = [statistics.balanced_accuracy(rng.normal(size=20), rng.normal(size=20), rng) for _ in range(500)]
    assert np.mean(accuracies) == pytest.approx(0.5, abs=0.02)
    in_sample = [(1 + statistics.advantage(rng.normal(size=20), rng.normal(size=20))) / 2 for _ in range(500)]
    assert np.mean(in_sample) > 0.55  # what choosing on the same records would have shown


def test_balanced_accuracy_of_a_shift():
    rng = np.random.default_rng(0)
    found = statistics.balanced_accuracy(rng.normal(1, 1, 4000), rng.normal(0, 1, 4000), rng)
    assert found == pytest.approx(norm.cdf(0.5), abs=0.02)


def test_top_n_accuracy_counts_members_among_the_highest():
    rng = np.random.default_rng(0)
    assert statistics.top_n_accuracy(np.array([5.0, 4, 1, 0]), np.array([3.0, 2, -1, -2]), rng) == 0.5
    assert statistics.top_n_accuracy(np.array([9.0, 8, 7]), np.array([1.0, 2, 3]), rng) == 1.0


def test_top_n_accuracy_of_ties_is_their_share_even_with_members_first():
    rng = np.random.default_rng(0)
    assert statistics.top_n_accuracy(np.ones(10), np.ones(10), rng) == 0.5
    # 7 above the cut, 2 of them members; the 3 remaining places are shared by 8 members and 5 nonmembers.
    members, nonmembers = np.repeat([2.0, 1.0], [2, 8]), np.repeat([2.0, 1.0], [5, 5])
    assert statistics.top_n_accuracy(members, nonmembers, rng) == pytest.approx((2 + 3 * 8 / 13) / 10)


@settings(max_examples=30)
@given(st.integers(1, 30), st.integers(1, 30))
def test_top_n_accuracy_has_base_rate_one_half_for_unequal_groups(m, n):
    rng = np.random.default_rng(0)
    found = [statistics.top_n_accuracy(rng.normal(size=m), rng.normal(size=n), rng) for _ in range(200)]
    assert np.mean(found) == pytest.approx(0.5, abs=0.15)

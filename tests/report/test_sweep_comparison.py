import numpy as np
import pytest
from scipy import stats

from pargan.report.sweep import sweep_groups
from pargan.report.sweep_comparison import attack_metric, comparable, control_of, difference, pareto, strongest
from pargan.report.sweep_tables import difference_rows, families, findings, full_label, rows_of, short_labels
from tests.helpers.results import attack, job


def groups_of(*jobs):
    return sweep_groups(jobs)


def own_partition(group):
    return attack_metric(group, "own_partition", "auc")


def test_difference_is_paired_by_seed_with_a_t_interval():
    # Seeds differ much, and all by about the same amount between K = 1 and K = 5; seed 3 has no partner.
    one, five = groups_of(
        *(job(1, seed, auc, 3.0) for seed, auc in ((0, 0.5), (1, 0.6), (2, 0.8))),
        *(job(5, seed, auc, 3.0) for seed, auc in ((2, 0.91), (0, 0.6), (1, 0.72), (3, 0.99))),
    )
    found = difference(five, one, own_partition)
    expected = stats.ttest_1samp([0.11, 0.1, 0.12], 0).confidence_interval(0.95)
    assert (found.seeds, found.is_resolved) == (3, True)
    assert (found.value, found.control) == (pytest.approx(0.11), pytest.approx(1.9 / 3))
    assert found.interval == pytest.approx((0.11, expected.low, expected.high))


def test_difference_of_one_seed_has_no_interval_and_of_none_is_none():
    one, five, ten = groups_of(job(1, 0, 0.5, 3.0), job(5, 0, 0.7, 3.0), job(10, 1, 0.7, 3.0))
    found = difference(five, one, own_partition)
    assert (found.interval, found.is_resolved, found.seeds) == (None, False, 1)
    assert difference(ten, one, own_partition) is None


def test_control_differs_in_num_partitions_alone():
    jobs = [job(k, 0, 0.5 + k / 100, 3.0) for k in (1, 5)]
    others = [job(k, 0, 0.5, 3.0) for k in (1, 5)]
    for other in others:
        other["settings"] = other["settings"] | {"loss": "wgan"}
    js1, js5, wgan1, wgan5 = groups = groups_of(*jobs, *others)
    assert [control_of(group, groups) for group in groups] == [None, js1, None, wgan1]
    assert families(groups) == [(js1, [js5]), (wgan1, [wgan5])]
    assert families([js5, wgan1]) == [(None, [js5, wgan1])]


def test_strongest_takes_the_attacks_of_weaker_attackers_too_and_one_for_all_seeds():
    def with_attacks(seed, near, mean, own):
        attacks = [attack("near", near, access="samples"), attack("mean", mean)]
        return job(5, seed, 0, 3.0, attacks=[*attacks, attack("own", own, access="partitions")])

    (group,) = groups_of(with_attacks(0, 0.9, 0.6, 0.5), with_attacks(1, 0.5, 0.6, 0.5))
    for level in ("samples", "discriminators", "partitions"):
        found = strongest(group, level, "auc")
        assert found.name == "near"
        assert found.seeds.tolist() == [0.9, 0.5]
        assert (found.low, found.high) == (pytest.approx(0.68), pytest.approx(0.72))
    assert strongest(group, "generator", "auc").name == "near"


def test_attack_metric_that_a_job_lacks_is_none():
    (group,) = groups_of(job(1, 0, 0.5, 3.0, attacks=[attack("own_partition", 0.5, tpr_at_1pct_fpr=None)]))
    assert attack_metric(group, "own_partition", "tpr_at_1pct_fpr") is None
    assert strongest(group, "discriminators", "tpr_at_1pct_fpr") is None
    assert not [row for row in rows_of([group]) if "TPR" in row.name]


def test_pareto_front_has_equal_points_and_no_dominated_ones():
    points = [(1, 3), (2, 2), (2, 2), (2, 3), (3, 1), (3, 2)]
    assert pareto(points) == [True, True, True, False, True, False]
    rng = np.random.default_rng(0)
    cloud = [tuple(point) for point in rng.normal(size=(50, 2))]
    for point, best in zip(cloud, pareto(cloud), strict=True):
        assert best == (not any(a < point[0] and b < point[1] for a, b in cloud))


def test_runs_on_other_records_are_not_compared():
    here, there = job(1, 0, 0.5, 3.0, data={"fingerprint": "a"}), job(5, 0, 0.5, 3.0, data={"fingerprint": "b"})
    assert [len(board) for board in comparable(groups_of(here, there))] == [1, 1]
    assert [len(board) for board in comparable(groups_of(here, here | {"quality": {"fid_inception": 1.0}}))] == [1]


def test_findings_name_what_the_intervals_resolve():
    groups = groups_of(
        *(job(1, seed, 0.6 + seed / 1000, 3.0 + seed) for seed in range(3)),
        *(job(2, seed, 0.6 + 0.01 * (-1) ** seed, 3.0 + seed) for seed in range(3)),
        *(job(5, seed, 0.7 + seed / 900, 1.0 + 1.01 * seed) for seed in range(3)),
    )
    labels = {id(group): label for group, label in zip(groups, short_labels(groups), strict=True)}
    assert findings(groups, labels) == [
        "discriminators, AUC: leaks more with K=5 / not resolved with K=2.",
        "fid_refmlp: better with K=5 / not resolved with K=2.",
        "Not resolved anywhere: discriminators, TPR at 1 % FPR.",
    ]
    rows = difference_rows(groups)
    assert {row["num_partitions"] for row in rows} == {2, 5}
    (fid,) = [row for row in rows if row["metric"] == "fid_refmlp" and row["num_partitions"] == 5]
    assert fid["difference"] == pytest.approx(-1.99)
    assert fid["low"] < -1.99 < fid["high"] < 0


def test_short_labels_are_values_or_numbers():
    def changed(**settings):
        other = job(1, 0, 0.5, 3.0)
        other["settings"] = other["settings"] | settings
        return other

    both = groups_of(changed(), changed(num_partitions=5), changed(loss="wgan"))
    assert short_labels(both) == ["js, K=1", "js, K=5", "wgan, K=1"]
    assert short_labels(groups_of(changed(), changed(seed=1))) == ["all seeds"]
    groups = groups_of(changed(**{"module.d_steps": "1"}), changed(**{"module.d_steps": "2"}))
    assert short_labels(groups) == ["d_steps=1", "d_steps=2"]
    long = [changed(loss="wgan", steps="1000"), changed(loss="js", steps="2000")]
    assert short_labels(groups_of(*long)) == ["wgan", "js"]
    groups = groups_of(changed(loss="a_loss_with_a_long_name"), changed())
    assert short_labels(groups) == ["1", "2"]
    assert full_label(groups[0]) == "loss=a_loss_with_a_long_name"

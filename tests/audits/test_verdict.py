"""The verdict: from p-values, intervals and controls, for each access level."""

import json
from dataclasses import replace

import numpy as np
import pytest

from pargan.audits import AttackResult, AuditSettings, Finding, reach_verdict, verdict_words
from pargan.audits.controls import AttackControl, Chance, Controls
from pargan.errors import ParganError
from pargan.judge import judge
from pargan.judge.auc import auc_difference
from pargan.judge.intervals import Interval

HALF = Chance(Interval(0.5, 0.45, 0.55), 0.5)


def result_of(name, access, shift, size=400, seed=0, found=0):
    """An attack whose scores of members are shifted; `found` members stand above everybody."""
    rng = np.random.default_rng([seed, *name.encode()])
    members, nonmembers = rng.normal(shift, 1, size), rng.normal(0, 1, size)
    members[:found] += 100
    metrics = judge(members, nonmembers, seed=0, draws=100)
    return AttackResult(name, access, members, nonmembers, metrics, num_samples=1, seconds=0.0)


def control_of(result, untrained=None, permuted=HALF):
    gain = None
    if untrained is not None:
        scores = [(each.member_scores, each.nonmember_scores) for each in (result, untrained)]
        gain = auc_difference(*scores)
    return AttackControl(result, permuted, untrained, gain)


def controls_of(results, untrained=None, blind=HALF):
    counterparts = [None] * len(results) if untrained is None else untrained
    return Controls(blind, (), tuple(control_of(*pair) for pair in zip(results, counterparts, strict=True)))


SILENT = result_of("nearest_neighbour", "samples", 0.0)
LEAKY = result_of("discriminator_mean", "discriminators", 1.0)


def test_verdict_is_one_for_each_access_level_from_the_weakest_attacker_to_the_strongest():
    results = [LEAKY, SILENT]
    verdict = reach_verdict(results, controls_of(results), 0.6)
    assert [(level.access, level.finding) for level in verdict.levels] == [
        ("samples", Finding.NONE),
        ("discriminators", Finding.LEAK),
    ]
    none, leak = (level.sentence for level in verdict.levels)
    assert none.startswith("Releasing the samples: no leak found. No attack reaches AUC 0.6; the strongest is nearest_")
    assert none.endswith(f"An AUC of {verdict.levels[0].smallest_visible_auc:.2f} or more would have been seen.")
    assert leak.startswith("Releasing the discriminators: leak found. The strongest attack is discriminator_mean with")
    assert f"AUC {LEAKY.metrics.auc:.3f} [{LEAKY.metrics.auc_low:.3f}" in leak
    assert verdict.attack("discriminator_mean").evidence == ("auc", "tpr_at_1pct_fpr")
    assert not verdict.attack("nearest_neighbour").leaks
    assert "discriminators" in verdict.advice[0]


def test_verdict_of_a_level_includes_what_narrower_attackers_find():
    leaky = replace(LEAKY, name="nearest_neighbour", access="samples")
    silent = replace(SILENT, name="discriminator_mean", access="discriminators")
    results = [leaky, silent]
    verdict = reach_verdict(results, controls_of(results), 0.6)
    assert [level.finding for level in verdict.levels] == [Finding.LEAK, Finding.LEAK]
    assert verdict.levels[1].strongest == "nearest_neighbour"
    assert "leave out the most exposed members" in verdict.advice[0]
    assert "private/" not in verdict.advice[0]  # where they are listed is known to whoever writes the audit


def test_verdict_of_few_records_says_what_could_have_been_seen():
    few = result_of("nearest_neighbour", "samples", 0.0, size=40, seed=1)
    (level,) = reach_verdict([few], controls_of([few]), 0.6).levels
    assert level.finding is Finding.WEAK
    assert 0.65 < level.smallest_visible_auc < 0.75
    assert level.sentence.startswith(
        f"Releasing the samples: this audit was too weak to tell. With 40 members and 40 nonmembers it would have "
        f"seen an AUC of {level.smallest_visible_auc:.2f} or more; the strongest attack is nearest_neighbour with AUC"
    )
    assert reach_verdict([few], controls_of([few]), 0.6).advice == (verdict_words.MORE_RECORDS,)
    two = result_of("nearest_neighbour", "samples", 0.0, size=2)
    (level,) = reach_verdict([two], controls_of([two]), 0.6).levels
    assert level.smallest_visible_auc is None
    assert "not even a perfect attack" in level.sentence


def test_verdict_of_an_interval_that_reaches_the_relevant_auc_says_so():
    wide = next(
        result
        for seed in range(100)
        if 0.548 < (result := result_of("nearest_neighbour", "samples", 0.1, size=200, seed=seed)).metrics.auc < 0.55
    )
    assert wide.metrics.auc_high > 0.6
    (level,) = reach_verdict([wide], None, 0.6).levels
    assert (level.finding, level.smallest_visible_auc < 0.6) == (Finding.WEAK, True)
    assert "or more, but cannot exclude 0.6; the strongest attack is nearest_neighbour with AUC 0.5" in level.sentence


def test_verdict_names_the_attack_that_finds_most_members_beside_the_one_with_the_highest_auc():
    surest = result_of("surest", "samples", 0.0, size=1000, found=80)
    strongest = result_of("strongest", "samples", 0.5, size=1000)
    (level,) = reach_verdict([strongest, surest], None, 0.6).levels
    assert level.strongest == "strongest"
    share = 100 * surest.metrics.tpr_at_1pct_fpr
    assert f"; surest finds {share:.1f} % of the members while wrongly accusing 1 % of the" in level.sentence


def test_verdict_says_what_its_findings_mean_and_what_can_be_done_about_each():
    leaky = replace(LEAKY, name="nearest_neighbour", access="samples")
    verdict = reach_verdict([leaky, LEAKY], controls_of([leaky, LEAKY]), 0.6)
    assert verdict.meaning == (verdict_words.MEANS[Finding.LEAK],)
    assert len(verdict.advice) == 2  # the same advice of both levels once
    assert "differential privacy" in verdict.advice[0]
    assert verdict.advice[1].startswith("Keep the discriminators")
    assert replace(verdict, better_epoch="Epoch 9 was better.").advice[2:] == ("Epoch 9 was better.",)


def test_verdict_of_a_clear_leak_does_not_depend_on_the_relevant_auc():
    for relevant in (0.51, 0.6, 1.0):
        (level,) = reach_verdict([LEAKY], controls_of([LEAKY]), relevant).levels
        assert level.finding is Finding.LEAK


def test_verdict_finds_the_few_members_that_the_auc_averages_away():
    few_found = result_of("nearest_neighbour", "samples", 0.0, size=1000, found=40)
    verdict = reach_verdict([few_found], controls_of([few_found]), 0.6)
    attack = verdict.attacks[0]
    assert attack.evidence == ("tpr_at_1pct_fpr",)
    assert attack.p_adjusted > 0.05
    assert verdict.levels[0].finding is Finding.LEAK
    assert "nearest_neighbour is sure of a few: it finds 4" in verdict.levels[0].sentence
    # The same on untrained networks: then it is not the training that shows them.
    verdict = reach_verdict([few_found], controls_of([few_found], [few_found]), 0.6)
    assert verdict.levels[0].finding is not Finding.LEAK


def test_verdict_calls_nothing_leaking_that_is_no_better_than_its_control():
    verdict = reach_verdict([LEAKY], controls_of([LEAKY], [LEAKY]), 0.6)
    attack = verdict.attacks[0]
    assert attack.p_adjusted < 1e-6
    assert (attack.leaks, attack.reason) == (False, "it does no better than on untrained networks")
    assert verdict.levels[0].finding is Finding.NONE  # training added nothing, for sure
    silent = replace(SILENT, name=LEAKY.name, access=LEAKY.access)
    verdict = reach_verdict([LEAKY], controls_of([LEAKY], [silent]), 0.6)
    assert verdict.levels[0].finding is Finding.LEAK


def test_verdict_on_groups_that_differ_without_the_model_is_that_nothing_can_be_told():
    different = Chance(Interval(0.7, 0.65, 0.75), 1e-9)
    results = [SILENT, LEAKY]
    verdict = reach_verdict(results, controls_of(results, blind=different), 0.6)
    assert {level.finding for level in verdict.levels} == {Finding.WEAK}
    assert all("differ even without the model" in level.sentence for level in verdict.levels)
    assert verdict.advice == (verdict_words.DRAW_AT_RANDOM,)  # more records would not help
    assert verdict.attack(LEAKY.name).reason == "members and nonmembers differ even without the model"


def test_verdict_does_not_trust_an_attack_that_finds_permuted_membership():
    cheating = AttackControl(LEAKY, Chance(Interval(0.9, 0.88, 0.92), 1e-12), None, None)
    verdict = reach_verdict([LEAKY], Controls(HALF, (), (cheating,)), 0.6)
    assert not verdict.attacks[0].leaks
    assert verdict.levels[0].finding is Finding.WEAK
    assert verdict.levels[0].strongest is None
    assert verdict.advice == (verdict_words.LOOK_AT_ATTACKS,)
    honest = replace(SILENT, name="discriminator_max", access="discriminators")
    both = reach_verdict([LEAKY, honest], Controls(HALF, (), (cheating, control_of(honest))), 0.6)
    assert (both.levels[0].finding, both.levels[0].strongest) == (Finding.NONE, "discriminator_max")


def test_verdict_adjusts_for_the_number_of_attacks():
    # Marked if it is the only attack; one of twenty such is expected where nothing leaks.
    lucky = next(
        result
        for seed in range(1000)
        if 0.005 < (result := result_of("lucky", "samples", 0.0, size=90, seed=seed)).metrics.p_value < 0.015
        and result.metrics.auc_low > 0.5
    )
    assert reach_verdict([lucky], None, 0.6).attacks[0].leaks
    others = [result_of(f"attack_{i}", "samples", 0.0, size=90) for i in range(19)]
    verdict = reach_verdict([lucky, *others], None, 0.6)
    assert not verdict.attacks[0].leaks
    assert verdict.attacks[0].p_adjusted == pytest.approx(20 * lucky.metrics.p_value)
    assert len(verdict.caveats) == 1  # no controls


def test_verdict_to_dict_is_json_ready():
    results = [SILENT, LEAKY]
    written = json.loads(json.dumps(reach_verdict(results, controls_of(results), 0.6).to_dict(), allow_nan=False))
    assert set(written) == {"levels", "attacks", "relevant_auc", "caveats", "meaning", "advice"}
    assert [level["finding"] for level in written["levels"]] == ["none found", "leak found"]
    assert set(written["levels"][0]) == {"access", "finding", "strongest", "smallest_visible_auc", "sentence"}
    assert written["attacks"][1]["leaks"] is True
    assert written["attacks"][1]["evidence"] == ["auc", "tpr_at_1pct_fpr"]


@pytest.mark.parametrize("value", [0.5, 1.1, True])
def test_audit_settings_refuse_a_relevant_auc_out_of_range(value):
    with pytest.raises(ParganError) as error:
        AuditSettings(relevant_auc=value)
    assert error.value.argument == "relevant_auc"

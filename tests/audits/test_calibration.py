"""Is an audit calibrated as a whole? Simulated audits where nothing leaks, and where a known share does.

Every attack of conf/attack/ is covered, but for those of access `generator`, which take too long here, as do null
audits with reference models (the judge of their scores is the same).
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from scipy.stats import binomtest, kstest

from pargan.app import resolvers
from pargan.app.config_directory import config_directory
from pargan.app.objects import build_attacks
from pargan.attacks import (
    DiscriminatorMax,
    DiscriminatorMean,
    GeneratorView,
    NeedsModels,
    SamplesView,
    SurrogateDiscriminator,
)
from pargan.attacks.surrogate import CHECK_EVERY
from pargan.audits import run_attacks
from pargan.seeding import derive
from tests.helpers.planted import SHAPE, Columns, Copier, groups, reference_models, target_of, untrained

SIZE = 120  # records in a group
VARIANTS = {
    "discriminator_mean_raw": DiscriminatorMean(standardise=False),
    "discriminator_max_raw": DiscriminatorMax(standardise=False),
}


def configured():
    """The attacks of conf/attack/ as they are configured there, by name, but for those of access `generator`."""
    resolvers.register()
    options = sorted(path.stem for path in config_directory().glob("attack/*.yaml"))
    names = [name for name in options if name not in ("none", "for_tables")]
    with initialize_config_dir(str(config_directory()), version_base="1.3"):
        attacks = build_attacks(compose("attack", [f"attack=[{','.join(names)}]"]))
    return {name: attack for name, attack in attacks.items() if attack.access is not GeneratorView}


# It runs hundreds of times, but for long enough to choose among several networks by what is held out.
CHEAPER = {
    "surrogate_discriminator": SurrogateDiscriminator(
        width=32, batch_size=64, max_steps=3 * CHECK_EVERY, learning_rate=3e-3
    )
}
ATTACKS = {**configured(), **VARIANTS, **CHEAPER}
SEE_SAMPLES = {name: attack for name, attack in ATTACKS.items() if attack.access is SamplesView}
ALONE = {name: attack for name, attack in ATTACKS.items() if not isinstance(attack, NeedsModels)}


@cache
def null_audits(number, draws):
    """AttackMetrics by attack, from audits in which records and networks have nothing to do with one another.

    All records are drawn anew for each audit: given the networks, it is their draw that p-values and
    intervals are about.
    """
    metrics = {name: [] for name in ALONE}
    for seed in range(number):
        members, partition, nonmembers, reference = groups(SIZE, SIZE, SIZE, seed=derive(seed, "null audit"))
        target = target_of(*untrained(width=16), reference, num_samples=1000, seed=seed, spec=Columns())
        for result in run_attacks(target, ALONE, members, partition, nonmembers, seed=seed, draws=draws):
            scores = np.concatenate([result.member_scores, result.nonmember_scores])
            assert len(np.unique(scores)) > 1  # not for want of any signal
            metrics[result.name].append(result.metrics)
    return metrics


# With few draws the interval's own noise costs coverage: 93.9 % with 400 where 2,000, the default, give 94.8 %.
@pytest.mark.parametrize(("audits", "draws"), [(30, 400), pytest.param(200, 2000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ALONE)
def test_attacks_are_calibrated_where_nothing_leaks(name, audits, draws):
    found = null_audits(audits, draws)[name]
    uniform = kstest([each.p_value for each in found], "uniform").pvalue
    covered = np.mean([each.auc_low <= 0.5 <= each.auc_high for each in found])
    print(f"{name}: KS p {uniform:.3f}, AUC intervals cover 0.5 in {covered:.1%} of {audits}")
    assert uniform > 0.01
    if audits >= 200:
        assert 0.9 <= covered <= 0.99
    assert binomtest(round(covered * audits), audits, 0.95, alternative="less").pvalue > 0.001
    # The other metrics that say by themselves whether anything leaks. A lower bound above 0 would be an error.
    assert np.mean([each.epsilon_low > 0 for each in found]) <= 0.05
    assert np.mean([each.set_accuracy_low <= 0.5 <= each.set_accuracy_high for each in found]) >= 0.95
    above = sum(each.tvd > each.tvd_null_high for each in found)
    assert binomtest(above, audits, 0.05, alternative="greater").pvalue > 0.001


class Setting(NamedTuple):
    members: int
    nonmembers: int
    reference: int
    samples: int
    shape: tuple[int, ...]
    seeds: int


# As many nonmembers as members, for whom the median over the records under attack is made.
MANY = Setting(300, 300, 200, 2000, SHAPE, seeds=3)
# Of 300 copies one Gaussian knows the mean and covariance, which are the population's. A network takes thousands of
# reference records and steps to know them one by one. Few copies, as many as the components that the Gaussian is
# fitted in, both know.
FEW = Setting(20, 200, 500, 500, (1, 8, 8), seeds=16)
KNOW_FEW = ("density_ratio_gaussian", "surrogate_discriminator")
SETTINGS = {name: FEW if name in KNOW_FEW else MANY for name in SEE_SAMPLES}


# Of 20 neighbours 7 are copies of the record, and most of the others are generated for everybody. Three in ten
# nonmembers have a sample within the radius of the local neighbourhood, and so with it all copies of a member.
FINDS_LESS = {"dpi": 0.65, "local_neighbourhood": 0.8}


@cache
def planted_leakage(share, setting):
    """Mean AUC by attack where a share of the members is copied."""
    attacks = {name: attack for name, attack in SEE_SAMPLES.items() if SETTINGS[name] == setting}
    aucs = {name: [] for name in attacks}

    def copier(records, reference, seed=0):
        return target_of(Copier(records, share), None, reference, setting.samples, seed, spec=Columns())

    for seed in range(setting.seeds):
        members, _, nonmembers, reference = groups(*setting[:3], seed=seed, shape=setting.shape)
        target, models = copier(members, reference, seed), reference_models(reference, 1, copier)
        ready = {
            name: attack.with_models(models) if isinstance(attack, NeedsModels) else attack
            for name, attack in attacks.items()
        }
        for result in run_attacks(target, ready, members, None, nonmembers, seed=seed, draws=20):
            aucs[result.name].append(result.metrics.auc)
    return {name: float(np.mean(each)) for name, each in aucs.items()}


@pytest.mark.parametrize("name", SEE_SAMPLES)
def test_attacks_auc_rises_with_the_share_of_copied_records(name):
    setting = SETTINGS[name]
    aucs = [planted_leakage(share, setting)[name] for share in (0.0, 0.1, 0.5, 1.0)]
    print(f"{name}: AUC {', '.join(f'{auc:.3f}' for auc in aucs)} at r = 0, 0.1, 0.5, 1")
    m, n = setting.members, setting.nonmembers
    null_sd = np.sqrt((m + n + 1) / (12 * m * n) / setting.seeds)  # protocol.md, 5
    assert aucs[0] == pytest.approx(0.5, abs=4 * null_sd)
    assert aucs == sorted(set(aucs))
    assert aucs[-1] > FINDS_LESS.get(name, 0.95)


def test_nearest_neighbour_auc_equals_the_copied_share():
    # A copied member wins against everybody, another one half of the time.
    for share in (0.1, 0.5):
        assert planted_leakage(share, MANY)["nearest_neighbour"] == pytest.approx(0.5 + share / 2, abs=0.03)


@pytest.mark.slow
def test_surrogate_as_configured_finds_many_copies():
    members, _, nonmembers, reference = groups(300, 300, 2000)
    target = target_of(Copier(members, 1.0), None, reference, num_samples=2000)
    attacks = {"surrogate": configured()["surrogate_discriminator"]}
    (result,) = run_attacks(target, attacks, members, None, nonmembers, seed=0, draws=20)
    print(f"surrogate_discriminator as configured: AUC {result.metrics.auc:.3f} of 300 copies")
    assert result.metrics.auc > 0.95

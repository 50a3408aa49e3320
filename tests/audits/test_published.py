"""The published metrics, beside the notebooks' own lines."""

import json

import numpy as np
import pytest
import torch
from sklearn.preprocessing import MinMaxScaler

from pargan.audits import AuditSettings, audit_module
from pargan.audits.published import published_protocol
from pargan.losses import Wasserstein
from tests.helpers.planted import (
    K,
    Memoriser,
    MemorisingDiscriminator,
    StackedDiscriminators,
    groups,
    target_of,
    untrained,
)
from tests.helpers.tiny import blobs_in_partitions, gan


@pytest.fixture(scope="module")
def leaky():
    members, partition, nonmembers, reference = groups(m=200, n=200)
    discriminators = StackedDiscriminators(MemorisingDiscriminator(members[partition == k]) for k in range(K))
    return target_of(Memoriser(members), discriminators, reference), members, nonmembers


@pytest.mark.parametrize("sigmoid", [True, False])
def test_published_protocol_equals_the_notebooks(leaky, sigmoid):
    target, members, nonmembers = leaky
    found = published_protocol(target, members, nonmembers, sigmoid=sigmoid, seed=0)
    outputs = target.logits(torch.cat([members, nonmembers])).double()
    outputs = (outputs.sigmoid() if sigmoid else outputs).numpy()
    for scores, accuracy in (
        (outputs.max(0), found.white_box_accuracy_max),
        (outputs.mean(0), found.white_box_accuracy_mean),
    ):
        highest = np.argsort(-scores)[:200]
        assert accuracy == pytest.approx(np.sum(highest < 200) / 200)
    for scores, tvd in zip(outputs, found.tvd, strict=True):
        scaled = scores if sigmoid else MinMaxScaler().fit_transform(scores[:, None])[:, 0]
        first, second = (np.histogram(part, 50, density=True, range=(0, 1))[0] for part in np.split(scaled, 2))
        assert tvd == pytest.approx(0.5 * np.linalg.norm(first - second, 1) / 50)
    assert found.outputs == ("sigmoid" if sigmoid else "raw")


def test_published_protocol_monte_carlo_set_attack_finds_copies_and_counts_ties(leaky):
    target, members, nonmembers = leaky
    found = published_protocol(target, members, nonmembers, sigmoid=True, seed=0)
    assert found.monte_carlo_set_accuracy == 1.0
    assert found.monte_carlo_null == pytest.approx(0.556, abs=0.001)
    fresh = target_of(*untrained(), target.reference)
    accuracies = [
        published_protocol(fresh, *part, sigmoid=True, seed=seed).monte_carlo_set_accuracy
        for seed, part in enumerate([(members, nonmembers), (nonmembers, members)])
    ]
    assert 0.2 < np.mean(accuracies) < 0.9


def test_published_protocol_cuts_to_equal_groups_and_leaves_out_sets_of_few(leaky):
    target, members, nonmembers = leaky
    found = published_protocol(target, members, nonmembers[:60], sigmoid=True, seed=0)
    assert (found.num_records, found.monte_carlo_set_accuracy) == (60, None)
    written = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert written["tvd_max"] == max(found.tvd)
    assert written["tvd_mean"] == pytest.approx(np.mean(found.tvd))
    assert len(written["tvd"]) == K
    assert found == published_protocol(target, members, nonmembers[:60], sigmoid=True, seed=0)


@pytest.mark.parametrize(("loss", "outputs"), [(None, "sigmoid"), (Wasserstein(), "raw")])
def test_audit_module_writes_the_published_protocol_in_the_terms_of_the_loss(loss, outputs):
    datamodule = blobs_in_partitions()
    datamodule.setup()
    module = gan() if loss is None else gan(loss)
    result = audit_module(module, datamodule, {}, AuditSettings(num_samples=80, num_quality=50))
    assert result.to_dict()["published_protocol"]["outputs"] == outputs
    assert result.seconds["published_protocol"] > 0

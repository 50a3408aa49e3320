from dataclasses import replace

import numpy as np
import pytest
import torch

from pargan.attacks import (
    DiscriminatorMean,
    DiscriminatorsView,
    GeneratorView,
    NearestNeighbour,
    OwnPartition,
    PartitionsView,
    SamplesView,
    narrow,
)
from pargan.audits import make_target, run_attacks
from pargan.audits.scoring import refuse_wider
from pargan.errors import ParganError
from pargan.records import Categorical, Integer, Numeric, Ranked, TableSpec
from tests.helpers.planted import LATENT, groups, normal, target_of, untrained


def widest_views():
    """The same generated records in views of increasing access."""
    generator, discriminators = untrained()
    reference = groups()[3]
    gan = target_of(generator, discriminators, reference)
    alone = make_target(generator, None, LATENT, None, reference, num_samples=1500, seed=0)
    return {"samples": narrow(gan, SamplesView), "generator": alone, "discriminators": gan}


def test_make_target_gives_the_widest_view():
    views = widest_views()
    assert [type(view) for view in views.values()] == [SamplesView, GeneratorView, DiscriminatorsView]
    assert all(torch.equal(view.samples, views["samples"].samples) for view in views.values())
    latents = normal(4, LATENT, seed=0)
    torch.testing.assert_close(views["generator"].generator(latents), views["discriminators"].generator(latents))


@pytest.mark.parametrize("wide", ["samples", "generator", "discriminators"])
def test_narrow_gives_every_level_that_the_view_holds_and_no_more(wide):
    view = widest_views()[wide]
    for access in (SamplesView, GeneratorView, DiscriminatorsView, PartitionsView):
        if isinstance(view, access):
            assert type(narrow(view, access)) is access
        else:
            with pytest.raises(ParganError) as error:
                narrow(view, access)
            assert error.value.argument == "view"
            assert f"holds {wide} only" in error.value.problem
            assert access.level in error.value.problem


@pytest.mark.parametrize("wide", ["samples", "generator", "discriminators"])
def test_run_attacks_refuses_attacks_with_too_wide_access_before_any_runs(wide):
    members, _, nonmembers, _ = groups()
    view = widest_views()[wide]
    attacks = {"nn": NearestNeighbour(), "mean": DiscriminatorMean(), "own": OwnPartition()}
    tracked = []
    with pytest.raises(ParganError) as error:
        run_attacks(view, attacks, members, None, nonmembers, seed=0, draws=10, track=tracked.append)
    first, able = ("own", "nn,mean") if wide == "discriminators" else ("mean", "nn")
    assert (error.value.argument, error.value.value) == ("attack", first)
    assert f"gives {wide} only" in error.value.problem
    assert f"attack=[{able}]" in error.value.remedy
    assert tracked == []


def test_refuse_wider_says_none_where_no_attack_is_left():
    with pytest.raises(ParganError) as error:
        refuse_wider(widest_views()["samples"], {"own": OwnPartition()})
    assert (error.value.argument, error.value.value) == ("attack", "own")
    assert "partitions" in error.value.problem
    assert "attack=none" in error.value.remedy


def test_run_attacks_gives_equal_scores_on_narrow_and_wide_targets():
    members, partition, nonmembers, _ = groups()
    views = widest_views()
    results = [
        run_attacks(view, {"nn": NearestNeighbour()}, members, known, nonmembers, seed=0, draws=10)[0]
        for view, known in (
            (views["discriminators"], partition),
            (views["samples"], None),
            (views["samples"], partition),
        )
    ]
    assert results[0].metrics == results[1].metrics == results[2].metrics


def test_run_attacks_refuses_records_of_another_shape():
    members, _, nonmembers, _ = groups()
    view = widest_views()["samples"]
    with pytest.raises(ParganError) as error:
        run_attacks(view, {"nn": NearestNeighbour()}, members, None, nonmembers.flatten(1), seed=0)
    assert error.value.argument == "nonmembers"
    assert "(16,)" in error.value.problem
    assert "(1, 4, 4)" in error.value.problem


def rows(size, seed):
    rng = np.random.default_rng(seed)
    income = np.where(rng.random(size) < 0.5, 0.0, rng.lognormal(6, 1, size))
    return {"income": income, "age": rng.integers(18, 90, size), "sex": rng.choice(["f", "m"], size)}


def by_ranks(spec, table):
    return replace(spec, columns=tuple(Ranked.fit(c, table[c.name]) if c.is_number else c for c in spec.columns))


def test_attacks_on_samples_find_the_same_leak_in_a_table_encoded_by_ranks():
    pool = rows(900, seed=0)
    table = {name: values[:600] for name, values in pool.items()}
    spec = TableSpec.fit(pool, {"income": Numeric, "age": Integer, "sex": Categorical})
    ranked = by_ranks(spec, table)
    copies = {name: values[:200] for name, values in table.items()} | {"age": table["age"][:200] + 1}
    aucs = []
    for columns in (spec, ranked):
        encoded = torch.from_numpy(columns.encode(pool))
        members, nonmembers, reference = encoded[:200], encoded[200:400], encoded[400:]
        view = SamplesView(samples=torch.from_numpy(columns.encode(copies)), reference=reference, seed=0, spec=columns)
        results = run_attacks(view, {"nearest": NearestNeighbour()}, members, None, nonmembers, seed=0, draws=10)
        aucs.append(results[0].metrics.auc)
    assert aucs[0] > 0.6
    assert aucs[1] == pytest.approx(aucs[0], abs=1e-3)


def test_narrow_leaves_the_encoding_to_attacks_that_have_the_networks():
    spec = TableSpec.fit(rows(50, 1), {"income": Numeric, "age": Integer, "sex": Categorical})
    ranked = by_ranks(spec, rows(50, 1))
    encoded = torch.from_numpy(ranked.encode(rows(50, 1)))
    view = GeneratorView(
        samples=encoded, reference=encoded, seed=0, spec=ranked, generator=torch.nn.Identity(), latent_dim=2,
        sample_latents=torch.zeros(50, 2),
    )  # fmt: skip
    assert narrow(view, GeneratorView).samples is encoded
    alone = narrow(view, SamplesView)
    assert alone.spec.columns == spec.columns
    torch.testing.assert_close(alone.samples, torch.from_numpy(spec.encode(ranked.decode(encoded.numpy()))))

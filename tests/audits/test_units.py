import numpy as np
import pytest
import torch

import pargan
from pargan.audits.units import Units
from pargan.errors import ParganError
from pargan.records.points import PointsSpec

RNG = np.random.default_rng(0)
SETTINGS = pargan.AuditSettings(draws=50)


def near_copies(*shape, num=200):
    """Members, nonmembers, reference records, and near copies of the members in all but the first number."""
    members, nonmembers, reference = RNG.normal(size=(3, num, *shape))
    samples = members + RNG.normal(0, 0.02, members.shape)
    return samples, members, nonmembers, reference


def aucs(groups, **settings):
    return {each["attack"]: each["auc"] for each in pargan.audit(*groups, settings=SETTINGS, **settings).to_dicts()}


POINTS = near_copies(3)
POINTS[0][:, 0] = RNG.normal(size=200)  # the generator does not copy the first column
UNITS = {"first": [1e4, 1, 1], "tiny": [1, 1e-20, 1], "all": [1e-8, 3.0, 1e9], "shifted": [1, 1, 1]}


@pytest.mark.parametrize("units", UNITS)
@pytest.mark.parametrize("spec", [None, PointsSpec(3)])
def test_audit_of_columns_does_not_depend_on_their_units(units, spec):
    shift = np.array([1e7, 0, -50]) if units == "shifted" else np.zeros(3)
    expected = aucs(POINTS, spec=spec)
    found = aucs([group * UNITS[units] + shift for group in POINTS], spec=spec)
    assert expected["nearest_neighbour"] > 0.55
    for name, auc in expected.items():
        assert found[name] == pytest.approx(auc, abs=0.002), name


@pytest.mark.parametrize("factor", [1e-6, 255.0, 1e6])
@pytest.mark.parametrize("shape", [(6, 6), (3, 4, 4)])
def test_audit_of_images_does_not_depend_on_their_grey_scale(shape, factor):
    groups = near_copies(*shape)
    expected, found = aucs(groups), aucs([group * factor + 3 * factor for group in groups])
    for name, auc in expected.items():
        assert found[name] == pytest.approx(auc, abs=0.002), name


def test_audit_does_not_depend_on_the_units_of_a_network():
    weight = torch.as_tensor(POINTS[1][:3], dtype=torch.float32)
    network = torch.nn.Linear(3, 3, bias=False)
    network.weight.data = weight.T.contiguous()
    larger = torch.nn.Linear(3, 3, bias=False)
    larger.weight.data = network.weight.data * torch.tensor([[1e4], [1.0], [1e-3]])
    units = np.array([1e4, 1, 1e-3])
    settings = pargan.AuditSettings(num_samples=300, draws=50)
    first = pargan.audit(network, *POINTS[1:], latent_dim=3, settings=settings)
    second = pargan.audit(larger, *(group * units for group in POINTS[1:]), latent_dim=3, settings=settings)
    for ours, theirs in zip(first.to_dicts(), second.to_dicts(), strict=True):
        assert theirs["auc"] == pytest.approx(ours["auc"], abs=0.002)
    np.testing.assert_allclose(second.samples, first.samples * units, rtol=1e-4)


def test_audit_returns_records_as_they_were_given():
    shifted = [group * [1, 1e5, 1] + [1e7, 0, 0] for group in POINTS]
    result = pargan.audit(*shifted, settings=SETTINGS)
    np.testing.assert_array_equal(result.members, shifted[1])
    np.testing.assert_array_equal(result.nonmembers, shifted[2])
    np.testing.assert_array_equal(np.sort(result.samples, axis=0), np.sort(shifted[0], axis=0))
    nearest = {record["index"]: record["nearest_distance"] for record in result.risk.exposed_members(5).to_dicts()}
    assert all(distance < 1 for distance in nearest.values())  # standard deviations, not units


def test_audit_measures_quality_in_the_given_units():
    seen = {}

    def quality(generated, real, seed):
        seen["scales"] = generated.std(0), real.members.std(0), real.reference.std(0)
        return {"distance": 0.0}

    pargan.audit(*(group * [1, 1e5, 1] for group in POINTS), quality=quality, settings=SETTINGS)
    assert all(scale[1] > 5e4 for scale in seen["scales"])


def test_audit_keeps_apart_records_that_float32_would_confuse():
    groups = [group + 1e7 for group in POINTS]
    assert len(np.unique(groups[1].astype(np.float32), axis=0)) < len(groups[1])
    assert aucs(groups)["nearest_neighbour"] == pytest.approx(aucs(POINTS)["nearest_neighbour"], abs=0.002)


def test_audit_finds_shared_records_between_types():
    samples, members, nonmembers, reference = POINTS
    nonmembers = np.concatenate([nonmembers, members[:1]]).astype(np.float32)
    with pytest.raises(ParganError, match="share 1 record"):
        pargan.audit(samples, members, nonmembers, reference, settings=SETTINGS)


@pytest.mark.parametrize("values", [[["a", 1.0]] * 9, [[None, 1.0]] * 9])
@pytest.mark.parametrize("argument", ["target", "members", "nonmembers", "reference"])
def test_audit_refuses_arrays_of_objects(argument, values):
    names = ["target", "members", "nonmembers", "reference"]
    groups = dict(zip(names, POINTS, strict=True)) | {argument: np.array(values, dtype=object)}
    with pytest.raises(ParganError, match="are not numbers") as error:
        pargan.audit(*groups.values(), settings=SETTINGS)
    assert error.value.argument == argument
    assert "array of numbers" in error.value.remedy


@pytest.mark.parametrize("change", [lambda x: x.astype(">f8"), lambda x: x[:, ::-1], np.asfortranarray])
def test_audit_takes_every_layout_of_an_array(change):
    expected = aucs([np.ascontiguousarray(change(group), dtype=float) for group in POINTS])
    assert aucs([change(group) for group in POINTS]) == expected


def test_units_of_a_constant_column_are_those_of_the_generated_records():
    reference = torch.tensor([[1.0, 5.0, 2.0], [3.0, 5.0, 2.0]])
    generated = torch.tensor([[0.0, 1.0, 2.0], [0.0, 9.0, 2.0]])
    units = Units.fit(reference, generated)
    assert units.centre.tolist() == [[2, 5, 2]]
    assert units.scale.tolist() == [[1, 4, 1]]

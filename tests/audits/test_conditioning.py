"""Attacks on conditional networks: every record is judged under its own condition, in whatever order it comes."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from pargan import AttackRecords, AuditSettings, ParGANModule, PartitionDataModule, audit
from pargan.attacks import DiscriminatorMean, LatentSearch, OwnPartition
from pargan.audits import attack_target, audit_module, target_of
from pargan.data import by_class
from pargan.data.sources.blobs import blobs
from pargan.errors import ParganError
from pargan.losses import JensenShannon
from pargan.models import MLPDiscriminator, MLPGenerator

LATENT = 3
SETTINGS = AuditSettings(num_samples=50, num_records=40, num_quality=30, draws=20)


@pytest.fixture(scope="module")
def data():
    made = PartitionDataModule(partial(blobs, 240), 3, 10, conditioning=by_class)
    made.setup()
    return made


def module_on(data, **networks):
    size = data.conditioning.size
    parts = {
        "generator": MLPGenerator(data.spec, LATENT, (8,), condition_size=size),
        "discriminator": partial(MLPDiscriminator, data.spec, (8,), condition_size=size),
    }
    return ParGANModule(
        **{**parts, **networks},
        loss=JensenShannon(),
        num_partitions=3,
        latent_dim=LATENT,
        spec=data.spec,
        conditioning=data.conditioning,
    )


def view_of(module, data):
    records = AttackRecords.of(data, 40, 0)
    return target_of(module, records.reference, 50, 0, condition_of=records.condition_of), records


def test_discriminators_judge_each_record_under_its_own_class(data):
    module = module_on(data)
    view, records = view_of(module, data)
    order = torch.randperm(80, generator=torch.Generator().manual_seed(0))
    index = np.concatenate([records.member_index, records.nonmember_index])[order]
    shuffled = torch.cat([records.members, records.nonmembers])[order]
    classes = torch.eye(5)[torch.as_tensor(data.pool.labels[index]).long()]
    with torch.no_grad():
        expected = [network(torch.cat([shuffled, classes], 1)).flatten() for network in module.discriminators]
    torch.testing.assert_close(view.logits(shuffled), torch.stack(expected))


class KnowsPairs(nn.Module):
    """Logit 1 where point and class belong together as in the data, else 0."""

    def __init__(self, pool):
        super().__init__()
        self.last = nn.Linear(1, 1)  # what a module optimises
        self.points = torch.as_tensor(pool.values)
        self.labels = torch.as_tensor(pool.labels)

    def forward(self, told):
        nearest = torch.cdist(told[:, :2], self.points).argmin(1)
        return (told[:, 2:].argmax(1) == self.labels[nearest]).float()


def test_attacks_hand_every_record_over_with_its_own_class(data):
    view, records = view_of(module_on(data, discriminator=lambda: KnowsPairs(data.pool)), data)
    attacks = {"mean": DiscriminatorMean(standardise=False), "own": OwnPartition(standardise=False)}
    for result in attack_target(view, records, attacks, SETTINGS):
        assert (np.concatenate([result.member_scores, result.nonmember_scores]) == 1).all()


class Prototypes(nn.Module):
    """A generator of points around (c, c) for class c."""

    def forward(self, told):
        return told[:, LATENT:].argmax(1, keepdim=True) + 0.0 * told[:, :2] + 0.01 * told[:, :1]


def test_latent_search_generates_under_the_class_of_the_record(data):
    view, _ = view_of(module_on(data, generator=Prototypes()), data)
    points = torch.tensor([[0.0, 0.0], [3.0, 3.0], [3.0, 3.0]])
    own = torch.eye(5)[torch.tensor([0, 3, 1])]
    search = LatentSearch(max_steps=2)
    told = type(view)(**{**vars(view), "condition_of": lambda records: own})
    near, also_near, far = (-search(told, points).scores).tolist()
    assert max(near, also_near) < 0.1
    assert far > 2


def test_samples_under_attack_are_as_frequent_as_the_data(data):
    view, _ = view_of(module_on(data, generator=Prototypes()), data)
    assert len(set(view.samples.round().flatten().tolist())) == 5


def test_audit_module_attacks_a_conditional_run_with_its_controls(data):
    attacks = {"mean": DiscriminatorMean(), "latent": LatentSearch(max_steps=2)}
    result = audit_module(module_on(data), data, attacks, SETTINGS, module_on(data))
    assert [each.name for each in result.attacks] == ["mean", "latent"]
    assert result.controls is not None


def test_audit_of_arrays_refuses_discriminators_that_judge_under_unknown_classes(data):
    members, nonmembers = data.take_members()[0], data.take_nonmembers()
    with pytest.raises(ParganError, match=r"not known of these; attack the run itself, with attack.py run="):
        audit(module_on(data), members, nonmembers, settings=SETTINGS)

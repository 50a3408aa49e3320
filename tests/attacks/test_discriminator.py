import pytest
import torch

from pargan.attacks import (
    DiscriminatorGap,
    DiscriminatorMax,
    DiscriminatorMean,
    OwnPartition,
    PartitionsView,
    dead_discriminators,
    standardised_logits,
)


def view_of(networks, reference, partition=None):
    """A view whose K discriminators are plain functions of records (N, 1)."""
    return PartitionsView(
        samples=torch.zeros(1, 1),
        reference=reference,
        seed=0,
        generator=lambda latents: latents,
        latent_dim=1,
        sample_latents=torch.zeros(1, 1),
        num_partitions=len(networks),
        logits=lambda records: torch.stack([network(records.squeeze(1)) for network in networks]),
        partition=torch.zeros(0, dtype=torch.int64) if partition is None else partition,
    )


REFERENCE = torch.tensor([[-1.0], [1.0]])  # mean 0, SD 1
RECORDS = torch.tensor([[0.0], [2.0], [-3.0]])
ASCENDING, STEEP, DESCENDING = (lambda x: x), (lambda x: 10 * x + 100), (lambda x: -x)


def test_standardised_logits_remove_offset_and_scale():
    z = standardised_logits(view_of([ASCENDING, STEEP], REFERENCE), RECORDS)
    torch.testing.assert_close(z, torch.tensor([[0.0, 2.0, -3.0]]).expand(2, 3))


@pytest.mark.parametrize(
    ("attack", "expected"),
    [
        (DiscriminatorMean(), [0.0, 2 / 3, -1.0]),  # z = x, x, -x
        (DiscriminatorMax(), [0.0, 2.0, 3.0]),
        (DiscriminatorGap(), [0.0, 2.0, 6.0]),  # 2 - (2 - 2) / 2 and 3 - (-3 - 3) / 2
        (OwnPartition(), [0.0, -2.0, -3.0]),
        (DiscriminatorMean(standardise=False), [100 / 3, 120 / 3, 70 / 3]),
        (DiscriminatorMax(standardise=False), [100.0, 120.0, 70.0]),
        (DiscriminatorGap(standardise=False), [100.0, 120.0, 70.0]),  # the other two cancel
        (OwnPartition(standardise=False), [100.0, -2.0, -3.0]),
    ],
)
def test_discriminator_attacks_on_a_worked_example(attack, expected):
    view = view_of([ASCENDING, STEEP, DESCENDING], REFERENCE, partition=torch.tensor([1, 2, 0]))
    torch.testing.assert_close(attack(view, RECORDS), torch.tensor(expected))


@pytest.mark.parametrize("attack", [DiscriminatorMean(), DiscriminatorMax(), DiscriminatorGap(), OwnPartition()])
def test_discriminator_attacks_on_one_discriminator_equal_its_logit(attack):
    view = view_of([STEEP], REFERENCE, partition=torch.zeros(3, dtype=torch.int64))
    torch.testing.assert_close(attack(view, RECORDS), RECORDS.squeeze(1))


@pytest.mark.parametrize("constant", [0.0, 7.0, -1e6])
def test_dead_discriminators_are_listed_and_have_z_0(constant):
    noise = torch.tensor([0.0, 1e-7, 0.0]) * abs(constant)  # a forward pass rounds differently per block
    view = view_of([ASCENDING, lambda x: torch.full_like(x, constant) + noise[: len(x)]], REFERENCE)
    assert dead_discriminators(view) == [1]
    torch.testing.assert_close(standardised_logits(view, RECORDS)[1], torch.zeros(3))
    torch.testing.assert_close(DiscriminatorMean()(view, RECORDS), RECORDS.squeeze(1) / 2)


def test_dead_discriminators_exclude_tiny_logits_that_differ():
    view = view_of([lambda x: 1e-12 * x, ASCENDING], REFERENCE)
    assert dead_discriminators(view) == []
    torch.testing.assert_close(standardised_logits(view, RECORDS)[0], RECORDS.squeeze(1))

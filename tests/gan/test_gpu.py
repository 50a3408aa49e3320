"""On a GPU: training, random numbers of partitions, resuming, sampling and attacks do what they do on a CPU."""

import copy

import numpy as np
import pytest
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import nn

from pargan.attacks import MonteCarlo, NearestNeighbour
from pargan.attacks.discriminator import DiscriminatorMean
from pargan.attacks.neighbours import nearest
from pargan.audits import AuditSettings, attack_target, target_of
from pargan.fast.acceleration import Acceleration, Graphed, Plain
from pargan.fast.parallel_streams import ParallelStreams
from pargan.gan.discriminators import Discriminators
from pargan.seeding import seeded
from tests.helpers.tiny import (
    LOSSES,
    SGD,
    assert_equal_weights,
    attack_records,
    batches,
    blobs_in_partitions,
    fit_on,
    gan,
    trainer,
    weights,
    with_noise_and_batch_norm,
)

pytestmark = pytest.mark.gpu
ON_GPU = {"accelerator": "gpu", "devices": 1}


class InALoop(nn.Sequential):
    """A network that is not stacked."""

    def forward(self, records):
        return super().forward(records)


def in_a_loop():
    made, factory = with_noise_and_batch_norm()
    return made, lambda: InALoop(*factory())


# Stacked networks without dropout, whose masks they draw at once.
@pytest.mark.parametrize("networks", [None, in_a_loop], ids=["stacked", "loop"])
@pytest.mark.parametrize("acceleration", [Acceleration(), Graphed()], ids=["fast", "graph"])
@pytest.mark.parametrize("loss", LOSSES)
def test_gpu_trains_as_the_plain_loop_does(loss, acceleration, networks, tmp_path):
    found = []
    for each in (acceleration, Plain()):
        settings = {"generator_optimizer": SGD, "discriminator_optimizer": SGD, "networks": networks}
        module = gan(LOSSES[loss], acceleration=each, d_steps=2, **settings)
        fit_on(batches(8), module, tmp_path, **ON_GPU)
        found.append(weights(module.cpu()))
    for name, value in found[1].items():
        torch.testing.assert_close(found[0][name], value, atol=1e-4, rtol=1e-3, msg=name)


def test_gpu_partitions_in_a_loop_draw_the_same_masks_whichever_others_run():
    device = torch.device("cuda", 0)
    with torch.random.fork_rng(devices=[device]):
        torch.manual_seed(0)
        whole = Discriminators(in_a_loop()[1], 5).to(device)
    part = Discriminators(iter([copy.deepcopy(whole[k]) for k in (1, 3)]).__next__, 5, (1, 3)).to(device)
    records = torch.randn(5, 40, 2, device=device)
    logits = []
    for networks, rows in ((whole, records), (part, records[[1, 3]])):
        with seeded(0, device), networks.drawing_from(0, 7, device):
            logits.append((networks(rows), networks(rows)))
    for one, other in zip(*logits, strict=True):
        torch.testing.assert_close(one[[1, 3]], other)
    assert not torch.equal(*logits[0])  # the second pass draws new masks


def test_gpu_global_stream_continues_after_a_loop():
    device = torch.device("cuda", 0)
    networks = Discriminators(in_a_loop()[1], 3).to(device)
    drawn = []
    for used in (False, True):
        with seeded(0, device), networks.drawing_from(0, 0, device):
            if used:
                networks(torch.ones(3, 5, 2, device=device))
            drawn.append(torch.rand(4, device=device))
    assert torch.equal(*drawn)


@pytest.mark.parametrize("networks", [None, in_a_loop], ids=["stacked", "loop"])
@pytest.mark.parametrize("acceleration", [Acceleration(), Graphed()], ids=["fast", "graph"])
def test_gpu_resumed_run_equals_the_uninterrupted_one(acceleration, networks, tmp_path):
    def fit(folder, epochs, checkpoint=None):
        module = gan(networks=networks, acceleration=acceleration, d_steps=2)
        keep = ModelCheckpoint(folder, filename="{epoch}", save_top_k=-1)
        trainer(folder, epochs, [keep], **ON_GPU).fit(module, blobs_in_partitions(), ckpt_path=checkpoint)
        return weights(module.cpu())

    whole = fit(tmp_path / "whole", 4)
    assert_equal_weights(fit(tmp_path / "again", 4, tmp_path / "whole" / "epoch=1.ckpt"), whole)


def test_gpu_parallel_streams_give_what_one_stream_gives():
    """Sizes at which memory is reused all the time and the streams overlap."""
    device = torch.device("cuda", 0)
    weights_of = torch.randn(4, 512, 512, device=device) / 20
    streams, inputs = ParallelStreams(4, device), torch.randn(4, 256, 512, device=device)

    def chain(index, records):
        for _ in range(6):
            records = torch.tanh(records @ weight[index])
        return records.sum(1)

    for _ in range(20):
        found = []
        for mapped in (lambda rows: streams.map(chain, rows), lambda rows: [chain(*each) for each in enumerate(rows)]):
            weight = weights_of.clone().requires_grad_()
            outputs = torch.stack(mapped([row * 1.0 for row in inputs]))
            outputs.square().sum().backward()
            found.append((outputs.detach(), weight.grad))
        for one, other in zip(*found, strict=True):
            torch.testing.assert_close(one, other)


def test_gpu_nearest_is_that_of_the_cpu():
    records, samples = torch.randn(2, 3000, 20, generator=torch.Generator().manual_seed(0))
    records[7] = samples[5]  # a copy has distance 0 there too
    found, expected = nearest(records.cuda(), samples.cuda()), nearest(records, samples)
    torch.testing.assert_close(found[0].cpu(), expected[0])
    assert found[0][7] == 0
    assert (found[1].cpu() == expected[1]).float().mean() > 0.999


def test_gpu_attacks_score_as_on_the_cpu():
    module, records = gan(networks=in_a_loop), attack_records(size=200)
    attacks = {"mean": DiscriminatorMean(), "nearest": NearestNeighbour(), "monte_carlo": MonteCarlo()}
    found = []
    for device in ("cpu", "cuda"):
        target = target_of(module.to(device), records.reference, 300, 0)
        results = attack_target(target, records, attacks, AuditSettings(num_samples=300, draws=20))
        found.append({result.name: result.to_dict()["auc"] for result in results})
    for name, auc in found[0].items():
        assert found[1][name] == pytest.approx(auc, abs=2e-3), name
    assert np.ptp(list(found[0].values())) > 0

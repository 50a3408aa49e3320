"""Callbacks do not change the run: weights are bit-equal, modes and random states are restored."""

import numpy as np
import pytest
import torch
from pytorch_lightning.callbacks import Callback

from pargan import AttackCallback, GeneralizationGap, QualityCallback, SampleImages
from pargan.attacks import DiscriminatorGap, DiscriminatorMax, DiscriminatorMean, MonteCarlo, NearestNeighbour
from pargan.attacks import OwnPartition as Own
from pargan.callbacks import EpochProgress
from pargan.records.points import PointsSpec
from tests.helpers.tiny import (
    LOSSES,
    assert_equal_weights,
    blobs_in_partitions,
    gan,
    trainer,
    weights,
    with_noise_and_batch_norm,
)

ATTACKS = {
    "discriminator_mean": DiscriminatorMean(),
    "discriminator_max": DiscriminatorMax(),
    "discriminator_gap": DiscriminatorGap(),
    "own_partition": Own(),
    "nearest_neighbour": NearestNeighbour(),
    "monte_carlo": MonteCarlo(),
}


def observers(folder):
    return [
        AttackCallback(ATTACKS, num_records=40, num_samples=60, draws=20, path=folder / "attacks.jsonl"),
        GeneralizationGap(1, 40),
        QualityCallback(1, 60, 40),
        SampleImages(folder / "samples", 2, 40),
        EpochProgress(list(ATTACKS)),
    ]


class Modes(Callback):
    """The modes, gradient flags and random states at the start and at the end of each batch."""

    def __init__(self):
        self.seen = []

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        numpy_state = np.random.get_state()[1].tobytes()  # noqa: NPY002
        modes = tuple(module.training for module in pl_module.modules())
        flags = tuple(parameter.requires_grad for parameter in pl_module.parameters())
        self.seen.append((modes, flags, numpy_state, torch.random.get_rng_state().numpy().tobytes()))


def run(folder, callbacks, loss, **settings):
    module = gan(LOSSES[loss], networks=with_noise_and_batch_norm, d_steps=2, spec=PointsSpec(2))
    module.generator[2].eval()  # a module in eval mode stays in eval mode
    modes = Modes()
    trainer(folder, 3, [*callbacks, modes], **settings).fit(module, blobs_in_partitions())
    return module, modes.seen


@pytest.mark.parametrize("loss", ["js", "wgan"])
def test_callbacks_leave_weights_bit_equal(loss, tmp_path):
    alone, _ = run(tmp_path, [], loss)
    watched, seen = run(tmp_path, observers(tmp_path), loss, enable_progress_bar=True)
    assert_equal_weights(weights(watched), weights(alone))
    assert len(seen) == 3 * 4
    assert len(set(seen)) == 1  # after all callbacks of an epoch, all states are as at the run's first batch
    assert len((tmp_path / "attacks.jsonl").read_text().splitlines()) == 3 * len(ATTACKS)
    assert sorted(path.name for path in (tmp_path / "samples").iterdir()) == [
        "epoch_00001.png",
        "epoch_00002.png",
        "epoch_00003.png",
    ]

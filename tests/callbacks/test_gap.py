import numpy as np
import pytest

from pargan import GeneralizationGap
from pargan.attacks import standardised_logits
from pargan.audits import AttackRecords, target_of
from tests.helpers.tiny import blobs_in_partitions, gan, trainer


def test_generalization_gap_is_own_partition_minus_nonmembers(tmp_path):
    module, datamodule = gan(), blobs_in_partitions()
    pl_trainer = trainer(tmp_path, 2, [GeneralizationGap(1, num_records=None, seed=0)])
    pl_trainer.fit(module, datamodule)
    records = AttackRecords.of(datamodule, None, seed=0)
    target = target_of(module, records.reference, num_samples=1, seed=0)
    members, nonmembers = (
        standardised_logits(target, group).numpy() for group in (records.members, records.nonmembers)
    )
    for k in range(3):
        in_partition = members[k, records.partition.numpy() == k]
        assert len(in_partition) == 40
        expected = in_partition.mean() - nonmembers[k].mean()
        assert pl_trainer.callback_metrics[f"gap/partition_{k}"] == pytest.approx(expected, abs=1e-5)
    gaps = [float(pl_trainer.callback_metrics[f"gap/partition_{k}"]) for k in range(3)]
    assert pl_trainer.callback_metrics["gap/mean"] == pytest.approx(np.mean(gaps), abs=1e-6)


def test_generalization_gap_mean_leaves_out_partitions_without_records(tmp_path):
    pl_trainer = trainer(tmp_path, 1, [GeneralizationGap(1, num_records=2)])  # two members of three partitions
    pl_trainer.fit(gan(), blobs_in_partitions())
    logged = {key: float(value) for key, value in pl_trainer.callback_metrics.items() if key.startswith("gap/")}
    measured = [value for key, value in logged.items() if key != "gap/mean"]
    assert 1 <= len(measured) <= 2
    assert logged["gap/mean"] == pytest.approx(np.mean(measured), abs=1e-6)

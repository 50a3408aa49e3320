"""Monitored names are checked before training, except quality metrics, which the data set defines."""

import pytest
from pytorch_lightning import Callback
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint

from pargan import AttackCallback, GeneralizationGap, QualityCallback
from pargan.app.monitor_checks import check_monitors
from pargan.attacks import NearestNeighbour
from pargan.callbacks import EpochProgress
from pargan.errors import ParganError

FAMILIES = {
    "quality": QualityCallback(),
    "gap": GeneralizationGap(),
    "attacks": AttackCallback({"nn": NearestNeighbour()}),
}
MEASURED = ["quality/distance", "quality/on_trust", "gap/mean", "gap/partition_1", "loss/generator"]
MEASURED += ["loss/discriminator", "loss/discriminator_1", "attack/nn/auc", "attack/nn/auc_low", "attack/nn/auc_high"]
MEASURED += ["attack/nn/tpr_at_1pct_fpr"]
UNKNOWN = ["gap/partition_2", "loss/discriminator_2", "loss/nothing", "attack/nn/p_value", "attack/other/auc", "auc"]


def watched(monitor, **others):
    return {**FAMILIES, **others, "stop": EarlyStopping(monitor)}


@pytest.mark.parametrize("monitor", MEASURED)
def test_check_monitors_accepts_measured_names(monitor):
    check_monitors(watched(monitor), num_partitions=2)


@pytest.mark.parametrize("monitor", UNKNOWN)
def test_check_monitors_refuses_unknown_names(monitor):
    with pytest.raises(ParganError) as error:
        check_monitors(watched(monitor), num_partitions=2)
    assert (error.value.argument, error.value.value) == ("callbacks.stop.monitor", monitor)
    expected = "choose one of quality/distance, gap/mean, attack/nn/auc, loss/generator, loss/discriminator"
    assert error.value.remedy == expected


@pytest.mark.parametrize("monitor", ["quality/distance", "gap/mean", "attack/nn/auc"])
def test_check_monitors_refuses_names_without_their_callback(monitor):
    with pytest.raises(ParganError) as error:
        check_monitors({"stop": EarlyStopping(monitor)}, num_partitions=2)
    assert error.value.remedy == "choose one of loss/generator, loss/discriminator"


def test_check_monitors_accepts_checkpoints_without_monitor():
    for monitor in ("epoch", "step", None):
        check_monitors({"best": ModelCheckpoint(monitor=monitor)}, num_partitions=2)
    with pytest.raises(ParganError) as error:
        check_monitors({"stop": EarlyStopping("epoch")}, num_partitions=2)
    assert (error.value.argument, error.value.value) == ("callbacks.stop.monitor", "epoch")


@pytest.mark.parametrize("attacks", [None, [], ["nn"], ["own_partition", "nn"]])
def test_check_monitors_accepts_shown_attacks(attacks):
    check_monitors({**FAMILIES, "progress": EpochProgress(attacks)}, num_partitions=2)


def test_check_monitors_refuses_unknown_shown_attacks():
    for families, remedy in ((FAMILIES, "choose among nn"), ({}, "give null")):
        with pytest.raises(ParganError) as error:
            check_monitors({**families, "progress": EpochProgress(["nosuch", "own_partition"])}, num_partitions=2)
        assert (error.value.argument, error.value.value) == ("callbacks.progress.attacks", "[nosuch,own_partition]")
        assert error.value.remedy == remedy


def test_check_monitors_trusts_a_users_callback():
    class Mine(Callback):
        pass

    check_monitors(watched("mine/metric", mine=Mine()), num_partitions=2)

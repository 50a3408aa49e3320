import numpy as np
import pytest

from pargan.errors import ParganError
from pargan.report.history import Curve, better_epoch, read_history


def test_read_history_keeps_only_the_epochs_with_a_measurement(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,loss/generator,attack/monte_carlo/auc,empty\n0,0.7,,\n1,0.8,0.52,\n2,nan,,\n")
    history = read_history(path)
    assert history.keys() == {"loss/generator", "attack/monte_carlo/auc"}
    np.testing.assert_array_equal(history["loss/generator"].values, [0.7, 0.8, np.nan])
    assert history["attack/monte_carlo/auc"].epochs.tolist() == [2]
    assert read_history(tmp_path / "none.csv") == {}


@pytest.mark.parametrize(
    "content",
    [b"epocl,auc\n0,0.5\n", b"epoch,auc\n0,0.5\n1,0.\xff\n", b"epoch,auc\n0,0.5\nx,0.5\n", b"epoch,auc\n0,1,2\n"],
)
def test_read_history_refuses_a_damaged_file(tmp_path, content):
    path = tmp_path / "metrics.csv"
    path.write_bytes(content)
    with pytest.raises(ParganError, match=r"metrics.csv is damaged; use an unaltered copy of the run, or move it away"):
        read_history(path)


def curves(quality, **aucs):
    """Curves over epochs 1, 50, 100, ... with intervals of 0.02 on both sides."""
    epochs = np.array([1.0, 50.0, 100.0, 150.0])[: len(quality)]
    made = {"quality/coverage": Curve(epochs, np.linspace(0.1, 0.9, len(epochs)))}
    made |= {f"quality/{name}": Curve(epochs, np.array(quality)) for name in ("distance", "fid")}
    for name, values in aucs.items():
        for key, shift in (("auc", 0.0), ("auc_low", -0.02), ("auc_high", 0.02)):
            made[f"attack/{name}/{key}"] = Curve(epochs, np.array(values) + shift)
    return made


def test_better_epoch_had_better_quality_and_leaked_less():
    history = curves([90.0, 4.0, 5.0, 8.5], mean=[0.5, 0.63, 0.68, 0.69], own=[0.5, 0.915, 0.95, 0.963])
    sentence = better_epoch(history)
    assert sentence == (
        "Epoch 50 was better and leaked less than the last one: fid 4 instead of 8.5 (lower is better), AUC of own "
        "0.915 instead of 0.963. To stop there, train with trainer.max_epochs=50."
    )


@pytest.mark.parametrize(
    "found",
    [
        curves([90.0, 4.0, 3.0, 2.0], mean=[0.5, 0.6, 0.65, 0.7]),  # quality was worse
        curves([90.0, 2.0, 2.5, 3.0], mean=[0.5, 0.69, 0.68, 0.7]),  # the intervals overlap
        curves([90.0, 2.0, 2.5, 3.0], mean=[0.5, 0.6, 0.65, 0.7], own=[0.5, 0.9, 0.9, 0.8]),  # own found more
        curves([3.0], mean=[0.5]),
        curves([3.0, 4.0]),
        {},
    ],
)
def test_better_epoch_is_none_where_the_history_does_not_show_one(found):
    assert better_epoch(found) is None


def test_better_epoch_ignores_epochs_where_an_attack_was_not_measured():
    found = curves([90.0, 2.0, 2.5, 3.0], mean=[0.5, 0.6, 0.65, 0.8])
    found["attack/mean/auc"] = Curve(np.array([1.0, 100.0, 150.0]), np.array([0.5, 0.65, 0.8]))
    assert "Epoch 100 " in better_epoch(found)

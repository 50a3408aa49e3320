import numpy as np

from pargan.report.history import read_history


def test_read_history_keeps_only_the_epochs_with_a_measurement(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,loss/generator,attack/monte_carlo/auc,empty\n0,0.7,,\n1,0.8,0.52,\n2,nan,,\n")
    history = read_history(path)
    assert history.keys() == {"loss/generator", "attack/monte_carlo/auc"}
    np.testing.assert_array_equal(history["loss/generator"].values, [0.7, 0.8, np.nan])
    assert history["attack/monte_carlo/auc"].epochs.tolist() == [1]
    assert read_history(tmp_path / "none.csv") == {}

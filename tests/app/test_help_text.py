"""--help shows the options, and the keys of the chosen ones with their comments."""

import pytest

from pargan.app import resolvers
from pargan.app.help_text import help_text


@pytest.fixture(autouse=True)
def _columns(monkeypatch):
    resolvers.register()
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("sys.argv", ["train.py"])


@pytest.mark.parametrize(
    ("overrides", "shown"),
    [
        ([], ["dataset: blobs, broward, cifar10, circles, csv, [digits]", "seed: 0 ", "# records of each partition"]),
        (["dataset=csv"], ["[csv]", "delimiter: auto ", "# between cells", "types: null"]),
        (["loss=wgan", "seed=7"], ["[wgan]", "[rmsprop]", "penalty_weight: 10.0 ", "seed: 7 "]),
        (["attack=[rmia,own_partition]"], ["[own_partition], [rmia]", "gamma: 1.0", "rmia:  "]),
    ],
)
def test_help_text_of_train(overrides, shown):
    text = help_text("train", overrides)
    for part in shown:
        assert part in text
    assert max(map(len, text.splitlines())) <= 100


def test_help_text_of_attack():
    text = help_text("attack", ["target=samples"])
    for part in ("module, release, run, [samples]", "synthetic: null", "[nearest_neighbour]", "audit:", "attack.py"):
        assert part in text


def test_help_text_of_a_config_dir(monkeypatch, tmp_path):
    (tmp_path / "loss").mkdir()
    (tmp_path / "loss" / "mine.yaml").write_text("# My loss.\n_target_: my_losses.Mine\nscale: 2  # of it all\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["train.py", "--config-dir", ".", "loss=mine"])
    text = help_text("train", ["--config-dir", ".", "loss=mine"])
    for part in ("lsgan, [mine], wgan", "# My loss.", "_target_: my_losses.Mine", "# of it all"):
        assert part in text

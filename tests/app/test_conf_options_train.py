"""Every option of every group trains two steps. A row is one run, and every option stands in some row."""

import csv

import numpy as np
import pytest
from PIL import Image

from pargan.app.train import train
from tests.helpers.composed import GROUPS, composed, options

ROWS = """
dataset       partition   loss   latents      acceleration  model   callbacks       logger       experiment  attack
digits        iid         js     independent  fast          dcgan   default         csv          none        discriminator_mean+density_ratio+surrogate_discriminator
blobs         by_label    wgan   shared       fast          points  early_stopping  none         smoke       discriminator_max+latent_search+monte_carlo_raw
circles       contiguous  hinge  independent  plain         points  none            tensorboard  none        discriminator_gap+latent_search_lbfgs+density_ratio_gaussian+monte_carlo_reference
csv           dirichlet   lsgan  shared       fast          table   default         csv          smoke       monte_carlo+monte_carlo_mixed+nearest_neighbour_mixed+density_ratio_mixed+dpi+local_neighbourhood
npz           by_label    js     independent  fast          mlp     default         none         none        nearest_neighbour+nearest_neighbour_pca+nearest_neighbour_features+gen_lra+dcr_difference
image_folder  dirichlet   wgan   independent  fast          dcgan32 early_stopping  csv          smoke       own_partition+monte_carlo_features+monte_carlo_percentile+monte_carlo_log
digits        iid         hinge  independent  fast          mlp     none            tensorboard  none        none
"""  # noqa: E501
HEADER, *CHOSEN = [tuple(row.split()) for row in ROWS.strip().splitlines()]
# These need a download, an account or a GPU; other tests run them where there is one.
ELSEWHERE = {"mnist", "fashion_mnist", "cifar10", "hospital", "broward", "wandb"}
ELSEWHERE |= {"compile", "graph"}  # tests/fast
ELSEWHERE |= {"calibrated", "shadow", "rmia", "for_tables"}  # not in training
SMALL = [
    "trainer=cpu", "num_partitions=3", "data.batch_size=10", "data.members=60", "data.nonmembers=40",
    "data.reference=40", "generator_steps=2", "evaluate_every=1", "audit.num_samples=50",
    "audit.num_records=30", "audit.num_quality=40", "audit.draws=20",
]  # fmt: skip

SHORT = {name: [f"attack.{name}.max_steps=8"] for name in options("attack") if name.startswith(("latent", "surr"))}


def own_csv(folder):
    random = np.random.default_rng(0)
    rows = [f"{random.normal():.3f},{random.integers(9)},{random.choice(['red', 'blue'])}" for _ in range(200)]
    (folder / "my.csv").write_text("\n".join(["size,count,colour", *rows]))
    return [f"dataset.path={folder / 'my.csv'}"]


def own_npz(folder):
    images = np.random.default_rng(0).integers(256, size=(200, 8, 8), dtype=np.uint8)
    np.savez(folder / "my.npz", x=images, y=np.arange(200) % 4)
    return [f"dataset.path={folder / 'my.npz'}"]


def own_images(folder):
    for i, pixels in enumerate(np.random.default_rng(0).integers(256, size=(150, 9, 8, 3), dtype=np.uint8)):
        path = folder / "images" / ("cats" if i % 2 else "dogs") / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    return [f"dataset.path={folder / 'images'}", "dataset.size=8", "model.discriminator.width=8"]


OWN = {"csv": own_csv, "npz": own_npz, "image_folder": own_images}


def test_conf_options_stand_in_the_rows_that_train():
    for place, group in enumerate(HEADER):
        assert {each for row in CHOSEN for each in row[place].split("+")} == set(options(group)) - ELSEWHERE, group
    assert set(HEADER) == {*GROUPS, "dataset", "attack"} - {"trainer", "optimizer"}


@pytest.mark.parametrize("row", CHOSEN, ids="-".join)
def test_conf_option_trains(row, tmp_path):
    chosen = dict(zip(HEADER, row, strict=True))
    if chosen["logger"] == "tensorboard":
        pytest.importorskip("tensorboard")
    folder = tmp_path / "run"
    given = OWN[chosen["dataset"]](tmp_path) if chosen["dataset"] in OWN else []
    attacks = chosen.pop("attack").split("+")
    overrides = [*(f"{group}={option}" for group, option in chosen.items()), f"attack=[{','.join(attacks)}]"]
    overrides += [each for name in attacks for each in SHORT.get(name, [])]
    cfg = composed(*SMALL, *overrides, *given, folder=folder)
    result = train(cfg, {"num_partitions": 3, "seed": 0})
    assert result["status"] == "finished"
    assert result["training"] == {"epochs": 1, "generator_steps": 2, "steps_per_epoch": 2}
    assert [each["attack"] for each in result["attacks"]] == [name for name in attacks if name != "none"]
    assert (folder / "result.json").is_file()
    with (folder / "metrics.csv").open(newline="") as file:
        (only,) = csv.DictReader(file)
    assert np.isfinite(float(only["loss/generator"]))
    if chosen["callbacks"] != "none":
        assert {path.name for path in (folder / "private" / "checkpoints").iterdir()} == {"best.ckpt", "last.ckpt"}
        assert np.isfinite(float(only["quality/distance"]))

"""A user's own tables, arrays and images, under every loss and partition scheme."""

import numpy as np
import pytest
from PIL import Image

from tests.helpers.launch import aucs, only_run, result_of, rows, write_table

QUICK = (
    "num_partitions=2",
    "data.batch_size=10",
    "experiment=smoke",
    "trainer.accelerator=cpu",
    "callbacks.attacks.num_samples=50",
    "audit.num_samples=60",
    "attack=[nearest_neighbour,discriminator_max]",
)
CASES = [
    pytest.param("js", "iid"),
    pytest.param("wgan", "contiguous", marks=pytest.mark.slow),
    pytest.param("hinge", "by_label", marks=pytest.mark.slow),
    pytest.param("lsgan", "dirichlet", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("loss", "partition"), CASES)
def test_train_on_a_csv_generates_rows_of_its_format(run, tmp_path, loss, partition):
    write_table(tmp_path / "my.csv")
    trained = run("train", "dataset=csv", "dataset.path=my.csv", f"loss={loss}", f"partition={partition}", *QUICK)
    assert trained.status == 0, trained.err
    directory = only_run(tmp_path)
    assert directory.parent.name == f"csv-{loss}-k2-s0"
    real = rows(tmp_path / "my.csv")
    generated = rows(directory / "samples" / "generated.csv")
    assert list(generated[0]) == ["age", "dose in mg", "town", "sick"]
    assert len(generated) == 60
    for name in ("town", "sick"):
        assert {row[name] for row in generated} <= {row[name] for row in real}
    ages = [int(row["age"]) for row in real]
    assert all(min(ages) <= int(row["age"]) <= max(ages) for row in generated)
    assert all(np.isfinite(float(row["dose in mg"])) for row in generated)

    sizes = ("audit.num_samples=60", "audit.num_records=100", "audit.draws=100")
    attacked = run("attack", f"run={directory}", "attack=nearest_neighbour", "device=cpu", *sizes)
    assert attacked.status == 0, attacked.err
    (output,) = (directory / "attacks").iterdir()
    again = aucs(result_of(output))["nearest_neighbour"]
    assert again == aucs(result_of(directory))["nearest_neighbour"]


@pytest.mark.slow
@pytest.mark.parametrize("channels", [(), (3,)])
def test_train_on_images_in_an_array(run, tmp_path, channels):
    images = np.random.default_rng(0).integers(0, 256, (120, 12, 12, *channels), dtype=np.uint8)
    np.savez(tmp_path / "my.npz", x=images)
    trained = run("train", "dataset=npz", "dataset.path=my.npz", *QUICK)
    assert trained.status == 0, trained.err
    with np.load(only_run(tmp_path) / "samples" / "generated.npz") as generated:
        assert generated["x"].shape == (60, 12, 12, *channels)
        assert generated["x"].dtype == np.uint8


@pytest.mark.slow
def test_train_on_points_in_an_array(run, tmp_path):
    units = np.array([1e-6, 1.0, 1e7])
    points = (5 + np.random.default_rng(0).normal(size=(120, 3))) * units
    np.savez(tmp_path / "my.npz", x=points)
    trained = run("train", "dataset=npz", "dataset.path=my.npz", "model=points", *QUICK)
    assert trained.status == 0, trained.err
    assert "note: coordinates are brought to mean 0" in trained.out
    with np.load(only_run(tmp_path) / "samples" / "generated.npz") as generated:
        assert generated["x"].shape == (60, 3)
        assert (np.abs(generated["x"].mean(0) / units - 5) < 3).all()  # in the units of the file after two steps


@pytest.mark.slow
def test_train_on_images_in_folders(run, tmp_path):
    rng = np.random.default_rng(0)
    for place in range(80):
        path = tmp_path / "images" / ("cat" if place % 2 else "dog") / f"{place}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (20, 24, 3), dtype=np.uint8)).save(path)
    (tmp_path / "images" / "cat" / "1.heic").write_text("")
    chosen = ("dataset=image_folder", "dataset.path=images", "dataset.size=16", "partition=by_label")
    trained = run("train", *chosen, *QUICK)
    assert trained.status == 0, trained.err
    note = "skipped 1 file (1 .heic: cat/1.heic): no image that can be read, by its ending"
    assert f"note: {note}\n" in trained.out
    assert result_of(only_run(tmp_path))["data"]["notes"] == [note]
    with np.load(only_run(tmp_path) / "samples" / "generated.npz") as generated:
        assert generated["x"].shape == (60, 16, 16, 3)


def test_attack_and_resume_of_a_run_whose_table_has_moved(run, tmp_path):
    write_table(tmp_path / "my.csv")
    quick = (*QUICK, "attack=none", "trainer.max_epochs=1")
    assert run("train", "dataset=csv", "dataset.path=my.csv", *quick).status == 0
    directory = only_run(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "my.csv").rename(tmp_path / "elsewhere" / "moved.csv")
    gone = run("attack", f"run={directory}", "attack=none", "device=cpu")
    assert gone.status == 1
    assert "dataset.path=my.csv is not a file" in gone.err
    moved = "dataset.path=elsewhere/moved.csv"
    attacked = run("attack", f"run={directory}", moved, "attack=none", "device=cpu", "audit.num_samples=60")
    assert attacked.status == 0, attacked.err
    continued = run("train", f"resume={directory}", "dataset=csv", moved, "trainer.max_epochs=2")
    assert continued.status == 0, continued.err
    assert result_of(directory)["training"]["epochs"] == 2

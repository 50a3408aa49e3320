"""inception=...: metrics in Inception's features wherever quality is measured, with random weights."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn

from tests.helpers.launch import only_announced, only_run, result_of, rows

DIGITS = (
    "dataset=digits", "num_partitions=2", "data.members=40", "data.nonmembers=20", "data.reference=20",
    "data.batch_size=10", "attack=none", "trainer=cpu", "trainer.max_epochs=1", "generator_steps=null",
    "callbacks.quality.num_samples=3", "callbacks.quality.num_records=4",
)  # fmt: skip
SIZES = ("audit.num_quality=4", "audit.num_samples=6", "audit.draws=20")
BLOBS = ("dataset=blobs", "num_partitions=2", "data.members=40", "data.batch_size=10", "attack=none", "trainer=cpu")
FIGURES = ("fid", "kid", "precision", "recall", "density", "coverage")


def assert_measured_by_inception(quality):
    (suffix,) = {name.partition("_")[2] for name in quality}
    assert suffix.startswith("inception_")  # these are not the published weights
    assert list(quality) == [f"{name}_{suffix}" for name in FIGURES]
    assert quality[f"fid_{suffix}"] > 0


def test_inception_measures_training_and_attacks(run, tmp_path, inception_weights):
    ended = run("train", *DIGITS, *SIZES, f"inception={inception_weights}")
    assert ended.status == 0, ended.err
    directory = only_run(tmp_path)
    trained = result_of(directory)["quality"]
    assert_measured_by_inception(trained)
    (epoch,) = rows(directory / "metrics.csv")
    assert_measured_by_inception(
        {key.partition("/")[2]: float(value) for key, value in epoch.items()
         if key.startswith("quality/") and key != "quality/distance"}
    )  # fmt: skip
    attack = ("attack", f"run={directory}", "attack=none", "device=cpu", *SIZES)
    assert run(*attack, f"inception={inception_weights}").status == 0
    (again,) = directory.glob("attacks/*")
    assert result_of(again)["quality"] == pytest.approx(trained)
    ended = run(*attack)  # the run's own choice is not taken over: its file may be on another machine
    assert ended.status == 0, ended.err
    (without,) = set(directory.glob("attacks/*")) - {again}
    assert "fid_refmlp" in result_of(without)["quality"]
    moved = tmp_path / "moved.pth"
    moved.hardlink_to(inception_weights)
    ended = run("train", f"resume={directory}", f"inception={moved}", "trainer.max_epochs=2")
    assert ended.status == 0, ended.err
    assert result_of(directory)["quality"].keys() == trained.keys()


class Grey(nn.Module):
    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        return latents.tanh().reshape(-1, 1, 8, 8)


def test_inception_measures_audits_of_files(run, tmp_path, inception_weights):
    rng = np.random.default_rng(0)
    for name in ("members", "nonmembers", "synthetic"):
        np.savez(tmp_path / f"{name}.npz", x=rng.integers(256, size=(20, 8, 8), dtype=np.uint8))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch prefers torch.export
        torch.jit.script(Grey()).save(tmp_path / "generator.pt")
    given = (*(f"{name}={name}.npz" for name in ("members", "nonmembers")), "attack=none", "device=cpu", *SIZES)
    targets = (
        ["target=samples", "synthetic=synthetic.npz"],
        ["target=module", "module=generator.pt", "trust=true", "latent_dim=64"],
    )
    for target in targets:
        known = set(tmp_path.glob("outputs/audits/*"))
        ended = run("attack", *target, *given, f"inception={inception_weights}")
        assert ended.status == 0, ended.err
        (new,) = set(tmp_path.glob("outputs/audits/*")) - known
        assert_measured_by_inception(result_of(new)["quality"])


def test_inception_that_cannot_be_used_is_refused_before_training(run, tmp_path, inception_weights):
    np.savez(tmp_path / "m.npz", x=np.random.default_rng(0).normal(size=(20, 2)))
    np.savez(tmp_path / "n.npz", x=np.random.default_rng(1).normal(size=(20, 2)))
    (tmp_path / "other.pth").write_bytes(b"something else")
    samples = ("target=samples", "members=m.npz", "nonmembers=n.npz", "synthetic=m.npz", "device=cpu")
    kind = "measures images, but the data set's records are of kind points; leave inception out"
    cases = [
        ("train", (*DIGITS, "inception=no.pth"), "inception=no.pth cannot be read (No such file or directory); give"),
        ("train", (*DIGITS, "inception=other.pth"), "inception=other.pth does not hold the weights"),
        ("train", (*DIGITS, "inception=3"), "inception=3 does not work; give a path"),
        ("train", (*BLOBS, f"inception={inception_weights}"), f"inception={inception_weights} {kind}"),
        ("attack", (*samples, f"inception={inception_weights}"), f"inception={inception_weights} {kind}"),
        ("attack", (*samples, "inception=no.pth"), "inception=no.pth cannot be read"),
    ]
    before = set(tmp_path.rglob("*"))
    for name, arguments, part in cases:
        ended = run(name, *arguments)
        assert ended.status == 1
        assert only_announced(ended.out)
        (line,) = ended.err.splitlines()
        assert line.startswith(f"{name}.py: {part}")
        assert set(tmp_path.rglob("*")) == before

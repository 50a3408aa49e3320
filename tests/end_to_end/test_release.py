"""sample.py and export.py on a finished run: what they write, and one sentence for everything that cannot be."""

import numpy as np
import pytest

import pargan
from tests.helpers.launch import SMALL, only_run


@pytest.fixture
def trained(run, tmp_path):
    ended = run("train", *SMALL, "attack=[nearest_neighbour]", "trainer.max_epochs=1")
    assert ended.status == 0, ended.err
    return only_run(tmp_path).relative_to(tmp_path)


def test_sample_and_export_of_a_finished_run(run, tmp_path, trained):
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    sampled = run("sample", f"run={trained}", "out=many.npz", "num=1300", "seed=1", "device=cpu", "batch_size=70")
    assert sampled.status == 0, sampled.err
    first, second = sampled.out.splitlines()
    assert first == "1,300 records -> many.npz"
    assert second == (
        "exact copies: of 1,300 generated records 0 (0.00%) equal one of 120 members and 0 (0.00%) equal one of 60 "
        "nonmembers"
    )
    assert run("sample", f"run={trained}", "out=again.npz", "seed=1", "device=cpu").status == 0
    with np.load(tmp_path / "many.npz") as many, np.load(tmp_path / "again.npz") as again:
        assert len(again["x"]) == 120  # as many as members
        np.testing.assert_array_equal(many["x"][:120], again["x"])
        exported = run("export", f"run={trained}", "out=released/blobs", "num=50", "seed=1")
        assert exported.status == 0, exported.err
        assert exported.out.startswith("generator -> released/blobs")
        loaded = pargan.load_generator(tmp_path / "released" / "blobs")
        np.testing.assert_allclose(loaded.generate(120, seed=1), again["x"], atol=1e-5)
    card = (tmp_path / "released" / "blobs" / "README.md").read_text()
    assert "| data set | blobs |" in card
    assert "| nearest_neighbour | samples | 0." in card
    new = {str(path.relative_to(tmp_path)) for path in set(tmp_path.rglob("*")) - before if path.is_file()}
    files = ("README.md", "config.json", "generator.safetensors", "samples.npz")
    assert new == {"many.npz", "again.npz", *(f"released/blobs/{name}" for name in files)}


def test_sample_and_export_refuse_bad_input(run, tmp_path, trained):
    (tmp_path / "there.npz").write_text("mine")
    (tmp_path / "empty").mkdir()
    given = f"run={trained}"
    cases = {
        ("sample", "out=x.npz"): ["run is missing", "run=outputs/"],
        ("sample", given): ["out is missing", "out=samples.npz"],
        ("export", given): ["out is missing", "out=my_generator"],
        ("sample", "run=empty", "out=x.npz"): ["run=empty is not a run directory"],
        ("export", "run=nowhere", "out=x"): ["run=nowhere is not a run directory"],
        ("sample", given, "out=there.npz"): ["out=there.npz exists already", "out=there-2.npz"],
        ("export", given, "out=empty"): ["out=empty exists already", "out=empty-2"],
        ("sample", given, "out=x.csv"): ["out=x.csv does not suit records of kind points", "out=samples.npz"],
        ("sample", given, "out=x.npz", "num=0"): ["num=0", "1 or more"],
        ("sample", given, "out=x.npz", "batch_size=0"): ["batch_size=0", "1 or more"],
        ("sample", given, "out=x.npz", "drop_copies=maybe"): ["drop_copies=maybe", "true or false"],
        ("sample", given, "out=x.npz", "checkpoint=nope"): ["checkpoint=nope is not there"],
        ("sample", given, "out=x.npz", "nosuch=1"): ["nosuch is not a key"],
        ("sample", given, "out=x.npz", "out=2024"): ["out=2024", "./2024"],
        ("export", given, "out=x", "format=jit"): ["format=jit is unknown", "pt2, onnx"],
    }
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    for arguments, parts in cases.items():
        ended = run(*arguments)
        assert ended.status == 1, arguments
        (line,) = ended.err.splitlines()
        assert line.startswith(f"{arguments[0]}.py: ")
        assert all(part in line for part in parts), line
        assert not ended.out
        assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before, arguments
    (tmp_path / trained / "result.json").unlink()
    for name in ("sample", "export"):
        ended = run(name, given, "out=x")
        assert ended.status == 1
        assert (
            f"{given} is not finished: it has no result.json; continue it with train.py resume={trained}" in ended.err
        )

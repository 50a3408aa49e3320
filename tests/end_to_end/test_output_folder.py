"""A command refuses a non-empty output directory, and never overwrites or removes files in it."""

import json

import pytest

from pargan.io.run_directory import README
from tests.helpers.launch import SMALL, result_of, run_process

QUICK = (*SMALL, "attack=[nearest_neighbour]", "trainer.max_epochs=1")


def _contents(folder):
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.fixture
def audited(run, tmp_path):
    """A finished audit in audits/alice, and the arguments that made it."""
    for name in ("m", "n", "s"):
        lines = [f"{ord(name)}{i}.5,{i % 7}" for i in range(40)]
        (tmp_path / f"{name}.csv").write_text("a,b\n" + "\n".join(lines) + "\n")
    files = ("target=samples", "members=m.csv", "nonmembers=n.csv", "synthetic=s.csv", "audit.draws=10")
    assert run("attack", *files, "hydra.run.dir=audits/alice").status == 0
    assert result_of(tmp_path / "audits/alice")["status"] == "finished"
    return files


@pytest.mark.parametrize("more", [(), ("nonmembers=typo.csv",)], ids=["again", "with a typing error"])
def test_attack_refuses_the_directory_of_another_audit(run, audited, tmp_path, more):
    before = _contents(tmp_path)
    ended = run("attack", *audited, *more, "hydra.run.dir=audits/alice")
    assert ended.status == 1
    assert ended.err == ("attack.py: hydra.run.dir=audits/alice holds files already; give a new or an empty folder\n")
    assert _contents(tmp_path) == before


def test_train_refuses_the_directory_of_another_run(run, tmp_path):
    assert run("train", *QUICK, "hydra.run.dir=mine/seed${seed}").status == 0
    before = _contents(tmp_path)
    ended = run("train", *QUICK, "loss=wgan", "hydra.run.dir=mine/seed${seed}")
    assert ended.status == 1
    for part in ("train.py: hydra.run.dir=mine/seed0 holds files already", "resume=mine/seed0 to continue that run"):
        assert part in ended.err
    assert _contents(tmp_path) == before


@pytest.mark.parametrize("override", ["num_partitions=0", "resume=nope"])
def test_train_removes_no_file_of_the_user_when_it_is_refused(run, tmp_path, override):
    (tmp_path / "thesis.tex").write_text("three years")
    (tmp_path / "empty").mkdir()
    before = _contents(tmp_path)
    for folder in (".", "new/one"):
        assert run("train", *QUICK, override, f"hydra.run.dir={folder}").status == 1
        assert _contents(tmp_path) == before


def test_train_refuses_a_run_directory_apart_from_its_configuration(run, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("three years")
    before = _contents(tmp_path)
    ended = run("train", *QUICK, "run_directory=mine")
    assert ended.status == 1
    assert "give hydra.run.dir=mine" in ended.err
    assert _contents(tmp_path) == before


LEFT = {".hydra/config.yaml": "seed: 0", ".training.lock": "", "README.txt": README, "private/.m.npz.7.partial": "x"}


@pytest.mark.parametrize("more", [{}, {"thesis.tex": "x"}, {"README.txt": "mine"}, {"private/membership.npz": "x"}])
def test_train_uses_the_folder_of_a_killed_start_only(run, tmp_path, more):
    for name, text in (LEFT | more).items():
        path = tmp_path / "mine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    before = _contents(tmp_path)
    ended = run("train", *QUICK, "hydra.run.dir=mine")
    assert ended.status == (1 if more else 0), ended.err
    if more:
        assert "holds files already" in ended.err
        assert _contents(tmp_path) == before


def test_train_keeps_an_empty_folder_that_it_did_not_make(run, tmp_path):
    (tmp_path / "mine").mkdir()
    for folder in ("mine", "mine/runs/a"):
        assert run("train", *QUICK, "num_partitions=0", f"hydra.run.dir={folder}").status == 1
        assert [path.name for path in tmp_path.rglob("*")] == ["mine"]


def test_sweep_refuses_the_directory_of_another_sweep(run, tmp_path):
    (tmp_path / "sweep" / "0-blobs").mkdir(parents=True)
    (tmp_path / "sweep" / "0-blobs" / "result.json").write_text(json.dumps({"status": "finished"}))
    before = _contents(tmp_path)
    ended = run("train", "-m", *QUICK, "seed=0,1", "hydra.sweep.dir=sweep")
    assert ended.status == 1
    assert "hydra.sweep.dir=sweep holds files already" in ended.err
    assert _contents(tmp_path) == before


@pytest.mark.slow
def test_sweep_refuses_an_objective_that_is_not_measured_before_it_trains(tmp_path):
    ended = run_process("train", "-m", *QUICK, "seed=0,1", "objective=quality/typo", cwd=tmp_path)
    assert ended.status == 1
    assert "objective=quality/typo is not measured by this run; choose one of quality/" in ended.err
    jobs = list(tmp_path.glob("outputs/sweeps/*/*/result.json"))
    assert [result_of(job.parent)["status"] for job in jobs] == ["failed", "failed"]

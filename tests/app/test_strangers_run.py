"""A run directory from a stranger: the commands and load_run refuse it, run nothing and leave no file."""

import pickle
import shutil

import numpy as np
import pytest
import torch
from hydra.errors import InstantiationException
from omegaconf import OmegaConf

from pargan.app.config_digest import KEY
from pargan.app.load_run import load_run
from pargan.app.train import train
from pargan.errors import ParganError
from pargan.io.checkpoints import VerifiedCheckpointIO, load_checkpoint
from pargan.io.run_directory import RunDirectory
from tests.helpers.composed import composed_with_hydra
from tests.helpers.launch import SMALL, run_inside

ATTACK = ("device=cpu", "audit.num_samples=50", "audit.num_quality=20", "audit.draws=20", "attack=[nearest_neighbour]")


class Payload:
    """Creates the file `hit` when it is unpickled."""

    def __reduce__(self):
        return (open, ("hit", "w"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("theirs") / "outputs" / "name" / "time"
    cfg, hydra = composed_with_hydra(*SMALL, "attack=[nearest_neighbour]", "audit.draws=20", folder=folder)
    (folder / ".hydra").mkdir(parents=True)
    OmegaConf.save(cfg, folder / ".hydra" / "config.yaml")
    kept = {"runtime": {"choices": hydra.runtime.choices}, "overrides": {"task": list(SMALL)}}
    OmegaConf.save({"hydra": kept}, folder / ".hydra" / "hydra.yaml")
    train(cfg, {})
    return folder


@pytest.fixture
def theirs(finished, tmp_path, monkeypatch):
    """A copy of a finished run in a current folder that holds what the payloads need."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evil.pt").write_bytes(pickle.dumps(Payload()))
    torch.save(Payload(), tmp_path / "evil_zip.pt")
    np.save(tmp_path / "evil.npy", np.array([Payload()], dtype=object), allow_pickle=True)
    (tmp_path / "hubconf.py").write_text("open('hit', 'w')\ndef evil(): pass\n")
    (tmp_path / "evil.py").write_text("open('hit', 'w')\n")
    (tmp_path / "notes.txt").write_text("mine\n")
    shutil.copytree(finished, tmp_path / "run")
    return tmp_path / "run"


def change(run, key, value):
    file = RunDirectory(run).config
    cfg = OmegaConf.load(file)
    OmegaConf.update(cfg, key, value, force_add=True)
    OmegaConf.save(cfg, file)


def everything_below(folder):
    return {path: path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


CODE = {
    "torch.load": {"f": "evil_zip.pt", "weights_only": False},
    "numpy.load": {"file": "evil.npy", "allow_pickle": True},
    "torch.hub.load": {"repo_or_dir": ".", "source": "local", "model": "evil", "trust_repo": True},
    "shutil.copy": {"src": "notes.txt", "dst": "hit"},
    "shutil.move": {"src": "notes.txt", "dst": "hit"},
    "builtins.open": {"file": "hit", "mode": "w"},
    "pathlib.Path.touch": {"_args_": ["hit"]},
    "hydra.utils.get_method": {"path": "evil.anything"},
    "runpy.run_path": {"path_name": "evil.py"},
    "evil.Anything": {},
    "torch.nn.modules.module.functools.partial": {"_args_": [{"_target_": "builtins.open", "file": "hit"}]},
    "pargan.io.files.write_atomically": {"path": {"_target_": "pathlib.Path", "_args_": ["hit"]}, "content": "x"},
}
PLACES = ("model.generator", "loss.inner", "dataset.path", "callbacks.samples.folder")


@pytest.mark.parametrize(("target", "place"), [(target, PLACES[i % 4]) for i, target in enumerate(CODE)])
def test_code_in_a_strangers_configuration_is_not_run(theirs, target, place, tmp_path, monkeypatch, capfd):
    change(theirs, place, {"_target_": target, **CODE[target]})
    before = everything_below(tmp_path)
    commands = {"train": ["resume=run"], "attack": ["run=run", *ATTACK]}
    for name, arguments in commands.items():
        if name == "attack" and place.startswith("callbacks"):
            continue  # an attack builds no callbacks
        outcome = run_inside(monkeypatch, capfd, name, *arguments)
        assert outcome.status == 1, outcome
        assert outcome.err.count("\n") == 1
        assert "of the run's configuration" in outcome.err
        assert everything_below(tmp_path) == before
    if not place.startswith("callbacks"):
        with pytest.raises(ParganError, match="of the run's configuration"):
            load_run(theirs)
    assert everything_below(tmp_path) == before


def test_the_payloads_are_real(theirs, tmp_path):
    # The control: with trust, and without the digest that already refuses a changed value, the payload runs.
    path = {"_target_": "pathlib.Path", "_args_": ["hit"]}
    change(theirs, "loss.inner", {"_target_": "pathlib.Path.touch", "_args_": [path]})
    checkpoint = load_checkpoint(theirs / "private" / "checkpoints" / "last.ckpt")
    checkpoint.pop(KEY)
    VerifiedCheckpointIO().save_checkpoint(checkpoint, theirs / "private" / "checkpoints" / "last.ckpt")
    with pytest.raises(ParganError, match="not a network"):
        load_run(theirs)
    assert not (tmp_path / "hit").exists()
    with pytest.raises(InstantiationException, match="inner"):  # the loss takes no such argument
        load_run(theirs, trust=True)
    assert (tmp_path / "hit").exists()


def test_a_file_outside_is_not_rewritten_on_resume(theirs, tmp_path, monkeypatch, capfd):
    change(theirs, "callbacks.attacks.path", "notes.txt")
    before = everything_below(tmp_path)
    outcome = run_inside(monkeypatch, capfd, "train", "resume=run")
    assert outcome.status == 1
    assert "callbacks.attacks.path=notes.txt of the run's configuration lies outside" in outcome.err
    assert everything_below(tmp_path) == before


def test_an_attack_builds_no_callbacks_of_the_run(theirs, tmp_path, monkeypatch, capfd):
    change(theirs, "callbacks.evil", {"_target_": "builtins.open", "file": "hit", "mode": "w"})
    (theirs / "private" / "checkpoints" / "best.ckpt").unlink()
    run_inside(monkeypatch, capfd, "attack", "run=run", *ATTACK)
    assert not (tmp_path / "hit").exists()


@pytest.mark.parametrize(("key", "value"), [("module.generator_optimizer.lr", 0.0003), ("seed", 1)])
def test_a_changed_digit_is_refused(theirs, tmp_path, monkeypatch, capfd, key, value):
    change(theirs, key, value)
    before = everything_below(tmp_path)
    for name, arguments in {"train": ["resume=run"], "attack": ["run=run", *ATTACK]}.items():
        outcome = run_inside(monkeypatch, capfd, name, *arguments)
        assert (outcome.status, outcome.err.count("\n")) == (1, 1)
        assert "config.yaml is not the one that the checkpoint was trained with" in outcome.err
    with pytest.raises(ParganError, match="altered"):
        load_run(theirs, trust=True)
    assert {path for path in everything_below(tmp_path) if path.name != ".training.lock"} == set(before)


@pytest.mark.parametrize("name", ["attacks", "metrics.csv", "private", "private/checkpoints"])
def test_links_out_of_the_directory_are_refused(theirs, tmp_path, monkeypatch, capfd, name):
    outside = tmp_path / "outside"
    link = theirs / name
    if link.exists():
        link.rename(outside)
    else:
        outside.mkdir()
    link.symlink_to(outside)
    before = everything_below(tmp_path)
    for command, arguments in {"train": ["resume=run"], "attack": ["run=run", *ATTACK]}.items():
        outcome = run_inside(monkeypatch, capfd, command, *arguments)
        assert (outcome.status, outcome.err.count("\n")) == (1, 1)
        assert f"holds a link out of the directory, {name} -> {outside}" in outcome.err
    assert everything_below(tmp_path) == before


def test_secrets_of_this_machine_are_not_read(theirs, monkeypatch, capfd):
    monkeypatch.setenv("SECRET", "hunter2")
    change(theirs, "trainer.max_epochs", "${oc.env:SECRET}")
    outcome = run_inside(monkeypatch, capfd, "train", "resume=run")
    assert outcome.status == 1
    assert "computed when it is read" in outcome.err
    assert "hunter2" not in outcome.err + outcome.out


def test_own_components_need_trust_which_the_message_names(theirs, tmp_path, monkeypatch):
    (tmp_path / "my_nets.py").write_text("from pargan.losses import JensenShannon\nclass Mine(JensenShannon): pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    (theirs / "private" / "checkpoints" / "last.ckpt").unlink()
    change(theirs, "loss", {"_target_": "my_nets.Mine"})
    with pytest.raises(ParganError, match=r"give trust=my_nets$"):
        load_run(theirs, "best")
    with pytest.raises(ParganError, match="altered"):  # trusted, and then the digest speaks
        load_run(theirs, "best", trust="my_nets")


def test_a_run_is_resumed_and_attacked_as_before(theirs, monkeypatch, capfd):
    assert run_inside(monkeypatch, capfd, "train", "resume=run", "trainer.max_epochs=4").status == 0
    assert run_inside(monkeypatch, capfd, "attack", "run=run", *ATTACK).status == 0
    assert load_run(theirs).module.generator_steps > 0


def test_a_run_directory_of_an_earlier_version_is_attacked_and_continued(theirs, monkeypatch, capfd):
    for name in ("membership.npz", "records.csv", "checkpoints"):
        (theirs / "private" / name).rename(theirs / name)
    shutil.rmtree(theirs / "private")
    (theirs / "README.txt").unlink()
    for name in ("last", "best"):
        path = theirs / "checkpoints" / f"{name}.ckpt"
        checkpoint = load_checkpoint(path)
        checkpoint.pop(KEY)
        VerifiedCheckpointIO().save_checkpoint(checkpoint, path)
    for key, folder in {
        "last.dirpath": "checkpoints",
        "best.dirpath": "checkpoints",
        "samples.folder": "samples",
    }.items():
        change(theirs, f"callbacks.{key}", f"${{run_directory}}/{folder}")
    before = load_run(theirs).module.generator_steps
    assert run_inside(monkeypatch, capfd, "attack", "run=run", *ATTACK).status == 0
    assert run_inside(monkeypatch, capfd, "train", "resume=run", "trainer.max_epochs=4").status == 0
    assert load_run(theirs).module.generator_steps == 2 * before
    assert not (theirs / "private").exists()


def test_trust_without_resume_is_refused(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    outcome = run_inside(monkeypatch, capfd, "train", *SMALL, "trust=mine")
    assert (outcome.status, outcome.err) == (
        1,
        "train.py: trust=mine is for resume=: what a new run names is your own configuration; leave it out\n",
    )

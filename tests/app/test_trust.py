"""A stored configuration from a stranger: what it may name, where it may write, what it may read of this machine."""

import importlib
from copy import deepcopy
from functools import cache

import pytest
from omegaconf import OmegaConf

from pargan.app.allowed_targets import Trust
from pargan.app.config_directory import config_directory
from pargan.app.trust import check_trusted, overrides_to_resume
from pargan.errors import ParganError
from pargan.io.run_directory import RunDirectory
from tests.helpers.composed import composed

CONF = config_directory()
BUILT = ("acceleration", "attack", "callbacks", "dataset", "loss", "model", "optimizer", "partition", "trainer")


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "outputs" / "run"
    folder.mkdir(parents=True)
    return RunDirectory(folder)


composed_once = cache(composed)


def stored(run, *overrides, **changes):
    cfg = deepcopy(composed_once(*overrides))
    OmegaConf.set_struct(cfg, False)
    cfg.run_directory = str(run.path)
    for key, value in changes.items():
        OmegaConf.update(cfg, key.replace("__", "."), value, force_add=True)
    return cfg


@pytest.mark.parametrize(
    "override",
    [
        f"{group}={path.stem}"
        for group in (*BUILT, "logger", "latents")
        for path in sorted((CONF / group).glob("*.yaml"))
        if group != "attack" and path.stem != "wandb"
    ],
)
def test_check_trusted_accepts_what_conf_names(run, override):
    check_trusted(stored(run, override), run, Trust())


def test_check_trusted_accepts_every_attack(run):
    names = ",".join(path.stem for path in (CONF / "attack").glob("*.yaml"))
    check_trusted(stored(run, f"attack=[{names}]"), run, Trust())


CRAFTED = {
    "torch.load": {"f": "evil.pt", "weights_only": False},
    "numpy.load": {"file": "evil.npy", "allow_pickle": True},
    "torch.hub.load": {"repo_or_dir": ".", "source": "local", "model": "evil"},
    "torch.jit.load": {"f": "evil.pt"},
    "torch.export.load": {"f": "evil.pt2"},
    "torch.utils.cpp_extension.load": {"name": "evil", "sources": ["evil.cpp"]},
    "torch.nn.modules.module.os.system": {"command": "touch hit"},
    "torch.nn.modules.module.functools.partial": {},
    "torch.nn.init.torch.load": {},
    "torch.nn.Module.load_state_dict": {},
    "torch.nn.functional.relu": {},
    "torch.optim.optimizer.pickle.loads": {},
    "shutil.copy": {"src": "a", "dst": "b"},
    "shutil.rmtree": {"path": "."},
    "builtins.open": {"file": "hit", "mode": "w"},
    "builtins.exec": {"_args_": ["1"]},
    "builtins.__import__": {"name": "evil"},
    "pathlib.Path.touch": {"_args_": ["hit"]},
    "pathlib.Path": {"_args_": ["hit"]},
    "os.system": {"command": "touch hit"},
    "os.path.join": {},
    "subprocess.run": {"args": ["touch", "hit"]},
    "functools.partial": {},
    "runpy.run_path": {"path_name": "evil.py"},
    "hydra.utils.get_method": {"path": "os.system"},
    "hydra.utils.get_class": {"path": "subprocess.Popen"},
    "hydra.utils.get_object": {"path": "pargan.gan.shared"},
    "hydra.utils.instantiate": {"config": {"_target_": "os.system"}},
    "hydra.utils.call": {},
    "omegaconf.OmegaConf.save": {},
    "pargan.load_run": {"directory": "."},
    "pargan.audit": {},
    "pargan.io.files.write_atomically": {"path": "hit", "content": "x"},
    "pargan.io.npz.write_npz": {},
    "pargan.io.files.Path.touch": {},
    "pargan.audits.load_generator": {"source": "evil.pt"},
    "pargan.audits.generator_files.torch.load": {},
    "pargan.report.draw_samples": {},
    "pargan.report.write_sweep": {},
    "pargan.app.cli.train": {},
    "pargan.app.FreshFolder": {},
    "pargan.data.Membership.load": {"path": "evil.npz"},
    "pargan.data.datamodule.torch.load": {},
    "pargan.losses.torch.load": {},
    "pargan.metrics.Inception": {"weights": "evil.pth"},
    "pytorch_lightning.LightningModule.load_from_checkpoint": {},
    "pytorch_lightning.cli.LightningCLI": {},
    "pytorch_lightning.callbacks.Callback.setup": {},
    "pytorch_lightning.callbacks.model_checkpoint.os.system": {},
    "pytorch_lightning.profilers.AdvancedProfiler": {"dirpath": "."},
    "pytorch_lightning.loggers.MLFlowLogger": {"tracking_uri": "http://elsewhere"},
    "pytorch_lightning.loggers.WandbLogger": {},
    "wandb.Settings": {},
    "my_losses.Relativistic": {},
    "my_losses": {},
    "": {},
    "os..system": {},
    "__main__.evil": {},
    "torch.nn.Linear()": {},
}


@pytest.mark.parametrize("target", CRAFTED)
def test_check_trusted_refuses_code_from_elsewhere(run, target):
    for place in ("loss", "model.generator.inner", "callbacks.evil", "trainer.profiler", "anywhere"):
        cfg = stored(run, **{place.replace(".", "__"): {"_target_": target, **CRAFTED[target]}})
        with pytest.raises(ParganError, match="of the run's configuration is") as error:
            check_trusted(cfg, run, Trust())
        assert f"{place}." in str(error.value)
        assert "give trust=" in str(error.value)


@pytest.mark.parametrize("node", [[{"_target_": "os.system"}], [[{"a": {"_target_": "os.system", "_partial_": True}}]]])
def test_check_trusted_looks_into_lists(run, node):
    with pytest.raises(ParganError, match=r"_target_=os\.system"):
        check_trusted(stored(run, model__generator__hidden=node), run, Trust())


@pytest.mark.parametrize("target", [["os.system"], {"_target_": "os.system"}, None, 5, "${oc.env:HOME}", "${loss.x}"])
def test_check_trusted_refuses_targets_that_are_no_text(run, target):
    with pytest.raises(ParganError, match="of the run's configuration is"):
        check_trusted(stored(run, loss={"_target_": target, "x": "os.system"}), run, Trust())


@pytest.mark.parametrize("further", [{"_args_": ["os.system"]}, {"_recursive_": False}, {"path": "${loss._target_}"}])
def test_check_trusted_refuses_a_lookup_with_more_than_a_path(run, further):
    node = {"_target_": "hydra.utils.get_method", "path": "pargan.gan.shared", **further}
    with pytest.raises(ParganError, match="give trust=true"):
        check_trusted(stored(run, latents=node), run, Trust())


@pytest.mark.parametrize(
    "text",
    [
        "${oc.env:HOME}",
        "${oc.env:WANDB_API_KEY,none}",
        "${oc.create:{_target_: os.system}}",
        "${oc.decode:'{_target_: os.system}'}",
        "${oc.select:loss}",
        "${${objective}:1}",
        "${hydra:runtime.cwd}",
        "${now:%Y}",
        "${pargan.attack_directory:.,x}",
        "${trainer.${seed}}",
        "x ${oc.env:HOME} y",
        "\\${oc.env:HOME}",
        "${pargan.run_name:${oc.env:HOME}}",
    ],
)
def test_check_trusted_refuses_values_that_read_the_machine_or_change_later(run, text, monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    with pytest.raises(ParganError, match=r"computed when it is read.*trust=true") as error:
        check_trusted(stored(run, anything=text), run, Trust())
    assert "/home/somebody" not in str(error.value)


OUTSIDE = {
    "callbacks__attacks__path": "../notes.txt",
    "callbacks__samples__folder": "/tmp/elsewhere",
    "callbacks__last__dirpath": "checkpoints",
    "callbacks__last__filename": "../../last",
    "callbacks__best__dirpath": "${run_directory}/../../other",
    "trainer__default_root_dir": "s3://bucket",
    "callbacks__x": {"_target_": "pargan.callbacks.BackupPreviousResult", "_args_": ["a.txt", "b.txt"]},
    "callbacks__y": {"_target_": "pytorch_lightning.callbacks.OnExceptionCheckpoint", "dirpath": "~/x"},
    "logger__a": {"_target_": "pytorch_lightning.loggers.CSVLogger", "save_dir": "${run_directory}", "name": "../../x"},
    "logger__b": {"_target_": "pytorch_lightning.loggers.TensorBoardLogger", "save_dir": "."},
    "logger__c": {"_target_": "pytorch_lightning.loggers.TensorBoardLogger", "_args_": ["/tmp"]},
    "logger__d": {
        "_target_": "pytorch_lightning.loggers.TensorBoardLogger",
        "save_dir": "${run_directory}",
        "filename_suffix": "/../../x",
    },
}


@pytest.mark.parametrize("key", OUTSIDE)
def test_check_trusted_refuses_paths_outside_of_the_run(run, key, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ParganError, match=r"lies outside of the run directory; give .*trust=true"):
        check_trusted(stored(run, **{key: OUTSIDE[key]}), run, Trust())


def test_check_trusted_refuses_paths_through_a_link_and_accepts_them_where_the_user_gave_them(run, tmp_path):
    (run.path / "out").symlink_to(tmp_path)
    cfg = stored(run, callbacks__attacks__path=f"{run.path}/out/attacks.jsonl")
    with pytest.raises(ParganError, match=r"callbacks\.attacks\.path=.*outside"):
        check_trusted(cfg, run, Trust())
    check_trusted(cfg, run, Trust(), given=[cfg.callbacks.attacks.path])
    check_trusted(cfg, run, Trust(everything=True))


def test_check_trusted_refuses_what_would_write_to_the_current_folder(run):
    spikes = {"_target_": "pytorch_lightning.callbacks.SpikeDetection"}
    with pytest.raises(ParganError, match=r"callbacks\.x\.exclude_batches_path is missing .* current folder"):
        check_trusted(stored(run, callbacks__x=spikes), run, Trust())
    with pytest.raises(ParganError, match=r"trainer\.default_root_dir is missing .* current folder"):
        check_trusted(stored(run, trainer__default_root_dir=None), run, Trust())


def test_check_trusted_refuses_an_upload(run):
    with pytest.raises(ParganError, match="would upload"):
        check_trusted(stored(run, trainer__model_registry="theirs/model"), run, Trust())


def test_check_trusted_lets_records_be_read_anywhere(run):
    check_trusted(stored(run, "dataset=csv", "dataset.path=/somewhere/my.csv", "dataset.delimiter=/"), run, Trust())


def test_check_trusted_lets_no_stranger_choose_where_downloads_go(run, monkeypatch):
    cfg = stored(run, "dataset=mnist", "data_dir=/big/data")
    with pytest.raises(ParganError, match=r"data_dir=/big/data .* give data_dir=/big/data"):
        check_trusted(cfg, run, Trust())
    check_trusted(cfg, run, Trust(), given=["/big/data"])
    monkeypatch.setenv("PARGAN_DATA_DIR", "/big/data")
    check_trusted(cfg, run, Trust())
    check_trusted(stored(run, "dataset=mnist"), run, Trust())


@pytest.fixture
def package(tmp_path, monkeypatch):
    (tmp_path / "my_trusted.py").write_text("import os\nfrom pathlib import Path\nclass Loss: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield "my_trusted"
    importlib.invalidate_caches()


def test_check_trusted_takes_what_a_trusted_package_defines_itself(run, package):
    trust = Trust.of(package)
    check_trusted(stored(run, loss={"_target_": f"{package}.Loss"}), run, trust)
    for smuggled in ("os.system", "Path", "nothing"):
        with pytest.raises(ParganError):
            check_trusted(stored(run, loss={"_target_": f"{package}.{smuggled}"}), run, trust)


def test_check_trusted_says_which_package_to_trust_and_imports_nothing(run, tmp_path, monkeypatch):
    (tmp_path / "my_evil.py").write_text("raise SystemExit('ran')")
    monkeypatch.syspath_prepend(tmp_path)
    for target, package in (("my_evil.Loss", "my_evil"), ("pytorch_lightning.loggers.WandbLogger", "wandb")):
        with pytest.raises(ParganError, match=rf"if you trust it, give trust={package}$"):
            check_trusted(stored(run, loss={"_target_": target}), run, Trust())


def test_check_trusted_takes_wandb_where_it_is_trusted(run):
    check_trusted(stored(run, "logger=wandb"), run, Trust.of("wandb"))


def test_overrides_to_resume(run):
    assert overrides_to_resume(stored(run)) == []
    assert overrides_to_resume(stored(run, "logger=wandb")) == ["trust=wandb"]
    both = stored(run, "logger=wandb", "dataset=mnist", "data_dir=/big", loss={"_target_": "mine.Loss"})
    assert overrides_to_resume(both) == ["trust=[mine,wandb]", "data_dir=/big"]

"""A value of the wrong type, size or range is refused before anything is written, with the key and what to give."""

import shlex

import pytest

from tests.helpers.launch import SMALL, only_run

TYPES = {
    "data.members=nan": "a count such as 500",
    "data.members=inf": "a count such as 500",
    "data.nonmembers=nan": "a count such as 500",
    "data.reference=inf": "a count such as 500",
    "num_partitions={a:1}": "a whole number, 1 or more",
    "module.loss=null": "an object",
    "run_directory=null": "is not where the run's configuration is written",
    "model.generator.hidden=abc": "a list of whole numbers",
    "model.generator.hidden=null": "a list of whole numbers",
    "model.generator.hidden=5": "a list of whole numbers",
    "model.discriminator.hidden=[a]": "a list of whole numbers",
    "module.generator_optimizer.betas=[0.5]": "a list of 2 finite numbers",
    "module.generator_optimizer.lr=inf": "a finite number",
    "module.ema=abc": "a finite number, or null",
    "module.seed=abc": "a whole number",
    "data.seed=abc": "a whole number",
    "callbacks.gap.seed=-1": "a whole number, 0 or more",
    "callbacks.samples.folder=5": "a number as text is 'callbacks.samples.folder=\"5\"'",
    "+trainer.limit_train_batches=0": "a number of batches",
    "+trainer.limit_train_batches=0.0001": "+trainer.limit_train_batches=1",
    "trainer.devices=2": "training uses one process and one device",
    "trainer.devices=auto": "training uses one process and one device",
    "trainer.devices=-1": "training uses one process and one device",
    "trainer.devices=[0,1]": "training uses one process and one device",
    "+trainer.num_nodes=2": "training uses one process",
    "+trainer.strategy=ddp": "training uses one process",
    "+trainer.fast_dev_run=true": "experiment=smoke",
}
RANGES = {
    "model.generator.hidden=[-1]": "whole numbers, 1 or more",
    "model.generator.hidden=[0]": "whole numbers, 1 or more",
    "model.generator.hidden=[1000000000000]": "lower model.latent_dim or model.generator.hidden",
    "module.num_partitions=4": "give num_partitions=... alone",
    "model.latent_dim=100000000000": "lower model.latent_dim",
    "audit.num_samples=100000000000": "lower audit.num_samples",
    "num_partitions=10000000": "more than the 120 members",
    "module.latent_dim=3": "the length that the generator was built with",
    "++module.generator_optimizer.betas=[1,2]": "Invalid beta parameter",
    "trainer.accelerator=tpu": "trainer=cpu works everywhere",
    "callbacks.best.monitor=quality/distanse": "choose one of quality/distance, quality/wasserstein2",
    "callbacks.best.filename=../../x": "leads out of the folder of the checkpoints",
}
STRUCTURE = {
    "data=null": "other keys are below it",
    "module=null": "other keys are below it",
    "audit=null": "other keys are below it",
    "~data.batch_size": "leave ~data.batch_size out",
    "callbacks.attacks=5": "~callbacks.attacks leaves it out",
    "callbacks.best=null": "~callbacks.best leaves it out",
    "trust=true": "leave it out",
    "dataset._partial_=null": "give one of true, false",
    "+data._convert_=abc": "give one of none, partial, object, all",
    "callbacks.best._target_=5": "the full dotted name of a class",
    "callbacks.best._target_=null": "the full dotted name of a class",
    "model=0.5": "choose one of model=dcgan",
    "attack=[1]": "choose one of attack=calibrated",
    "~trainer._target_": "leave ~trainer._target_ out",
    "~audit._target_": "leave ~audit._target_ out",
    "~partition._target_": "leave ~partition._target_ out",
    "~callbacks.gap._target_": "~callbacks.gap leaves it out",
    "~seed": "leave it out, or give seed=",
    "seed=${nosuch}": "refers to nosuch, which is not a key",
    "callbacks.gap.every_n_epochs=${nosuch}": "refers to nosuch, which is not a key",
    "seed=${oc.eval:1}": "refer to a key, as ${seed} does",
    "recipe=nosuch": "choose one of blobs_js",
    "recipe/general=nosuch": "choose one of hinge",
    "loss=[js,wgan]": "-m loss=js,wgan trains with each of them",
    "dataset=[blobs,digits]": "-m dataset=blobs,digits trains with each of them",
    "hydra.run.dir=null": "does not work",
    "--config-name=nosuch": "leave it out",
    "--num_partitions": "write keys without dashes, as in num_partitions=...",
}
SEVERAL = {
    "loss=wgan loss.penalty_weight=inf": ("loss.penalty_weight=inf", "a finite number"),
    "partition=dirichlet partition.alpha=abc": ("partition.alpha=abc", "a finite number"),
    "dataset=csv dataset.types=[a]": ("dataset.types=", "pairs such as {name: value}, or text, or null"),
    "dataset=csv dataset.delimiter=null": ("dataset.delimiter=null", "give text"),
    "dataset=csv dataset.delimiter=5": ("dataset.delimiter=5", "'dataset.delimiter=\"5\"'"),
    "dataset=csv dataset.encoding=null": ("dataset.encoding=null", "give text"),
    "dataset=image_folder dataset.size=abc": ("dataset.size=abc", "a whole number"),
    "dataset=image_folder dataset.size=1.5": ("dataset.size=1.5", "a whole number"),
    "callbacks=early_stopping callbacks.early_stopping.patience=-1": ("patience=-1", "0 or more"),
    "model=mlp num_partitions=1 data.batch_size=1": ("data.batch_size=1 is too small", "data.batch_size=2"),
    "dataset=csv dataset.path=": ("dataset.path=", "a path"),
}
LBFGS = (
    "module.generator_optimizer._target_=torch.optim.LBFGS",
    *(f"~module.generator_optimizer.{name}" for name in ("betas", "eps", "fused")),
)


@pytest.mark.parametrize("override", [*TYPES, *RANGES, *STRUCTURE])
def test_train_refuses_a_value(refuses, override):
    key = override.lstrip("+~-").partition("=")[0]
    refuses("train", (*SMALL, override), [key, (TYPES | RANGES | STRUCTURE)[override]])


@pytest.mark.parametrize("overrides", SEVERAL)
def test_train_refuses_a_value_of_a_chosen_option(refuses, overrides):
    refuses("train", (*SMALL, *overrides.split()), SEVERAL[overrides])


def test_train_refuses_an_optimizer_that_needs_a_closure(refuses):
    refuses("train", (*SMALL, *LBFGS), ["module.generator_optimizer._target_=torch.optim.LBFGS", "torch.optim.Adam"])


@pytest.mark.parametrize(
    ("override", "part"),
    [
        ("dataset.delimiter=null", "dataset.delimiter=null does not work; give text"),
        ("dataset.size=1.5", "dataset.size=1.5 does not work; give a whole number"),
        ("dataset.types=abc", "dataset.types=abc does not name columns"),
        ("synthetic=", "synthetic= does not work; give a path"),
        ("dataset=null", "dataset=null names no option; choose one of dataset=blobs"),
        ("audit=null", "audit=null is no value"),
    ],
)
def test_attack_refuses_a_value(refuses, tmp_path, override, part):
    for name in ("m", "n", "s"):
        (tmp_path / f"{name}.csv").write_text("a,b\n1,2\n3,4\n")
    files = ("target=samples", "members=m.csv", "nonmembers=n.csv", "synthetic=s.csv")
    refuses("attack", (*files, override), [part])


def test_attack_refuses_a_module_that_is_a_number(refuses):
    given = ("target=module", "module=5", "latent_dim=3", "members=m.csv", "nonmembers=n.csv")
    refuses("attack", given, ["module=5 is neither a file nor a class"])


def test_attack_refuses_a_device_that_holds_no_numbers(run, refuses, tmp_path):
    assert run("train", *SMALL, "attack=none", "trainer.max_epochs=1").status == 0
    refuses("attack", (f"run={only_run(tmp_path)}", "device=meta"), ["device=meta is not available"])


UNREADABLE = ("a=b", "ä", "[a]", "a;b", "a#b", "it's", "(1)", "{a", 'a"b', "a&b", "日本", "a,b", "a`b", "x~y")


@pytest.mark.parametrize("name", UNREADABLE)
def test_train_reads_a_path_as_its_own_message_quotes_it(run, tmp_path, name):
    (tmp_path / name).mkdir()
    rows = "".join(f"{i / 7},{i % 3},{'yes' if i % 2 else 'no'}\n" for i in range(40))
    (tmp_path / name / "my.csv").write_text("a,b,c\n" + rows)
    given = ("dataset=csv", "num_partitions=0")  # refused after the command line has been read
    ended = run("train", *given, f"dataset.path={name}/my.csv")
    assert ended.status == 1
    (line,) = ended.err.splitlines()
    (typed,) = [word for word in shlex.split(line[line.index("'dataset.path") :]) if word.startswith("dataset.path=")]
    ended = run("train", *given, typed)
    assert "num_partitions=0 does not work" in ended.err
    ended = run("train", "dataset=csv", "data.members=1000", typed)
    assert "the pool holds 40 records" in ended.err, ended.err


def test_train_takes_a_folder_quoted_as_the_message_says(run, tmp_path):
    ended = run("train", *SMALL, "hydra.run.dir=runs/a=b")
    assert "'hydra.run.dir=\"runs/a=b\"'" in ended.err
    quick = (*SMALL, "attack=none", "trainer.max_epochs=1")
    assert run("train", *quick, 'hydra.run.dir="runs/a=b"').status == 0
    again = run("train", *quick, 'hydra.run.dir="runs/a=b"')
    assert "or 'resume=\"runs/a=b\"' to continue that run" in again.err
    assert (tmp_path / "runs/a=b/result.json").exists()


def test_train_takes_a_value_from_another_key(run, tmp_path):
    quick = (*SMALL, "attack=none", "trainer.max_epochs=1")
    assert run("train", *quick, "callbacks.gap.every_n_epochs=${evaluate_every}").status == 0
    assert run("train", f"resume={only_run(tmp_path)}", "callbacks.gap.num_records=${evaluate_every}").status == 0


def test_train_expands_the_home_folder(run, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    for typed in ("dataset.path=~/my.csv", 'dataset.path="~/my.csv"'):
        ended = run("train", "dataset=csv", typed)
        assert f"dataset.path={tmp_path}/my.csv is not a file" in ended.err


def test_train_reads_options_at_any_place(run, tmp_path):
    ended = run("train", "seed=0,1", "-m", "num_partitions=0", "hydra.sweep.dir=sweep")
    assert ended.status == 1
    assert "2 jobs, 2 failed" in ended.out
    assert "usage" not in ended.err

"""Bad input ends with one line that has the key, the value and a remedy, exit status 1, and nothing written."""

import shutil

import numpy as np
import pytest
import torch

from tests.helpers.launch import SMALL, only_run, run_process, start, write_table

CONFIGURATION = {
    "dataset=blob": ["dataset=blob is not known", "did you mean blobs?"],
    "loss=jss": ["loss=jss is not known", "did you mean js?"],
    "attack=nearest": ["attack=nearest is not known", "nearest_neighbour"],
    "attack=[nearest_neighbor]": ["attack=nearest_neighbor is not known", "did you mean nearest_neighbour?"],
    "attack=[own_partition,shadow]": ["attack=shadow trains reference models of its own", "attack.py run="],
    "model=nope": ["model=nope is not known", "mlp"],
    "num_partition=3": ["num_partition is not a key", "did you mean num_partitions?"],
    "trainer.max_epoch=3": ["trainer.max_epoch is not a key", "did you mean trainer.max_epochs?"],
    "dataset.types.age=numeric": ["dataset.types.age is not a key", "'dataset.types={age: ...}'"],
    "loss.gamma=1": ["loss.gamma is not a key", "+loss.gamma="],
    "trainer.callback=[]": ["trainer.callback is not a key", "+trainer.callback="],
    "loss": ["loss cannot be read", "key=value"],
    "num_partitions=1,2": ["num_partitions=1,2", "add -m"],
    "loss=null": ["names no option", "loss=js"],
    "num_partitions=abc": ["num_partitions=abc", "a whole number, 1 or more"],
    "num_partitions=2.5": ["num_partitions=2.5", "a whole number"],
    "num_partitions=0": ["num_partitions=0", "1 or more"],
    "num_partitions=-1": ["num_partitions=-1", "1 or more"],
    "num_partitions=100000": ["num_partitions=100000 is more than the 120 members", "num_partitions=120 or less"],
    "data.batch_size=41": ["data.batch_size=41", "40 each", "data.batch_size=40 or less"],
    "data.batch_size=0": ["data.batch_size=0", "1 or more"],
    "data.members=20000": ["data.members=20000", "ask for less"],
    "data.members=half": ["data.members=half", "a share such as 0.5"],
    "trainer.max_epochs=x": ["trainer.max_epochs=x", "a whole number"],
    "trainer.accelerator=abacus": ["trainer.accelerator=abacus", "trainer=cpu"],
    "trainer.precision=17": ["trainer.precision=17", "32-true"],
    "trainer.precision=bf16-true": ["trainer.precision=bf16-true", "bf16-mixed"],
    "acceleration=graph": ["the device is cpu", "acceleration=compile"],
    "acceleration=off": ["acceleration=off is not known"],
    "seed=-1": ["seed=-1", "0 or more"],
    "module.d_steps=0": ["module.d_steps=0", "1 or more"],
    "module.generator_optimizer.lr=fast": ["module.generator_optimizer.lr=fast", "a finite number"],
    "module.generator_optimizer._target_=torch.optim.Foo": ["torch.optim.Foo", "torch.optim.Adam"],
    "module.generator_optimizer.lr=-1": ["module.generator_optimizer.lr=-1", "Invalid learning rate"],
    "+module.average=0.9": ["module.average is not an argument of pargan.ParGANModule", "d_steps"],
    "+dataset.drop=[plan]": ["dataset.drop is not an argument of pargan.data.blobs"],
    "+trainer.gradient_clip_val=1.0": ["trainer.gradient_clip_val=1.0", "null"],
    "+trainer.accumulate_grad_batches=2": ["trainer.accumulate_grad_batches=2", "give 1"],
    "model.latent_dim=0": ["latent_dim=0", "1 or more"],
    "evaluate_every=0": ["evaluate_every=0", "1 or more"],
    "generator_steps=0": ["generator_steps=0", "1 or more"],
    "objective=nope": ["objective=nope", "attack/own_partition/auc"],
    "callbacks.best.monitor=quality": ["callbacks.best.monitor=quality is not measured", "quality/distance"],
    "callbacks.best.monitor=los/generator": ["callbacks.best.monitor=los/generator", "loss/generator"],
    "callbacks.best.monitor=loss/discriminator_3": [
        "callbacks.best.monitor=loss/discriminator_3",
        "loss/discriminator",
    ],
    "callbacks.best.monitor=attack/own_partition/auv": ["attack/own_partition/auv", "attack/own_partition/auc"],
    "callbacks.best.monitor=attack/shadow/auc": ["attack/shadow/auc", "attack/own_partition/auc"],
    "callbacks.best.monitor=gap/partition_3": ["callbacks.best.monitor=gap/partition_3", "gap/mean"],
    "resume=nope": ["resume=nope is not a run directory", "outputs/"],
    "dataset=csv": ["dataset.path is missing", "dataset.path=my.csv"],
    "dataset=mnist": [" data_dir=", "MNIST/raw/train-images-idx3-ubyte", "data_dir"],
    "dataset=hospital": ["tabular/hospital.csv", "put the file at"],
}
TABLES = {
    "": ["holds no rows"],
    "a,b\n": ["holds no rows"],
    "a\n1\n2\n": ["one column"],
    "a,b\n" + "".join(f"{i}.5,x\n" for i in range(30)) + "old,y\n": ['column 1 ("a")', "dataset.missing=[old]"],
    "a,b\n1,x\n2,y,z\n": ["line 3 has 3 cells where 2 are expected"],
    "name,b\n" + "".join(f"n{i},{i % 2}\n" for i in range(9)): ['column 1 ("name")', "9 categories in 9 rows"],
}
ARRAYS = {
    "another name": ({"z": np.zeros((9, 2))}, ["has no array x (it holds z)", "dataset.key"]),
    "NaN": ({"x": np.full((9, 2), np.nan)}, ["9 of 9 records", "correct or drop"]),
    "rank": ({"x": np.zeros(9)}, ["shape (9,)", "(N, D)"]),
}


@pytest.mark.parametrize("override", CONFIGURATION)
def test_train_refuses_a_bad_configuration(refuses, override):
    base = ("dataset=csv",) if "types" in override else () if override.startswith("dataset=") else SMALL
    refuses("train", (*base, override), CONFIGURATION[override])


def test_train_refuses_half_precision_with_a_gradient_penalty(refuses):
    given = (*SMALL, "loss=wgan", "trainer.precision=16-mixed")
    remedy = "use trainer.precision=32-true or trainer.precision=bf16-mixed"
    refuses("train", given, ["trainer.precision=16-mixed", "Wasserstein", remedy])


def test_train_refuses_early_stopping_on_a_metric_that_is_not_measured(refuses):
    given = (*SMALL, "callbacks=early_stopping", "attack=[nearest_neighbour]")
    monitor = "callbacks.early_stopping.monitor=attack/own_partition/auc"
    refuses("train", (*given, monitor), [f"{monitor} is not measured by this run", "attack/nearest_neighbour/auc"])
    refuses("train", (*given, "~callbacks.quality"), ["monitor=quality/distance is not measured", "loss/generator"])


def test_train_stops_after_one_epoch_if_a_monitored_metric_was_not_measured(run, tmp_path):
    monitor = "attack/nearest_neighbour/tpr_at_1pct_fpr"  # needs more nonmembers
    ended = run("train", *SMALL, "attack=[nearest_neighbour]", f"callbacks.best.monitor={monitor}")
    assert ended.status == 1
    line = ended.err.splitlines()[-1]
    assert line.startswith(
        f"train.py: callbacks.best.monitor={monitor} of PeriodicCheckpoint is not measured in this run; choose one of "
    )
    assert "attack/nearest_neighbour/auc" in line
    assert not list(only_run(tmp_path).rglob("*.ckpt"))
    assert run("train", f"resume={only_run(tmp_path)}", "callbacks.best.monitor=quality/distance").status == 0


@pytest.mark.parametrize("text", TABLES)
def test_train_refuses_a_bad_table(refuses, tmp_path, text):
    (tmp_path / "my.csv").write_text(text)
    refuses("train", ("dataset=csv", "dataset.path=my.csv"), ["dataset.path=my.csv", *TABLES[text]])


def test_train_refuses_a_table_in_another_encoding_or_missing(refuses, tmp_path):
    (tmp_path / "my.csv").write_bytes("a,b\n1,Köln\n".encode("latin-1"))
    given = ("dataset=csv", "dataset.path=my.csv", "dataset.encoding=utf-8")
    refuses("train", given, ["is not utf-8 text", "dataset.encoding=latin-1"])
    refuses("train", ("dataset=csv", "dataset.path=no.csv"), ["dataset.path=no.csv is not a file"])


@pytest.mark.parametrize("case", ARRAYS)
def test_train_refuses_a_bad_npz_file(refuses, tmp_path, case):
    arrays, parts = ARRAYS[case]
    np.savez(tmp_path / "my.npz", **arrays)
    refuses("train", ("dataset=npz", "dataset.path=my.npz"), ["dataset.path=my.npz", *parts])


def test_train_refuses_a_bad_image_folder(refuses, tmp_path):
    refuses("train", ("dataset=image_folder", "dataset.path=no"), ["dataset.path=no is not a folder"])
    (tmp_path / "images").mkdir()
    given = ("dataset=image_folder", "dataset.path=images")
    refuses("train", given, ["dataset.path=images holds no images"])
    (tmp_path / "images" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing more")
    refuses("train", given, ["images/broken.png is not a readable image", "repair or remove it"])


@pytest.fixture
def trained(run, tmp_path):
    assert run("train", *SMALL, "attack=[nearest_neighbour]", "trainer.max_epochs=1").status == 0
    return only_run(tmp_path)


def test_train_and_attack_refuse_a_damaged_run_directory(refuses, trained, tmp_path):
    refuses("attack", (), ["run is missing", "run=outputs/"])
    (tmp_path / "empty").mkdir()
    refuses("attack", ("run=empty",), ["run=empty is not a run directory", ".hydra/config.yaml"])
    for name in ("bset", "last.ckpt"):
        refuses(
            "attack",
            (f"run={trained}", f"checkpoint={name}"),
            [f"checkpoint={name} is not there; choose one of best, last"],
        )
    refuses("attack", (f"run={trained}", "device=abacus"), ["device=abacus is not available", "device=cpu"])
    refuses("attack", (f"run={trained}", "audit.num_samples=0"), ["audit.num_samples=0", "1 or more"])
    for key in ("num_partitions=2", "module.d_steps=7", "seed=4", "loss=wgan"):
        refuses("train", (f"resume={trained}", key), [key, "resume=", "trainer.max_epochs=2000"])
    both = [("attack", f"run={trained}"), ("train", f"resume={trained}")]

    membership = trained / "private" / "membership.npz"
    intact = membership.read_bytes()
    with np.load(membership) as file:
        arrays = dict(file)
    np.savez(membership, **(arrays | {"nonmembers": arrays["nonmembers"][::-1]}))
    for name, argument in both:
        refuses(name, (argument,), ["membership.npz was altered", "train a new run"], cause="altered membership")
    membership.write_bytes(intact[:200])
    for name, argument in both:
        refuses(name, (argument,), ["membership.npz", "damaged"], cause="half a membership")
    membership.write_bytes(intact)

    checkpoint = trained / "private" / "checkpoints" / "last.ckpt"
    intact = checkpoint.read_bytes()
    content = torch.load(checkpoint, weights_only=True)
    next(iter(content["state_dict"].values())).view(-1)[0] += 1
    torch.save(content, checkpoint)
    for name, argument in both:
        refuses(name, (argument,), ["last.ckpt was altered", "use an unaltered copy"], cause="altered checkpoint")
    checkpoint.write_bytes(intact[:1000])
    for name, argument in both:
        refuses(name, (argument,), ["last.ckpt is damaged"], cause="half a checkpoint")

    shutil.rmtree(trained / "private" / "checkpoints")
    refuses("attack", (f"run={trained}",), ["last.ckpt is missing", "before its first checkpoint", "train a new run"])


def test_train_and_attack_refuse_a_checkpoint_of_another_run(run, refuses, trained, tmp_path):
    assert run("train", *SMALL, "num_partitions=2", "attack=none", "trainer.max_epochs=1").status == 0
    (other,) = tmp_path.glob("outputs/*-k2-*/*/private/checkpoints/last.ckpt")
    shutil.copy(other, trained / "private" / "checkpoints" / "last.ckpt")
    for name, argument in (("attack", f"run={trained}"), ("train", f"resume={trained}")):
        refuses(name, (argument,), ["is not the one that the checkpoint was trained with"], cause=name)


def test_train_names_step_partition_and_checkpoint_if_a_loss_is_not_finite(run, tmp_path):
    ended = run("train", *SMALL, "attack=none", "module.generator_optimizer.lr=1e30")
    assert ended.status == 1
    line = ended.err.splitlines()[-1]
    for part in ("generator step 1 (epoch 0)", "partition 0, 1, 2", "last good checkpoint", "lower the learning rate"):
        assert part in line
    assert not (only_run(tmp_path) / "result.json").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "arguments", "part"),
    [
        ("train", ["dataset=nope"], "dataset=nope is not known"),
        ("train", ["num_partitions=abc"], "num_partitions=abc"),
        ("attack", ["run=nope"], "run=nope is not a run directory"),
    ],
)
def test_commands_refuse_bad_input_in_a_separate_process(tmp_path, name, arguments, part):
    ended = run_process(name, *arguments, cwd=tmp_path)
    assert ended.status == 1
    assert ended.out == ""
    (line,) = ended.err.splitlines()
    assert line.startswith(f"{name}.py: {part}")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_train_prints_the_stack_trace_on_request(tmp_path):
    process = start("train", "dataset=nope", cwd=tmp_path, more_environment={"HYDRA_FULL_ERROR": "1"})
    _, err = process.communicate(timeout=100)
    assert process.returncode == 1
    assert "Traceback" in err


def test_train_and_attack_refuse_a_table_that_has_changed_since_the_run(run, refuses, tmp_path):
    path = write_table(tmp_path / "my.csv")
    given = ("dataset=csv", f"dataset.path={path}", "num_partitions=2", "data.batch_size=10", "experiment=smoke")
    assert run("train", *given, "attack=none", "trainer.max_epochs=1", "trainer.accelerator=cpu").status == 0
    directory = only_run(tmp_path)
    write_table(path, seed=1)
    parts = ["was made for another pool", "files and the dataset settings of that run"]
    refuses("attack", (f"run={directory}",), parts)
    path.rename(tmp_path / "moved.csv")
    refuses("attack", (f"run={directory}", "dataset.path=moved.csv"), parts)
    refuses("train", (f"resume={directory}", "dataset=csv", "dataset.path=moved.csv"), parts)
    refuses("train", (f"resume={directory}", "dataset=npz", "dataset.path=moved.csv"), ["dataset=npz cannot be given"])


def test_train_and_attack_refuse_dataset_path_for_a_data_set_without_file(refuses, trained):
    for name, argument in (("attack", f"run={trained}"), ("train", f"resume={trained}")):
        given = ("dataset=csv",) if name == "train" else ()
        refuses(name, (argument, *given, "dataset.path=my.csv"), ["cannot be given"], cause=name)
    refuses(
        "train", ("dataset.path=my.csv",), ["dataset.path is a key of dataset=csv, dataset=image_folder, dataset=npz"]
    )

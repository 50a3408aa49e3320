"""conditioning= from the configuration to a run that is loaded again."""

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from torch import nn

from pargan.app.argument_keys import errors_in_configuration_keys
from pargan.app.attack import attack
from pargan.app.file_audit import view_of_generator
from pargan.app.load_run import load_run
from pargan.app.objects import build_datamodule, build_module
from pargan.app.reference_models import ReferenceRecipe
from pargan.app.release import export, sample
from pargan.app.train import train
from pargan.audits import AuditSettings
from pargan.errors import ParganError
from pargan.release import load_generator
from tests.helpers.composed import composed

SIZES = [
    "attack=[own_partition,nearest_neighbour]",
    "audit.controls=false",
    "audit.num_samples=60",
    "audit.num_records=40",
    "audit.num_quality=30",
    "audit.draws=20",
]
SMALL = [
    "trainer=cpu",
    "num_partitions=3",
    "data.batch_size=10",
    "trainer.max_epochs=2",
    *(f"~callbacks.{name}" for name in ("attacks", "best", "gap", "progress", "quality", "samples")),
    *SIZES,
]
BLOBS = ["dataset=blobs", "conditioning=by_class", "data.members=90", "data.nonmembers=60", "data.reference=130"]


def write_table(folder):
    rng = np.random.default_rng(0)
    rows = [f"{rng.integers(18, 80)},{rng.choice(['north', 'south'])},{rng.choice(['yes', 'no'])}" for _ in range(200)]
    (folder / "people.csv").write_text("\n".join(["age,region,rich", *rows]))
    return ["dataset=csv", f"dataset.path={folder / 'people.csv'}", "conditioning=by_column"]


def run_of(folder, *overrides):
    cfg = composed(*SMALL, *overrides, folder=folder)
    (folder / ".hydra").mkdir(parents=True)
    OmegaConf.save(cfg, folder / ".hydra" / "config.yaml")
    return train(cfg, {})


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("by_class") / "run"
    return folder, run_of(folder, *BLOBS)


def test_by_class_trains_is_loaded_and_attacked_again(trained, tmp_path):
    folder, result = trained
    run = load_run(folder)
    assert run.module.conditioning == run.datamodule.conditioning
    assert run.module.conditioning.categories == ("0", "1", "2", "3", "4")
    assert run.module.generate(7, where={"label": 2}).shape == (7, 2)
    again = attack(composed(f"run={folder}", "device=cpu", *SIZES, name="attack"), tmp_path)
    assert [each["auc"] for each in again["attacks"]] == [each["auc"] for each in result["attacks"]]


def test_reference_models_are_told_conditions_too(trained):
    recipe = ReferenceRecipe(load_run(trained[0]), 0.5, 0)
    recipe.train(0)
    target = recipe.model(0, 20).target()
    members = torch.as_tensor(recipe.run.datamodule.take_members()[0])
    assert target.logits(members).shape == (3, 90)


def test_by_column_generates_rows_of_the_category_asked_for(tmp_path):
    cfg = composed(*SMALL, *write_table(tmp_path), "conditioning.column=region")
    data = build_datamodule(cfg)
    module = build_module(cfg, data.spec, data.conditioning)
    assert set(module.generate(50, where={"region": "south"})["region"]) == {"south"}
    counts = np.unique(module.generate(40, where={"region": {"north": 3, "south": 1}})["region"], return_counts=True)
    assert counts[1].tolist() == [30, 10]


def test_by_column_without_a_column_names_those_there_are(tmp_path):
    cfg = composed(*SMALL, *write_table(tmp_path))
    message = r"^conditioning\.column is missing; choose one of region, rich, with conditioning\.column=NAME$"
    with pytest.raises(ParganError, match=message), errors_in_configuration_keys(cfg, {}):
        build_datamodule(cfg)


class Untold(nn.Module):
    """A user's own network, without a parameter condition_size."""

    def __init__(self, spec):
        super().__init__()


def test_networks_that_cannot_be_told_a_condition_are_refused():
    cfg = composed(*SMALL, *BLOBS)
    cfg.model.discriminator = {"_target_": f"{__name__}.Untold", "_partial_": True}
    data = build_datamodule(cfg)
    with pytest.raises(ParganError, match=r"Untold cannot be told a condition: it has no parameter condition_size"):
        build_module(cfg, data.spec, data.conditioning)


def test_sample_and_export_take_and_keep_the_condition(trained, tmp_path):
    run = f"run={trained[0]}"
    sample(composed(run, f"out={tmp_path / 'x.npz'}", "num=30", "where={label: {2: 1, 4: 2}}", name="sample"))
    with np.load(tmp_path / "x.npz") as content:
        assert np.bincount(content["y"]).tolist() == [0, 0, 10, 0, 20]
    export(composed(run, f"out={tmp_path / 'out'}", "num=10", name="export"))
    loaded = load_generator(tmp_path / "out")
    again = np.concatenate(list(loaded.batches(30, 0, where={"label": {2: 1, 4: 2}})))
    np.testing.assert_allclose(loaded.spec.decode(again), np.load(tmp_path / "x.npz")["x"], atol=1e-5)
    view = view_of_generator(loaded.network, 2, loaded.spec, AuditSettings(num_samples=20), loaded.conditioning)
    assert view(torch.zeros(5, 2)).samples.shape == (20, 2)  # what target=release attacks
    with pytest.raises(ParganError, match="choose one of 0, 1, 2, 3, 4"):
        sample(composed(run, f"out={tmp_path / 'y.npz'}", "where={label: 5}", name="sample"))
    assert not (tmp_path / "y.npz").exists()


def release_audit(folder, trained, tmp_path, labelled):
    """latent_search on the released generator, with the run's own records in files."""
    data = load_run(trained[0]).datamodule
    export(composed(f"run={trained[0]}", f"out={tmp_path / 'released'}", "num=10", name="export"))
    membership = data.membership
    for name in ("members", "nonmembers", "reference"):
        index = getattr(membership, name)
        labels = {"y": data.pool.labels[index]} if labelled else {}
        np.savez(tmp_path / f"{name}.npz", x=data.spec.decode(data.pool.take(index)), **labels)
    files = [f"{name}={tmp_path / name}.npz" for name in ("members", "nonmembers", "reference")]
    given = ["target=release", f"path={tmp_path / 'released'}", *files]
    return attack(searching(*given), folder)


def searching(*given):
    cfg = composed(*given, *SIZES, "attack=[latent_search]", "device=cpu", name="attack")
    cfg.attack.latent_search.max_steps = 5
    return cfg


def test_target_release_attacks_records_under_the_classes_of_their_files(trained, tmp_path):
    result = release_audit(tmp_path / "audit", trained, tmp_path, labelled=True)
    of_run = attack(searching(f"run={trained[0]}"), tmp_path / "of_run")
    for found, known in zip(result["attacks"], of_run["attacks"], strict=True):
        assert found["attack"] == known["attack"] == "latent_search"
        assert found["auc"] == pytest.approx(known["auc"], abs=0.1)  # other latents start the searches


def test_target_release_says_that_files_need_classes(trained, tmp_path):
    with pytest.raises(ParganError, match="target=release takes files with classes"):
        release_audit(tmp_path / "audit", trained, tmp_path, labelled=False)

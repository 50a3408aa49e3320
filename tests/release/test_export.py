import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import pargan
from pargan.errors import ParganError
from pargan.records.schema import Decision, Schema
from pargan.release import Generator, KnownRecords, Release, export_release, load_generator
from tests.helpers.releases import KINDS, RESULT, example

PROGRAMS = {"points": ("pt2", "onnx"), "grey": ("pt2", "onnx"), "colour": ("pt2", "onnx")}


def exported(tmp_path, kind, **settings):
    made = example(kind)
    folder = tmp_path / "out"
    export_release(made.release, folder, made.known(), num=300, **settings)
    return made, folder


@pytest.mark.parametrize("kind", KINDS)
def test_load_generator_returns_what_was_exported(tmp_path, kind):
    made, folder = exported(tmp_path, kind)
    loaded = load_generator(folder)
    for ours, theirs in zip(loaded.batches(700, 3), made.generator.batches(700, 3), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    assert loaded.spec.shape == made.spec.shape
    expected = made.spec.decode(np.concatenate(list(made.generator.batches(50, 3))))
    records = loaded.generate(50, seed=3)
    for name in expected if isinstance(expected, dict) else [...]:
        np.testing.assert_array_equal(records[name], expected[name])


def test_export_writes_these_files(tmp_path):
    names = {kind: sorted(path.name for path in exported(tmp_path / kind, kind)[1].iterdir()) for kind in KINDS}
    common = ["README.md", "config.json", "generator.safetensors"]
    assert names["points"] == names["grey"] == [*common, "samples.npz"]
    assert names["table"] == [*common, "samples.csv", "schema.json"]
    assert names["survey"] == [*common, "schema.json"]  # every generated row equals a member's


def byte_arrays(folder):
    """Every file, and whatever is packed inside: name -> bytes."""
    found = {}
    for path in folder.rglob("*"):
        content = path.read_bytes()
        found[path.name] = content
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                found |= {f"{path.name}/{name}": archive.read(name) for name in archive.namelist()}
    return found


def as_bytes(made):
    """Each member in every form it could be written in."""
    spec, members = made.spec, made.members
    decoded = spec.decode(members)
    if isinstance(decoded, dict):
        lines = io.StringIO()
        columns = [column for column in spec.columns if column.type != "id"]  # which are made anew
        for row in zip(*(column.text(decoded[column.name]) for column in columns), strict=True):
            lines.write(",".join(f'"{cell}"' if "," in cell else cell for cell in row) + "\n")
        texts = [
            (f",{line}\n" if len(columns) < len(spec.columns) else f"\n{line}\n").encode()
            for line in lines.getvalue().splitlines()
        ]
        return [[text, record.tobytes()] for text, record in zip(texts, members, strict=True)]
    forms = (members, members.astype(np.float64), members.astype(np.float16), decoded, decoded.astype(np.float32))
    return [[np.ascontiguousarray(form[i]).tobytes() for form in forms] for i in range(len(members))]


@pytest.mark.parametrize("kind", KINDS)
def test_export_holds_no_members_record(tmp_path, kind):
    made, folder = exported(tmp_path, kind, programs=PROGRAMS.get(kind, ()))
    arrays = byte_arrays(folder)
    assert len(arrays) >= 4
    for forms in as_bytes(made):
        for form in forms:
            if len(set(form)) > 2:  # not a row of mere zeros and ones, which any weights may hold
                assert [name for name, content in arrays.items() if form in content] == []


@pytest.mark.parametrize("kind", ["points", "grey", "table"])
def test_byte_arrays_would_show_a_members_record(tmp_path, kind):
    made = example(kind)
    spec_write = made.spec.write(made.members[:20], tmp_path / "planted")
    arrays = byte_arrays(spec_write.parent)
    for forms in as_bytes(made)[1:19]:
        assert any(form in content for form in forms for content in arrays.values())


@pytest.mark.parametrize("kind", KINDS)
def test_export_holds_no_discriminator_optimizer_or_membership(tmp_path, kind):
    made, folder = exported(tmp_path, kind)
    from safetensors.torch import load_file

    assert set(load_file(folder / "generator.safetensors")) == set(made.generator.network.state_dict())
    text = (folder / "config.json").read_text()
    assert not any(word in text for word in ("discriminator", "optimizer", "membership", "path"))


@pytest.mark.parametrize("kind", PROGRAMS)
def test_programs_return_records_in_the_users_units(tmp_path, kind):
    onnxruntime = pytest.importorskip("onnxruntime")
    _, folder = exported(tmp_path, kind, programs=PROGRAMS[kind])
    loaded = load_generator(folder)
    latents = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
    expected = loaded.spec.decode(loaded.network(latents).numpy()).astype(np.float64)
    pt2 = torch.export.load(folder / "generator.pt2").module()(latents).numpy()
    session = onnxruntime.InferenceSession(str(folder / "generator.onnx"))
    (onnx,) = session.run(None, {"latents": latents.numpy()})
    for records in (pt2, onnx):
        assert records.dtype == (np.float32 if kind == "points" else np.uint8)
        np.testing.assert_allclose(records, expected, rtol=1e-4, atol=1 if kind != "points" else 1e-5)
    here = str(pargan.__path__[0]).encode()
    assert not any(here in content for content in byte_arrays(folder).values())


@pytest.mark.parametrize(("kind", "program"), [("table", "onnx"), ("table", "pt2"), ("points", "jit")])
def test_export_refuses_programs_it_cannot_write(tmp_path, kind, program):
    with pytest.raises(ParganError) as error:
        exported(tmp_path, kind, programs=[program])
    assert (error.value.argument, error.value.value) == ("format", program)
    assert not list(tmp_path.iterdir())


def test_model_card_says_what_was_measured(tmp_path):
    _, folder = exported(tmp_path, "table")
    card = (folder / "README.md").read_text()
    for part in (
        "**No formal guarantee.**",
        'pargan.load_generator("out")',
        "| data set | mine |",
        f"{RESULT['data']['members']} |",
        "| nearest_neighbour | samples | 0.610 | [0.570, 0.648] | 0.020 | [0.010, 0.040] |",
        "| latent_search | generator | 0.500 | [0.450, 0.550] | too few nonmembers | |",
        "Releasing the samples: leak found.",
        "the smallest and the largest value, which belong to real records, of age, dose",
        "every category, those of a single record included, of town, ill",
        "about how high the numbers given to real records are, to the last digit where they are a count, in key",
        "the one value of country",
    ):
        assert part in card, part
    assert "own_partition" not in card
    assert "\n\n\n\n" not in card


def test_model_card_warns_where_another_checkpoint_was_audited(tmp_path):
    made = example("points")
    release = Release(made.generator, made.release.network, {**made.release.facts, "checkpoint": "best"})
    export_release(release, tmp_path / "out", made.known())
    assert "this folder holds `best`" in (tmp_path / "out" / "README.md").read_text()


def test_loading_code_of_the_model_card_works(tmp_path, monkeypatch):
    _, folder = exported(tmp_path, "points")
    monkeypatch.chdir(tmp_path)
    code = (folder / "README.md").read_text().split("```python\n")[1].split("```")[0]
    assert len([line for line in code.splitlines() if line]) == 3
    names = {}
    exec(code, names)
    assert names["records"].shape == (1000, 3)


class Own(nn.Sequential):
    pass


def test_export_of_a_network_of_ones_own_needs_it_to_load(tmp_path):
    made = example("points")
    network = Own(nn.Linear(4, 3))
    release = Release(Generator(network, made.spec, 4), {"class": "mine.Own", "arguments": {}}, made.release.facts)
    export_release(release, tmp_path / "out", made.known())
    with pytest.raises(ParganError, match=r"class mine\.Own") as error:
        load_generator(tmp_path / "out")
    assert error.value.argument == "network"
    loaded = load_generator(tmp_path / "out", network=Own(nn.Linear(4, 3)))
    assert torch.equal(loaded.network[0].weight, network[0].weight)
    assert "mine.Own" in (tmp_path / "out" / "README.md").read_text()


@pytest.mark.parametrize(
    "target", ["os.system", "torch.hub.load", "pargan.models.MLPDiscriminator", "pargan.app.load_run", "MLPGenerator"]
)
def test_load_generator_builds_pargans_generators_only(tmp_path, target):
    _, folder = exported(tmp_path, "points")
    config = json.loads((folder / "config.json").read_text())
    config["network"] = {"class": target, "arguments": {}}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ParganError, match="does not come with pargan"):
        load_generator(folder)


DAMAGE = {
    "version": lambda folder, config: config.update(version=2),
    "format": lambda folder, config: config.update(format="diffusers"),
    "digest": lambda folder, config: config.update(sha256="0"),
    "no network": lambda folder, config: config.pop("network"),
    "arguments": lambda folder, config: config["network"]["arguments"].update(hidden="abc"),
    "other network": lambda folder, config: config["network"]["arguments"].update(hidden=[9]),
    "kind": lambda folder, config: config["record_format"].update(kind="sound"),
    "no scale": lambda folder, config: config["record_format"].pop("scale"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_load_generator_refuses_other_and_damaged_folders(tmp_path, damage):
    _, folder = exported(tmp_path, "points")
    config = json.loads((folder / "config.json").read_text())
    DAMAGE[damage](folder, config)
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ParganError) as error:
        load_generator(folder)
    assert (error.value.argument, error.value.value) == ("path", folder)
    assert error.value.remedy
    assert "\n" not in str(error.value)


def test_load_generator_refuses_a_damaged_schema(tmp_path):
    _, folder = exported(tmp_path, "table")
    schema = json.loads((folder / "schema.json").read_text())
    for change in ({"version": 9}, {"columns": [{"name": "age", "type": "nosuch"}]}):
        (folder / "schema.json").write_text(json.dumps({**schema, **change}))
        with pytest.raises(ParganError, match=r"altered: schema\.json"):
            load_generator(folder)


def test_export_of_a_table_keeps_no_count_of_its_columns(tmp_path):
    made = example("table")
    decisions = {"age": Decision("12 cells are odd", 37, frozenset({"", "?"}))}
    schema = Schema(made.spec.columns, decisions, {"email": "an id"}, ("read 9,876 rows",))
    spec = replace(made.spec, schema=schema)
    release = replace(made.release, generator=replace(made.generator, spec=spec))
    export_release(release, tmp_path / "out", made.known())
    text = (tmp_path / "out" / "schema.json").read_text()
    assert not any(word in text for word in ("37", "12 cells", "email", "9,876"))
    loaded = load_generator(tmp_path / "out").spec.schema
    assert loaded.decision("age").missing_texts == frozenset({"", "?"})
    assert loaded.columns == spec.columns


def test_load_generator_refuses_files_that_are_none(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ParganError, match="is not a released generator"):
            load_generator(path)
    _, folder = exported(tmp_path, "points")
    (folder / "config.json").write_text("{")
    with pytest.raises(ParganError, match=r"damaged .*config\.json"):
        load_generator(folder)


def test_export_overwrites_no_folder(tmp_path):
    made, folder = exported(tmp_path, "points")
    before = (folder / "config.json").read_bytes()
    with pytest.raises(ParganError, match="exists already"):
        export_release(made.release, folder, made.known())
    assert (folder / "config.json").read_bytes() == before


def test_export_removes_what_it_wrote_when_the_disk_is_full(tmp_path, monkeypatch):
    def full(*arguments, **settings):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pargan.release.export.model_card", full)
    with pytest.raises(ParganError, match="disk is full"):
        exported(tmp_path, "table")
    assert not list(tmp_path.iterdir())


def test_known_records_compare_what_would_be_written():
    spec = example("grey").spec
    known = KnownRecords({"members": np.full((1, 1, 8, 8), 0.5, np.float32)}, spec)
    near = np.full((1, 1, 8, 8), 0.5001, np.float32)  # the same grey level
    assert known.find(near)["members"].tolist() == [True]
    assert known.find(near + 0.1)["members"].tolist() == [False]

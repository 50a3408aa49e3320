"""target=release, and target=samples on what sample.py wrote: every kind of record, every form of file."""

import csv

import numpy as np
import pytest
from PIL import Image

from pargan.release import export_release
from pargan.release.write_records import write_records
from tests.end_to_end.test_audit_files import only_audit
from tests.helpers.launch import result_of
from tests.helpers.releases import KINDS, example

QUICK = ("audit.draws=20", "audit.controls=false", "device=cpu", "audit.num_samples=200")
FORMS = {
    "points": [".npz"],
    "grey": [".npz", ""],
    "colour": [".npz", ""],
    "table": [".csv", ".parquet"],
}


def real_records(made, seed):
    """Records that no member is, of the same format."""
    return np.concatenate(list(made.generator.batches(80, seed)))


def written(folder, made, ending, seeds=(7, 8)):
    """Members and nonmembers in files of one form."""
    for name, seed in zip(("members", "nonmembers"), seeds, strict=True):
        with write_records(folder / f"{name}{ending}", made.spec, 80) as append:
            append(real_records(made, seed))
    return [f"{name}={name}{ending}" for name in ("members", "nonmembers")]


def exported(folder, made):
    export_release(made.release, folder / "released", made.known(), num=120)
    return "path=released"


@pytest.mark.parametrize(
    ("kind", "sample_file"), [*((kind, "false") for kind in FORMS), ("table", "true"), ("grey", "true")]
)
def test_target_release_attacks_the_generator_or_its_sample(run, tmp_path, kind, sample_file):
    made = example(kind)
    given = [exported(tmp_path, made), *written(tmp_path, made, FORMS[kind][0])]
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "released").iterdir()}
    attacks = "attack=[nearest_neighbour,latent_search]" if sample_file == "false" else "attack=nearest_neighbour"
    more = ["attack.latent_search.max_steps=2"] * (sample_file == "false")
    ended = run("attack", "target=release", *given, f"sample_file={sample_file}", attacks, *more, *QUICK)
    assert ended.status == 0, ended.err
    result = result_of(only_audit(tmp_path))
    assert [each["attack"] for each in result["attacks"]] == attacks.partition("=")[2].strip("[]").split(",")
    assert result["settings"]["path"] == "released"
    assert result["data"]["generated"] == (200 if sample_file == "false" else min(200, len_of(tmp_path / "released")))
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "released").iterdir()} == before


def len_of(folder):
    (path,) = folder.glob("samples.*")
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            return len(list(csv.reader(file))) - 1
    return len(np.load(path)["x"])


def test_target_release_finds_what_a_generator_gives_away(run, tmp_path):
    """Members that the released generator returns, in the units of the user, are found; others are not."""
    made = example("points")
    given = [exported(tmp_path, made), *written(tmp_path, made, ".npz")]
    returned = np.load(tmp_path / "released" / "samples.npz")["x"]
    np.savez(tmp_path / "members.npz", x=returned[:80])
    ended = run("attack", "target=release", *given, "sample_file=true", "attack=nearest_neighbour", *QUICK)
    assert ended.status == 0, ended.err
    assert result_of(only_audit(tmp_path))["attacks"][0]["auc"] > 0.95


@pytest.mark.parametrize(("kind", "ending"), [(kind, ending) for kind in FORMS for ending in FORMS[kind]])
def test_target_samples_takes_what_sample_writes(run, tmp_path, kind, ending):
    made = example(kind)
    given = written(tmp_path, made, ending)
    made.generator.write(tmp_path / f"sample{ending}", 120, 3)
    size = ["dataset.size=8", f"dataset.grayscale={str(kind == 'grey').lower()}"] * (ending == "")
    ended = run(
        "attack", "target=samples", *given, f"synthetic=sample{ending}", "attack=nearest_neighbour", *size, *QUICK
    )
    assert ended.status == 0, ended.err
    assert result_of(only_audit(tmp_path))["data"]["generated"] == 120


def test_target_release_refuses_bad_input(refuses, tmp_path):
    made = example("table")
    files = [exported(tmp_path, made), *written(tmp_path, made, ".csv")]
    no_sample = tmp_path / "no_sample"
    export_release(example("survey").release, no_sample, example("survey").known(), num=120)
    (no_sample / "samples.csv").unlink(missing_ok=True)
    foreign = tmp_path / "foreign"
    export_release(made.release, foreign, made.known(), num=5)
    config = (foreign / "config.json").read_text()
    (foreign / "config.json").write_text(config.replace("pargan.models.MLPGenerator", "theirs.Generator"))
    (tmp_path / "folder").mkdir()
    Image.new("L", (4, 4)).save(tmp_path / "folder" / "a.png")
    (tmp_path / "wide.csv").write_text((tmp_path / "members.csv").read_text().replace("town", "city", 1))
    (tmp_path / "odd.csv").write_text((tmp_path / "members.csv").read_text().replace("Köln", "Bonn", 1))
    cases = {
        (files[1], files[2]): ["path is missing", "path=my_generator"],
        ("path=nowhere", *files[1:]): ["path=nowhere is not a released generator"],
        (files[0], files[1]): ["nonmembers is missing"],
        (*files, "dataset.schema=x.json"): ["dataset.schema=x.json is part of the record format", "leave it out"],
        (*files, "dataset.size=8"): ["dataset.size=8 is part of the record format"],
        (*files, "sample_file=maybe"): ["sample_file=maybe", "true or false"],
        ("path=no_sample", *files[1:], "sample_file=true"): ["path=no_sample holds no file samples.*", "sample_file"],
        ("path=foreign", *files[1:]): ["theirs.Generator", "target=module"],
        (files[0], "members=wide.csv", files[2]): ["wide.csv"],
        (files[0], "members=odd.csv", files[2]): ["odd.csv", "Bonn", "line"],
        (files[0], "members=folder", "nonmembers=folder"): ["path=released returns records of shape", "members=folder"],
        (*files, "attack=discriminator_max"): ["discriminator"],
        (*files, "attack=latent_search", "sample_file=true"): ["latent_search"],
    }
    for given, parts in cases.items():
        refuses("attack", ["target=release", *given, "device=cpu"], parts, cause=given)


def test_kinds_are_all_tried():
    assert set(FORMS) | {"survey"} == set(KINDS)

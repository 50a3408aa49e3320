"""Audits of other people's generators from files: what they returned, or the network itself."""

import csv
import os
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import stats
from torch import nn

import pargan
from tests.helpers.launch import aucs, result_of, rows

BROWARD = Path(os.environ.get("PARGAN_DATA_DIR", "data")) / "tabular" / "broward.csv"
COLUMNS = ("age", "weight", "dose", "stay", "died")
BROWARD_COLUMNS = ("race", "sex", "age", "felonies", "misdemeanours", "priors", "degree", "type", "label")
QUICK = ("audit.draws=200", "device=cpu")


def copula(table, size, rng):
    """A Gaussian copula with empirical marginals, fitted to (N, V) numbers: another generator than ours."""
    normal = stats.norm.ppf((stats.rankdata(table, axis=0) - 0.5) / len(table))
    drawn = stats.norm.cdf(rng.multivariate_normal(np.zeros(table.shape[1]), np.corrcoef(normal.T), size))
    columns = zip(table.T, drawn.T, strict=True)
    return np.column_stack([np.quantile(values, share, method="inverted_cdf") for values, share in columns])


def write_tables(folder, names, groups):
    for group, values in groups.items():
        with (folder / f"{group}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([names, *values.tolist()])
    return [f"{group}={group}.csv" for group in groups]


def only_audit(folder):
    (result,) = folder.glob("outputs/audits/*/result.json")
    return result.parent


def patients(number, rng):
    """Age, weight, dose, stay and outcome, correlated, in whole numbers.

    With decimals, the empirical marginals of a copula would give its own training values away.
    """
    age = rng.integers(18, 90, number)
    weight = np.rint(rng.normal(60 + age / 5, 12))
    dose = np.rint(rng.gamma(4.0, 10.0, number) + weight)
    stay = rng.poisson(1 + age / 15)
    died = age + rng.normal(0, 15, number) > 55
    return np.unique(np.column_stack([age, weight, dose, stay, died]).astype(int), axis=0)


@pytest.fixture(scope="module")
def tables():
    rng = np.random.default_rng(0)
    members, nonmembers, reference = np.split(rng.permutation(patients(1000, rng))[:900], 3)
    honest = copula(members, 600, rng).astype(int)
    copying = np.vstack([honest[:300], members[::2]])
    groups = {"members": members, "nonmembers": nonmembers, "reference": reference}
    return {"honest": groups | {"synthetic": honest}, "copying": groups | {"synthetic": copying}}


def test_audit_files_tells_a_copula_from_one_that_copies_rows(run, tmp_path, tables):
    found = {}
    for name, groups in tables.items():
        given = write_tables(tmp_path, COLUMNS, groups)
        audited = run("attack", "target=samples", *given, *QUICK, "attack=nearest_neighbour")
        assert audited.status == 0, audited.err
        directory = only_audit(tmp_path)
        found[name] = directory.rename(tmp_path / name)
        assert f"run directory: {directory.relative_to(tmp_path)}\n" in audited.out
    (_, low, high), (auc, caught, _) = (
        aucs(result_of(found[name]))["nearest_neighbour"] for name in ("honest", "copying")
    )
    assert low <= 0.5 <= high
    assert auc > 0.7
    assert caught > 0.65

    result = result_of(found["copying"])
    assert result["settings"]["synthetic"] == "synthetic.csv"
    assert result["data"].pop("fingerprints").keys() == {"members", "nonmembers", "reference"}
    assert result["data"] == {"members": 300, "nonmembers": 300, "reference": 300, "generated": 450}
    assert result["notes"] == []
    assert result["partitions"] == []
    assert {"column_distance", "tstr_auc", "trtr_auc"} <= set(result["quality"])
    by_risk = rows(found["copying"] / "private" / "records.csv")
    assert len(by_risk) == 600
    copied = [row for row in by_risk if row["group"] == "member" and int(row["index"]) % 2 == 0]
    assert {float(row["nearest_distance"]) for row in copied} == {0.0}
    exposed = rows(found["copying"] / "private" / "exposed.csv")
    assert len(exposed) == 100
    assert all(int(row["index"]) % 2 == 0 for row in exposed)  # only those were copied
    assert all(row[name] == row[f"generated {name}"] for row in exposed for name in COLUMNS)
    left = {path.relative_to(found["honest"]).as_posix() for path in found["honest"].rglob("*") if path.is_file()}
    assert left == {
        *(f".hydra/{name}.yaml" for name in ("config", "hydra", "overrides")),
        *("result.json", "README.txt", "report.html", "summary.txt", "schema.json"),
        *(f"private/{name}.csv" for name in ("records", "records_columns", "exposed")),
        *("private/samples/final.png", "samples/generated.png", "plots/roc.png", "plots/scores.png"),
    }


def test_audit_files_notes_the_nonmembers_it_sets_aside(run, tmp_path, tables):
    groups = {name: tables["honest"][name] for name in ("members", "nonmembers", "synthetic")}
    given = write_tables(tmp_path, COLUMNS, groups)
    audited = run("attack", "target=samples", *given, *QUICK, "audit.num_samples=400", "audit.num_records=100")
    assert audited.status == 0, audited.err
    result = result_of(only_audit(tmp_path))
    assert result["data"].pop("fingerprints").keys() == {"members", "nonmembers"}  # files that were given
    assert result["data"] == {"members": 300, "nonmembers": 150, "reference": 150, "generated": 400}
    assert "note: 150 records of nonmembers=nonmembers.csv were set aside" in " ".join(audited.out.split())
    assert set(aucs(result)) == {"nearest_neighbour", "monte_carlo", "density_ratio_mixed", "dcr_difference", "gen_lra"}
    assert {attack["num_nonmembers"] for attack in result["attacks"]} == {100}
    assert {attack["num_samples"] for attack in result["attacks"]} == {400}
    assert len(rows(only_audit(tmp_path) / "private" / "records.csv")) == 200
    settings = pargan.AuditSettings(draws=200, num_samples=400, num_records=100)
    from_python = pargan.audit("synthetic.csv", "members.csv", "nonmembers.csv", settings=settings)
    assert from_python.quality == result["quality"]
    assert from_python.verdict.to_dict() == result["verdict"]


def test_audit_files_measures_quality_on_rows_of_the_whole_file(run, tmp_path, tables):
    honest = tables["honest"]["synthetic"]
    found = {}
    for name, rest in (("good", honest[300:]), ("bad", np.repeat(honest[:1], 300, axis=0))):
        folder = tmp_path / name
        folder.mkdir()
        os.chdir(folder)
        groups = tables["honest"] | {"synthetic": np.vstack([honest[:300], rest])}
        words = [*QUICK, "attack=none", "audit.num_quality=300"]
        assert run("attack", "target=samples", *write_tables(folder, COLUMNS, groups), *words).status == 0
        found[name] = result_of(only_audit(folder))["quality"]["column_distance"]
    assert found["bad"] > found["good"] + 0.2


@pytest.mark.slow
def test_audit_files_of_broward(run, tmp_path):
    if not BROWARD.is_file():
        pytest.skip(f"PARGAN_DATA_DIR holds no {BROWARD.name}")
    rng = np.random.default_rng(0)
    table = rng.permutation(np.unique(np.loadtxt(BROWARD, delimiter=",", dtype=int), axis=0))
    members, nonmembers, reference = table[:2000], table[2000:4000], table[4000:]
    honest = copula(members, 4000, rng).astype(int)
    real = {"members": members, "nonmembers": nonmembers, "reference": reference}
    found = {}
    for name, synthetic in (("honest", honest), ("copying", np.vstack([honest[:3000], members[:1000]]))):
        folder = tmp_path / name
        folder.mkdir()
        os.chdir(folder)
        given = write_tables(folder, BROWARD_COLUMNS, real | {"synthetic": synthetic})
        audited = run("attack", "target=samples", *given, *QUICK)
        assert audited.status == 0, audited.err
        found[name] = aucs(result_of(only_audit(folder)))["nearest_neighbour"]
    auc, low, high = found["honest"]
    assert low <= 0.5 <= high
    auc, low, _ = found["copying"]
    assert auc > 0.7
    assert low > 0.65


def images(number, seed):
    return np.random.default_rng(seed).integers(256, size=(number, 8, 8), dtype=np.uint8)


def write_arrays(folder, groups):
    for name, values in groups.items():
        np.savez(folder / f"{name}.npz", x=values)
    return [f"{name}={name}.npz" for name in groups]


def test_audit_files_of_images_in_arrays(run, tmp_path):
    members = images(120, 0)
    groups = {"members": members, "nonmembers": images(100, 1), "synthetic": np.vstack([members, images(50, 2)])}
    audited = run("attack", "target=samples", *write_arrays(tmp_path, groups), *QUICK)
    assert audited.status == 0, audited.err
    directory = only_audit(tmp_path)
    result = result_of(directory)
    assert aucs(result)["nearest_neighbour"][0] == 1.0
    assert {"fid_refpca", "coverage_refpca"} <= set(result["quality"])
    with Image.open(directory / "private" / "exposed.png") as sheet:
        assert sheet.width == 1200


def test_audit_files_of_points_in_arrays(run, tmp_path):
    rng = np.random.default_rng(0)
    groups = {name: rng.normal(size=(80, 3)) for name in ("members", "nonmembers", "reference", "synthetic")}
    audited = run("attack", "target=samples", *write_arrays(tmp_path, groups), *QUICK, "attack=nearest_neighbour")
    assert audited.status == 0, audited.err
    result = result_of(only_audit(tmp_path))
    assert list(aucs(result)) == ["nearest_neighbour"]
    assert 0 < result["quality"]["wasserstein2"] < 2


@pytest.mark.slow
def test_audit_files_of_images_in_folders(run, tmp_path):
    for name, number, seed in (("members", 40, 0), ("nonmembers", 40, 1), ("synthetic", 30, 0)):
        (tmp_path / name).mkdir()
        for place, pixels in enumerate(
            np.random.default_rng(seed).integers(256, size=(number, 8, 8, 3), dtype=np.uint8)
        ):
            Image.fromarray(pixels).save(tmp_path / name / f"{place:02}.png")
    given = [f"{name}={name}" for name in ("members", "nonmembers", "synthetic")]
    audited = run("attack", "target=samples", *given, "dataset.size=8", *QUICK)
    assert audited.status == 0, audited.err
    auc, _, _ = aucs(result_of(only_audit(tmp_path)))["nearest_neighbour"]
    assert auc > 0.8  # 30 of 40 members were copied


class Returns(nn.Module):
    """A generator that has learned its images by heart."""

    def __init__(self, number: int = 60):
        super().__init__()
        self.register_buffer("images", torch.zeros(number, 1, 8, 8))
        self.noise = nn.Parameter(torch.tensor(0.01))

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        chosen = (latents[:, 0].abs() * 1e6).long() % self.images.shape[0]
        return self.images[chosen] + self.noise * torch.sin(latents[:, 1]).reshape(-1, 1, 1, 1)


@pytest.fixture
def network(tmp_path):
    members = images(60, 0)
    generator = Returns()
    generator.images[:] = torch.as_tensor(members[:, None] / 127.5 - 1)
    given = write_arrays(tmp_path, {"members": members, "nonmembers": images(60, 1), "reference": images(40, 2)})
    return generator, ["target=module", "latent_dim=4", "audit.num_samples=500", *given, *QUICK]


def test_audit_files_of_a_torchscript_generator(run, tmp_path, network):
    generator, given = network
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch prefers torch.export
        torch.jit.script(generator).save(tmp_path / "generator.pt")
    audited = run("attack", "module=generator.pt", "trust=true", *given)
    assert audited.status == 0, audited.err
    result = result_of(only_audit(tmp_path))
    assert aucs(result)["nearest_neighbour"][0] > 0.99
    assert {attack["num_samples"] for attack in result["attacks"]} == {500}
    assert result["settings"]["module"] == "generator.pt"
    assert audited.err == ""


@pytest.mark.slow
def test_audit_files_of_a_users_class_with_a_state_dict(run, tmp_path, network):
    generator, given = network
    torch.save(generator.state_dict(), tmp_path / "weights.pt")
    audited = run("attack", f"module={{_target_: {__name__}.Returns, number: 60}}", "weights=weights.pt", *given)
    assert audited.status == 0, audited.err
    result = result_of(only_audit(tmp_path))
    assert aucs(result)["nearest_neighbour"][0] > 0.99
    assert result["settings"]["module"] == f"{__name__}.Returns"

"""Tables as people have them, from the command line: equal rows, odd cells, generated files of other programs."""

import numpy as np
import pytest

from tests.helpers.launch import aucs, only_run, result_of, rows

QUICK = (
    "num_partitions=2",
    "data.batch_size=4",
    "experiment=smoke",
    "trainer.accelerator=cpu",
    "callbacks.attacks.num_samples=50",
    "audit.num_samples=200",
    "audit.draws=50",
    "audit.controls=false",
)


def only_audit(folder):
    (result,) = folder.glob("outputs/audits/*/result.json")
    return result.parent


def test_train_on_a_survey_sees_everybody_and_judges_whom_it_can(run, tmp_path):
    rng = np.random.default_rng(0)
    shares = [0.9, 0.1, 0.5, 0.5, 0.8, 0.05]
    answers = (rng.random((600, 6)) < shares).astype(int)
    lines = [",".join(map(str, row)) for row in answers]
    (tmp_path / "survey.csv").write_text("q1,q2,q3,q4,q5,q6\n" + "\n".join(lines) + "\n")
    trained = run("train", "dataset=csv", "dataset.path=survey.csv", *QUICK)
    assert trained.status == 0, trained.err
    result = result_of(only_run(tmp_path))
    assert result["data"]["members"] == 300
    assert result["data"]["duplicates_dropped"] == 0
    (note,) = [note for note in result["notes"] if "nobody can tell" in note]
    assert note in " ".join(trained.out.replace("note: ", "").split())
    assert min(result["indistinguishable"].values()) > 100
    assert all("boolean" in line for line in trained.out.splitlines() if line.strip().startswith("q"))


def test_train_drops_copies_where_it_is_told_to_and_says_how_many(run, tmp_path):
    lines = [f"{i % 90},{i % 7 / 2}" for i in range(700)]
    (tmp_path / "my.csv").write_text("x,y\n" + "\n".join(lines) + "\n")
    given = ("dataset=csv", "dataset.path=my.csv", "data.duplicates=drop", "attack=none", "trainer.max_epochs=1")
    trained = run("train", *given, *QUICK)
    assert trained.status == 0, trained.err
    assert "70 records equal another one and were left out; data.duplicates=together" in " ".join(trained.out.split())
    refused = run("train", "dataset=csv", "dataset.path=my.csv", "data.duplicates=keep", *QUICK)
    assert "data.duplicates=keep is not a choice; choose one of drop, together, split" in refused.err


CUSTOMERS = "customer,signup,zip,income,member,orders\n"


def test_train_on_a_customer_table_writes_rows_of_its_kind(run, tmp_path):
    rng = np.random.default_rng(0)
    lines = [
        f"C{i:04},2019-{i % 12 + 1:02}-{i % 28 + 1:02},0{rng.integers(10, 40)}11,"
        f"{'' if i % 8 == 0 else f'{rng.gamma(2, 900):.2f}'},{'yes' if i % 3 else 'no'},{rng.poisson(6)}"
        for i in range(200)
    ]
    (tmp_path / "my.csv").write_text(CUSTOMERS + "\n".join(lines) + "\n")
    quick = [word for word in QUICK if "draws" not in word]
    trained = run("train", "dataset=csv", "dataset.path=my.csv", "attack=nearest_neighbour", *quick)
    assert trained.status == 0, trained.err
    for part in ("Columns", "customer", "new, from C0200", "25", "dataset.types={name:type}"):
        assert part in trained.out
    directory = only_run(tmp_path)
    assert (directory / "schema.json").is_file()
    generated = rows(directory / "samples" / "generated.csv")
    assert [row["customer"] for row in generated[:2]] == ["C0200", "C0201"]
    for row in generated:
        assert row["income"] == "" or len(row["income"].partition(".")[2]) == 2
        assert row["zip"][:1] == "0"
        assert row["signup"].startswith("2019-")
    again = ("dataset=csv", "dataset.path=my.csv", f"dataset.schema={directory}/schema.json")
    assert run("train", *again, "attack=none", "trainer.max_epochs=1", *QUICK).status == 0


@pytest.fixture
def real(tmp_path):
    """Files of a generator that returns every member with a little noise."""
    rng = np.random.default_rng(0)
    members, nonmembers, reference = rng.normal([50, 120, 5], [12, 15, 1], (3, 60, 3))
    groups = {"members": members, "nonmembers": nonmembers, "reference": reference}
    groups["synthetic"] = members + rng.normal(0, 0.05, members.shape)
    target = {name: (rows[:, 0] > 50).astype(int) for name, rows in groups.items()}

    def write(name, rows, words=("0", "1")):
        labelled = zip(rows, target[name], strict=False)
        body = "".join(f"{a:.3f},{b:.3f},{c:.3f},{words[label]}\n" for (a, b, c), label in labelled)
        (tmp_path / f"{name}.csv").write_text(f"age,pressure,sugar,target\n{body}")

    for name, values in groups.items():
        write(name, values)
    return groups, write


def audited(run, tmp_path, where):
    files = [f"{name}={name}.csv" for name in ("members", "nonmembers", "reference", "synthetic")]
    out = f"hydra.run.dir={where}"
    ended = run("attack", "target=samples", *files, "device=cpu", "audit.draws=50", "audit.controls=false", out)
    assert ended.status == 0, ended.err
    return result_of(tmp_path / where), ended.out


@pytest.mark.parametrize("wild", [1e7, 1e9])
def test_attack_finds_the_leak_beside_one_wild_row(run, tmp_path, real, wild):
    groups, write = real
    synthetic = groups["synthetic"].copy()
    synthetic[0] = wild
    write("synthetic", synthetic)
    result, out = audited(run, tmp_path, "audit")
    assert aucs(result)["nearest_neighbour"][0] > 0.97
    assert "1 of 60 records hold values" in " ".join(out.split())


@pytest.mark.parametrize("words", [("0.0", "1.0"), ("False", "True")])
def test_attack_reads_the_label_of_other_programs(run, tmp_path, real, words):
    groups, write = real
    expected, _ = audited(run, tmp_path, "expected")
    write("synthetic", groups["synthetic"], words)
    result, _ = audited(run, tmp_path, "audit")
    assert result["quality"] == expected["quality"]
    assert aucs(result) == aucs(expected)


def test_attack_leaves_out_rows_that_are_in_two_groups(run, tmp_path, real):
    groups, write = real
    write("nonmembers", np.vstack([groups["nonmembers"][:50], groups["members"][:10]]))
    target = (tmp_path / "members.csv").read_text().splitlines()
    lines = (tmp_path / "nonmembers.csv").read_text().splitlines()
    (tmp_path / "nonmembers.csv").write_text("\n".join([*lines[:51], *target[1:11]]) + "\n")
    result, out = audited(run, tmp_path, "audit")
    assert result["indistinguishable"] == {"members": 10, "nonmembers": 10}
    assert "10 members and 10 nonmembers equal a record of another group" in " ".join(out.split())
    assert {attack["num_members"] for attack in result["attacks"]} == {50}

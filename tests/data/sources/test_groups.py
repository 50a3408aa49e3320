import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pargan.data.sources.groups import read_groups
from pargan.data.sources.tables.source import table
from pargan.errors import ParganError
from pargan.records.ranked import Ranked
from pargan.records.schema import Schema


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.fixture
def tables(tmp_path):
    return {
        "members": write(tmp_path / "m.csv", "age,town,sick\n20,Ulm,yes\n30,Ulm,no\n40,Aue,no\n"),
        "nonmembers": write(tmp_path / "n.csv", "town,sick,age\nUlm,no,25\nAue,yes,90\n"),
        "synthetic": write(tmp_path / "s.csv", "age,town,sick\n22.5,Bonn,no\n30,Bonn,yes\n"),
    }


def test_read_groups_reads_generated_rows_by_the_schema_of_the_real_ones(tables):
    groups = read_groups(tables)
    specs = {id(pool.spec) for pool in groups.values()}
    assert len(specs) == 1
    spec = groups["members"].spec
    assert [(column.name, column.type) for column in spec.columns] == [
        ("age", "integer"),  # in spite of one synthetic age
        ("town", "categorical"),
        ("sick", "boolean"),
    ]
    assert spec.columns[1].categories == ("Aue", "Ulm")
    rows = spec.decode(groups["nonmembers"].take(np.arange(2)))
    assert rows["age"].tolist() == [25, 90]
    assert rows["town"].tolist() == ["Ulm", "Aue"]
    generated = spec.decode(groups["synthetic"].take(np.arange(2)))
    assert generated["town"].tolist() == ["(not in the real records)"] * 2
    assert groups["members"].take(np.arange(3))[:, 0].min() == -1  # 20, the smallest of the real files
    assert groups["nonmembers"].take(np.arange(2))[:, 0].max() == 1
    assert {key: pool.labels.tolist() for key, pool in groups.items()} == {
        "members": [1, 0, 0],
        "nonmembers": [0, 1],
        "synthetic": [0, 1],
    }
    assert groups["synthetic"].notes == (
        '1 of 2 records hold values in the column "age" that are not whole numbers',
        '2 of 2 records hold values in the column "town" that are a category that no real record has',
    )


def table_of(rows):
    return "x,y,flag\n" + "".join(f"{x},{y},{flag}\n" for x, y, flag in rows)


@pytest.mark.parametrize("wild", ["1e7", "-1e300", "1000000000"])
def test_read_groups_lets_a_wild_row_change_nothing_but_itself(tmp_path, wild):
    rng = np.random.default_rng(0)
    rows = [(f"{x:.3f}", f"{y:.3f}", i % 2) for i, (x, y) in enumerate(rng.normal(size=(60, 2)))]
    real = {"members": write(tmp_path / "m.csv", table_of(rows[:30]))}
    real["nonmembers"] = write(tmp_path / "n.csv", table_of(rows[30:]))
    tame = read_groups(real | {"synthetic": write(tmp_path / "s.csv", table_of(rows[:20]))})
    mixed = read_groups(real | {"synthetic": write(tmp_path / "w.csv", table_of([*rows[:20], (wild, wild, 1)]))})
    for name in ("members", "nonmembers"):
        np.testing.assert_array_equal(tame[name].take(np.arange(30)), mixed[name].take(np.arange(30)))
    rows_read = mixed["synthetic"].take(np.arange(21))
    np.testing.assert_array_equal(tame["synthetic"].take(np.arange(20)), rows_read[:20])
    assert np.abs(rows_read[20]).max() == 1
    assert len(mixed["synthetic"].notes) == 2
    assert "that are out of the range of the real records" in mixed["synthetic"].notes[0]


@pytest.mark.parametrize("words", [("0.0", "1.0"), ("False", "True"), ("no", "yes")])
def test_read_groups_reads_other_words_for_a_flag(tmp_path, words):
    rows = [(i % 17, i % 13, i % 2) for i in range(40)]
    real = {
        "members": write(tmp_path / "m.csv", table_of(rows)),
        "nonmembers": write(tmp_path / "n.csv", table_of(rows)),
    }
    synthetic = write(tmp_path / "s.csv", table_of([(x, y, words[flag]) for x, y, flag in rows]))
    groups = read_groups(real | {"synthetic": synthetic})
    np.testing.assert_array_equal(groups["synthetic"].take(np.arange(40)), groups["members"].take(np.arange(40)))
    np.testing.assert_array_equal(groups["synthetic"].hashes(), groups["members"].hashes())
    assert groups["synthetic"].notes == ()


def test_read_groups_counts_missing_values_that_no_real_record_has(tmp_path):
    rows = [(i % 17, i % 13, i % 2) for i in range(40)]
    real = {
        "members": write(tmp_path / "m.csv", table_of(rows)),
        "nonmembers": write(tmp_path / "n.csv", table_of(rows)),
    }
    groups = read_groups(real | {"synthetic": write(tmp_path / "s.csv", table_of([("", 3, ""), *rows]))})
    (first, second) = groups["synthetic"].notes
    assert "1 of 41" in first
    assert "missing, which no real record is" in first
    assert 'column "flag"' in second
    assert np.isnan(groups["synthetic"].spec.decode(groups["synthetic"].take(np.arange(1)))["x"]).all()


def test_read_groups_applies_given_types_to_all_files(tables):
    real = {key: tables[key] for key in ("members", "nonmembers")}
    twice = real | {f"{key} again": path for key, path in real.items()}  # categories are at most half the rows
    groups = read_groups(twice, types={"age": "categorical"})
    assert groups["members"].spec.columns[0].categories == ("20", "25", "30", "40", "90")


def test_read_groups_names_a_generated_cell_that_is_not_of_its_type(tables, tmp_path):
    tables["synthetic"] = write(tmp_path / "s.csv", "age,town,sick\n22,Ulm,no\nold,Ulm,yes\n")
    with pytest.raises(ParganError) as error:
        read_groups(tables)
    assert (error.value.argument, error.value.value) == ("synthetic", tables["synthetic"])
    assert 'the integer column 1 ("age"), the first is "old" in line 3' in error.value.problem


def test_read_groups_needs_no_identifier_in_generated_rows(tmp_path):
    rows = [f"C{i:03},{i % 7},{i % 5}" for i in range(40)]
    real = {name: write(tmp_path / f"{name}.csv", "id,x,y\n" + "\n".join(rows)) for name in ("members", "nonmembers")}
    synthetic = write(tmp_path / "s.csv", "x,y\n" + "\n".join(row.partition(",")[2] for row in rows))
    groups = read_groups(real | {"synthetic": synthetic}, types={"id": "id"})
    np.testing.assert_array_equal(groups["synthetic"].take(np.arange(40)), groups["members"].take(np.arange(40)))


@pytest.mark.parametrize(
    ("text", "incomplete", "column", "complete"),
    [
        ("age,sick\n22,no\n30,yes\n", "synthetic", "town", "members"),
        ("age,town,sick,zip\n22,Ulm,no,1\n30,Ulm,yes,2\n", "members", "zip", "synthetic"),
        ("22,Ulm,no\n30,Ulm,yes\n", "synthetic", "age", "members"),
    ],
)
def test_read_groups_names_the_file_that_lacks_a_column(tables, tmp_path, text, incomplete, column, complete):
    tables["synthetic"] = write(tmp_path / "s.csv", text)
    with pytest.raises(ParganError) as error:
        read_groups(tables)
    assert (error.value.argument, error.value.value) == (incomplete, tables[incomplete])
    assert f'has no column "{column}", which {complete}={tables[complete]} has' in error.value.problem
    assert "all with a header or all without" in error.value.remedy


def test_read_groups_counts_categories_over_all_files(tmp_path):
    files = {
        name: write(tmp_path / f"{name}.csv", "id,x\n" + "".join(f"{name} {i},{i / 4}\n" for i in range(4)))
        for name in ("members", "nonmembers")
    }
    with pytest.raises(ParganError) as error:
        read_groups(files)
    assert error.value.argument == "members"
    assert f"together with nonmembers={files['nonmembers']}" in error.value.problem
    assert '8 categories in 8 rows in the categorical column 1 ("id")' in error.value.problem


def arrays(folder, **groups):
    for name, values in groups.items():
        np.savez(folder / f"{name}.npz", x=values)
    return {name: str(folder / f"{name}.npz") for name in groups}


def test_read_groups_reads_arrays(tmp_path):
    rng = np.random.default_rng(0)
    images = rng.integers(256, size=(2, 5, 8, 8), dtype=np.uint8)
    groups = read_groups(arrays(tmp_path, members=images[0], synthetic=images[1].astype(float) / 255))
    for name, expected in zip(groups, images, strict=True):
        np.testing.assert_array_equal(groups[name].spec.decode(groups[name].take(np.arange(5))), expected)
    points = read_groups(arrays(tmp_path, members=rng.normal(size=(3, 2)), synthetic=rng.normal(size=(4, 2))))
    assert [len(pool) for pool in points.values()] == [3, 4]


def test_read_groups_names_the_group_of_an_unfit_array(tmp_path):
    files = arrays(tmp_path, members=np.zeros((3, 2)), synthetic=np.zeros((3, 4)))
    with pytest.raises(ParganError) as error:
        read_groups(files)
    assert (error.value.argument, error.value.value) == ("synthetic", files["synthetic"])
    assert f"records of shape (4,), members={files['members']} of (2,)" in error.value.problem
    assert error.value.remedy == "give records of one shape"
    files = arrays(tmp_path, members=np.zeros((3, 2)), synthetic=np.array([[0, 0], [np.nan, 1], [2, 2]]))
    with pytest.raises(ParganError) as error:
        read_groups(files)
    assert (error.value.argument, error.value.value) == ("synthetic", files["synthetic"])
    assert "1 of 3 records in array x with NaN" in error.value.problem
    assert error.value.remedy
    with pytest.raises(ParganError) as error:  # arguments other than the file keep their names
        read_groups({"members": images(tmp_path / "m", 1)}, size=0)
    assert error.value.argument == "size"


def images(folder, number):
    folder.mkdir()
    for place, pixels in enumerate(np.random.default_rng(0).integers(256, size=(number, 9, 8, 3), dtype=np.uint8)):
        Image.fromarray(pixels).save(folder / f"{place}.png")
    return str(folder)


def test_read_groups_reads_folders_of_images(tmp_path):
    files = {"members": images(tmp_path / "m", 3), "synthetic": images(tmp_path / "s", 2)}
    groups = read_groups(files, size=6, grayscale=True)
    assert [(len(pool), pool.spec.shape) for pool in groups.values()] == [(3, (1, 6, 6)), (2, (1, 6, 6))]
    (tmp_path / "empty").mkdir()
    with pytest.raises(ParganError, match="holds no images") as error:
        read_groups(files | {"synthetic": str(tmp_path / "empty")})
    assert error.value.argument == "synthetic"


def test_read_groups_refuses_missing_unknown_and_different_kinds(tables, tmp_path):
    cases = [
        ("nowhere.csv", "is not there", ".npz"),
        (write(tmp_path / "s.docx", ""), "is of unknown kind", ".npz"),
        (images(tmp_path / "s", 1), f"is a folder of images, but members={tables['members']} is a table", "one kind"),
    ]
    for path, problem, remedy in cases:
        with pytest.raises(ParganError) as error:
            read_groups(tables | {"synthetic": path})
        assert (error.value.argument, error.value.value) == ("synthetic", path)
        assert problem in error.value.problem
        assert remedy in error.value.remedy


def test_read_groups_takes_real_values_beyond_the_range_of_a_release_and_refuses_those_beyond_other_ranges(tmp_path):
    rng = np.random.default_rng(0)
    pay = np.round(rng.lognormal(6, 1, 400), 2)
    frame = pd.DataFrame({"pay": pay, "sex": rng.choice(["f", "m"], 400)})
    spec = table(frame).spec
    column = Ranked.fit(spec.columns[0], pay)
    for name, content in (("run", column), ("release", column.published())):
        Schema((content, spec.columns[1])).write(tmp_path / f"{name}.json")
    frame.to_csv(tmp_path / "members.csv", index=False)
    paths = {"members": str(tmp_path / "members.csv")}
    pool = read_groups(paths, schema=str(tmp_path / "release.json"))["members"]
    low, high = float(column.knots[0]), float(column.knots[-1])
    beyond = int(((pay < low) | (pay > high)).sum())
    assert beyond > 0
    assert any(f'{beyond} of 400 records lie beyond the range of the column "pay"' in note for note in pool.notes)
    np.testing.assert_allclose(pool.spec.decode(pool.values)["pay"], np.clip(pay, low, high), atol=0.011)
    frame.loc[3, "pay"] = 1e9
    frame.to_csv(tmp_path / "members.csv", index=False)
    with pytest.raises(ParganError, match="out of the range"):
        read_groups(paths, schema=str(tmp_path / "run.json"))

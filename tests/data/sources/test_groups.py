"""Several files of one kind: typed together, of one shape, called by their own keys where something is wrong."""

import numpy as np
import pytest
from PIL import Image

from pargan.data.sources.groups import read_groups
from pargan.errors import ParganError


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


def test_tables_share_types_ranges_and_categories_and_find_columns_by_name(tables):
    groups = read_groups(tables)
    specs = {id(records.spec) for records in groups.values()}
    assert len(specs) == 1
    spec = groups["members"].spec
    assert [(column.name, column.type) for column in spec.columns] == [
        ("age", "numeric"),  # one synthetic age is no whole number
        ("town", "categorical"),
        ("sick", "categorical"),
    ]
    assert spec.columns[1].categories.tolist() == ["Aue", "Bonn", "Ulm"]
    rows = spec.decode(groups["nonmembers"].take(np.arange(2)))
    assert rows["age"] == pytest.approx([25, 90])
    assert rows["town"].tolist() == ["Ulm", "Aue"]
    assert groups["members"].take(np.arange(3))[:, 0].min() == -1  # 20, the least of all files
    assert groups["nonmembers"].take(np.arange(2))[:, 0].max() == 1
    assert {key: records.labels.tolist() for key, records in groups.items()} == {
        "members": [1, 0, 0],
        "nonmembers": [0, 1],
        "synthetic": [0, 1],
    }


def test_types_that_are_given_hold_for_all_files(tables):
    real = {key: tables[key] for key in ("members", "nonmembers")}
    twice = real | {f"{key} again": path for key, path in real.items()}  # categories are at most half the rows
    groups = read_groups(twice, types={"age": "categorical"})
    assert groups["members"].spec.columns[0].categories.tolist() == ["20", "25", "30", "40", "90"]
    with pytest.raises(
        ParganError, match=r'^synthetic=.*s.csv: column 1 \("age"\) is integer, but 1 .*"22.5" in line 2'
    ):
        read_groups(tables, types={"age": "integer"})


def test_another_column_is_named_on_the_side_that_lacks_it(tables, tmp_path):
    tables["synthetic"] = write(tmp_path / "s.csv", "age,sick\n22,no\n30,yes\n")
    with pytest.raises(ParganError, match=r'^synthetic=.*s.csv has no column "town", which members=.*m.csv has'):
        read_groups(tables)
    tables["synthetic"] = write(tmp_path / "s.csv", "age,town,sick,zip\n22,Ulm,no,1\n30,Ulm,yes,2\n")
    with pytest.raises(ParganError, match=r'^members=.*m.csv has no column "zip", which synthetic=.*s.csv has'):
        read_groups(tables)
    tables["synthetic"] = write(tmp_path / "s.csv", "22,Ulm,no\n30,Ulm,yes\n")
    with pytest.raises(ParganError, match=r'no column "age".* all with a header or all without'):
        read_groups(tables)


def test_a_name_in_a_column_is_refused_over_all_files_together(tmp_path):
    files = {
        name: write(tmp_path / f"{name}.csv", "id,x\n" + "".join(f"{name}{i},{i / 4}\n" for i in range(4)))
        for name in ("members", "nonmembers")
    }
    with pytest.raises(ParganError, match=r'members=.*, nonmembers=.*: column 1 \("id"\).* 8 categories in 8 rows'):
        read_groups(files)


def arrays(folder, **groups):
    for name, values in groups.items():
        np.savez(folder / f"{name}.npz", x=values)
    return {name: str(folder / f"{name}.npz") for name in groups}


def test_arrays(tmp_path):
    rng = np.random.default_rng(0)
    images = rng.integers(256, size=(2, 5, 8, 8), dtype=np.uint8)
    groups = read_groups(arrays(tmp_path, members=images[0], synthetic=images[1].astype(float) / 255))
    for name, expected in zip(groups, images, strict=True):
        np.testing.assert_array_equal(groups[name].spec.decode(groups[name].take(np.arange(5))), expected)
    points = read_groups(arrays(tmp_path, members=rng.normal(size=(3, 2)), synthetic=rng.normal(size=(4, 2))))
    assert [len(records) for records in points.values()] == [3, 4]


def test_arrays_of_other_shapes_and_broken_ones_are_called_by_their_keys(tmp_path):
    files = arrays(tmp_path, members=np.zeros((3, 2)), synthetic=np.zeros((3, 4)))
    with pytest.raises(ParganError, match=r"^synthetic=.* records of shape \(4,\), members=.* of \(2,\); give"):
        read_groups(files)
    with pytest.raises(ParganError, match=r"^synthetic=.*: 1 of 3 records of array x hold NaN"):
        read_groups(arrays(tmp_path, members=np.zeros((3, 2)), synthetic=np.array([[0, 0], [np.nan, 1], [2, 2]])))


def images(folder, number):
    folder.mkdir()
    for place, pixels in enumerate(np.random.default_rng(0).integers(256, size=(number, 9, 8, 3), dtype=np.uint8)):
        Image.fromarray(pixels).save(folder / f"{place}.png")
    return str(folder)


def test_folders_of_images(tmp_path):
    files = {"members": images(tmp_path / "m", 3), "synthetic": images(tmp_path / "s", 2)}
    groups = read_groups(files, size=6, grayscale=True)
    assert [(len(records), records.spec.shape) for records in groups.values()] == [(3, (1, 6, 6)), (2, (1, 6, 6))]
    (tmp_path / "empty").mkdir()
    with pytest.raises(ParganError, match=r"^synthetic=.*empty holds no images"):
        read_groups(files | {"synthetic": str(tmp_path / "empty")})


def test_files_of_unknown_and_of_different_kinds(tables, tmp_path):
    with pytest.raises(
        ParganError, match=r"^synthetic=nowhere.csv is not there; give a .csv or .npz file, or a folder"
    ):
        read_groups(tables | {"synthetic": "nowhere.csv"})
    odd = write(tmp_path / "s.xlsx", "")
    with pytest.raises(ParganError, match=r"^synthetic=.*s.xlsx is of no known kind; give a .csv"):
        read_groups(tables | {"synthetic": odd})
    folder = images(tmp_path / "s", 1)
    with pytest.raises(ParganError, match=r"^synthetic=.* is a folder of images, but members=.*m.csv is .csv; give"):
        read_groups(tables | {"synthetic": folder})

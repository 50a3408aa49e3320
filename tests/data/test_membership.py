import io
from dataclasses import replace

import numpy as np
import pytest
import torch

from pargan.data.membership import Membership, fingerprint
from pargan.errors import ParganError


@pytest.fixture
def membership():
    return Membership(np.arange(6).reshape(2, 3), np.array([6, 7]), np.array([8, 9, 10]), "ab" * 32, 4, 3)


@pytest.fixture
def paired(membership):
    return replace(membership, pairs=np.array([[4, 6], [0, 7]]))


def test_members_are_ordered_by_partition(membership):
    assert membership.num_partitions == 2
    assert membership.members.tolist() == [0, 1, 2, 3, 4, 5]


def test_load_returns_what_was_saved(membership, tmp_path):
    membership.save(tmp_path / "membership.npz")
    loaded = Membership.load(tmp_path / "membership.npz")
    assert loaded == membership
    np.testing.assert_array_equal(loaded.partitions, membership.partitions)
    assert (loaded.duplicates_found, loaded.duplicates_dropped) == (4, 3)


def test_from_state_reads_a_checkpoint_with_weights_only(membership):
    buffer = io.BytesIO()
    torch.save(membership.to_state(), buffer)
    buffer.seek(0)
    assert Membership.from_state(torch.load(buffer, weights_only=True)) == membership


@pytest.mark.parametrize(
    "change",
    [
        {"partitions": np.arange(6).reshape(3, 2)},
        {"partitions": np.array([[1, 0, 2], [3, 4, 5]])},
        {"nonmembers": np.array([6, 11])},
        {"reference": np.array([8, 9])},
        {"pool_fingerprint": "cd" * 32},
        {"duplicates_dropped": 0},
        {"pairs": np.array([[0, 6]])},
    ],
)
def test_digest_covers_all_attributes(membership, change, tmp_path):
    altered = replace(membership, **change)
    assert altered != membership
    path = tmp_path / "membership.npz"
    membership.save(path)
    with np.load(path) as file:
        content = dict(file)
    altered.save(path)
    with np.load(path) as file:
        forged = dict(file) | {"digest": content["digest"]}
    np.savez(path, **forged)
    with pytest.raises(ParganError, match="was altered after the run wrote it") as error:
        Membership.load(path)
    assert str(path) in error.value.problem
    assert "restore it" in error.value.remedy


def test_load_notices_flipped_bytes(membership, tmp_path):
    path = tmp_path / "membership.npz"
    membership.save(path)
    content = path.read_bytes()
    num_refused = 0
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        try:
            assert Membership.load(path) == membership
        except ParganError:
            num_refused += 1
    assert num_refused > 50


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 broken"])
def test_load_refuses_other_files(content, tmp_path):
    path = tmp_path / "membership.npz"
    path.write_bytes(content)
    with pytest.raises(ParganError, match="is damaged or not a membership file"):
        Membership.load(path)


def test_load_refuses_a_truncated_file(membership, tmp_path):
    path = tmp_path / "membership.npz"
    membership.save(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ParganError, match="is damaged or not a membership file"):
        Membership.load(path)


def test_load_does_not_unpickle(tmp_path):
    path = tmp_path / "membership.npz"
    np.savez(path, partitions=np.array([object()]), duplicates=[0, 0])
    with pytest.raises(ParganError, match="not a membership file"):
        Membership.load(path)


def test_load_refuses_a_missing_file(tmp_path):
    with pytest.raises(ParganError, match="is missing") as error:
        Membership.load(tmp_path / "membership.npz")
    assert str(tmp_path / "membership.npz") in error.value.problem
    assert error.value.remedy


def test_membership_refuses_groups_that_are_not_disjoint(membership):
    for change in ({"reference": np.array([0, 9])}, {"nonmembers": np.array([6, 6])}):
        with pytest.raises(ParganError, match="hold a record twice") as error:
            replace(membership, **change)
        assert "disjoint" in error.value.remedy


@pytest.mark.parametrize("name", ["partitions", "nonmembers", "reference"])
def test_membership_refuses_arrays_of_another_dimension(membership, name):
    with pytest.raises(ParganError) as error:
        replace(membership, **{name: np.arange(20, 28).reshape(2, 2, 2)})
    assert error.value.argument == name
    assert "partitions (K, n)" in error.value.remedy


def test_pool_fingerprint_is_saved_under_the_name_of_earlier_versions(membership, tmp_path):
    membership.save(tmp_path / "membership.npz")
    with np.load(tmp_path / "membership.npz") as file:
        assert str(file["records"]) == membership.pool_fingerprint
    assert membership.to_state()["records"] == membership.pool_fingerprint


@pytest.mark.parametrize("state", [{}, {"partitions": 3}, {"something": "else"}])
def test_from_state_refuses_other_states(state):
    with pytest.raises(ParganError, match="does not hold a membership") as error:
        Membership.from_state(state)
    assert error.value.remedy


def test_fingerprint_depends_on_order_content_and_shape():
    hashes = np.array([b"a" * 16, b"b" * 16], dtype="V16")
    fingerprints = {
        fingerprint(hashes, (4,)),
        fingerprint(hashes[::-1], (4,)),
        fingerprint(hashes[:1], (4,)),
        fingerprint(hashes, (2, 2)),
    }
    assert len(fingerprints) == 4


def test_pairs_are_saved_and_kept_in_checkpoints(paired, tmp_path):
    paired.save(tmp_path / "membership.npz")
    for again in (Membership.load(tmp_path / "membership.npz"), Membership.from_state(paired.to_state())):
        assert again == paired
        np.testing.assert_array_equal(again.pairs, paired.pairs)


def test_load_reads_a_file_without_pairs_of_an_earlier_version(membership, tmp_path):
    path = tmp_path / "membership.npz"
    membership.save(path)
    with np.load(path) as file:
        np.savez(path, **{name: file[name] for name in file.files if name != "pairs"})
    assert Membership.load(path) == membership
    state = membership.to_state()
    del state["pairs"]
    assert Membership.from_state(state) == membership


@pytest.mark.parametrize("pairs", [[[6, 0]], [[0, 8]], [[0, 6], [0, 7]], [[0, 6, 7]]])
def test_pairs_of_anything_but_a_member_and_a_nonmember_are_refused(membership, pairs):
    with pytest.raises(ParganError) as error:
        replace(membership, pairs=np.array(pairs))
    assert error.value.argument == "pairs"

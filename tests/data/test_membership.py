"""Membership files and states."""

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


def test_members_stand_partition_after_partition(membership):
    assert membership.num_partitions == 2
    assert membership.members.tolist() == [0, 1, 2, 3, 4, 5]


def test_a_file_gives_back_what_was_saved(membership, tmp_path):
    membership.save(tmp_path / "membership.npz")
    loaded = Membership.load(tmp_path / "membership.npz")
    assert loaded == membership
    np.testing.assert_array_equal(loaded.partitions, membership.partitions)
    assert (loaded.duplicates_found, loaded.duplicates_dropped) == (4, 3)


def test_a_state_survives_a_safe_checkpoint(membership):
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
        {"records": "cd" * 32},
        {"duplicates_dropped": 0},
    ],
)
def test_every_part_is_covered_by_the_digest(membership, change, tmp_path):
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
    with pytest.raises(ParganError, match="was altered after the run wrote it"):
        Membership.load(path)


def test_every_flipped_byte_of_a_file_is_noticed_or_harmless(membership, tmp_path):
    path = tmp_path / "membership.npz"
    membership.save(path)
    content = path.read_bytes()
    refused = 0
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        try:
            assert Membership.load(path) == membership
        except ParganError:
            refused += 1
    assert refused > 50


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 broken"])
def test_a_file_of_another_kind_is_refused(content, tmp_path):
    path = tmp_path / "membership.npz"
    path.write_bytes(content)
    with pytest.raises(ParganError, match="is not a membership file or is damaged"):
        Membership.load(path)


def test_a_cut_file_is_refused(membership, tmp_path):
    path = tmp_path / "membership.npz"
    membership.save(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ParganError, match="is not a membership file or is damaged"):
        Membership.load(path)


def test_pickles_are_never_opened(tmp_path):
    path = tmp_path / "membership.npz"
    np.savez(path, partitions=np.array([object()]), duplicates=[0, 0])
    with pytest.raises(ParganError, match="is not a membership file"):
        Membership.load(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ParganError, match=r"membership\.npz is missing"):
        Membership.load(tmp_path / "membership.npz")


def test_groups_must_be_disjoint(membership):
    with pytest.raises(ParganError, match="disjoint"):
        replace(membership, reference=np.array([0, 9]))


def test_ranks_are_checked(membership):
    with pytest.raises(ParganError, match=r"expected partitions \(K, n\)"):
        replace(membership, partitions=np.arange(6))


@pytest.mark.parametrize("state", [{}, {"partitions": 3}, {"something": "else"}])
def test_a_foreign_state_is_refused(state):
    with pytest.raises(ParganError, match="holds no membership"):
        Membership.from_state(state)


def test_the_fingerprint_sees_order_content_and_shape():
    hashes = np.array([b"a" * 16, b"b" * 16], dtype="V16")
    found = {
        fingerprint(hashes, (4,)),
        fingerprint(hashes[::-1], (4,)),
        fingerprint(hashes[:1], (4,)),
        fingerprint(hashes, (2, 2)),
    }
    assert len(found) == 4

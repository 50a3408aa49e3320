import errno

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pargan.errors import ParganError
from pargan.io import checkpoints
from pargan.io.checkpoints import DIGEST, VerifiedCheckpointIO, content_digest, load_checkpoint
from tests.helpers.tiny import assert_equal_weights, blobs_in_partitions, gan, trainer, weights

CONTENT = {
    "epoch": 3,
    "state_dict": {
        "weight": torch.arange(6.0).reshape(2, 3),
        "count": torch.tensor(4),
        "half": torch.tensor([1.5, float("nan")], dtype=torch.bfloat16),
        "empty": torch.empty(0, 3),
        "strided": torch.arange(6.0).reshape(2, 3).T,
    },
    "optimizer_states": [{"betas": (0.5, 0.999), "name": "adam", "none": None}],
}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "checkpoints" / "last.ckpt"
    VerifiedCheckpointIO().save_checkpoint(CONTENT, path)
    return path


def test_load_checkpoint_returns_what_was_saved(path):
    for loaded in (load_checkpoint(path), VerifiedCheckpointIO().load_checkpoint(path, map_location="cpu")):
        assert loaded.keys() == CONTENT.keys()
        assert loaded["optimizer_states"] == CONTENT["optimizer_states"]
        for name, value in CONTENT["state_dict"].items():
            torch.testing.assert_close(loaded["state_dict"][name], value, equal_nan=True)


def test_save_checkpoint_does_not_change_the_callers_dict(tmp_path):
    content = {"epoch": 1}
    VerifiedCheckpointIO().save_checkpoint(content, tmp_path / "a.ckpt")
    assert content == {"epoch": 1}


def test_saved_checkpoint_can_be_read_by_torch_load(path):
    raw = torch.load(path, weights_only=True)
    assert raw.pop(DIGEST) == content_digest(CONTENT)
    assert raw.keys() == CONTENT.keys()


def test_load_checkpoint_refuses_an_altered_weight(path):
    raw = torch.load(path, weights_only=True)
    raw["state_dict"]["weight"][1, 2] += 1e-6
    torch.save(raw, path)
    with pytest.raises(ParganError, match="was altered after it was written") as error:
        load_checkpoint(path)
    assert str(path) in error.value.problem
    assert error.value.remedy == "use an unaltered copy"


def test_load_checkpoint_refuses_a_file_without_digest(path):
    torch.save({"epoch": 1}, path)
    with pytest.raises(ParganError, match="was altered"):
        load_checkpoint(path)


@pytest.mark.parametrize("keep", [0, 1, 100, -1, -200])
def test_load_checkpoint_refuses_a_truncated_file(path, keep):
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ParganError, match=r"last\.ckpt (is damaged|was altered)"):
        load_checkpoint(path)


def test_load_checkpoint_notices_flipped_bytes(path):
    whole = path.read_bytes()
    for position in range(0, len(whole), 97):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        try:
            loaded = load_checkpoint(path)
        except ParganError:
            continue
        assert content_digest(loaded) == content_digest(CONTENT)  # a byte of padding


@pytest.mark.parametrize("content", [b"", b"hello", b"something else", b"PK\x03\x04", b"\x80\x02}q\x00."])
def test_load_checkpoint_refuses_other_files(path, content):
    path.write_bytes(content)
    with pytest.raises(ParganError, match=r"last\.ckpt (is damaged|was altered)"):
        load_checkpoint(path)


def test_load_checkpoint_refuses_a_missing_file(tmp_path):
    path = tmp_path / "no.ckpt"
    with pytest.raises(ParganError, match="stopped before its first checkpoint") as error:
        load_checkpoint(path)
    assert f"{path} is missing" in error.value.problem
    assert error.value.remedy


def test_load_checkpoint_runs_no_code_in_the_file(path, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    torch.save({"epoch": Bomb()}, path)
    with pytest.raises(ParganError, match="is damaged"):
        load_checkpoint(path)
    assert not (tmp_path / "ran").exists()


def test_save_checkpoint_keeps_the_old_file_when_the_disk_is_full(path, monkeypatch):
    def full(file_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoints.write_atomically.__globals__["os"], "fsync", full)
    with pytest.raises(ParganError, match="the disk is full"):
        VerifiedCheckpointIO().save_checkpoint({"epoch": 99}, path)
    monkeypatch.undo()
    assert load_checkpoint(path)["epoch"] == 3
    assert list(path.parent.iterdir()) == [path]


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(PLAIN, PLAIN)
def test_content_digest_is_equal_for_equal_content_only(one, other):
    assert (content_digest(one) == content_digest(other)) == (repr(one) == repr(other))


@pytest.mark.parametrize(
    "other",
    [torch.zeros(3, 2), torch.zeros(2, 3, dtype=torch.float64), torch.zeros(6), -torch.zeros(2, 3), [[0.0] * 3] * 2],
)
def test_content_digest_depends_on_shape_dtype_and_bits(other):
    assert content_digest(other) != content_digest(torch.zeros(2, 3))


def test_checkpoint_of_a_trainer_is_verified_on_resume(tmp_path):
    module = gan()
    first = trainer(tmp_path, 1)
    first.fit(module, blobs_in_partitions())
    path = tmp_path / "last.ckpt"
    first.save_checkpoint(path)
    assert_equal_weights(load_checkpoint(path)["state_dict"], weights(module))
    raw = torch.load(path, weights_only=True)
    raw["state_dict"]["generator.0.weight"][0, 0] += 1
    torch.save(raw, path)
    with pytest.raises(ParganError, match="was altered"):
        trainer(tmp_path, 2).fit(gan(), blobs_in_partitions(), ckpt_path=path)

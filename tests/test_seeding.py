import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pargan.errors import ParganError
from pargan.seeding import derive, seeded, subset

CPU = torch.device("cpu")


@given(st.integers(0, 2**63), st.text(max_size=20), st.integers(0, 2**40))
def test_derive_gives_seeds_that_torch_and_numpy_accept(seed, purpose, position):
    derived = derive(seed, purpose, position)
    assert 0 <= derived < 2**63
    assert derived == derive(seed, purpose, position)
    torch.Generator().manual_seed(derived)
    np.random.default_rng(derived)


def test_derive_refuses_negative_seeds():
    with pytest.raises(ParganError, match=r"^seed=-1 is negative; give 0 or more$"):
        derive(-1, "training step")


def test_derive_gives_different_seeds_to_neighbours():
    seeds = {derive(s, p, i) for s in range(20) for p in ("training step", "shuffle") for i in range(50)}
    assert len(seeds) == 20 * 2 * 50


def test_derive_keeps_the_seeds_of_earlier_versions():
    # Existing runs are resumed with these seeds; other values would make a resumed run differ.
    assert derive(0, "training step", 0) == 9_153_844_414_560_667_407
    assert derive(7, "shuffle", 3) == 3_881_626_601_827_598_915


def test_seeded_streams_of_neighbouring_steps_are_uncorrelated():
    draws = []
    for step in range(200):
        with seeded(derive(0, "training step", step), CPU):
            draws.append(torch.randn(50))
    draws = torch.stack(draws)
    following = torch.corrcoef(torch.stack([draws[:-1].flatten(), draws[1:].flatten()]))[0, 1]
    assert abs(following) < 4 / (199 * 50) ** 0.5
    assert abs(draws[:, 0].mean()) < 4 / 200**0.5  # the first number of each stream


def test_seeded_block_is_repeatable_and_restores_the_state():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    with seeded(5, CPU):
        first = torch.rand(3)
    assert torch.equal(torch.rand(3), expected)
    torch.manual_seed(99)
    with seeded(5, CPU):
        assert torch.equal(torch.rand(3), first)


def test_seeded_restores_the_state_after_an_error():
    before = torch.random.get_rng_state()
    with pytest.raises(ZeroDivisionError), seeded(5, CPU):
        int(torch.rand(1)) // 0
    assert torch.equal(torch.random.get_rng_state(), before)


def test_seeded_does_not_change_numpys_global_state():
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - the global state is what must not change
    with seeded(derive(0, "x"), CPU):
        pass
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize("size", [None, 7, 9])
def test_subset_of_full_size_is_everything(size):
    assert subset(size, 7, derive(0, "members")).tolist() == list(range(7))


def test_subset_is_sorted_and_equal_to_earlier_versions():
    # The metrics of existing runs were measured on these records.
    assert subset(5, 100, derive(0, "members")).tolist() == [2, 12, 33, 69, 84]
    assert subset(5, 100, derive(0, "nonmembers")).tolist() == [51, 54, 61, 62, 70]

"""Headers and bytes of .npz files: read into finite records in model space, or refused."""

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pargan.data.sources.arrays.npz import npz
from tests.helpers.fuzzed import examples, result_or_sentence

pytestmark = pytest.mark.slow

DESCR = ("|u1", "<f4", "<f8", "<f2", ">i2", "<i8", "|b1", "|O", "<U3", "<c8", "|V2", "<M8[s]", "<f16", "nosuch")
SIZES = st.sampled_from([0, 1, 2, 3, 4, 8, 9, 28, -1, 2**31, 2**63, 2**70])
SHAPES = st.one_of(
    st.sampled_from([(6, 2), (6, 4, 4), (6, 4, 4, 3), (6, 3, 4, 4), (6,), ()]),
    st.lists(SIZES, max_size=5).map(tuple),
    st.sampled_from(["x", 3, (2.5, 2), (None,), [6, 2], (True, 2)]),
)
HEADERS = st.fixed_dictionaries(
    {"descr": st.sampled_from(DESCR), "fortran_order": st.sampled_from([False, True, 1, None]), "shape": SHAPES},
    optional={"more": st.just(1)},
)
VALUES = st.sampled_from([0.0, 1.0, -1.0, 0.5, 255.0, 17.0, 1e30, -1e308, np.nan, np.inf, 1e-320])


def _member(header, content, version):
    text = repr(header).encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY" + version + len(text).to_bytes(2, "little") + text + content


@st.composite
def files(draw):
    """An archive of arrays, headers of which may lie, and bytes of which may be others."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))) as into:
        for name in draw(st.lists(st.sampled_from(["x.npy", "y.npy", "x", "../x.npy"]), max_size=3, unique=True)):
            if draw(st.booleans()):
                version = draw(st.sampled_from([b"\1\0", b"\1\0", b"\2\0", b"\3\0", b"\x09\0"]))
                into.writestr(name, _member(draw(HEADERS), draw(st.binary(max_size=600)), version))
            else:
                shape = draw(st.sampled_from([(6, 2), (6, 4, 4), (6, 4, 4, 3), (6, 1), (6,)]))
                array = np.array(draw(st.lists(VALUES, min_size=1, max_size=8)))
                with np.errstate(all="ignore"):
                    array = np.resize(array, shape).astype(draw(st.sampled_from(["f8", "f4", "u1", "i2", "i8", "b1"])))
                file = io.BytesIO()
                np.save(file, array)
                into.writestr(name, file.getvalue())
    content = bytearray(archive.getvalue())
    for _ in range(draw(st.integers(0, 3)) if draw(st.booleans()) else 0):
        content[draw(st.integers(0, len(content) - 1))] ^= 1 << draw(st.integers(0, 7))
    return bytes(content[: draw(st.integers(0, len(content)))]) if draw(st.integers(0, 5)) == 0 else bytes(content)


@given(content=st.one_of(files(), files(), files(), st.binary(max_size=200)))
@examples(150)
@pytest.mark.filterwarnings("ignore::UserWarning")  # of zipfile: a name twice; of NumPy: an old header
def test_npz_reads_or_refuses_any_bytes(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("fuzz", numbered=True)
    path = folder / "my.npz"
    path.write_bytes(content)
    pool = result_or_sentence(lambda: npz(str(path)))
    if pool is not None:
        records = pool.take(np.arange(len(pool)))
        assert records.shape == (len(pool), *pool.spec.shape)
        assert np.isfinite(records).all()
        assert np.isfinite(pool.spec.decode(records)).all()
        assert len(pool.hashes()) == len(pool)

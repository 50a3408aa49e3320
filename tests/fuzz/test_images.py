"""Bytes of image files: decoded to uint8, or refused."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pargan.data.sources.images.folder import image_folder
from tests.helpers.fuzzed import examples, result_or_sentence

pytestmark = pytest.mark.slow

MODES = {"PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"), "JPEG": ("L", "RGB", "CMYK"), "GIF": ("L", "P")}
MODES |= {"TIFF": ("1", "L", "RGB", "RGBA", "F", "I;16"), "BMP": ("1", "L", "RGB"), "WEBP": ("RGB", "RGBA")}
SIDES = st.sampled_from([1, 2, 7, 8, 40, 300])


@st.composite
def images(draw):
    """A file that Pillow writes, some bits of which may be others, or its beginning."""
    kind = draw(st.sampled_from(sorted(MODES)))
    mode, size = draw(st.sampled_from(MODES[kind])), (draw(SIDES), draw(SIDES))
    image = Image.new(mode, size, 0 if mode in ("1", "P") else draw(st.integers(0, 255)) if mode in ("L", "F") else 0)
    file = io.BytesIO()
    image.save(file, kind)
    content = bytearray(file.getvalue())
    for _ in range(draw(st.integers(0, 4)) if draw(st.booleans()) else 0):
        content[draw(st.integers(0, len(content) - 1))] ^= 1 << draw(st.integers(0, 7))
    if draw(st.integers(0, 6)) == 0:
        del content[draw(st.integers(0, len(content))) :]
    return f"{draw(st.sampled_from('abc'))}.{draw(st.sampled_from([kind.lower(), 'png', 'tif', 'pgm']))}", bytes(
        content
    )


FILES = st.one_of(images(), images(), st.tuples(st.sampled_from(["d.png", "e.tif", "f.ppm"]), st.binary(max_size=99)))


@given(files=st.lists(FILES, min_size=1, max_size=3, unique_by=lambda file: file[0]), grayscale=st.booleans())
@examples(120)
@pytest.mark.filterwarnings("ignore::UserWarning")  # of Pillow, about tags
def test_image_folder_reads_or_refuses_any_bytes(tmp_path_factory, files, grayscale):
    folder = tmp_path_factory.mktemp("fuzz", numbered=True)
    for name, content in files:
        (folder / name).write_bytes(content)
    pool = result_or_sentence(lambda: image_folder(str(folder), size=8, grayscale=grayscale))
    if pool is not None:
        assert pool.spec.shape == (1 if grayscale else 3, 8, 8)
        records = pool.take(np.arange(len(pool)))
        assert np.isfinite(records).all()
        assert np.abs(records).max() <= 1

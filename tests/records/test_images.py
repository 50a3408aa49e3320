import numpy as np
import pytest
import torch

from pargan.records.grey_levels import images_to_model
from pargan.records.images import ImageSpec


@pytest.mark.parametrize("shape", [(4, 6, 5), (4, 6, 5, 3)])
def test_decode_and_snap_keep_all_256_levels(shape):
    images = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    images.reshape(-1)[:256] = np.arange(120) if images.size < 256 else np.arange(256)
    model = images_to_model(images)
    spec = ImageSpec(*model.shape[1:])
    assert model.dtype == np.float32
    assert model.shape == (4, 3 if len(shape) == 4 else 1, 6, 5)
    np.testing.assert_array_equal(spec.decode(model), images)
    np.testing.assert_array_equal(spec.snap(model), model)


def test_decode_clips_to_the_range_from_minus_one_to_one():
    model = images_to_model(np.array([[[0, 255]]], dtype=np.uint8))
    assert model.ravel().tolist() == [-1.0, 1.0]
    assert ImageSpec(1, 1, 2).decode(np.array([[[[-1.7, 3.0]]]])).ravel().tolist() == [0, 255]
    assert ImageSpec(1, 1, 1).head()(torch.tensor([50.0])) == 1


def test_images_to_model_moves_channels_to_the_front():
    image = np.zeros((1, 2, 2, 3), dtype=np.uint8)
    image[0, 0, 1, 2] = 255
    model = images_to_model(image)
    assert model[0, 2, 0, 1] == 1
    assert (model == 1).sum() == 1


def test_write_saves_grey_levels(tmp_path):
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    path = ImageSpec(1, 3, 4).write(images_to_model(images), tmp_path / "generated")
    np.testing.assert_array_equal(np.load(path)["x"], images)

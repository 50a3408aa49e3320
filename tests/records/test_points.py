import numpy as np
import torch

from pargan.records.points import PointsSpec


def test_points_spec_does_not_change_points(tmp_path):
    spec = PointsSpec(3)
    points = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    assert spec.shape == (3,)
    np.testing.assert_array_equal(spec.snap(points), points)
    np.testing.assert_array_equal(spec.head()(torch.from_numpy(points)).numpy(), points)
    path = spec.write(points, tmp_path / "run-0.5")
    assert path.name == "run-0.5.npz"
    np.testing.assert_array_equal(np.load(path)["x"], points)

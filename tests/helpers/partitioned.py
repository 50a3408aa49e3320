"""Small pools, read at once or by index, and a datamodule on them."""

import numpy as np

from pargan.data.datamodule import PartitionDataModule
from pargan.records.points import PointsSpec
from pargan.records.pool import Pool


class OnDisk:
    """Values that are read when they are indexed: record i is the point (i, -i)."""

    def __init__(self, size):
        self.size = size

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        return np.stack([index, -index], axis=1).astype(np.float32)


def lazy(size=120):
    return Pool(OnDisk(size), PointsSpec(2), quality=None, labels=np.arange(size) % 3, to_model=np.asarray)


def resident(size=120):
    return Pool(OnDisk(size)[np.arange(size)], PointsSpec(2), quality=None, labels=np.arange(size) % 3)


def make(source=resident, num_partitions=3, batch_size=6, **settings):
    datamodule = PartitionDataModule(source, num_partitions, batch_size, **settings)
    datamodule.setup()
    return datamodule

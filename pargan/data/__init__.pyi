from .conditioning import by_class, by_column, unconditional
from .datamodule import PartitionDataModule
from .membership import Membership
from .partition import by_label, contiguous, dirichlet, iid
from .sources.arrays.npz import npz
from .sources.blobs import blobs
from .sources.circles import circles
from .sources.images.digits import digits
from .sources.images.folder import image_folder
from .sources.images.published import cifar10, fashion_mnist, mnist
from .sources.tables.published import broward, hospital
from .sources.tables.source import csv_table, table
from .splitting import drop_copies, keep_copies_together, split_as_they_are

__all__ = [
    "Membership",
    "PartitionDataModule",
    "blobs",
    "broward",
    "by_class",
    "by_column",
    "by_label",
    "cifar10",
    "circles",
    "contiguous",
    "csv_table",
    "digits",
    "dirichlet",
    "drop_copies",
    "fashion_mnist",
    "hospital",
    "iid",
    "image_folder",
    "keep_copies_together",
    "mnist",
    "npz",
    "split_as_they_are",
    "table",
    "unconditional",
]

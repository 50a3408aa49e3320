from .datamodule import PartitionDataModule
from .membership import Membership
from .partition import by_label, contiguous, dirichlet, iid
from .sources.csv_files import csv_table
from .sources.image_files import image_folder
from .sources.images import cifar10, digits, fashion_mnist, mnist
from .sources.npz_files import npz
from .sources.points import blobs, circles
from .sources.published_tables import broward, hospital
from .splitting import drop_copies, keep_copies_together

__all__ = [
    "Membership",
    "PartitionDataModule",
    "blobs",
    "broward",
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
]

"""PAR-GAN for PyTorch Lightning: one generator, K discriminators on disjoint partitions, leakage measured."""

from importlib.metadata import version

from pargan.attacks import make_target, run_attacks
from pargan.auditing import Audit, audit
from pargan.callbacks import (
    AttackCallback,
    GeneralizationGap,
    QualityCallback,
    SamplePictures,
    ScheduledAttack,
)
from pargan.data.datamodule import PartitionDataModule
from pargan.data.records import Records
from pargan.discriminators import Discriminators
from pargan.errors import ParganError
from pargan.evaluation import AttackRecords
from pargan.module import ParGANModule

__all__ = [
    "AttackCallback",
    "AttackRecords",
    "Audit",
    "Discriminators",
    "GeneralizationGap",
    "ParGANModule",
    "ParganError",
    "PartitionDataModule",
    "QualityCallback",
    "Records",
    "SamplePictures",
    "ScheduledAttack",
    "audit",
    "make_target",
    "run_attacks",
]
__version__ = version("pargan")

from .audits import AttackRecords, Audit, audit, make_target, run_attacks
from .callbacks import AttackCallback, GeneralizationGap, QualityCallback, SampleImages, ScheduledAttack
from .data import PartitionDataModule
from .errors import ParganError
from .gan import Discriminators, ParGANModule
from .records import Batch, Pool

__all__ = [
    "AttackCallback",
    "AttackRecords",
    "Audit",
    "Batch",
    "Discriminators",
    "GeneralizationGap",
    "ParGANModule",
    "ParganError",
    "PartitionDataModule",
    "Pool",
    "QualityCallback",
    "SampleImages",
    "ScheduledAttack",
    "audit",
    "make_target",
    "run_attacks",
]
__version__: str

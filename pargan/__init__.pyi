from .audits import AttackRecords, Audit, audit, make_target, run_attacks
from .callbacks import AttackCallback, GeneralizationGap, QualityCallback, SamplePictures, ScheduledAttack
from .data import PartitionDataModule
from .errors import ParganError
from .gan import Discriminators, ParGANModule
from .records import Records

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
__version__: str

from .attacks import AttackCallback, ScheduledAttack
from .checkpoint import PeriodicCheckpoint
from .early_stopping import EarlyStopping
from .gap import GeneralizationGap
from .progress import EpochProgress
from .quality import QualityCallback
from .rows import ResultSetAside, RowBeforeCheckpoint
from .samples import SamplePictures

__all__ = [
    "AttackCallback",
    "EarlyStopping",
    "EpochProgress",
    "GeneralizationGap",
    "PeriodicCheckpoint",
    "QualityCallback",
    "ResultSetAside",
    "RowBeforeCheckpoint",
    "SamplePictures",
    "ScheduledAttack",
]

from .attacks import AttackCallback
from .checkpoint import PeriodicCheckpoint
from .early_stopping import EarlyStopping
from .gap import GeneralizationGap
from .progress import EpochProgress
from .quality import QualityCallback
from .rows import BackupPreviousResult, RowBeforeCheckpoint
from .samples import SampleImages

__all__ = [
    "AttackCallback",
    "BackupPreviousResult",
    "EarlyStopping",
    "EpochProgress",
    "GeneralizationGap",
    "PeriodicCheckpoint",
    "QualityCallback",
    "RowBeforeCheckpoint",
    "SampleImages",
]

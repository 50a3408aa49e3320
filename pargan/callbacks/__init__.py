"""Callbacks that watch a run without changing it, and the record they leave in the run directory."""

from pargan.callbacks.attacks import AttackCallback, ScheduledAttack
from pargan.callbacks.checkpoint import PeriodicCheckpoint
from pargan.callbacks.early_stopping import EarlyStopping
from pargan.callbacks.gap import GeneralizationGap
from pargan.callbacks.progress import EpochProgress
from pargan.callbacks.quality import QualityCallback
from pargan.callbacks.rows import ResultSetAside, RowBeforeCheckpoint
from pargan.callbacks.samples import SamplePictures

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

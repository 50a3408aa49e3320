from . import attacks, audits, callbacks, data, fast, gan, judge, losses, metrics, models, records, release, report
from .app.load_run import LoadedRun, load_run
from .audits import AttackRecords, AuditResult, AuditSettings, make_target, run_attacks
from .callbacks import AttackCallback, GeneralizationGap, QualityCallback, SampleImages
from .data import PartitionDataModule
from .errors import ParganError
from .gan import Discriminators, ParGANModule
from .records import Batch, Pool
from .release import LoadedRelease, load_generator
from .report import Audit, audit

__all__ = [
    "AttackCallback",
    "AttackRecords",
    "Audit",
    "AuditResult",
    "AuditSettings",
    "Batch",
    "Discriminators",
    "GeneralizationGap",
    "LoadedRelease",
    "LoadedRun",
    "ParGANModule",
    "ParganError",
    "PartitionDataModule",
    "Pool",
    "QualityCallback",
    "SampleImages",
    "attacks",
    "audit",
    "audits",
    "callbacks",
    "data",
    "fast",
    "gan",
    "judge",
    "load_generator",
    "load_run",
    "losses",
    "make_target",
    "metrics",
    "models",
    "records",
    "release",
    "report",
    "run_attacks",
]
__version__: str

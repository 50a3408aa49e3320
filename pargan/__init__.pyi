from .app.load_run import LoadedRun, load_run
from .audits import AttackRecords, AuditResult, AuditSettings, audit, make_target, run_attacks
from .callbacks import AttackCallback, GeneralizationGap, QualityCallback, SampleImages
from .data import PartitionDataModule
from .errors import ParganError
from .gan import Discriminators, ParGANModule
from .records import Batch, Pool

__all__ = [
    "AttackCallback",
    "AttackRecords",
    "AuditResult",
    "AuditSettings",
    "Batch",
    "Discriminators",
    "GeneralizationGap",
    "LoadedRun",
    "ParGANModule",
    "ParganError",
    "PartitionDataModule",
    "Pool",
    "QualityCallback",
    "SampleImages",
    "audit",
    "load_run",
    "make_target",
    "run_attacks",
]
__version__: str

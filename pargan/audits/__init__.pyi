from .audit import attack_target, audit, audit_module, audit_target
from .controls import Controls, judge_controls
from .gate import Gate, GateResult, GateStatus
from .generator_files import LoadedGenerator, load_generator
from .groups import attack_records, set_aside
from .partitions import PartitionLeakage, leakage_per_partition
from .records import AttackedIndices, AttackRecords
from .result import AuditResult
from .risk import RiskTable, risk_table
from .scoring import AttackResult, refuse_wider, run_attacks, score_permuted
from .settings import AuditSettings
from .targets import make_target, samples_view, target_of
from .verdict import AccessVerdict, AttackVerdict, Verdict, reach_verdict
from .verdict_words import Finding

__all__ = [
    "AccessVerdict",
    "AttackRecords",
    "AttackResult",
    "AttackVerdict",
    "AttackedIndices",
    "AuditResult",
    "AuditSettings",
    "Controls",
    "Finding",
    "Gate",
    "GateResult",
    "GateStatus",
    "LoadedGenerator",
    "PartitionLeakage",
    "RiskTable",
    "Verdict",
    "attack_records",
    "attack_target",
    "audit",
    "audit_module",
    "audit_target",
    "judge_controls",
    "leakage_per_partition",
    "load_generator",
    "make_target",
    "reach_verdict",
    "refuse_wider",
    "risk_table",
    "run_attacks",
    "samples_view",
    "score_permuted",
    "set_aside",
    "target_of",
]

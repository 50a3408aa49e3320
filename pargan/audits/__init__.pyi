from .audit import Audit, audit
from .controls import Controls, judge_controls
from .evaluation import AttackRecords, Evaluation, attack_target, evaluate, evaluate_target, target_of
from .partitions import PartitionLeakage, leakage_per_partition
from .risk import RiskTable, risk_table
from .scoring import AttackResult, make_target, run_attacks

__all__ = [
    "AttackRecords",
    "AttackResult",
    "Audit",
    "Controls",
    "Evaluation",
    "PartitionLeakage",
    "RiskTable",
    "attack_target",
    "audit",
    "evaluate",
    "evaluate_target",
    "judge_controls",
    "leakage_per_partition",
    "make_target",
    "risk_table",
    "run_attacks",
    "target_of",
]

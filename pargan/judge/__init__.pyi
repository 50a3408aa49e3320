from .metrics import AttackMetrics, judge

__all__ = [
    "AttackMetrics",
    "judge",
]

"""Contents of result.json, and what a console prints."""

import io
from typing import Any

from rich.console import Console


def printed(renderable: Any, width: int = 100) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(renderable)
    return console.file.getvalue()


def attack(name: str, auc: float, margin: float = 0.02, **changes: Any) -> dict[str, Any]:
    metrics = {"attack": name, "access": "discriminators", "auc": auc, "auc_low": auc - margin}
    metrics |= {"auc_high": auc + margin, "p_value": 0.01, "num_members": 800, "num_nonmembers": 500}
    metrics |= {"tpr_at_1pct_fpr": 0.04, "tpr_at_1pct_fpr_low": 0.02, "tpr_at_1pct_fpr_high": 0.07}
    return metrics | changes


def job(k: int, seed: int, auc: float, fid: float, **changes: Any) -> dict[str, Any]:
    return {
        "status": "finished",
        "settings": {"dataset": "digits", "loss": "js", "num_partitions": k, "seed": seed},
        "quality": {"fid_refmlp": fid},
        "attacks": [attack("own_partition", auc)],
    } | changes

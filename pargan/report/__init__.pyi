from .attacks import draw_attacks, write_tables
from .plots import auc_curves, loss_curves, roc_curves, score_histograms
from .samples import draw_samples
from .schema import schema_table
from .sweep import sweep_rows, sweep_table, write_sweep
from .terminal import summary

__all__ = [
    "auc_curves",
    "draw_attacks",
    "draw_samples",
    "loss_curves",
    "roc_curves",
    "schema_table",
    "score_histograms",
    "summary",
    "sweep_rows",
    "sweep_table",
    "write_sweep",
    "write_tables",
]

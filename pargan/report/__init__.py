"""A run directory, for people: pictures, and the tables that end a run and a sweep."""

from pargan.report.attacks import write_attacks
from pargan.report.figures import auc_curves, loss_curves, roc_curves, score_histograms
from pargan.report.samples import draw_samples
from pargan.report.summary import summary
from pargan.report.sweep import sweep_rows, sweep_table, write_sweep

__all__ = [
    "auc_curves",
    "draw_samples",
    "loss_curves",
    "roc_curves",
    "score_histograms",
    "summary",
    "sweep_rows",
    "sweep_table",
    "write_attacks",
    "write_sweep",
]

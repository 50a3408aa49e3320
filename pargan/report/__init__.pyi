from .attacks import draw_attacks, write_tables
from .audited import Audit, audit
from .history import read_history, with_better_epoch
from .html import render_report, write_report
from .json_schema import SCHEMA_VERSION, result_schema
from .junit import junit_xml
from .plots import auc_curves, loss_curves, roc_curves, score_histograms
from .samples import draw_samples
from .schema import schema_table
from .sweep import sweep_rows, sweep_table, write_sweep
from .sweep_html import render_sweep, write_sweep_report, write_sweep_tables
from .terminal import summary

__all__ = [
    "SCHEMA_VERSION",
    "Audit",
    "auc_curves",
    "audit",
    "draw_attacks",
    "draw_samples",
    "junit_xml",
    "loss_curves",
    "read_history",
    "render_report",
    "render_sweep",
    "result_schema",
    "roc_curves",
    "schema_table",
    "score_histograms",
    "summary",
    "sweep_rows",
    "sweep_table",
    "with_better_epoch",
    "write_report",
    "write_sweep",
    "write_sweep_report",
    "write_sweep_tables",
    "write_tables",
]

"""`pargan.audit`: an audit from Python, whose result prints, draws and writes itself."""

import io
from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

from matplotlib.figure import Figure
from rich.console import Console, Group

from pargan import audits
from pargan.audits import AuditResult
from pargan.errors import ParganError
from pargan.io.files import write_atomically
from pargan.io.provenance import provenance
from pargan.report.html import render_report
from pargan.report.json_schema import SCHEMA_VERSION
from pargan.report.plots import roc_figure
from pargan.report.terminal import audit_tables

PRINTED_WIDTH = 100
"""Columns of the printed text."""

P = ParamSpec("P")


class Audit(AuditResult):
    """What an audit found; printing it shows the verdict and the tables of the command."""

    def __str__(self) -> str:
        text = io.StringIO()
        Console(file=text, width=PRINTED_WIDTH).print(Group(*audit_tables(self._described())))
        return "\n".join(line.rstrip() for line in text.getvalue().splitlines()).strip("\n")

    __repr__ = __str__  # in place of every score of every record

    def report(self, path: str | Path) -> Path:
        """Write report.html, one page for people, which shows no record; a file that is there is replaced.

        Args:
            path: of the file, which ends in .html, or of a folder.

        Returns:
            The file.

        Raises:
            ParganError: another ending, or a file that cannot be written.
        """
        path = Path(path)
        if path.is_dir():
            path = path / "report.html"
        if path.suffix.lower() not in (".html", ".htm"):
            raise ParganError(
                "is not an .html file", argument="path", value=path, remedy="give report.html, or a folder"
            )
        write_atomically(path, render_report(self._described()).encode())
        return path

    def plot(self) -> Figure:
        """The ROC curves of the attacks, a matplotlib figure: `audit.plot().savefig("roc.png")`.

        Raises:
            ParganError: no attack was run.
        """
        if not self.attacks:
            raise ParganError("no attack was run, so there is nothing to plot")
        return roc_figure(self.attacks)

    def _described(self) -> dict[str, Any]:
        return {
            "schema_version": SCHEMA_VERSION,
            "status": "finished",
            **self.to_dict(),
            "notes": self.notes(),
            "provenance": provenance(),
        }


def _printable(function: Callable[P, AuditResult]) -> Callable[P, Audit]:
    """The function, whose result is an `Audit`."""

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Audit:
        result = function(*args, **kwargs)
        return Audit(**{field.name: getattr(result, field.name) for field in fields(result)})

    return wrapped


audit = _printable(audits.audit)

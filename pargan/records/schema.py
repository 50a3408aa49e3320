"""The schema of a table: what each column was taken for, and why; as a file that can be edited and given back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pargan.errors import ParganError
from pargan.io.files import read_error, write_atomically
from pargan.records.column import Column
from pargan.records.columns import COLUMN_TYPES, column_from_dict

VERSION = 1


@dataclass(frozen=True)
class Decision:
    """How a column was read.

    Attributes:
        why: how its type was decided.
        missing: number of cells in which a value is missing.
        missing_texts: cells that mean a missing value.
        encoding: how a number or time is laid out for the networks, as set: a name in
            `pargan.records.encodings.ENCODINGS`.
        encoding_why: what that came to, and why; empty before it was fitted.
    """

    why: str = "given"
    missing: int = 0
    missing_texts: frozenset[str] = frozenset({""})
    encoding: str = "auto"
    encoding_why: str = ""


@dataclass(frozen=True)
class Schema:
    """The columns of a table.

    Attributes:
        columns: in the user's order.
        decisions: by name of the column.
        left_out: name -> why, of columns that are not used.
        remarks: how the file was read.
    """

    columns: tuple[Column, ...]
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def decision(self, name: str) -> Decision:
        """That of a column."""
        return self.decisions.get(name, Decision())

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; `from_dict` is the inverse."""
        columns = []
        for column in self.columns:
            decision = self.decision(column.name)
            facts = {"missing_cells": decision.missing, "missing_texts": sorted(decision.missing_texts)}
            if column.is_number and column.width:
                facts |= {"encoding": decision.encoding, "encoding_why": decision.encoding_why}
            columns.append({"name": column.name, **column.to_dict(), **facts, "why": decision.why})
        return {
            "version": VERSION,
            "columns": columns,
            "left_out": dict(self.left_out),
            "remarks": list(self.remarks),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any], path: str) -> "Schema":
        """The inverse of `to_dict`.

        Raises:
            ParganError: a field is missing, unknown or does not fit; `path` is where it came from.
        """
        if not isinstance(content, Mapping) or content.get("version") != VERSION or not content.get("columns"):
            raise ParganError(
                f"is not a schema of version {VERSION}",
                argument="schema",
                value=path,
                remedy="give the schema.json of a run, edited or not",
            )
        columns, decisions = [], {}
        for number, entry in enumerate(content["columns"], start=1):
            fields = dict(entry) if isinstance(entry, Mapping) else {}
            name = fields.get("name", f"number {number}")
            decision = Decision(
                str(fields.pop("why", "given")),
                int(fields.pop("missing_cells", 0)),
                frozenset(map(str, fields.pop("missing_texts", [""]))) | {""},
                str(fields.pop("encoding", "auto")),
                str(fields.pop("encoding_why", "")),
            )
            try:
                column = column_from_dict(fields)
            except (KeyError, TypeError, ValueError) as error:
                raise ParganError(
                    f'does not describe the column "{name}" ({error})',
                    argument="schema",
                    value=path,
                    remedy=f"give it a type out of {', '.join(COLUMN_TYPES)}, and the fields of that type",
                ) from error
            columns.append(column)
            decisions[column.name] = decision
        left_out = {str(name): str(why) for name, why in dict(content.get("left_out", {})).items()}
        return cls(tuple(columns), decisions, left_out, tuple(map(str, content.get("remarks", []))))

    def write(self, path: Path) -> Path:
        """Write as JSON."""
        write_atomically(path, json.dumps(self.to_dict(), indent=2, ensure_ascii=False).encode())
        return path


def read_schema(path: str | Path) -> Schema:
    """A schema from a JSON file.

    Raises:
        ParganError: the file is missing, is not JSON, or does not describe columns.
    """
    place = Path(path).expanduser()
    try:
        content = json.loads(place.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise ParganError(
            "is not a file", argument="schema", value=path, remedy="give the schema.json of a run"
        ) from error
    except OSError as error:
        raise read_error(place, error, "schema") from error
    except ValueError as error:
        raise ParganError(f"is not JSON ({error})", argument="schema", value=path, remedy="correct it") from error
    return Schema.from_dict(content, str(path))

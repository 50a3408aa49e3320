"""The JSON Schema of result.json, for those who read it with a program."""

import json
from importlib.resources import files
from typing import Any

SCHEMA_VERSION = 1
"""Grows when a key is removed, renamed or given another meaning. New keys do not change it: ignore those unknown."""


def result_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) that every result.json of this version conforms to."""
    schema: dict[str, Any] = json.loads((files("pargan.report") / "result.schema.json").read_text())
    return schema

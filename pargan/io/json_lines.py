"""Files with one JSON object per line, to which a process that was killed may have written half a line."""

import json
from pathlib import Path
from typing import Any

from pargan.errors import ParganError


def read_json_lines(path: Path, key: str) -> list[tuple[str, Any]]:
    """The complete lines of a file, each with the value of `key`; a last line without its end is left out.

    Raises:
        ParganError: a line that is not a JSON object with that key.
    """
    text = path.read_bytes().rpartition(b"\n")[0]
    lines = []
    for number, line in enumerate(text.split(b"\n") if text else [], start=1):
        try:
            value = json.loads(line)
            lines.append((line.decode(), value[key]))
        except (ValueError, TypeError, KeyError) as error:
            raise ParganError(
                f"{path} is damaged in line {number}", remedy="restore it from a copy, or remove that line"
            ) from error
    return lines

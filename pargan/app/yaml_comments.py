"""The comments of a YAML file, by the key that they explain."""

import re
from collections.abc import Iterator

import yaml

Path = tuple[str, ...]


def yaml_comments(text: str) -> dict[Path, str]:
    """Key path -> comment: the one behind the key on its line, which may go on below, or else the lines above it.

    The comment at the top of the file has the path (). Entries of a `defaults` list have paths such as
    ("defaults", "dataset").
    """
    lines = text.splitlines()
    root = yaml.compose(text)
    first = root.start_mark.line if root is not None else len(lines)
    comments: dict[Path, str] = {(): _joined(line for line in lines[:first] if not line.startswith("# @package"))}
    comments |= _of_node(root, (), lines, first)
    return {path: comment for path, comment in comments.items() if comment}


def _of_node(node: yaml.Node | None, path: Path, lines: list[str], first: int) -> Iterator[tuple[Path, str]]:
    if isinstance(node, yaml.SequenceNode) and path == ("defaults",):
        for item in node.value:
            yield from _of_node(item, path, lines, first)
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        inner = (*path, key.value.split()[-1].lstrip("/"))
        end = value.end_mark if value.end_mark.line == key.start_mark.line else key.end_mark
        yield inner, _behind(lines, end.line, end.column) or _above(lines, key.start_mark.line, first)
        yield from _of_node(value, inner, lines, first)


def _behind(lines: list[str], line: int, column: int) -> str:
    found = re.match(r":?\s*#", lines[line][column:])
    if found is None:
        return ""
    place = column + found.end() - 1
    rest = [lines[line][place:]]
    for below in lines[line + 1 :]:
        if below[:place].strip() or below[place : place + 1] != "#":
            break
        rest.append(below)
    return _joined(rest)


def _above(lines: list[str], line: int, first: int) -> str:
    start = line
    while start - 1 > first and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    indent = len(lines[line]) - len(lines[line].lstrip())
    return _joined(text for text in lines[start:line] if text.index("#") == indent)


def _joined(lines: Iterator[str] | list[str]) -> str:
    return " ".join(line.strip().removeprefix("#").strip() for line in lines if line.strip())

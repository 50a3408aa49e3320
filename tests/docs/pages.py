"""The fenced code blocks of the README and of docs/*.md."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(
    r"^```(?:(?P<language>\w+)|\{code-block\} (?P<directive>\w+))\n(?::caption: (?P<caption>\S+)\n)?(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
RUN = "outputs/digits-js-k5-s0/<time>"
"""How pages write the run directory of the default run."""


@dataclass(frozen=True)
class Block:
    """A code block: its language, the file that its caption names, its text."""

    language: str
    caption: str | None
    text: str


def blocks(page):
    """The code blocks of a page, in order; directives such as toctree are none."""
    return [
        Block(found["language"] or found["directive"], found["caption"], found["text"])
        for found in FENCE.finditer(page.read_text())
    ]


def commands(page):
    """The words of every shell command, without comments."""
    lines = "".join(block.text for block in blocks(page) if block.language == "bash").splitlines()
    parts = [part for line in lines for part in re.split(r" && ", line)]
    words = [shlex.split(part, comments=True) for part in parts]
    return [each for each in words if each]

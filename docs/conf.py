"""Sphinx configuration: `sphinx-build -W -b html docs docs/_build/html`."""

import re
import sys
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # document this checkout, installed or not

project = "pargan"
author = "the pargan contributors"
release = installed_version("pargan")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["_build"]
suppress_warnings = ["ref.python"]  # the annotation `type` is Python's own, which columns have as an attribute too
default_role = "py:obj"  # `Name` in a docstring links to Name where the reference has it

myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": True, "special-members": "__call__"}
maximum_signature_line_length = 90
toc_object_entries_show_parents = "hide"
napoleon_numpy_docstring = False
napoleon_use_ivar = True  # `Attributes:` as a list, since autodoc lists the fields of a dataclass itself
napoleon_custom_sections = [("Metrics", "params_style")]

html_theme = "pydata_sphinx_theme"
html_title = "pargan"
html_static_path = ["_static"]
html_css_files = ["pargan.css"]
html_sidebars = {"**": ["contents"]}
html_theme_options = {
    "navbar_center": [],
    "navigation_with_keys": False,
    "secondary_sidebar_items": {"**": ["page-toc"], "index": []},
}
templates_path = ["_templates"]
html_show_sourcelink = False


def as_restructured_text(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Keep plain text plain: `*shape` starts no emphasis, and a last `K.` no list that counts from K."""
    lines[:] = [re.sub(r"\b([A-Z])\.$", r"\1\\.", line.replace("*", r"\*")) for line in lines]


def rejoin_property(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Undo that napoleon takes what stands before a colon in a property's first line for its type."""
    if what == "property" and (types := [line for line in lines if line.startswith(":type: ")]):
        lines.remove(types[0])
        lines[0] = f"{types[0].removeprefix(':type: ')}: {lines[0]}"


def setup(app: Any) -> None:
    """Edit docstrings before and after napoleon, whose priority is 500, reads their sections."""
    app.connect("autodoc-process-docstring", as_restructured_text, priority=400)
    app.connect("autodoc-process-docstring", rejoin_property, priority=600)

"""What the pages list is what there is."""

import ast
import re

import pytest

from tests.docs.pages import PAGES, ROOT
from tests.test_architecture import MAY_IMPORT

STUBS = sorted((ROOT / "pargan").rglob("__init__.pyi"))


def test_design_lists_the_imports_of_every_room():
    rows = re.findall(r"^\| (\w+) \| .* \| ([\w, -]+) \|$", (ROOT / "docs" / "design.md").read_text(), re.MULTILINE)
    listed = {name: set(rooms.split(", ")) - {"-"} for name, rooms in rows if name != "room"}
    assert listed == MAY_IMPORT


@pytest.mark.parametrize("stub", STUBS, ids=lambda path: path.parent.name)
def test_api_reference_has_a_page_for_every_room_with_public_names(stub):
    room = stub.parent.name
    if room == "app":  # the commands; its public names are for conf/
        return
    page = (ROOT / "docs" / "api" / f"{room}.md").read_text()
    if room != "pargan":
        assert f".. automodule:: pargan.{room}\n" in page
        return
    tree = ast.parse(stub.read_text())
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module is not None]
    names = {alias.name for node in imports for alias in node.names}
    assert {name for name in names if f"`{name}`" not in page and f"pargan.{name}\n" not in page} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_relative_link_leads_to_a_file(page):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).is_file(), target


def test_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) < 150

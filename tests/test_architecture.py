"""Dependencies point one way: read from the imports, without running anything."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path
    for folder in (ROOT / "pargan", ROOT / "conf")
    for path in folder.rglob("*.py")
} | {name: ROOT / f"{name}.py" for name in ("train", "attack")}

LIGHTNING, HYDRA = {"pytorch_lightning", "lightning_fabric"}, {"hydra", "omegaconf"}
KNOW_HYDRA = {"run", "build", "cli", "checks", "resume", "resolvers", "sweep", "sentences", "run_directory"}
KNOW_HYDRA |= {"output_folder", "reference_models", "file_audit"}  # a recipe and a list of files are configurations
CORE = ("pargan.data", "pargan.losses", "pargan.attacks", "pargan.metrics", "pargan.models")


@cache
def imports(module):
    """Full names of what a module imports; those under TYPE_CHECKING do not count."""
    found = set()
    tree = ast.parse(FILES[module].read_text())
    unused = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in unused:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively; write the full name"
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def packages(module):
    return {name.split(".")[0] for name in imports(module)}


def reachable(module):
    """The module and every module of pargan that comes with it."""
    seen, open_ = set(), [module]
    while open_:
        current = open_.pop()
        if current in FILES and current not in seen:
            seen.add(current)
            open_ += imports(current)
            open_ += [f"{name}.__init__" for name in imports(current) if name != "pargan"]
    return seen


def core():
    return sorted(name for name in FILES if name.startswith(CORE) and name != "pargan.data.datamodule")


def test_the_core_was_found():
    assert {"pargan.losses", "pargan.data.partition", "pargan.attacks.audit", "pargan.metrics.gap"} <= set(core())
    assert "pargan.attacks.statistics" in reachable("pargan.attacks.audit")
    assert "pytorch_lightning" in packages("pargan.module")
    assert "omegaconf" in packages("pargan.run")


@pytest.mark.parametrize("module", core())
def test_the_core_knows_neither_lightning_nor_hydra(module):
    for each in reachable(module):
        assert not packages(each) & (LIGHTNING | HYDRA), f"{module} reaches {each}"


def test_only_the_entries_and_what_serves_them_know_hydra():
    knowing = {name for name in FILES if packages(name) & HYDRA}
    assert knowing <= {f"pargan.{name}" for name in KNOW_HYDRA}


@pytest.mark.parametrize("module", sorted(FILES))
def test_lightning_has_one_name_and_files_stay_small(module):
    assert "lightning" not in packages(module)
    assert len(FILES[module].read_text().splitlines()) <= 300


def test_the_library_reaches_hydra_by_no_public_name():
    # `import pargan` must work for people who have their own configuration.
    assert not {name for name in reachable("pargan.__init__") if packages(name) & HYDRA}


@pytest.mark.parametrize("script", ["train", "attack"])
def test_the_scripts_are_thin(script):
    assert imports(script) == {"pargan.cli", f"pargan.cli.{script}"}
    assert len(FILES[script].read_text().splitlines()) <= 25

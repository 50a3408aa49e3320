"""Which room may import which: read from the imports, without running anything."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in (ROOT / "pargan").rglob("*.py")
} | {name: ROOT / f"{name}.py" for name in ("train", "attack", "sample", "export")}

# A room is a folder of pargan/ or one of the few files beside them. Each may import the rooms named here and no
# others; a room stands below those that name it, so that no two rooms can import each other.
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "seeding": {"errors"},
    "losses": {"errors"},
    "io": {"errors"},
    "judge": {"errors"},
    "fast": {"errors"},
    "records": {"errors", "io"},
    "metrics": {"errors", "io", "records", "seeding"},
    "models": {"errors", "records"},
    "gan": {"errors", "fast", "losses", "records", "seeding"},
    "data": {"errors", "io", "metrics", "records", "seeding"},
    "attacks": {"errors", "io", "judge", "metrics", "records", "seeding"},
    "audits": {"attacks", "data", "errors", "gan", "io", "judge", "losses", "records", "seeding"},
    "release": {"errors", "gan", "io", "models", "records", "seeding"},
    "report": {"audits", "errors", "io", "judge", "metrics", "records"},
    "callbacks": {"attacks", "audits", "data", "errors", "io", "metrics", "records", "report", "seeding"},
    "app": {
        *("attacks", "audits", "callbacks", "data", "errors", "fast", "gan", "io", "metrics", "models", "records"),
        "release",
        *("report", "seeding"),
    },
}
LIGHTNING, HYDRA = {"pytorch_lightning", "lightning_fabric"}, {"hydra", "omegaconf"}
MAY_IMPORT_LIGHTNING = {"io", "data", "gan", "callbacks", "app"}
WITHOUT_LIGHTNING = {
    "release",
    "errors",
    "seeding",
    "losses",
    "judge",
    "fast",
    "records",
    "metrics",
    "models",
    "attacks",
}


def room(module):
    return module.split(".")[1]


@cache
def imports(module):
    """Full names of what a module imports when it is imported; those under TYPE_CHECKING do not count."""
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


def rooms_imported(module):
    named = {name.split(".")[1] for name in imports(module) if name.startswith("pargan.")}
    return named & set(MAY_IMPORT) - {room(module)}


def reachable(module):
    """The module and every module of pargan that comes with it."""
    seen, open_ = set(), [module]
    while open_:
        current = open_.pop()
        if current in FILES and current not in seen:
            seen.add(current)
            open_ += imports(current)
    return seen


MODULES = sorted(name for name in FILES if name.startswith("pargan."))


def test_rooms_are_those_of_the_table():
    assert {room(name) for name in MODULES} == set(MAY_IMPORT)
    loose = {path.stem for path in (ROOT / "pargan").glob("*.py")}
    assert loose == {"__init__", "errors", "seeding", "losses"}


def test_rooms_stand_on_floors():
    # Every room's imports stand in the table before the room itself, so there is no cycle.
    order = list(MAY_IMPORT)
    for name, allowed in MAY_IMPORT.items():
        assert all(order.index(other) < order.index(name) for other in allowed), name


@pytest.mark.parametrize("module", MODULES)
def test_module_imports_only_what_its_room_may(module):
    assert rooms_imported(module) <= MAY_IMPORT[room(module)]
    assert "lightning" not in packages(module), "import pytorch_lightning: mixed, isinstance checks fail"
    assert not packages(module) & LIGHTNING or room(module) in MAY_IMPORT_LIGHTNING
    assert not packages(module) & HYDRA or room(module) == "app"
    assert len(FILES[module].read_text().splitlines()) <= 300


def test_sources_of_one_kind_of_record_do_not_import_those_of_another():
    sources = "pargan.data.sources."
    for module in MODULES:
        if module.startswith(sources) and module.count(".") > sources.count("."):
            kind = module.removeprefix(sources).split(".")[0]
            others = {"arrays", "images", "tables"} - {kind}
            assert not [
                name for name in imports(module) if name.startswith(tuple(f"{sources}{each}." for each in others))
            ]


@pytest.mark.parametrize("module", [name for name in MODULES if room(name) in WITHOUT_LIGHTNING])
def test_module_reaches_neither_lightning_nor_hydra(module):
    for other in reachable(module):
        assert not packages(other) & (LIGHTNING | HYDRA), f"{module} reaches {other}"


def test_table_has_no_permission_that_nobody_uses():
    used = {name: set().union(*(rooms_imported(each) for each in MODULES if room(each) == name)) for name in MAY_IMPORT}
    lazily = {"app": {"fast", "models"}}  # through `_target_` in conf/
    assert {name: used[name] | lazily.get(name, set()) for name in MAY_IMPORT} == MAY_IMPORT


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import pargan", "torch numpy pytorch_lightning hydra omegaconf wandb matplotlib"),
        ("import pargan.losses", "pytorch_lightning hydra omegaconf wandb matplotlib torchvision"),
        ("from pargan import load_generator", "pytorch_lightning hydra omegaconf wandb matplotlib torchvision"),
        ("import pargan.judge; pargan.judge.judge", "torch sklearn pytorch_lightning hydra omegaconf wandb matplotlib"),
        ("from pargan import ParGANModule, audit, AttackCallback, PartitionDataModule", "hydra wandb"),
    ],
)
def test_import_brings_in_no_framework(statement, absent):
    code = f"import sys; {statement}; print(*sorted(set({absent.split()!r}) & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.split() == []


def test_room_is_an_attribute_of_the_package():
    code = "import pargan; print(pargan.losses.Hinge.__name__, pargan.data.blobs.__name__)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.split() == ["Hinge", "blobs"]


@pytest.mark.parametrize("script", ["train", "attack", "sample", "export"])
def test_script_is_thin(script):
    assert imports(script) == {"pargan.app.cli", f"pargan.app.cli.{script}"}
    assert len(FILES[script].read_text().splitlines()) <= 8

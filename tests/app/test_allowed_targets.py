"""Classes and functions that a stored configuration may name, and the parameters of theirs that are paths."""

import importlib
import inspect
import pkgutil
import re

import pytest
import pytorch_lightning
import torch

from pargan.app.allowed_targets import OTHERS, ROOMS, Trust, allowed_target
from pargan.app.trust import ELSEWHERE_BY_DEFAULT, WRITTEN
from pargan.errors import ParganError


def test_trust_names_packages():
    assert Trust.of(None) == Trust.of(False) == Trust.of([]) == Trust()
    assert Trust.of(True) == Trust(everything=True)
    assert Trust.of("mine") == Trust.of(["mine"]) == Trust(packages=("mine",))
    assert Trust(packages=("mine",)).covers("mine.Loss")
    assert not Trust(packages=("mine",)).covers("mines.Loss")
    for wrong in (5, "my package", ["a", 3], "../x", ""):
        with pytest.raises(ParganError, match=r"is not the name of a package; give trust=my_package"):
            Trust.of(wrong)


def test_no_public_name_of_a_room_opens_files_for_others():
    # A function or class that reads code or writes anywhere must not become public in these rooms.
    for room in ROOMS:
        module = importlib.import_module(f"pargan.{room}")
        for name in getattr(module, "__all__", dir(module)):
            found = allowed_target(f"pargan.{room}.{name}", Trust())
            if found is not None:
                for parameter in _parameters_of_paths(found):
                    assert parameter in (*WRITTEN, "filename") or room == "data", f"{room}.{name}({parameter})"


def test_paths_that_lightning_writes_to_are_known():
    bases = OTHERS["pytorch_lightning"]
    checked = 0
    for package in ("callbacks", "loggers"):
        folder = importlib.import_module(f"pytorch_lightning.{package}")
        for info in pkgutil.iter_modules(folder.__path__):
            module = importlib.import_module(f"pytorch_lightning.{package}.{info.name}")
            for found in vars(module).values():
                if isinstance(found, type) and issubclass(found, bases):
                    unknown = set(_parameters_of_paths(found)) - {*WRITTEN, "filename", "sub_dir", "name", "version"}
                    assert not unknown, (found, unknown)
                    checked += 1
    assert checked > 20
    assert set(_parameters_of_paths(pytorch_lightning.Trainer)) == {"default_root_dir"}
    assert set(ELSEWHERE_BY_DEFAULT) <= set(WRITTEN)


def _parameters_of_paths(found):
    for name, parameter in inspect.signature(found).parameters.items():
        is_annotated = "Path" in str(parameter.annotation)
        if is_annotated or re.search(r"(^|_)(dir|path|paths|file|filename|folder|root|dirpath)($|_)", name):
            yield name


def test_allowed_target_finds_old_and_deep_names():
    assert allowed_target("torch.optim.adam.Adam", Trust()) is torch.optim.Adam
    assert allowed_target("torch.nn.modules.linear.Linear", Trust()) is torch.nn.Linear
    assert allowed_target("pargan.AuditSettings", Trust()).__name__ == "AuditSettings"

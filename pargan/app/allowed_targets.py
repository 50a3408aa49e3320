"""Which classes and functions the configuration in a run directory may name: its author can be a stranger."""

import inspect
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from types import FunctionType
from typing import Any

import torch
from hydra._internal.utils import _locate  # get_object prints what it cannot import
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger

from pargan.errors import ParganError

ROOMS = ("attacks", "callbacks", "data", "fast", "gan", "losses", "models")
"""Those of pargan whose public names a configuration builds. The others write reports, open files or start runs."""

SETTINGS = "pargan.audits.settings"
OTHERS: dict[str, tuple[type, ...]] = {
    "torch.nn": (torch.nn.Module,),
    "torch.optim": (torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler),
    "pytorch_lightning": (Trainer, Callback, CSVLogger, TensorBoardLogger),
}
"""Package -> base classes of what may be built from it."""

REMOTE_LOGGERS = {
    "WandbLogger": "wandb",
    "MLFlowLogger": "mlflow",
    "CometLogger": "comet_ml",
    "NeptuneLogger": "neptune",
}
"""Loggers of Lightning that send what they log to a server -> the package that must be trusted for it."""

LOOKUPS = ("hydra.utils.get_method", "hydra.utils.get_class")
"""Return the function or class that their argument `path` names, without calling it."""


@dataclass(frozen=True)
class Trust:
    """Whose code a run directory may name, beside that of pargan, torch and Lightning.

    Attributes:
        everything: whatever it names is built, and nothing is checked.
        packages: packages and modules of which any function or class may be built.
    """

    everything: bool = False
    packages: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: bool | str | Sequence[str] | None) -> "Trust":
        """From the value of `trust`: true, a package, several, or null for none.

        Raises:
            ParganError: what is given is no name of a package.
        """
        if given is None or isinstance(given, bool):
            return cls(everything=bool(given))
        names = [given] if isinstance(given, str) or not isinstance(given, Sequence) else list(given)
        for name in names:
            if not isinstance(name, str) or not _is_dotted_name(name):
                raise ParganError(
                    "is not the name of a package",
                    argument="trust",
                    value=given,
                    remedy="give trust=my_package, 'trust=[one, two]' for several, or trust=true for everything",
                )
        return cls(packages=tuple(names))

    def covers(self, target: str) -> bool:
        """Whether `target` lies in a trusted package."""
        return self.everything or any(f"{target}.".startswith(f"{name}.") for name in self.packages)


def package_to_trust(target: str) -> str | None:
    """The package to trust so that `target` may be built; None where it may be anyway, or never should.

    Nothing of the package is imported.
    """
    package, _, name = target.partition(".")
    if target.startswith("pytorch_lightning."):
        return REMOTE_LOGGERS.get(target.rpartition(".")[2])
    known = {"hydra", "omegaconf", "torch", "numpy", "pargan"}
    return package if name and _is_dotted_name(target) and package not in sys.stdlib_module_names | known else None


def allowed_target(target: str, trust: Trust) -> Any:
    """The class or function that a stored configuration names; None if it may not name it.

    A name counts only in the package that defines it: `torch.nn.modules.module.os.system` is found by Python, but is
    not a part of torch.nn.
    """
    if not _is_dotted_name(target):
        return None
    if trust.covers(target):
        return _of_trusted_package(target)
    module, _, name = target.rpartition(".")
    if module == "pargan" or module in {f"pargan.{room}" for room in ROOMS}:
        return _of_pargan(module, name)
    if target.startswith("pytorch_lightning.") and trust.covers(REMOTE_LOGGERS.get(name, "")):
        return _defined_in("pytorch_lightning", _attribute(module, name))
    for package, bases in OTHERS.items():
        if module == package or module.startswith(f"{package}."):
            found = _defined_in(package, _attribute(module, name))
            return found if isinstance(found, type) and issubclass(found, bases) else None
    return None


def _of_pargan(module: str, name: str) -> Any:
    """A public name of pargan that is defined in one of the rooms."""
    found = getattr(import_module(module), name, None)
    is_public = not name.startswith("_") and isinstance(found, type | FunctionType)
    homes = (*(f"pargan.{room}" for room in ROOMS), SETTINGS)
    return found if is_public and any(_defined_in(home, found) for home in homes) else None


def _of_trusted_package(target: str) -> Any:
    try:
        found = _locate(target)
    except Exception as error:
        problem = f"{target} of the run's configuration cannot be imported"
        raise ParganError(problem, remedy="install its package, or start in the folder that holds it") from error
    return _defined_in(target.partition(".")[0], found) if callable(found) else None


def _attribute(module: str, name: str) -> Any:
    # Looked up, not imported: a module that is part of the package but was never loaded is not needed either.
    import_module(module.partition(".")[0])
    return getattr(sys.modules.get(module), name, None)


def _defined_in(package: str, found: Any) -> Any:
    home = str(getattr(inspect.unwrap(found) if callable(found) else found, "__module__", ""))
    return found if f"{home}.".startswith(f"{package}.") else None


def _is_dotted_name(text: str) -> bool:
    return bool(text) and all(part.isidentifier() for part in text.split("."))

"""The generator's class and arguments as plain data, and the network again from that."""

from collections.abc import Mapping
from typing import Any

from torch import nn

import pargan.models
from pargan.errors import ParganError
from pargan.records.spec import RecordSpec

OURS = "pargan.models."


def is_ours(target: str) -> bool:
    """Whether a class is one of `pargan.models`, which can be built without any code that comes with a release."""
    name = target.removeprefix(OURS)
    return target.startswith(OURS) and name in pargan.models.__all__ and name.endswith("Generator")


def build_network(description: Mapping[str, Any], spec: RecordSpec) -> nn.Module:
    """A generator with initial weights.

    Args:
        description: `class`, a full name in `pargan.models`, and `arguments` beside the record format.
        spec: the record format.

    Raises:
        ParganError: another class, which only its owner can build.
    """
    target = str(description["class"])
    if not is_ours(target):
        raise ParganError(
            f"holds a generator of the class {target}, which does not come with pargan",
            argument="network",
            remedy="build it, and give it as network=...",
        )
    network: nn.Module = getattr(pargan.models, target.removeprefix(OURS))(spec, **dict(description["arguments"]))
    return network

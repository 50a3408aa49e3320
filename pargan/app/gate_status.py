"""The exit status of a command that `fail_if` failed."""

import sys
from collections.abc import Mapping
from typing import Any

GATE_FAILED = 2


def exit_if_gate_failed(*results: Mapping[str, Any]) -> None:
    """Exit with status 2 if the gate of any result did not pass; one whose metrics could not be measured did not.

    Args:
        results: contents of result.json; those without a gate are ignored.
    """
    if any(result["gate"]["status"] != "passed" for result in results if result.get("gate") is not None):
        sys.exit(GATE_FAILED)

"""Weights & Biases: refused in one sentence, before anything is trained, where it cannot be reached or used."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from omegaconf import DictConfig

from pargan.errors import ParganError

TIMEOUT = 10  # seconds; wandb itself tries for 90
OFFLINE = "give logger.wandb.mode=offline, and `wandb sync` the run's folder later"


def refuse_unreachable_wandb(loggers: DictConfig) -> None:
    """Check that every W&B logger that writes online has a key and a server that answers.

    Args:
        loggers: name -> the configuration of a logger.

    Raises:
        ParganError: not logged in, or no answer.
    """
    online = [name for name, node in loggers.items() if _is_online(node)]
    if not online:
        return
    import wandb  # here, because it takes a second, and most runs do without

    server = wandb.setup().settings.base_url
    if not wandb.api.api_key:
        raise ParganError(f"logger=wandb is not logged in to {server}; run `wandb login`, or {OFFLINE}")
    try:
        requests.get(server, timeout=TIMEOUT)
    except requests.RequestException as error:
        reason = type(error).__name__
        raise ParganError(f"logger=wandb cannot reach {server} ({reason}); check the network, or {OFFLINE}") from error


@contextmanager
def wandb_errors() -> Iterator[None]:
    """Turn an error of wandb inside the block, such as a key that the server refuses, into one for the user."""
    try:
        yield
    except Exception as error:
        if not type(error).__module__.startswith("wandb."):
            raise
        reason = " ".join(str(error).split())[:200]
        raise ParganError(f"logger=wandb cannot be started ({reason}); run `wandb login`, or {OFFLINE}") from error


def _is_online(node: DictConfig) -> bool:
    is_wandb = str(node.get("_target_", "")).endswith("loggers.WandbLogger")
    return is_wandb and not node.get("offline") and node.get("mode", "online") in ("online", None)

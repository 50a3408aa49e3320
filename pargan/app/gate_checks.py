"""`fail_if`: read, and refused where it names a metric that the audit will not have, before anything is attacked."""

from collections.abc import Callable, Iterable, Mapping

from omegaconf import DictConfig, OmegaConf

from pargan.attacks import Attack
from pargan.audits.gate import Gate


def build_gate(
    cfg: DictConfig, attacks: Mapping[str, Attack], has_controls: bool, quality: Callable[[], Iterable[str]]
) -> Gate | None:
    """The gate of the configuration; None without one, as in runs of earlier versions, which have no such key.

    Args:
        cfg: of a training or of attack.py.
        attacks: by name.
        has_controls: whether the audit runs them.
        quality: gives the names of the quality metrics; called only if the gate needs one.

    Raises:
        ParganError: it cannot be read, or names a metric that this audit does not measure.
    """
    text = OmegaConf.select(cfg, "fail_if", default=None)
    if text is None:
        return None
    gate = Gate.parse(text)
    access = {name: attack.access.level for name, attack in attacks.items()}
    gate.refuse_unknown(access, quality() if gate.needs_quality else (), has_controls)
    return gate

"""The attacks that are run on a target by default."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pargan.attacks.discriminator import DiscriminatorGap, DiscriminatorMax, DiscriminatorMean, OwnPartition
from pargan.attacks.monte_carlo import MonteCarlo
from pargan.attacks.neighbours import NearestNeighbour
from pargan.attacks.views import Attack, DiscriminatorsView, PartitionsView, Target

STANDARD: Mapping[str, Attack[Any]] = MappingProxyType(
    {
        "discriminator_mean": DiscriminatorMean(),
        "discriminator_max": DiscriminatorMax(),
        "discriminator_gap": DiscriminatorGap(),
        "own_partition": OwnPartition(),
        "nearest_neighbour": NearestNeighbour(),
        "monte_carlo": MonteCarlo(),
    }
)


def standard_attacks(target: Target, knows_partitions: bool = False) -> dict[str, Attack[Any]]:
    """The attacks of `STANDARD` whose access level the target gives.

    Args:
        target: the widest view of what is attacked.
        knows_partitions: whether the partition of every member is known, which adds access `partitions`.
    """
    widest = PartitionsView if knows_partitions and isinstance(target, DiscriminatorsView) else type(target)
    return {name: attack for name, attack in STANDARD.items() if issubclass(widest, attack.access)}

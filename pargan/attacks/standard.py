"""The attacks that are run on a target by default."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pargan.attacks.dcr_difference import DCRDifference
from pargan.attacks.discriminator import DiscriminatorGap, DiscriminatorMax, DiscriminatorMean, OwnPartition
from pargan.attacks.gen_lra import GenLRA
from pargan.attacks.kernel_density_ratio import KernelDensityRatio
from pargan.attacks.monte_carlo import MonteCarlo
from pargan.attacks.neighbours import NearestNeighbour
from pargan.attacks.spaces import HasColumns
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

FOR_TABLES: Mapping[str, Attack[Any]] = MappingProxyType(
    {"density_ratio_mixed": KernelDensityRatio(), "dcr_difference": DCRDifference(), "gen_lra": GenLRA()}
)
"""Run besides where records have typed columns; one of them finds most wherever the generator smooths its records."""


def standard_attacks(target: Target, knows_partitions: bool = False) -> dict[str, Attack[Any]]:
    """The attacks of `STANDARD`, and on tables of `FOR_TABLES`, whose access level the target gives.

    Args:
        target: the widest view of what is attacked.
        knows_partitions: whether the partition of every member is known, which adds access `partitions`.
    """
    widest = PartitionsView if knows_partitions and isinstance(target, DiscriminatorsView) else type(target)
    attacks = {**STANDARD, **(FOR_TABLES if isinstance(target.spec, HasColumns) else {})}
    return {name: attack for name, attack in attacks.items() if issubclass(widest, attack.access)}

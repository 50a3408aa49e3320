"""Attacks that compare the target with reference models, which the attacker trains on reference records.

Legend: N records under attack, R reference records, M reference models, *shape of one record.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Any, Protocol, Self, runtime_checkable

import torch
from torch import Tensor

from pargan.attacks.views import Attack, DiscriminatorsView, PartitionsView, SamplesView, Scored, Target, narrow, widen
from pargan.errors import ParganError
from pargan.seeding import derive


@dataclass(frozen=True)
class ReferenceModel:
    """A GAN trained by the target's recipe on part of the reference set, and so on no record under attack.

    Attributes:
        target: builds the view of this model; called for one model at a time, because the samples of all need
            not fit into memory together. Its `reference` holds records the model was not trained on, so that its
            logits are standardised like those of the attacked target: on records that the networks never saw.
        left_out: (R,) bool, True for the records of the attacked target's reference set that it was not trained on.
    """

    target: Callable[[], Target]
    left_out: Tensor


@runtime_checkable
class NeedsModels(Attack, Protocol):
    """An attack that needs reference models, which are trained by the code that runs it."""

    @property
    def models_wanted(self) -> int:
        """Number of models it still needs; 0 once it has them."""

    @property
    def share(self) -> float:
        """Share of the reference set that a model is trained on, strictly between 0 and 1."""

    def with_models(self, models: Sequence[ReferenceModel]) -> Self:
        """A copy of the attack that holds `models`."""


def refuse_without_models(
    attacks: Mapping[str, Any],
    remedy: str = "attack the finished run, or pass trained models to the attack's with_models",
) -> None:
    """Refuse attacks that lack reference models, where none are trained.

    Args:
        attacks: by name.
        remedy: how such an attack can be run.

    Raises:
        ParganError: an attack still needs models.
    """
    for name, attack in attacks.items():
        if isinstance(attack, NeedsModels) and attack.models_wanted:
            raise ParganError(
                "trains reference models of its own, which takes the recipe of a finished run",
                argument="attack",
                value=name,
                remedy=remedy,
            )


@dataclass(frozen=True)
class ComparesModels:
    """Base class of attacks that compare an inner attack's scores under the target and under reference models.

    Args:
        attack: the inner attack; its access level is also that of this attack.
        models: M, the number of reference models.
        share: share of the reference set that each model is trained on; the model never sees the rest.
        references: the trained models, set by `with_models`.

    Raises:
        ParganError: `models` or `share` out of range.
    """

    attack: Attack
    _: KW_ONLY
    models: int = 1
    share: float = 0.5
    references: tuple[ReferenceModel, ...] = field(default=(), repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.models < 1:
            raise ParganError("is too small", argument="models", value=self.models, remedy="give 1 or more")
        if not 0 < self.share < 1:
            raise ParganError(
                "must be a fraction of the reference set",
                argument="share",
                value=self.share,
                remedy="give more than 0 and less than 1",
            )

    @property
    def access(self) -> type[SamplesView]:
        """The view of the target that the inner attack needs; the attacker has all of the reference models."""
        return self.attack.access

    @property
    def models_wanted(self) -> int:
        """M before `with_models`, 0 after it."""
        return 0 if self.references else self.models

    def with_models(self, models: Sequence[ReferenceModel]) -> Self:
        """A copy of the attack that holds `models`."""
        return replace(self, references=tuple(models))

    def _target_statistic(self, view: SamplesView, records: Tensor) -> Tensor:
        """s(x) under the target, (N, *shape) -> (N,) float64."""
        return Scored.of(self.attack(view, records)).scores.detach().double()

    def _model_statistics(self, view: SamplesView, *groups: Tensor) -> Iterable[tuple[Tensor, ...]]:
        """s(x) under each model in turn, for each group of records: M times (N,) float64, one per group.

        Where the inner attack knows partitions, the first group, the records under attack, keeps its partition
        numbers: under a model that never saw a record all numbers are alike. Other groups get random ones.

        Raises:
            ParganError: the attack holds no reference models.
        """
        if not self.references:
            raise ParganError(
                f"{type(self).__name__} has no reference models",
                remedy="attack a finished run, which trains them, or pass trained models to with_models",
            )
        views = [view if i == 0 else with_random_partitions(view, len(group)) for i, group in enumerate(groups)]
        for model in self.references:
            target = model.target()
            yield tuple(
                self._target_statistic(narrow(_with_partitions_of(group_view, target), self.access), group)
                for group_view, group in zip(views, groups, strict=True)
            )


def _with_partitions_of(view: SamplesView, target: Target) -> Target:
    """The target together with the partition numbers in `view`, if there are any."""
    if not isinstance(view, PartitionsView):
        return target
    return widen(narrow(target, DiscriminatorsView), PartitionsView, partition=view.partition)


def with_random_partitions(view: SamplesView, size: int) -> SamplesView:
    """`view` with random partition numbers for `size` records that are in no partition, as for nonmembers."""
    if not isinstance(view, PartitionsView):
        return view
    random = torch.Generator().manual_seed(derive(view.seed, "partition of reference records"))
    partition = torch.randint(view.num_partitions, (size,), generator=random)
    return replace(view, partition=partition.to(view.partition.device))

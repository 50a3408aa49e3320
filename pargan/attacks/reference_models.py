"""Attacks that compare the target with models of the attacker's own, trained on reference records.

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
    """A GAN trained by the target's recipe on a part of the reference set, hence on no record under attack.

    Attributes:
        target: makes the model's own `Target`, one at a time, because the samples of many need not fit into
            memory together. Its `reference` are records the model was not trained on, so that logits are
            standardised as the target's are, on records that the networks never saw.
        left_out: (R,) bool, which records of the attacked target's reference set it was not trained on.
    """

    target: Callable[[], Target]
    left_out: Tensor


@runtime_checkable
class NeedsModels(Attack, Protocol):
    """An attack that wants reference models, which whoever runs it trains."""

    @property
    def models_wanted(self) -> int:
        """How many it still needs; 0 for one that has them."""

    @property
    def share(self) -> float:
        """Share of the reference set that each is trained on, strictly between 0 and 1."""

    def with_models(self, models: Sequence[ReferenceModel]) -> Self:
        """The same attack, holding `models`."""


def refuse_without_models(attacks: Mapping[str, Any], why: str) -> None:
    """Refuse attacks whose reference models nobody is going to train.

    Args:
        attacks: by name.
        why: the rest of the sentence: the reason and the remedy.

    Raises:
        ParganError: an attack still wants models.
    """
    for name, attack in attacks.items():
        if isinstance(attack, NeedsModels) and attack.models_wanted:
            raise ParganError(f"attack={name} trains reference models of its own, {why}")


@dataclass(frozen=True)
class ComparesModels:
    """What attacks with reference models share: an inner attack, and its scores under other models.

    Args:
        attack: the inner attack, whose scores are the statistic; its access level is the access level.
        models: M, how many reference models.
        share: of the reference set that each model is trained on; the rest stays unseen by it.
        references: the models, once they are there (`with_models`).

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
            raise ParganError(f"models={self.models} leaves nothing to compare with; give 1 or more")
        if not 0 < self.share < 1:
            raise ParganError(f"share={self.share} is no part of the reference set; give more than 0 and less than 1")

    @property
    def access(self) -> type[SamplesView]:
        """What the inner attack sees of the target. The reference models are the attacker's own."""
        return self.attack.access

    @property
    def models_wanted(self) -> int:
        """M until `with_models`, then 0."""
        return 0 if self.references else self.models

    def with_models(self, models: Sequence[ReferenceModel]) -> Self:
        """The same attack, holding `models`."""
        return replace(self, references=tuple(models))

    def _target_statistic(self, view: SamplesView, records: Tensor) -> Tensor:
        """s(x) under the target, (N, *shape) -> (N,) float64."""
        return Scored.of(self.attack(view, records)).scores.detach().double()

    def _model_statistics(self, view: SamplesView, *groups: Tensor) -> Iterable[tuple[Tensor, ...]]:
        """s(x) under each model in turn, for each group of records: M times (N,) float64, one per group.

        Where the inner attack knows partitions, a record keeps its partition's number: for a model that has
        never seen it any number is as good.
        """
        if not self.references:
            raise ParganError(
                f"{type(self).__name__} has no reference models, and nothing here can train them; "
                f"attack a run directory (attack.py run=...), or hand models over with with_models"
            )
        views = [view if i == 0 else with_random_partitions(view, len(group)) for i, group in enumerate(groups)]
        for model in self.references:
            target = model.target()
            yield tuple(
                self._target_statistic(narrow(_knowing(target, own), self.access), group)
                for own, group in zip(views, groups, strict=True)
            )


def _knowing(target: Target, view: SamplesView) -> Target:
    """The target with the partitions that `view` knows, where it knows them."""
    if not isinstance(view, PartitionsView):
        return target
    return widen(narrow(target, DiscriminatorsView), PartitionsView, partition=view.partition)


def with_random_partitions(view: SamplesView, size: int) -> SamplesView:
    """A view for `size` records that are in no partition: numbers at random, as nonmembers get them."""
    if not isinstance(view, PartitionsView):
        return view
    random = torch.Generator().manual_seed(derive(view.seed, "partition of reference records"))
    partition = torch.randint(view.num_partitions, (size,), generator=random)
    return replace(view, partition=partition.to(view.partition.device))

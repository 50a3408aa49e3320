"""Offline attacks with shadow models: is the target's statistic of a record what models without it would give?

Legend: N records x under attack, R reference records z, M reference models; s is the inner attack's score
under the target, s_i under model i. No model was trained on an x; each was trained on a random part of the z.

Both papers attack classifiers, by the confidence in a record's label. A GAN has neither, so the statistic is
the score of an inner attack: a mean logit, which for a trained discriminator is a log density ratio and has
the shape of their scaled logit, or a negative distance.
"""

from dataclasses import dataclass
from math import log

import torch
from torch import Tensor

from pargan.attacks.reference_models import ComparesModels, ReferenceModel, with_random_partitions
from pargan.attacks.views import Attack, SamplesView
from pargan.errors import ParganError


@dataclass(frozen=True)
class Lira(ComparesModels):
    """The offline likelihood ratio attack: - log Pr[N(mu_x, sigma_x^2) > s(x)], from models without x.

    Carlini et al. 2022, arXiv 2112.03570; they take 1 - Pr, which orders records alike until it is rounded
    to 1 for many of them. mu_x is the mean of s_i(x). Their published code scores otherwise than the paper: by
    the negative log density, two-sided, around the median. With few models a variance per record is mostly
    noise, and the paper uses one for all; ours is pooled over reference records, each under the models that
    left it out, so that a record's score does not depend on who else is attacked. With that one variance the
    ranking is that of `Calibrated` with as many models.

    Args:
        attack: the inner attack, any whose score of a record does not depend on who else is attacked.
        models: M, 2 or more; the paper trains 16 to 256.
        share: of the reference set that each model is trained on.
        fixed_variance: one variance for all; False takes each record's own, the pooled one counting as one
            model more, else a record on which the models agree by chance would be infinitely surprising.

    Raises:
        ParganError: fewer than 2 models, or a score that depends on who else is attacked.
    """

    models: int = 16
    fixed_variance: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        _refuse_transductive(self.attack, "shadow")
        if self.models < 2:
            raise ParganError(f"models={self.models} shows no spread; give 2 or more, or use attack=calibrated")

    def __call__(self, view: SamplesView, records: Tensor) -> Tensor:
        """(N, *shape) -> (N,) scores, >= 0.

        Raises:
            ParganError: no reference record was left out by two models, so that no spread can be had.
        """
        statistics, known = _stacked(list(self._model_statistics(view, records, view.reference)))
        variance = pooled_variance(known, left_out(self.references))
        if not self.fixed_variance:
            count = len(statistics)
            variance = (variance + (count - 1) * statistics.var(0)) / count
        surprise = self._target_statistic(view, records) - statistics.mean(0)
        return -torch.special.log_ndtr(-surprise / variance.sqrt())


@dataclass(frozen=True)
class Rmia(ComparesModels):
    """The offline robust attack: the share of reference records z whose likelihood ratio x's beats by gamma.

    Zarifzadeh et al. 2024, arXiv 2312.03262: Pr_z[LR(x) / LR(z) >= gamma], where LR(x) = p(x) / mean over i
    of p_i(x). Works with a single model. What differs from the paper:

    - The paper's p(x) is a confidence in [0, 1]. Ours is exp(s(x) / tau), positive and increasing in s, with
      tau the standard deviation of s over the reference records: an exponentiated logit is a density ratio,
      an exponentiated negative distance a kernel.
    - The paper corrects the mean over models without x by (1 + a) / 2 times it plus (1 - a) / 2, for the
      models with x that there are none of; a is tuned, 0.3 in their published code. That makes sense for
      confidences only; ours is a = 1.
    - LR(z) takes only the models that left z out, so that x and z are compared on the same terms; a z that
      every model has seen is passed over.

    All x meet the same z, so the score is a step function of LR(x), and gamma moves where it is resolved,
    not the ranking.

    Args:
        attack: the inner attack, any whose score of a record does not depend on who else is attacked.
        models: M.
        share: of the reference set that each model is trained on.
        gamma: 1 or more.

    Raises:
        ParganError: gamma below 1, or a score that depends on who else is attacked.
    """

    models: int = 4
    gamma: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        _refuse_transductive(self.attack, "rmia")
        if not self.gamma >= 1:
            raise ParganError(f"gamma={self.gamma} asks for less than equality; give 1 or more")

    def __call__(self, view: SamplesView, records: Tensor) -> Tensor:
        """(N, *shape) -> (N,) scores in [0, 1], in steps of one reference record."""
        statistics, known = _stacked(list(self._model_statistics(view, records, view.reference)))
        on_reference = self._target_statistic(with_random_partitions(view, len(view.reference)), view.reference)
        spread = on_reference.std(correction=0)
        tau = torch.where(spread > 0, spread, 1.0)
        unseen = left_out(self.references)
        everywhere = torch.ones(len(statistics), len(records), dtype=torch.bool, device=unseen.device)
        ratio = log_ratio(self._target_statistic(view, records) / tau, statistics / tau, everywhere)
        population = log_ratio(on_reference / tau, known / tau, unseen)[unseen.any(0)].sort().values
        # LR(x) / LR(z) >= gamma; the z below or at the bound are counted by bisection
        beaten = torch.searchsorted(population, ratio - log(self.gamma), right=True)
        return beaten.double() / len(population)


def left_out(models: tuple[ReferenceModel, ...]) -> Tensor:
    """(M, R) bool: which model was not trained on which reference record."""
    return torch.stack([model.left_out for model in models])


def pooled_variance(statistics: Tensor, unseen: Tensor) -> Tensor:
    """The variance of a record's statistic over models without it, the same for all records.

    Args:
        statistics: (M, R) float64.
        unseen: (M, R) bool; only these entries count.

    Returns:
        A scalar, 1 where all models agree on every record (dead discriminators: nothing to scale).

    Raises:
        ParganError: no record has two entries.
    """
    count = unseen.sum(0)  # (R,)
    degrees = (count - 1).clamp(min=0).sum()
    if degrees < 1:
        raise ParganError(
            f"models={len(statistics)} leave no reference record to two models, so that no spread can be had; "
            f"give more models or a smaller share"
        )
    mean = torch.where(unseen, statistics, 0.0).sum(0) / count.clamp(min=1)
    squares = torch.where(unseen, (statistics - mean).square(), 0.0).sum()
    return torch.where(squares > 0, squares / degrees, 1.0)


def log_ratio(statistic: Tensor, statistics: Tensor, unseen: Tensor) -> Tensor:
    """log of exp(s) / mean of exp(s_i) over the models that `unseen` names; NaN where it names none.

    Args:
        statistic: (N,) under the target.
        statistics: (M, N) under the models.
        unseen: (M, N) bool.

    Returns:
        (N,).
    """
    total = statistics.masked_fill(~unseen, -torch.inf).logsumexp(0)
    return statistic - (total - unseen.sum(0).log())


def _refuse_transductive(attack: Attack, name: str) -> None:
    """x and z are scored in separate calls, which such an attack answers on different terms."""
    if getattr(attack, "transductive", False):
        raise ParganError(
            f"attack.{name}.attack scores a record by who else is attacked, so that records under attack and "
            f"reference records do not compare; take the radius from reference records with "
            f"+attack.{name}.attack.epsilon._target_=pargan.attacks.ReferenceMedianNearest"
        )


def _stacked(pairs: list[tuple[Tensor, ...]]) -> tuple[Tensor, Tensor]:
    """M pairs ((N,), (R,)) -> (M, N), (M, R)."""
    ours, theirs = zip(*pairs, strict=True)
    return torch.stack(ours), torch.stack(theirs)

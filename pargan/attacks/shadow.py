"""Offline attacks with shadow models: a record's statistic under the target against models trained without it.

Legend: N records x under attack, R reference records z, M reference models; s is the inner attack's score
under the target, s_i under model i. No model was trained on any x; all were trained on random parts of the z.

Both papers attack classifiers through the confidence in a record's label. A GAN has neither, so the statistic is
the score of an inner attack: a negative distance, or a mean logit, which for a trained discriminator is a log
density ratio and has the form of the papers' scaled logit.
"""

from collections.abc import Iterable
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

    Carlini et al. 2022, arXiv 2112.03570; they take 1 - Pr, which gives the same ranking until it is rounded
    to 1 for many records. mu_x is the mean of s_i(x). Their published code differs from the paper: it scores by
    the negative log density, two-sided, around the median. With few models a variance per record is mostly
    noise, and the paper uses one for all; here it is pooled over reference records, each under the models that
    left it out, so that a record's score does not depend on which others are attacked. With this single variance
    the ranking equals that of `Calibrated` with as many models.

    Args:
        attack: the inner attack; its score of a record must not depend on which others are attacked.
        models: M, 2 or more; the paper trains 16 to 256.
        share: share of the reference set that each model is trained on.
        fixed_variance: use one variance for all records. False estimates one per record, with the pooled one counted
            as one more model: otherwise a record on which the models agree by chance would get an infinite score.

    Raises:
        ParganError: fewer than 2 models, or an inner score that depends on which others are attacked.
    """

    models: int = 16
    fixed_variance: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        _refuse_transductive(self.attack)
        if self.models < 2:
            raise ParganError(
                "is too few to estimate a variance",
                argument="models",
                value=self.models,
                remedy="give 2 or more, or use the attack Calibrated",
            )

    def __call__(self, view: SamplesView, records: Tensor) -> Tensor:
        """(N, *shape) -> (N,) scores, >= 0.

        Raises:
            ParganError: no reference record was left out by two models, so that no variance can be estimated.
        """
        statistics, reference_statistics = _stack_groups(self._model_statistics(view, records, view.reference))
        variance = pooled_variance(reference_statistics, _left_out_by_model(self.references))
        if not self.fixed_variance:
            count = len(statistics)
            variance = (variance + (count - 1) * statistics.var(0)) / count
        surprise = self._target_statistic(view, records) - statistics.mean(0)
        return -torch.special.log_ndtr(-surprise / variance.sqrt())


@dataclass(frozen=True)
class Rmia(ComparesModels):
    """The offline robust attack: the share of reference records z with LR(x) >= gamma LR(z).

    Zarifzadeh et al. 2024, arXiv 2312.03262: Pr_z[LR(x) / LR(z) >= gamma], where LR(x) = p(x) / mean over i
    of p_i(x). Works with a single model. Differences from the paper:

    - The paper's p(x) is a confidence in [0, 1]. Here it is exp(s(x) / tau), positive and increasing in s, with
      tau the standard deviation of s over the reference records: an exponentiated logit is a density ratio,
      an exponentiated negative distance a kernel.
    - The paper replaces the mean over models without x by (1 + a) / 2 times it plus (1 - a) / 2, to correct for
      the lack of models with x; a is tuned, 0.3 in their published code. This makes sense for confidences only;
      here a = 1.
    - LR(z) uses only the models that left z out, so that x and z are compared on the same terms; a z that
      every model was trained on is not used.

    All x are compared with the same z, so the score is a step function of LR(x). Gamma moves the range in which
    the score distinguishes records, and does not change the ranking.

    Args:
        attack: the inner attack; its score of a record must not depend on which others are attacked.
        models: M.
        share: share of the reference set that each model is trained on.
        gamma: 1 or more.

    Raises:
        ParganError: gamma below 1, or an inner score that depends on which others are attacked.
    """

    models: int = 4
    gamma: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        _refuse_transductive(self.attack)
        if not self.gamma >= 1:
            raise ParganError("is too small", argument="gamma", value=self.gamma, remedy="give 1 or more")

    def __call__(self, view: SamplesView, records: Tensor) -> Tensor:
        """(N, *shape) -> (N,) scores in [0, 1], in steps of one reference record."""
        statistics, reference_statistics = _stack_groups(self._model_statistics(view, records, view.reference))
        on_reference = self._target_statistic(with_random_partitions(view, len(view.reference)), view.reference)
        spread = on_reference.std(correction=0)
        tau = torch.where(spread > 0, spread, 1.0)
        unseen = _left_out_by_model(self.references)
        all_models = torch.ones(len(statistics), len(records), dtype=torch.bool, device=unseen.device)
        ratio = log_ratio(self._target_statistic(view, records) / tau, statistics / tau, all_models)
        population = log_ratio(on_reference / tau, reference_statistics / tau, unseen)[unseen.any(0)].sort().values
        # LR(x) / LR(z) >= gamma: count the z up to the bound in the sorted ratios.
        exceeded = torch.searchsorted(population, ratio - log(self.gamma), right=True)
        return exceeded.double() / len(population)


def _left_out_by_model(models: tuple[ReferenceModel, ...]) -> Tensor:
    """(M, R) bool: True where the model was not trained on the reference record."""
    return torch.stack([model.left_out for model in models])


def pooled_variance(statistics: Tensor, unseen: Tensor) -> Tensor:
    """The variance of a record's statistic over models without it, pooled over all records.

    Args:
        statistics: (M, R) float64.
        unseen: (M, R) bool, the entries to use.

    Returns:
        A scalar; 1 where all models agree on every record, as those with constant logits do.

    Raises:
        ParganError: no record has two entries to use.
    """
    count = unseen.sum(0)  # (R,)
    degrees = (count - 1).clamp(min=0).sum()
    if degrees < 1:
        raise ParganError(
            "were trained so that no two left the same reference record out, and the variance cannot be estimated",
            argument="models",
            value=len(statistics),
            remedy="train more models, or each on a smaller share",
        )
    mean = torch.where(unseen, statistics, 0.0).sum(0) / count.clamp(min=1)
    squares = torch.where(unseen, (statistics - mean).square(), 0.0).sum()
    return torch.where(squares > 0, squares / degrees, 1.0)


def log_ratio(statistic: Tensor, statistics: Tensor, unseen: Tensor) -> Tensor:
    """log of exp(s) / mean of exp(s_i) over the models that `unseen` selects; NaN where it selects none.

    Args:
        statistic: (N,) under the target.
        statistics: (M, N) under the models.
        unseen: (M, N) bool.

    Returns:
        (N,).
    """
    total = statistics.masked_fill(~unseen, -torch.inf).logsumexp(0)
    return statistic - (total - unseen.sum(0).log())


def _refuse_transductive(attack: Attack) -> None:
    """Refuse an inner attack whose scores of x and z, computed in separate calls, cannot be compared."""
    if getattr(attack, "transductive", False):
        raise ParganError(
            "gives a record a score that depends on which others are attacked, so that records under attack and "
            "reference records cannot be compared",
            argument="attack",
            value=type(attack).__name__,
            remedy="compute its radius from reference records, with ReferenceMedianNearest as its epsilon",
        )


def _stack_groups(pairs: Iterable[tuple[Tensor, ...]]) -> tuple[Tensor, Tensor]:
    """M pairs ((N,), (R,)) -> (M, N), (M, R)."""
    attacked, reference = zip(*pairs, strict=True)
    return torch.stack(attacked), torch.stack(reference)

"""Calibrated scores: the difference between a record's score under the target and under models without it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from pargan.attacks.reference_models import ComparesModels
from pargan.attacks.views import SamplesView


@dataclass(frozen=True)
class Calibrated(ComparesModels):
    """s(x) - mean over i of s_i(x): the inner attack's score less its score against reference models.

    Some records are close to the samples of any generator, or get a high logit from any discriminator, members or
    not; the subtraction removes that part. GAN-Leaks (Chen et al. 2020, arXiv 1909.03935) uses one reference
    model, the default here.

    Args:
        attack: the inner attack, any. With `MonteCarlo` use `ReferenceMedianNearest`: a radius computed from the
            records under attack is allowed, but the members make it smaller under the target than under the models.
        models: M, the number of reference models; with more than one their mean is subtracted.
        share: of the reference set that each model is trained on.
    """

    def __call__(self, view: SamplesView, records: Tensor) -> Tensor:
        """(N, *shape) -> (N,) scores."""
        expected = torch.stack([scores for (scores,) in self._model_statistics(view, records)]).mean(0)
        return self._target_statistic(view, records) - expected

"""Calibration: how much more a record stands out under the target than under models that never saw it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from pargan.attacks.reference_models import ComparesModels
from pargan.attacks.views import SamplesView


@dataclass(frozen=True)
class Calibrated(ComparesModels):
    """s(x) - mean over i of s_i(x): the inner attack's score less its score against reference models.

    Some records are near to what any generator returns, or are rated real by any discriminator, members or
    not; the subtraction takes that part away. GAN-Leaks (Chen et al. 2020, arXiv 1909.03935)
    does so with one reference model, the default here.

    Args:
        attack: the inner attack, any. For `MonteCarlo` take `ReferenceMedianNearest`: a radius from the records
            under attack, the same set under every model, is allowed, but members shrink it under the target alone.
        models: M; with more than one their mean is subtracted.
        share: of the reference set that each model is trained on.
    """

    def __call__(self, view: SamplesView, records: Tensor) -> Tensor:
        """(N, *shape) -> (N,) scores."""
        expected = torch.stack([scores for (scores,) in self._model_statistics(view, records)]).mean(0)
        return self._target_statistic(view, records) - expected

"""Quality of generated images. Legend: S generated, H held-out records, F features."""

from dataclasses import dataclass

import numpy as np

from pargan.errors import ParganError
from pargan.metrics.distances import frechet_distance, kernel_distance, neighbourhood_metrics
from pargan.metrics.features import Extractor, fit_extractor
from pargan.metrics.require_finite import require_finite
from pargan.records.pool import QualityRecords
from pargan.seeding import subset


@dataclass(frozen=True)
class ImageQuality:
    """Frechet and kernel distance, precision, recall, density and coverage against held-out images.

    All metrics use the features of one extractor, whose name is their suffix. By default it is fitted on the
    reference group: `fid_refmlp`, `kid_refmlp`, `precision_refmlp` and so on with labels, `..._refpca` without; these
    compare only between runs with the same reference group. With `Inception` they are `fid_inception` and so on, and
    the Frechet distance is FID as published. The Frechet distance is biased upwards, more so for fewer records
    (published values use 10,000 to 50,000); the expectation of the kernel distance does not depend on their number.

    Attributes:
        num_records: most generated and most held-out records to compare, for all metrics except the Frechet distance,
            which uses all records: time and memory of the others grow with the square of this number.
        extractor: feature extractor; None fits one on the reference group.
    """

    num_records: int = 2000
    extractor: Extractor | None = None

    def __call__(self, generated: np.ndarray, real: QualityRecords, seed: int) -> dict[str, float]:
        """(S, C, H, W) generated images in [-1, 1] -> metrics.

        Raises:
            ParganError: fewer than two generated or held-out records, or generated records that are not finite.
        """
        if min(len(generated), len(real.nonmembers)) < 2:
            raise ParganError(
                f"image quality needs two or more generated and held-out records, not {len(generated)} and "
                f"{len(real.nonmembers)}",
                remedy="generate more or hold out more",
            )
        extractor = self.extractor or fit_extractor(real.reference, real.reference_labels)
        rng = np.random.default_rng(seed)
        fake, held_out = extractor(require_finite(generated)), extractor(real.nonmembers)
        fake_subset, held_out_subset = (
            features[subset(self.num_records, len(features), rng)] for features in (fake, held_out)
        )
        metrics = {"fid": frechet_distance(fake, held_out), "kid": kernel_distance(fake_subset, held_out_subset)}
        metrics |= neighbourhood_metrics(fake_subset, held_out_subset)
        return {f"{name}_{extractor.name}": value for name, value in metrics.items()}

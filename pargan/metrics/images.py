"""Quality of generated images. Legend: S generated, H held-out records, F features."""

from dataclasses import dataclass

import numpy as np

from pargan.errors import ParganError
from pargan.metrics.distances import frechet_distance, kernel_distance, neighbourhood_metrics
from pargan.metrics.features import Extractor, fit_extractor
from pargan.metrics.finite import finite
from pargan.records.pool import QualityRecords
from pargan.seeding import subset


@dataclass(frozen=True)
class ImageQuality:
    """Frechet and kernel distance, precision, recall, density and coverage against held-out images.

    All in the space of one extractor, named in every metric. By default it is fitted on the reference group:
    `fid_refmlp`, `kid_refmlp`, `precision_refmlp` and so on with labels, `..._refpca` without, which compare
    only with themselves. With `Inception` they are `fid_inception` and so on, the Frechet distance being FID as
    it is published. The Frechet distance is biased upwards, the more the fewer the records (published ones
    take 10,000 to 50,000); the expectation of the kernel distance does not depend on their number.

    Attributes:
        num_records: records compared, at most, on each side, by all but the Frechet distance, which takes all
            there are: the time and memory of the others grow with the square of it.
        extractor: None fits one on the reference group.
    """

    num_records: int = 2000
    extractor: Extractor | None = None

    def __call__(self, generated: np.ndarray, split: QualityRecords, seed: int) -> dict[str, float]:
        """(S, C, H, W) generated images in [-1, 1] -> metrics.

        Raises:
            ParganError: fewer than two records on a side, or generated records that are not finite.
        """
        if min(len(generated), len(split.nonmembers)) < 2:
            raise ParganError(
                f"image quality of {len(generated)} generated against {len(split.nonmembers)} held-out "
                f"records: at least two of each are needed; generate more or hold more out"
            )
        extractor = self.extractor or fit_extractor(split.reference, split.reference_labels)
        rng = np.random.default_rng(seed)
        fake, real = extractor(finite(generated)), extractor(split.nonmembers)
        some_fake, some_real = (each[subset(self.num_records, len(each), rng)] for each in (fake, real))
        metrics = {"fid": frechet_distance(fake, real), "kid": kernel_distance(some_fake, some_real)}
        metrics |= neighbourhood_metrics(some_fake, some_real)
        return {f"{name}_{extractor.name}": value for name, value in metrics.items()}

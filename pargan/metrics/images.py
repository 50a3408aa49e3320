"""Quality of generated images. Legend: S generated, H held-out records, F features."""

from dataclasses import dataclass, field

import numpy as np

from pargan.data.records import Split
from pargan.errors import ParganError
from pargan.metrics.distances import frechet_distance, kernel_distance, neighbourhood_figures
from pargan.metrics.features import Extractor, fingerprint, fit_extractor
from pargan.metrics.subsets import finite, subset


@dataclass(frozen=True)
class ImageQuality:
    """Frechet and kernel distance, precision, recall, density and coverage against held-out images.

    All in the space of an extractor fitted on the reference group, named in every figure: `fid_refmlp`,
    `kid_refmlp`, `precision_refmlp` and so on with labels, `..._refpca` without. The Frechet distance depends
    on the number of records, the kernel distance does not; neither compares with figures from Inception.

    Attributes:
        num_records: records compared, at most, on each side.
    """

    num_records: int = 2000
    # The extractor of the last reference group seen: a run has one, and measures against it every few epochs.
    _fitted: dict[bytes, Extractor] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __call__(self, generated: np.ndarray, split: Split, seed: int) -> dict[str, float]:
        """(S, C, H, W) generated images in [-1, 1] -> figures.

        Raises:
            ParganError: fewer than two records on a side, or generated records that are not finite.
        """
        if min(len(generated), len(split.nonmembers)) < 2:
            raise ParganError(
                f"image quality of {len(generated)} generated against {len(split.nonmembers)} held-out "
                f"records: at least two of each are needed; generate more or hold more out"
            )
        extractor = self._extractor(split)
        rng = np.random.default_rng(seed)
        fake = extractor(finite(generated)[subset(self.num_records, len(generated), rng)])
        real = extractor(split.nonmembers[subset(self.num_records, len(split.nonmembers), rng)])
        figures = {"fid": frechet_distance(fake, real), "kid": kernel_distance(fake, real)}
        figures |= neighbourhood_figures(fake, real)
        return {f"{name}_{extractor.name}": value for name, value in figures.items()}

    def _extractor(self, split: Split) -> Extractor:
        key = fingerprint(split.reference, split.reference_labels)
        if key not in self._fitted:
            self._fitted.clear()
            self._fitted[key] = fit_extractor(split.reference, split.reference_labels)
        return self._fitted[key]

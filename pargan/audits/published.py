"""The metrics of the published experiments, as the published notebooks compute them.

For comparison with the published rows only: no verdict is made from them. Nothing here is tested against chance, the
null of the set accuracy is not 0.5, and the distance of two histograms is above 0 where nothing leaks.

Source: PAR-GAN (Chen et al. 2021, doi 10.1145/3447548.3467445) and its authors' notebooks.

Legend: K discriminators, n members and as many nonmembers, S generated records, R reference records.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from sklearn.decomposition import PCA
from torch import Tensor

from pargan.attacks.views import DiscriminatorsView
from pargan.judge.roc import top_n_accuracy
from pargan.judge.set_level import SET_SIZE, null_distribution_of_points
from pargan.judge.total_variation import equal_width_bins, total_variation_of_bins, unit_interval_bins
from pargan.seeding import derive, subset

REPETITIONS = 50
COMPONENTS = 40
"""Principal components in which the set attack measures distances, in all published notebooks."""


@dataclass(frozen=True, kw_only=True)
class PublishedProtocol:
    """The metrics of one row of the published results.

    Attributes:
        outputs: what D_k returns in them: `sigmoid` of the logit with the Jensen-Shannon loss, else `raw`.
        num_records: n, the smaller of the two groups; the other one is cut to it at random.
        white_box_accuracy_max: share of members among the n records of 2 n with the highest maximum over k.
        white_box_accuracy_mean: likewise, by the mean over k.
        tvd: total variation distance of each D_k's outputs on members and nonmembers, in 50 bins of equal width on
            [0, 1]; raw outputs are scaled to that range first.
        monte_carlo_set_accuracy: share of 50 repetitions in which, of 100 members and 100 nonmembers drawn with
            replacement, at least 50 members are among the 100 with the most samples within eps; None below 100
            records. All repetitions look at the same samples, which the notebooks draw anew.
        monte_carlo_null: what guessing gives for it, because ties count as successes.
    """

    outputs: str
    num_records: int
    white_box_accuracy_max: float
    white_box_accuracy_mean: float
    tvd: tuple[float, ...]
    monte_carlo_set_accuracy: float | None
    monte_carlo_null: float
    monte_carlo_repetitions: int = REPETITIONS

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; with `tvd_max` and `tvd_mean` over the discriminators."""
        of_all = {"tvd_max": max(self.tvd), "tvd_mean": sum(self.tvd) / len(self.tvd)}
        return asdict(self) | {"tvd": list(self.tvd)} | of_all


def published_protocol(
    view: DiscriminatorsView, members: Tensor, nonmembers: Tensor, *, sigmoid: bool, seed: int
) -> PublishedProtocol:
    """The published metrics of a GAN; deterministic for a seed.

    Args:
        view: the target.
        members: (m, *shape).
        nonmembers: (n, *shape).
        sigmoid: whether a discriminator's output is the sigmoid of its logit, as with the Jensen-Shannon loss.
        seed: for the cut to equal groups and the sets.
    """
    size = min(len(members), len(nonmembers))
    groups = [
        group[torch.from_numpy(subset(size, len(group), derive(seed, f"published {name}"))).to(group.device)]
        for name, group in (("members", members), ("nonmembers", nonmembers))
    ]
    logits = view.logits(torch.cat(groups).to(view.samples.device)).double()
    outputs = (logits.sigmoid() if sigmoid else logits).cpu().numpy()  # (K, 2 n)
    rng = np.random.default_rng(derive(seed, "published protocol"))
    highest, mean = (
        top_n_accuracy(scores[:size], scores[size:], rng) for scores in (outputs.max(axis=0), outputs.mean(axis=0))
    )
    bins_of = unit_interval_bins if sigmoid else equal_width_bins
    return PublishedProtocol(
        outputs="sigmoid" if sigmoid else "raw",
        num_records=size,
        white_box_accuracy_max=highest,
        white_box_accuracy_mean=mean,
        tvd=tuple(total_variation_of_bins(bins_of(scores), size) for scores in outputs),
        monte_carlo_set_accuracy=_set_accuracy(view, groups, rng) if size >= SET_SIZE else None,
        monte_carlo_null=float(null_distribution_of_points(1, SET_SIZE)[1:].sum()),
    )


def _set_accuracy(view: DiscriminatorsView, records: list[Tensor], rng: np.random.Generator) -> float:
    reference = view.reference.flatten(1).cpu().numpy()
    pca = PCA(min(COMPONENTS, *reference.shape), random_state=0).fit(reference)

    def project(group: Tensor) -> Tensor:
        return torch.from_numpy(pca.transform(group.flatten(1).cpu().numpy())).double()

    samples, groups, won = project(view.samples), [project(group) for group in records], 0
    for _ in range(REPETITIONS):
        chosen = [group[torch.from_numpy(rng.integers(len(group), size=SET_SIZE))] for group in groups]
        distances = torch.cdist(torch.cat(chosen), samples)
        eps = np.median(distances.amin(1).numpy())
        within = (distances <= eps).sum(1).numpy()
        highest = np.argsort(-within, kind="stable")[:SET_SIZE]
        won += int((highest < SET_SIZE).sum() >= SET_SIZE / 2)
    return won / REPETITIONS

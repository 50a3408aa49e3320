"""Where training broke. Legend: K partitions, S steps."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn


def find_divergence(
    losses: Sequence[tuple[Tensor, Tensor]], parameters: Iterable[nn.Parameter]
) -> tuple[int, str] | None:
    """The first of S steps whose loss is not finite, counted from 0, and its partitions; None where all is finite.

    Args:
        losses: of each step (K,) those of the discriminators and (K,) those of the generator.
        parameters: looked at too, because the last step may have broken them; then it is the last step.
    """
    d_losses, g_losses = (torch.stack(values) for values in zip(*losses, strict=True))
    broken = ~(torch.isfinite(d_losses) & torch.isfinite(g_losses)).cpu()  # (S, K)
    # A sum over a NaN or an infinity is not finite either; it takes a tenth of the time of isfinite on all numbers.
    sums = torch.stack([parameter.detach().sum() for parameter in parameters])
    if not broken.any() and torch.isfinite(sums).all():
        return None
    first = int(broken.any(1).float().argmax()) if broken.any() else len(broken) - 1
    return first, ", ".join(str(k) for k in broken[first].nonzero().flatten().tolist()) or "none so far"

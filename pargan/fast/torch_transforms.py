"""Where the house's layers leave the differentiation to PyTorch."""

import torch
from torch.autograd import forward_ad


def transforming() -> bool:
    """Whether a transform of torch.func, or differentiation in forward mode, is at work.

    An autograd.Function can take part in them, by `setup_context`, but PyTorch then inspects its signature at every
    call: 30 microseconds, a tenth of a small layer's time. Both questions are asked of what PyTorch asks itself, as
    it has no public words for them.
    """
    return torch._C._are_functorch_transforms_active() or forward_ad._current_level >= 0

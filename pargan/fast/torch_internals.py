"""The private names of PyTorch that this package reads, each with what holds where a version of PyTorch lacks it.

Outside this file only the public operators torch.ops.aten are used (their gradients: convolution_backward,
leaky_relu_backward).
"""

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.fx.experimental.proxy_tensor import get_proxy_mode

MODULE_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
TENSOR_HOOKS = ("_backward_hooks", "_post_accumulate_grad_hooks")

SHOWS_TRANSFORMS = hasattr(torch._C, "_are_functorch_transforms_active") and hasattr(forward_ad, "_current_level")
"""Whether this version tells that a transform of torch.func or forward-mode differentiation is active."""


def transforming() -> bool:
    """Whether a transform of torch.func or forward-mode differentiation is active; True where this cannot be told.

    The faster layers leave the computation to PyTorch's own then. An autograd.Function can take part in transforms, by
    `setup_context`, but PyTorch inspects its signature at every call then: 30 microseconds, a tenth of the time of a
    small layer. There is no public function that tells.
    """
    if not SHOWS_TRANSFORMS:
        return True
    return torch._C._are_functorch_transforms_active() or forward_ad._current_level >= 0


def tracing() -> bool:
    """Whether operations are recorded for a compiler, which finds faster ones itself."""
    return torch.compiler.is_compiling() or get_proxy_mode() is not None


def has_module_hooks(module: nn.Module) -> bool:
    """Whether hooks are registered on a module; True where this cannot be told."""
    return any(getattr(module, name, True) for name in MODULE_HOOKS)


def has_tensor_hooks(tensor: Tensor) -> bool:
    """Whether hooks are registered on a tensor; True where this cannot be told."""
    return any(getattr(tensor, name, True) for name in TENSOR_HOOKS)

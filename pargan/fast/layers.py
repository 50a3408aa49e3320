"""Put faster layers into a network of PyTorch's own ones."""

from torch import nn

from pargan.fast.convolution import Conv2d, ConvTranspose2d
from pargan.fast.dropout import Dropout
from pargan.fast.leaky_relu import LeakyDropout
from pargan.fast.torch_internals import has_module_hooks

FASTER: dict[type[nn.Module], type[nn.Module]] = {
    nn.Conv2d: Conv2d,
    nn.ConvTranspose2d: ConvTranspose2d,
    nn.Dropout: Dropout,
}


def use_fast_layers(network: nn.Module) -> None:
    """Replace layers of `network`, in place, with ones that compute the same to rounding in less time.

    - `nn.Conv2d`, `nn.ConvTranspose2d` and `nn.Dropout` become their faster subclasses. Dropout draws other masks.
    - In a plain chain of layers, `nn.LeakyReLU` and dropout right after a convolution become one `LeakyDropout`, with
      `nn.Identity` in the second place.

    Parameters, their values, the keys of the state dict, hooks and modes stay. Subclasses of these layers stay too.
    """
    for layer in network.modules():
        if type(layer) in FASTER:
            layer.__class__ = FASTER[type(layer)]
    _merge_leaky_dropout(network)


def _merge_leaky_dropout(network: nn.Module) -> None:
    """Only in chains whose layers run one after another, so that nothing else uses what stands between the two."""
    if not isinstance(network, nn.Sequential) or type(network).forward is not nn.Sequential.forward:
        return
    for layer in network:
        _merge_leaky_dropout(layer)
    layers = list(network)
    for position, (before, leaky, dropout) in enumerate(zip(layers, layers[1:], layers[2:], strict=False), 1):
        if not isinstance(before, Conv2d | ConvTranspose2d):
            continue
        if not isinstance(leaky, nn.LeakyReLU) or not isinstance(dropout, Dropout):
            continue
        if not has_module_hooks(leaky) and not has_module_hooks(dropout):
            merged = LeakyDropout(leaky.negative_slope, dropout.p)
            network[position] = merged.train(dropout.training)
            network[position + 1] = nn.Identity().train(dropout.training)

"""K alike networks of dense layers as one: batched matrix products over parameters that share their storage.

Legend: K networks, B records of each, *shape of one record; a stack holds K equally shaped parameters.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

import torch
from torch import Tensor, nn

from pargan.models.dropout import Dropout

ELEMENTWISE = frozenset(
    {
        nn.Identity,
        nn.LeakyReLU,
        nn.ReLU,
        nn.ELU,
        nn.SELU,
        nn.GELU,
        nn.SiLU,
        nn.Tanh,
        nn.Sigmoid,
        nn.Softplus,
        nn.Dropout,
        Dropout,
    }
)
"""Layers without parameters that treat every number alike, so that K batches can pass through as one tensor."""


class Stack:
    """What K networks compute, from K-fold tensors of which the networks' own parameters are views.

    Args:
        networks: K networks of equal structure, for which `why_not` found nothing.

    Attributes:
        leaves: one tensor (K, *parameter.shape) per parameter of a network. Gradients arrive here, and an
            optimiser of these few tensors does the work of K optimisers of many.
    """

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        self.leaves: list[nn.Parameter] = []
        self._owners: list[list[nn.Parameter]] = []  # of each leaf, in the order of the networks
        self._layers: list[Callable[[Tensor], Tensor]] = []
        for layer in _layers(networks[0]):
            if isinstance(layer, nn.Linear):
                self._layers.append(self._dense(layer, len(networks)))
            elif isinstance(layer, nn.Flatten):
                self._layers.append(lambda records: records.flatten(2))
            else:  # its training flag is followed, so dropout knows when it is off
                self._layers.append(layer)
        self.tie(networks)

    def __call__(self, records: Tensor) -> Tensor:
        """Logits of every network on its own records: (K, B, *shape) -> (K, B)."""
        hidden = records
        for layer in self._layers:
            hidden = layer(hidden)
        return hidden.reshape(records.shape[:2])

    def tie(self, networks: Sequence[nn.Module]) -> None:
        """Take the networks' values into the stack and make their parameters views of it, where they are not."""
        self._owners = [list(owners) for owners in zip(*(network.parameters() for network in networks), strict=True)]
        for leaf, owners in zip(self.leaves, self._owners, strict=True):
            if all(_is_view(own, leaf, k) for k, own in enumerate(owners)):
                continue
            gradient, leaf.grad = leaf.grad, None
            leaf.data = torch.stack([own.data for own in owners])
            leaf.grad = None if gradient is None else gradient.to(leaf)
            for own, place in zip(owners, leaf.data, strict=True):
                own.data = place

    def freeze(self, frozen: bool) -> None:
        """Whether gradients arrive at the leaves."""
        for leaf in self.leaves:
            leaf.requires_grad_(not frozen)

    def _leaf(self, parameter: Tensor, num_networks: int) -> nn.Parameter:
        position = len(self.leaves)

        def show_gradients(leaf: Tensor) -> None:
            """On the networks' own parameters, where people look for them."""
            assert leaf.grad is not None
            for own, gradient in zip(self._owners[position], leaf.grad.unbind(), strict=True):
                own.grad = gradient

        leaf = nn.Parameter(parameter.new_empty(num_networks, *parameter.shape))
        leaf.register_post_accumulate_grad_hook(show_gradients)
        self.leaves.append(leaf)
        return leaf

    def _dense(self, layer: nn.Linear, num_networks: int) -> Callable[[Tensor], Tensor]:
        weight = self._leaf(layer.weight, num_networks)
        if layer.bias is None:
            return lambda hidden: torch.bmm(hidden, weight.transpose(1, 2))
        bias = self._leaf(layer.bias, num_networks)
        return lambda hidden: torch.baddbmm(bias[:, None], hidden, weight.transpose(1, 2))


def why_not(networks: Sequence[nn.Module]) -> str | None:
    """What keeps networks from being stacked, in words; None where nothing does."""
    if any(repr(network) != repr(networks[0]) for network in networks):
        return "they are not alike"
    for layer in _layers(networks[0]):
        if not (type(layer) in ELEMENTWISE or type(layer) is nn.Linear or _flattens_a_record(layer)):
            return f"{type(layer).__name__} is neither dense nor elementwise"
    parameters = list(chain.from_iterable(layer.parameters() for network in networks for layer in _layers(network)))
    if len({id(parameter) for parameter in parameters}) < len(parameters):
        return "layers share a parameter"
    if not all(parameter.requires_grad for parameter in parameters):
        return "a parameter is frozen"
    if len({(parameter.dtype, parameter.device) for parameter in parameters}) > 1:
        return "their parameters are of several types or on several devices"
    if any(each._forward_hooks or each._forward_pre_hooks for network in networks for each in network.modules()):
        return "a layer has hooks"
    return None


def _layers(network: nn.Module) -> Iterator[nn.Module]:
    """The layers a chain passes through, in order; anything but a plain chain is one layer."""
    if isinstance(network, nn.Sequential) and type(network).forward is nn.Sequential.forward:
        for layer in network:
            yield from _layers(layer)
    else:
        yield network


def _flattens_a_record(layer: nn.Module) -> bool:
    return type(layer) is nn.Flatten and (layer.start_dim, layer.end_dim) == (1, -1)


def _is_view(parameter: Tensor, leaf: Tensor, k: int) -> bool:
    place = leaf[k]
    return parameter.data_ptr() == place.data_ptr() and parameter.device == place.device and parameter.is_contiguous()

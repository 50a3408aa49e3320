"""Evaluate K dense networks of equal structure as one: batched matrix products over parameters in one vector.

Legend: K networks, B records of each, *shape of one record.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from pargan.fast.dense_chain import RECTIFIERS, Chain, dense, dense_layers, evaluate
from pargan.fast.dropout import Dropout
from pargan.fast.torch_internals import has_module_hooks, has_tensor_hooks, tracing

DROPOUT = {nn.Dropout, Dropout}
ELEMENTWISE = {nn.Identity, *RECTIFIERS, *DROPOUT, nn.ELU, nn.SELU, nn.GELU, nn.SiLU, nn.Tanh, nn.Sigmoid, nn.Softplus}
"""Elementwise layers without parameters: the batches of K networks can pass through them as one tensor."""

LogitsAndGradients = tuple[Tensor, Tensor, Tensor | None]
"""Logits (K, B) of real and of fake records, and the gradients (K, n, *shape) of the logits at penalty records."""


class Stack:
    """K networks whose parameters are views of one vector.

    Args:
        networks: K networks of equal structure, for which `reason_not_stackable` found nothing.
        num_partitions: networks for which dropout is drawn, of which these may be a part; by default K.
        rows: which of them the K networks are; by default all.

    Attributes:
        vector: every parameter of all networks; the K parameters of equal shape lie side by side. It receives the
            gradients, and one optimizer of this tensor replaces K optimizers of many tensors.
    """

    def __init__(
        self, networks: Sequence[nn.Module], num_partitions: int | None = None, rows: Sequence[int] | None = None
    ) -> None:
        self._num_drawn = num_partitions or len(networks)
        self._rows = None if rows is None or len(rows) == self._num_drawn else list(rows)
        self._shapes = [(len(networks), *parameter.shape) for parameter in networks[0].parameters()]
        self._owners: list[list[nn.Parameter]] = []  # one list per shape: the K parameters in the networks' order
        self._shown = 0  # address of the gradient of which the parameters' gradients are views
        self._layers = list(_layers(networks[0]))
        self._chain: Chain | None = None  # None: some layer has no written-out derivative
        for network in networks:
            network.register_state_dict_post_hook(_copy_out_of_the_vector)
        first = next(networks[0].parameters())
        self.vector = nn.Parameter(first.new_empty(sum(map(prod, self._shapes))))
        self.vector.register_post_accumulate_grad_hook(self._show_gradients)
        self.rebind_parameters(networks)

    def __call__(self, records: Tensor) -> Tensor:
        """Logits of every network on its own records: (K, B, *shape) -> (K, B)."""
        if self._chain is not None and self._suits(records):
            return evaluate(self.vector, records.flatten(2), self._chain)[0]
        return self._logits(records)

    def logits_and_input_gradients(
        self, real: Tensor, fake: Tensor, penalised: Tensor | None
    ) -> LogitsAndGradients | None:
        """`Discriminators.logits_and_input_gradients` in one pass; None if one pass would not give the same."""
        inputs = [real, fake] if penalised is None else [real, fake, penalised]
        is_plain = all(self._suits(records) and not records.requires_grad for records in inputs)
        if self._chain is None or real.shape != fake.shape or not is_plain:
            return None
        records, num_penalised = torch.cat(inputs, 1).flatten(2), 0 if penalised is None else penalised.shape[1]
        logits, gradients = evaluate(self.vector, records, self._chain, groups=2, num_penalised=num_penalised)
        real_logits, fake_logits = logits.split(real.shape[1], 1)
        return real_logits, fake_logits, None if gradients is None else gradients.reshape(inputs[-1].shape)

    def _suits(self, records: Tensor) -> bool:
        """Whether the written-out derivatives apply: autocast and compilers change the operations of autograd."""
        autocast = torch.is_autocast_enabled(records.device.type)
        return records.dtype == self.vector.dtype and not autocast and not tracing()

    def _plain(self, records: Tensor, num_penalised: int) -> tuple[Tensor, Tensor | None]:
        evaluated, penalised = records.split([records.shape[1] - num_penalised, num_penalised], 1)
        if not num_penalised:
            return self._logits(evaluated), None
        penalised = penalised.detach().requires_grad_()
        (gradients,) = torch.autograd.grad(self._logits(penalised).sum(), penalised, create_graph=True)
        return self._logits(evaluated), gradients

    def _logits(self, records: Tensor) -> Tensor:
        hidden, parameters = records.flatten(2), iter(self._split(self.vector))
        for layer in self._layers:
            if isinstance(layer, nn.Linear):
                hidden = dense(hidden, next(parameters), None if layer.bias is None else next(parameters))
            elif type(layer) in DROPOUT and self._rows is not None:
                # Drawn for all partitions, so that the masks do not depend on how many of them are stacked here.
                hidden = hidden * layer(hidden.new_ones(self._num_drawn, *hidden.shape[1:]))[self._rows]
            elif not isinstance(layer, nn.Flatten):  # the layer is called, so dropout follows its training flag
                hidden = layer(hidden)
        return hidden.reshape(records.shape[:2])

    def rebind_parameters(self, networks: Sequence[nn.Module]) -> None:
        """Copy parameters that are not views of the vector into it, and make them views of it again."""
        self._owners = [list(owners) for owners in zip(*(network.parameters() for network in networks), strict=True)]
        if all(
            parameter.data_ptr() == view.data_ptr() and parameter.device == view.device and parameter.is_contiguous()
            for owners, stacked in zip(self._owners, self._split(self.vector.data), strict=True)
            for parameter, view in zip(owners, stacked, strict=True)
        ):
            return
        gradient, self.vector.grad = self.vector.grad, None
        self.vector.data = torch.cat([parameter.data.flatten() for parameter in chain.from_iterable(self._owners)])
        self.vector.grad = None if gradient is None else gradient.to(self.vector)
        for owners, stacked in zip(self._owners, self._split(self.vector.data), strict=True):
            for parameter, view in zip(owners, stacked, strict=True):
                parameter.data = view
        self._shown = 0
        modules = [layer for layer in self._layers if type(layer) not in (nn.Flatten, nn.Identity)]
        layers = dense_layers(modules, self._split(self.vector.data))
        self._chain = None if layers is None else Chain(layers, self._split, self._plain)

    def _split(self, vector: Tensor) -> list[Tensor]:
        """Views (K, *parameter.shape), one for every parameter of a network."""
        parts = vector.split([prod(shape) for shape in self._shapes])
        return [part.view(shape) for part, shape in zip(parts, self._shapes, strict=True)]

    def _show_gradients(self, vector: Tensor) -> None:
        """Make the gradients of the networks' parameters views of the vector's; done again only if it has moved."""
        assert vector.grad is not None
        if vector.grad.data_ptr() == self._shown and all(parameter.grad is not None for parameter in self._owners[0]):
            return
        for owners, stacked in zip(self._owners, self._split(vector.grad), strict=True):
            for parameter, gradient in zip(owners, stacked, strict=True):
                parameter.grad = gradient
        self._shown = vector.grad.data_ptr()


def _copy_out_of_the_vector(network: nn.Module, state: dict[str, Any], prefix: str, metadata: Any) -> None:
    """Copy the tensors of a state dict, because a view would be saved with the weights of all networks."""
    for name in [name for name in state if name.startswith(prefix) and isinstance(state[name], Tensor)]:
        if state[name].untyped_storage().nbytes() > state[name].nbytes:
            state[name] = state[name].clone()


def reason_not_stackable(networks: Sequence[nn.Module]) -> str | None:
    """Why networks cannot be stacked, as the end of a log message; None if they can."""
    if any(repr(network) != repr(networks[0]) for network in networks):
        return "they differ in structure"
    is_flat = False
    for layer in _layers(networks[0]):
        if not (type(layer) in ELEMENTWISE or type(layer) is nn.Linear or _flattens_a_record(layer)):
            return f"{type(layer).__name__} is neither dense nor elementwise"
        if is_flat and type(layer) is nn.Flatten:
            return "a Flatten follows a dense layer, which may have been applied to parts of a record"
        is_flat = is_flat or type(layer) is nn.Linear
    parameters = list(chain.from_iterable(layer.parameters() for network in networks for layer in _layers(network)))
    if not parameters:
        return "they have no parameters"
    if len({id(parameter) for parameter in parameters}) < len(parameters):
        return "layers share a parameter"
    if len(parameters) < sum(len(list(network.parameters())) for network in networks):
        return "a parameter belongs to no layer"
    if not all(parameter.requires_grad for parameter in parameters):
        return "a parameter is frozen"
    if len({(parameter.dtype, parameter.device) for parameter in parameters}) > 1:
        return "their parameters are of several types or on several devices"
    if any(has_module_hooks(layer) for network in networks for layer in network.modules()):
        return "a layer has hooks"
    if any(has_tensor_hooks(parameter) for parameter in parameters):
        return "a parameter has hooks"
    return None


def _layers(network: nn.Module) -> Iterator[nn.Module]:
    """The layers of nested `nn.Sequential`s in order; any other module counts as one layer."""
    if isinstance(network, nn.Sequential) and type(network).forward is nn.Sequential.forward:
        for layer in network:
            yield from _layers(layer)
    else:
        yield network


def _flattens_a_record(layer: nn.Module) -> bool:
    return type(layer) is nn.Flatten and (layer.start_dim, layer.end_dim) == (1, -1)

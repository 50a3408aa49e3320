"""K chains of dense layers, leaky or plain rectifiers between them, with derivatives written out.

Autograd would keep, allocate and launch several times as much for networks this small: here activations are rectified
where they lie, real, fake and penalised records pass together, and the gradient of all parameters arrives in one
vector.

Legend: K networks, N records of each, I numbers in and O out of a layer.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from pargan.fast.leaky_relu import LeakyReLU

RECTIFIERS: dict[type[nn.Module], Callable[[Any], float]] = {
    nn.LeakyReLU: lambda layer: float(layer.negative_slope),
    LeakyReLU: lambda layer: float(layer.negative_slope),
    nn.ReLU: lambda layer: 0.0,
}
"""The slope of each on negative numbers."""

NARROW = 8
"""Numbers a layer takes in up to which a CPU multiplies the transposed matrices faster, several times on two."""


@dataclass(frozen=True)
class Dense:
    """A dense layer's parameters as views (K, O, I) and (K, O) of those of all networks, and the rectifier after it.

    Args:
        weight: (K, O, I).
        bias: (K, O), or None.
        slope: of the rectifier on negative numbers, at least 0; 1 where there is none.
    """

    weight: Tensor
    bias: Tensor | None
    slope: float = 1.0

    def __call__(self, hidden: Tensor) -> Tensor:
        """(K, N, I) -> (K, N, O)."""
        out = dense(hidden, self.weight, self.bias)
        return out if self.slope == 1 else torch.ops.aten.leaky_relu_(out, self.slope)

    def rectify_(self, gradient: Tensor, out: Tensor) -> Tensor:
        """Multiply, in place, with the slopes that led to `out`: (K, N, O), (K, N, O) -> (K, N, O)."""
        if self.slope != 1:
            torch.ops.aten.leaky_relu_backward.grad_input(gradient, out, self.slope, True, grad_input=gradient)
        return gradient

    def of_hidden(self, gradient: Tensor) -> Tensor:
        """The gradient in what came in, (K, N, O) -> (K, N, I)."""
        if self.weight.shape[1] == 1:
            return gradient * self.weight
        if self.weight.shape[2] <= NARROW:
            return torch.bmm(self.weight.mT, gradient.mT).mT
        return torch.bmm(gradient, self.weight)


def dense(hidden: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """K dense layers at once: (K, N, I), (K, O, I), (K, O) -> (K, N, O)."""
    row = weight.shape[1] == 1  # which a CPU multiplies with a matrix faster than a matrix with a column
    left, right = (weight, hidden.mT) if row else (hidden, weight.mT)
    out = torch.bmm(left, right) if bias is None else torch.baddbmm(bias[:, None], left, right)
    return out.mT if row else out


Split = Callable[[Tensor], list[Tensor]]
"""Makes of one vector the parameters (K, ...) of all networks."""

Plain = Callable[[Tensor, int], tuple[Tensor, Tensor | None]]
"""`evaluate` of records and num_penalised from operations that autograd follows."""


def layers_of(modules: Iterable[nn.Module], parameters: Iterable[Tensor]) -> list[Dense] | None:
    """What `evaluate` takes, or None: the chain has other layers or does not end in logits.

    Args:
        modules: of one network, without those that only flatten.
        parameters: (K, ...) each, in the order of the modules.
    """
    left, found = iter(parameters), list[Dense]()
    for module in modules:
        if type(module) is nn.Linear:
            found.append(Dense(next(left), None if module.bias is None else next(left)))
        elif type(module) in RECTIFIERS and found:  # not first: records are nobody's to overwrite
            slope = RECTIFIERS[type(module)](module)
            if slope < 0:  # results would not show the signs of inputs
                return None
            found[-1] = replace(found[-1], slope=found[-1].slope * slope)
        else:
            return None
    return found if found[-1].slope == 1 and found[-1].weight.shape[1] == 1 else None


def evaluate(
    vector: Tensor,
    records: Tensor,
    layers: Sequence[Dense],
    split: Split,
    plain: Plain,
    groups: int = 1,
    num_penalised: int = 0,
) -> tuple[Tensor, Tensor | None]:
    """Logits of most records, and of the others the gradients of their logits in them.

    Args:
        vector: all parameters, of which those in `layers` are views.
        records: (K, N, I), of every network its own. Only without penalised ones do they receive gradients.
        layers: of the chain.
        split: makes of a gradient of `vector` those of the parameters.
        plain: what a gradient that is to be differentiated again is taken of.
        groups: parts of equal length of the records with logits, each summed on its own in the gradient of a bias.
            What cancels between real and fake, such as that of a critic's last bias, is 0 only so, and a rounding
            error would become a full step of an optimiser that divides by a gradient's size.
        num_penalised: P, how many records at the end are differentiated in.

    Returns:
        Logits (K, N - P); gradients (K, P, I), differentiable in the parameters, or None without any.
    """
    logits, gradients = _Evaluation.apply(vector, records, layers, split, plain, groups, num_penalised)
    return logits, gradients


class _Evaluation(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        vector: Tensor,
        records: Tensor,
        layers: Sequence[Dense],
        split: Split,
        plain: Plain,
        groups: int,
        num_penalised: int,
    ) -> tuple[Tensor, Tensor | None]:
        entered = [records]
        for layer in layers[:-1]:
            entered.append(layer(entered[-1]))
        ctx.save_for_backward(vector, *entered)
        ctx.layers, ctx.split, ctx.plain, ctx.groups, ctx.num_penalised = layers, split, plain, groups, num_penalised
        judged = records.shape[1] - num_penalised
        logits = layers[-1](entered[-1][:, :judged]).squeeze(2)
        if not num_penalised:
            return logits, None
        ones = records.new_ones(len(records), num_penalised, 1)
        ctx.gradients = _chain_rule(layers, [hidden[:, judged:] for hidden in entered], ones)
        return logits, layers[0].of_hidden(ctx.gradients[0])

    @staticmethod
    def backward(ctx: Any, of_logits: Tensor, of_gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        vector, *entered = ctx.saved_tensors
        if torch.is_grad_enabled():
            return _again(ctx, vector, entered[0], of_logits, of_gradients)
        judged, layers = of_logits.shape[1], ctx.layers
        hidden = [each[:, :judged] for each in entered]
        gradients = _chain_rule(layers, hidden, of_logits.unsqueeze(2))
        of_records = layers[0].of_hidden(gradients[0]) if ctx.needs_input_grad[1] else None
        if not ctx.needs_input_grad[0]:
            return None, of_records, None, None, None, None, None
        of_vector = torch.empty_like(vector)
        parts, factors = iter(ctx.split(of_vector)), [(gradients, hidden)]
        if of_gradients is not None:  # a bias has no influence on a slope
            tangents = _tangents(layers, [each[:, judged:] for each in entered], of_gradients)
            factors.append((ctx.gradients, tangents))
        for number, layer in enumerate(layers):
            _multiply([(left[number], right[number]) for left, right in factors], out=next(parts))
            if layer.bias is not None:
                _sum(gradients[number], ctx.groups, out=next(parts))
        return of_vector, of_records, None, None, None, None, None


def _chain_rule(layers: Sequence[Dense], entered: Sequence[Tensor], gradient: Tensor) -> list[Tensor]:
    """Gradients in what each layer makes before its rectifier, of `gradient` in the logits (K, N, 1)."""
    found = [gradient]
    for layer, before, out in zip(layers[:0:-1], layers[-2::-1], entered[:0:-1], strict=True):
        found.append(before.rectify_(layer.of_hidden(found[-1]), out))
    return found[::-1]


def _tangents(layers: Sequence[Dense], entered: Sequence[Tensor], tangent: Tensor) -> list[Tensor]:
    """How what enters each layer moves with a movement (K, N, I) of the records."""
    found = [tangent]
    for layer, out in zip(layers[:-1], entered[1:], strict=True):
        found.append(layer.rectify_(dense(found[-1], layer.weight, None), out))
    return found


def _multiply(pairs: Sequence[tuple[Tensor, Tensor]], out: Tensor) -> None:
    """The sum of (K, N, O) times (K, N, I) over pairs and N, into (K, O, I)."""
    (gradient, hidden), *more = pairs
    if hidden.shape[2] > NARROW:
        torch.bmm(gradient.mT, hidden, out=out)
        for gradient, hidden in more:
            out.baddbmm_(gradient.mT, hidden)
    else:
        product = torch.bmm(hidden.mT, gradient)
        for gradient, hidden in more:
            product.baddbmm_(hidden.mT, gradient)
        out.copy_(product.mT)


def _sum(gradient: Tensor, groups: int, out: Tensor) -> None:
    """The sum of (K, N, O) over N, each group on its own and then those, into (K, O)."""
    width = gradient.shape[2]
    of_group = gradient.reshape(groups * len(gradient), -1, width).sum(1)  # a sum over one of four dimensions is slower
    torch.sum(of_group.view(-1, groups, width), 1, out=out)


def _again(
    ctx: Any, vector: Tensor, records: Tensor, of_logits: Tensor, of_gradients: Tensor | None
) -> tuple[Tensor | None, ...]:
    """The gradients of the plain operations, to be differentiated again."""
    inputs = [each for each, wanted in zip((vector, records), ctx.needs_input_grad, strict=False) if wanted]
    outputs = [each for each in ctx.plain(records, ctx.num_penalised) if each is not None]
    of_outputs = [each for each in (of_logits, of_gradients) if each is not None]
    found = iter(torch.autograd.grad(outputs, inputs, of_outputs, create_graph=True, allow_unused=True))
    of_vector, of_records = (next(found) if wanted else None for wanted in ctx.needs_input_grad[:2])
    return of_vector, of_records, None, None, None, None, None

"""K chains of dense layers with (leaky) ReLU between them, and their derivatives written out.

For networks this small autograd saves, allocates and launches several times as much. Here activations are rectified
in place, real, fake and penalty records are evaluated together, and the gradient of all parameters is one vector.

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
"""The slope of each rectifier on negative numbers."""

NARROW = 8
"""Up to this many inputs of a layer a CPU multiplies the transposed matrices faster."""


@dataclass(frozen=True)
class Dense:
    """A dense layer of all K networks, as views of their parameters, and the rectifier after it.

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
        """Multiply `gradient` (K, N, O) in place by the rectifier's slopes; the signs of its output `out` show them."""
        if self.slope != 1:
            torch.ops.aten.leaky_relu_backward.grad_input(gradient, out, self.slope, True, grad_input=gradient)
        return gradient

    def input_gradient(self, gradient: Tensor) -> Tensor:
        """The gradient at the layer's input, from that at its output: (K, N, O) -> (K, N, I)."""
        if self.weight.shape[2] <= NARROW:
            return torch.bmm(self.weight.mT, gradient.mT).mT
        return torch.bmm(gradient, self.weight)


def dense(hidden: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """K dense layers at once: (K, N, I), (K, O, I), (K, O) -> (K, N, O)."""
    return torch.bmm(hidden, weight.mT) if bias is None else torch.baddbmm(bias[:, None], hidden, weight.mT)


@dataclass(frozen=True)
class Chain:
    """What `evaluate` evaluates.

    Args:
        layers: of all K networks.
        split: splits one vector into views (K, ...), one per parameter of a network.
        plain: the same as `evaluate`, from records and num_penalised, in operations that autograd records.
    """

    layers: Sequence[Dense]
    split: Callable[[Tensor], list[Tensor]]
    plain: Callable[[Tensor, int], tuple[Tensor, Tensor | None]]


def dense_layers(modules: Iterable[nn.Module], parameters: Iterable[Tensor]) -> list[Dense] | None:
    """The layers of a `Chain`; None if there are others or the last one is not one logit.

    Args:
        modules: of one network, without those that only flatten.
        parameters: (K, ...) each, in the order of the modules.
    """
    unused, layers = iter(parameters), list[Dense]()
    for module in modules:
        if type(module) is nn.Linear:
            layers.append(Dense(next(unused), None if module.bias is None else next(unused)))
        elif type(module) in RECTIFIERS and layers:  # not first: the input must not be modified in place
            slope = RECTIFIERS[type(module)](module)
            if slope < 0:  # the sign of the output would not show that of the input
                return None
            layers[-1] = replace(layers[-1], slope=layers[-1].slope * slope)
        else:
            return None
    return layers if layers[-1].slope == 1 and layers[-1].weight.shape[1] == 1 else None


def evaluate(
    vector: Tensor, records: Tensor, chain: Chain, groups: int = 1, num_penalised: int = 0
) -> tuple[Tensor, Tensor | None]:
    """Logits of the first N - P records, and the gradients of the logits at the last P.

    Args:
        vector: all parameters, of which those in `chain.layers` are views.
        records: (K, N, I). They receive gradients only if P = 0.
        chain: the networks. If the gradient is to be differentiated again, `chain.plain` computes it.
        groups: number of parts of equal length, such as real and fake, that are summed apart in the gradient of a bias.
            Only so is a gradient that cancels between them, such as that of a critic's last bias, exactly 0; a
            rounding error would become a full step of an optimizer that divides by the gradient's size.
        num_penalised: P, the number of penalty records at the end.

    Returns:
        Logits (K, N - P); gradients (K, P, I), differentiable in the parameters, or None if P = 0.
    """
    logits, gradients = _Evaluation.apply(vector, records, chain, groups, num_penalised)
    return logits, gradients


class _Evaluation(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, vector: Tensor, records: Tensor, chain: Chain, groups: int, num_penalised: int
    ) -> tuple[Tensor, Tensor | None]:
        layers, inputs = chain.layers, [records]  # of each layer
        for layer in layers[:-1]:
            inputs.append(layer(inputs[-1]))
        ctx.save_for_backward(vector, *inputs)
        ctx.chain, ctx.groups, ctx.num_penalised = chain, groups, num_penalised
        num_logits = records.shape[1] - num_penalised
        logits = layers[-1](inputs[-1][:, :num_logits]).squeeze(2)
        if not num_penalised:
            return logits, None
        ones = records.new_ones(len(records), num_penalised, 1)
        ctx.gradients = _chain_rule(layers, [hidden[:, num_logits:] for hidden in inputs], ones)
        return logits, layers[0].input_gradient(ctx.gradients[0])

    @staticmethod
    def backward(ctx: Any, logit_grad: Tensor, gradient_grad: Tensor | None) -> tuple[Tensor | None, ...]:
        vector, *inputs = ctx.saved_tensors
        if torch.is_grad_enabled():
            return _differentiable_backward(ctx, vector, inputs[0], logit_grad, gradient_grad)
        num_logits, layers = logit_grad.shape[1], ctx.chain.layers
        hidden = [entering[:, :num_logits] for entering in inputs]
        gradients = _chain_rule(layers, hidden, logit_grad.unsqueeze(2))
        record_grad = layers[0].input_gradient(gradients[0]) if ctx.needs_input_grad[1] else None
        if not ctx.needs_input_grad[0]:
            return None, record_grad, None, None, None
        vector_grad = torch.empty_like(vector)
        parts, tangents = iter(ctx.chain.split(vector_grad)), None
        if gradient_grad is not None:
            tangents = _tangents(layers, [entering[:, num_logits:] for entering in inputs], gradient_grad)
        for number, layer in enumerate(layers):
            weight_grad = next(parts)
            if layer.weight.shape[2] <= NARROW:
                weight_grad.copy_(torch.bmm(hidden[number].mT, gradients[number]).mT)
            else:
                torch.bmm(gradients[number].mT, hidden[number], out=weight_grad)
            if tangents is not None:
                weight_grad.baddbmm_(ctx.gradients[number].mT, tangents[number])
            if layer.bias is not None:  # on which the gradient at penalty records does not depend
                torch.sum(gradients[number].unflatten(1, (ctx.groups, -1)).sum(2), 1, out=next(parts))
        return vector_grad, record_grad, None, None, None


def _chain_rule(layers: Sequence[Dense], inputs: Sequence[Tensor], gradient: Tensor) -> list[Tensor]:
    """Gradients at the output of each layer before its rectifier, from `gradient` (K, N, 1) at the logits."""
    gradients = [gradient]
    for layer, before, out in zip(layers[:0:-1], layers[-2::-1], inputs[:0:-1], strict=True):
        gradients.append(before.rectify_(layer.input_gradient(gradients[-1]), out))
    return gradients[::-1]


def _tangents(layers: Sequence[Dense], inputs: Sequence[Tensor], tangent: Tensor) -> list[Tensor]:
    """Directional derivatives of each layer's input when the records move along `tangent` (K, N, I)."""
    tangents = [tangent]
    for layer, out in zip(layers[:-1], inputs[1:], strict=True):
        tangents.append(layer.rectify_(dense(tangents[-1], layer.weight, None), out))
    return tangents


def _differentiable_backward(
    ctx: Any, vector: Tensor, records: Tensor, logit_grad: Tensor, gradient_grad: Tensor | None
) -> tuple[Tensor | None, ...]:
    """The gradients by plain operations, so that they can be differentiated again."""
    inputs = [tensor for tensor, wanted in zip((vector, records), ctx.needs_input_grad, strict=False) if wanted]
    outputs = [output for output in ctx.chain.plain(records, ctx.num_penalised) if output is not None]
    output_grads = [gradient for gradient in (logit_grad, gradient_grad) if gradient is not None]
    gradients = iter(torch.autograd.grad(outputs, inputs, output_grads, create_graph=True, allow_unused=True))
    vector_grad, record_grad = (next(gradients) if wanted else None for wanted in ctx.needs_input_grad[:2])
    return vector_grad, record_grad, None, None, None

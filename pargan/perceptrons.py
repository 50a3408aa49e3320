"""K chains of dense layers, leaky or plain rectifiers between them, with derivatives written out.

Autograd would keep, allocate and launch several times as much for networks this small: here activations are rectified
where they lie, and the gradient of all parameters arrives in one vector.

Legend: K networks, B records of each, I numbers in and O out of a layer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from pargan.models.leaky import LeakyReLU

RECTIFIERS: dict[type[nn.Module], Callable[[Any], float]] = {
    nn.LeakyReLU: lambda layer: float(layer.negative_slope),
    LeakyReLU: lambda layer: float(layer.negative_slope),
    nn.ReLU: lambda layer: 0.0,
}
"""The slope of each on negative numbers."""


@dataclass(frozen=True)
class Dense:
    """A dense layer's parameters as views (K, O, I) and (K, O) of those of all networks."""

    weight: Tensor
    bias: Tensor | None

    def __call__(self, hidden: Tensor) -> Tensor:
        """(K, B, I) -> (K, B, O)."""
        return dense(hidden, self.weight, self.bias)


def dense(hidden: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """K dense layers at once: (K, B, I), (K, O, I), (K, O) -> (K, B, O)."""
    return torch.bmm(hidden, weight.mT) if bias is None else torch.baddbmm(bias[:, None], hidden, weight.mT)


Step = Dense | float
"""A dense layer, or the slope of a rectifier."""

Split = Callable[[Tensor], list[Tensor]]
"""Makes of one vector the parameters (K, ...) of all networks."""

Plain = Callable[[Tensor], Tensor]
"""The same from operations that autograd follows."""


def steps_of(layers: Sequence[nn.Module], parameters: Sequence[Tensor]) -> list[Step] | None:
    """What `evaluate` and `input_gradients` take, or None: the chain has other layers or does not end in logits.

    Args:
        layers: of one network, without those that only flatten.
        parameters: (K, ...) each, in the order of the layers.
    """
    left, steps = iter(parameters), list[Step]()
    for layer in layers:
        if type(layer) is nn.Linear:
            steps.append(Dense(next(left), None if layer.bias is None else next(left)))
        elif type(layer) in RECTIFIERS:
            steps.append(RECTIFIERS[type(layer)](layer))
        else:
            return None
    if not (isinstance(steps[0], Dense) and isinstance(steps[-1], Dense)):  # records are nobody's to overwrite
        return None
    rising = all(step >= 0 for step in steps if isinstance(step, float))  # so that results show the signs of inputs
    return steps if rising and steps[-1].weight.shape[1] == 1 else None


def evaluate(vector: Tensor, records: Tensor, steps: Sequence[Step], split: Split, plain: Plain) -> Tensor:
    """Logits (K, B) of records (K, B, I).

    Args:
        vector: all parameters, of which those in `steps` are views.
        records: of every network its own.
        steps: of the chain.
        split: makes of a gradient of `vector` those of the parameters.
        plain: what a gradient that is to be differentiated again is taken of.
    """
    logits: Tensor = _Evaluation.apply(vector, records, steps, split, plain)
    return logits


def input_gradients(vector: Tensor, records: Tensor, steps: Sequence[Step], split: Split, plain: Plain) -> Tensor:
    """The gradient (K, B, I) of every logit in its record, differentiable in the parameters. As `evaluate`."""
    gradients: Tensor = _InputGradients.apply(vector, records, steps, split, plain)
    return gradients


class _Evaluation(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, vector: Tensor, records: Tensor, steps: Sequence[Step], split: Split, plain: Plain) -> Tensor:
        hidden, entered = records, []
        for step in steps:
            if isinstance(step, Dense):
                entered.append(hidden)
                hidden = step(hidden)
            else:
                torch.ops.aten.leaky_relu_(hidden, step)
        ctx.save_for_backward(vector, *entered)
        ctx.steps, ctx.split, ctx.plain = steps, split, plain
        return hidden.squeeze(2)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        vector, *entered = ctx.saved_tensors
        if torch.is_grad_enabled():
            return _again(ctx, vector, entered[0], gradient)
        of_vector, parts = None, None
        if ctx.needs_input_grad[0]:
            of_vector = torch.empty_like(vector)
            parts = ctx.split(of_vector)
        gradient, hidden = gradient.unsqueeze(2), entered[-1]
        for step in reversed(ctx.steps):
            if not isinstance(step, Dense):
                _slope_(gradient, hidden, step)  # the next layer was given what it rectified
                continue
            hidden = entered.pop()
            if parts is not None:
                if step.bias is not None:
                    torch.sum(gradient, 1, out=parts.pop())
                torch.bmm(gradient.mT, hidden, out=parts.pop())
            if entered or ctx.needs_input_grad[1]:
                gradient = torch.bmm(gradient, step.weight)
        return of_vector, gradient if ctx.needs_input_grad[1] else None, None, None, None


class _InputGradients(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, vector: Tensor, records: Tensor, steps: Sequence[Step], split: Split, plain: Plain) -> Tensor:
        *hidden_steps, last = steps
        assert isinstance(last, Dense)
        hidden, rectified = records, []
        for step in hidden_steps:
            if isinstance(step, Dense):
                hidden = step(hidden)
            else:
                torch.ops.aten.leaky_relu_(hidden, step)
                rectified.append(hidden)
        ctx.save_for_backward(vector, records, *rectified)
        gradient = last.weight.repeat(1, records.shape[1], 1)
        gradients = []  # of the logits in what leaves each dense layer, from the last but one on
        for step in reversed(hidden_steps):
            if isinstance(step, Dense):
                gradients.append(gradient)
                gradient = torch.bmm(gradient, step.weight)
            else:
                _slope_(gradient, rectified.pop(), step)
        ctx.gradients, ctx.steps, ctx.split, ctx.plain = gradients, steps, split, plain
        return gradient

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        vector, records, *rectified = ctx.saved_tensors
        if torch.is_grad_enabled():
            return _again(ctx, vector, records, gradient)
        of_vector = torch.zeros_like(vector)  # a bias has no influence on a slope
        parts, gradients = iter(ctx.split(of_vector)), list(ctx.gradients)
        rectified = iter(rectified)
        for step in ctx.steps:
            if not isinstance(step, Dense):
                _slope_(gradient, next(rectified), step)
                continue
            of_weight = next(parts)
            if step.bias is not None:
                next(parts)
            if gradients:
                torch.bmm(gradients.pop().mT, gradient, out=of_weight)
                gradient = torch.bmm(gradient, step.weight.mT)
            else:
                torch.sum(gradient, 1, keepdim=True, out=of_weight)
        return of_vector, None, None, None, None


def _slope_(gradient: Tensor, rectified: Tensor, slope: float) -> None:
    """Multiply, in place, with the slope that led to what was rectified."""
    torch.ops.aten.leaky_relu_backward.grad_input(gradient, rectified, slope, True, grad_input=gradient)


def _again(ctx: Any, vector: Tensor, records: Tensor, gradient: Tensor) -> tuple[Tensor | None, ...]:
    """The gradients of the plain operations, to be differentiated again."""
    inputs = [each for each, wanted in zip((vector, records), ctx.needs_input_grad, strict=False) if wanted]
    found = iter(torch.autograd.grad(ctx.plain(records), inputs, gradient, create_graph=True, allow_unused=True))
    of_vector, of_records = (next(found) if wanted else None for wanted in ctx.needs_input_grad[:2])
    return of_vector, of_records, None, None, None

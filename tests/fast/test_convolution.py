"""Convolutions by a shorter way: PyTorch's own result, gradients and state, at every size."""

import warnings

import pytest
import torch
from torch import nn

from pargan.fast.convolution import FEW, WORTH_TRANSFORMING, Conv2d, ConvTranspose2d
from pargan.fast.fft_convolution import bases

SQUARES = {f"spectra, {side} pixels, kernel {k}": (6, 8, k, 1, (side, side)) for side in (5, 7, 8, 12) for k in (3, 5)}
SHAPES = {
    **SQUARES,
    "one channel, stride 2": (6, 1, 5, 2, (14, 14)),
    "three channels, stride 2": (6, 3, 5, 2, (5, 9)),
    "one channel, stride 1": (6, 1, 5, 1, (7, 7)),
    "small": (6, 8, 5, 1, (4, 4)),
    "not square": (6, 8, 5, 1, (7, 9)),
    "stride 2": (6, 8, 5, 2, (7, 7)),
}


def pair(inputs, outputs, kernel, stride, **others):
    settings = {"stride": stride, "padding": kernel // 2, "output_padding": stride - 1, "bias": False} | others
    ours, theirs = (kind(inputs, outputs, kernel, **settings) for kind in (ConvTranspose2d, nn.ConvTranspose2d))
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


@pytest.mark.parametrize("shape", SHAPES)
def test_fft_convolution_equals_pytorch_in_values_and_gradients(shape):
    inputs, outputs, kernel, stride, sides = SHAPES[shape]
    found = []
    for layer in pair(inputs, outputs, kernel, stride):
        layer.double()
        images = torch.randn(4, inputs, *sides, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
        made = layer(images.requires_grad_())
        (made * torch.linspace(-1, 1, made.numel(), dtype=made.dtype).reshape(made.shape)).sum().backward()
        found.append((made, images.grad, layer.weight.grad))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, atol=1e-10, rtol=1e-10)


@pytest.mark.parametrize("frozen", ["images", "weight"])
def test_fft_convolution_gives_a_frozen_input_no_gradient(frozen):
    found = []
    for layer in pair(3, 8, 5, 1):
        layer.double().requires_grad_(frozen != "weight")
        images = torch.linspace(-1, 1, 3 * 49, dtype=torch.float64).reshape(1, 3, 7, 7)
        layer(images.requires_grad_(frozen != "images")).square().sum().backward()
        found.append((images.grad, layer.weight.grad))
    for one, other in zip(*found, strict=True):
        if other is None:
            assert one is None
        else:
            torch.testing.assert_close(one, other, atol=1e-10, rtol=1e-10)


def test_fft_convolution_rounds_no_more_than_pytorch():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        ours, theirs = pair(256, 128, 5, 1)
        images = torch.randn(8, 256, 7, 7)
    exact = nn.functional.conv_transpose2d(images.double(), theirs.weight.double(), padding=2)
    errors = [(layer(images).double() - exact).abs().max() for layer in (ours, theirs)]
    assert errors[0] < 2 * errors[1]


@pytest.mark.parametrize(
    "layer", [ConvTranspose2d(2, FEW + 1, 3, padding=1, bias=False), Conv2d(2, 3, 3, stride=2)], ids=lambda it: repr(it)
)
def test_convolution_has_second_derivatives(layer):
    layer.double()
    images = torch.randn(2, 2, 5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert torch.autograd.gradcheck(layer, images.requires_grad_())
    assert torch.autograd.gradgradcheck(lambda values: layer(values).square(), images)

    def penalty():
        (gradient,) = torch.autograd.grad(layer(images).square().sum(), images, create_graph=True)
        return torch.autograd.grad(gradient.square().sum(), layer.weight)[0]

    found = penalty()
    layer.__class__ = type(layer).__base__
    torch.testing.assert_close(found, penalty(), atol=1e-10, rtol=1e-10)


CONVOLUTIONS = {
    "as in the discriminators": {"stride": 2, "padding": 2},
    "no bias": {"bias": False, "dilation": 2},
    "groups": {"groups": 2, "padding": 1},
    "same": {"padding": "same"},
    "reflected": {"padding": 2, "padding_mode": "reflect"},
}


@pytest.mark.parametrize("settings", CONVOLUTIONS.values(), ids=CONVOLUTIONS)
def test_convolution_equals_pytorch_in_values_and_gradients(settings):
    layers = [kind(2, 6, 5, dtype=torch.float64, **settings) for kind in (Conv2d, nn.Conv2d)]
    layers[0].load_state_dict(layers[1].state_dict())
    found = []
    for layer in layers:
        images = torch.randn(4, 2, 14, 13, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
        made = layer(images.requires_grad_())
        made.square().sum().backward()
        found.append((made, images.grad, *(each.grad for each in layer.parameters())))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, atol=1e-10, rtol=1e-10)


def test_convolution_takes_the_faster_paths(monkeypatch):
    monkeypatch.setattr(nn.Conv2d, "forward", lambda *_: pytest.fail("PyTorch's own was called"))
    Conv2d(FEW, 6, 5)(torch.randn(2, FEW, 7, 7, requires_grad=True))
    monkeypatch.setattr(nn.ConvTranspose2d, "forward", lambda *_: pytest.fail("PyTorch's own was called"))
    pair(6, FEW, 5, 2)[0](torch.randn(2, 6, 7, 7))
    for side in WORTH_TRANSFORMING:
        pair(6, FEW + 1, 5, 1)[0](torch.randn(2, 6, side, side))


@pytest.mark.parametrize(
    "others",
    [{"bias": True}, {"groups": 2}, {"dilation": 2}, {"padding": 1}, {"stride": 3}],
    ids=lambda others: next(iter(others)),
)
def test_convolution_leaves_other_settings_to_pytorch(others):
    for outputs in (2, 8):
        settings = {"stride": 1, "padding": 2, "output_padding": 0} | others
        ours, theirs = pair(6, outputs, 5, **settings)
        images = torch.randn(3, 6, 7, 7)
        torch.testing.assert_close(ours(images), theirs(images), atol=1e-5, rtol=1e-4)


def test_conv_transpose_takes_output_size():
    ours, theirs = pair(6, 1, 5, 2, output_padding=0)
    images = torch.randn(3, 6, 7, 7)
    torch.testing.assert_close(ours(images, [14, 14]), theirs(images, [14, 14]))


@pytest.mark.parametrize("outputs", [1, 8])
def test_convolution_leaves_half_precision_to_pytorch(outputs):
    images = torch.randn(3, 6, 7, 7)
    ours, theirs = pair(6, outputs, 5, 1)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(ours(images), theirs(images))
    assert torch.equal(ours.bfloat16()(images.bfloat16()), theirs.bfloat16()(images.bfloat16()))


def test_convolution_trains_after_inference_mode():
    bases.cache_clear()
    layer, images = pair(6, 8, 5, 1)[0], torch.randn(2, 6, 7, 7)
    with torch.inference_mode():
        layer(images)
    layer(images).square().sum().backward()
    assert layer.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("outputs", [1, 8])
def test_convolution_leaves_export_and_single_images_to_pytorch(outputs, tmp_path):
    ours, theirs = pair(6, outputs, 5, 1)
    images = torch.randn(5, 6, 7, 7)
    torch.jit.script(ours).save(tmp_path / "scripted.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", torch.jit.TracerWarning)
        torch.jit.trace(ours, images[:2]).save(tmp_path / "traced.pt")
    for name in ("scripted.pt", "traced.pt"):
        torch.testing.assert_close(torch.jit.load(tmp_path / name)(images), theirs(images), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(ours(images[0]), theirs(images[0]))


def test_conv_transpose_refuses_same_padding_of_an_even_kernel():
    ours, theirs = pair(6, 8, 4, 1)
    images = torch.randn(3, 6, 7, 7)
    assert ours(images).shape == theirs(images).shape != images.shape

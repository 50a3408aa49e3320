"""Whatever the settings and records: PyTorch's own result and gradients, and PyTorch's own refusals."""

from itertools import product

import pytest
import torch
from torch import nn

from pargan.fast.convolution import Conv2d, ConvTranspose2d

KINDS = [(Conv2d, nn.Conv2d), (ConvTranspose2d, nn.ConvTranspose2d)]


def answer(kind, channels, kernel, settings, images):
    """Result and gradients, or the kind of error."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        try:
            layer = kind(*channels, kernel, dtype=images.dtype, **settings)
            made = layer(images.requires_grad_())
        except (RuntimeError, ValueError) as error:
            return type(error)
    return made, *torch.autograd.grad(made.abs().square().sum(), (images, *layer.parameters()))


def assert_alike(kinds, channels, kernel, settings, images):
    ours, theirs = (answer(kind, channels, kernel, settings, images.detach().clone()) for kind in kinds)
    case = f"{kinds[0].__name__}({channels}, {kernel}, {settings}) on {tuple(images.shape)}"
    if isinstance(theirs, type):
        assert ours is theirs, case
    else:
        assert not isinstance(ours, type), case
        for one, other in zip(ours, theirs, strict=True):
            torch.testing.assert_close(one, other, atol=1e-9, rtol=1e-9, msg=lambda text: f"{case}: {text}")


def records(channels, height, width, dtype=torch.float64, size=2):
    return torch.randn(size, channels, height, width, dtype=dtype, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("kinds", KINDS, ids=lambda kinds: kinds[0].__name__)
@pytest.mark.parametrize("kernel", [1, 2, 3, 5, (3, 1)], ids=str)
@pytest.mark.parametrize("stride", [1, 2, (2, 1)], ids=lambda stride: f"stride {stride}")
@pytest.mark.parametrize("dilation", [1, 3], ids=lambda dilation: f"dilation {dilation}")
def test_convolution_equals_pytorch_for_all_settings(kinds, kernel, stride, dilation):
    added = [{"output_padding": pixels} for pixels in (0, 1, 2)] if kinds[0] is ConvTranspose2d else [{}]
    for padding, groups, channels, others, sides in product(
        (0, 1, 2), (1, 2), ((6, 2), (2, 6)), added, ((7, 7), (6, 5))
    ):
        settings = {"stride": stride, "dilation": dilation, "padding": padding, "groups": groups, "bias": False}
        assert_alike(kinds, channels, kernel, settings | others, records(channels[0], *sides))


def test_conv_transpose_output_padding_adds_pixels_that_no_input_reaches():
    settings = {"stride": 1, "dilation": 3, "output_padding": 2, "bias": False}
    assert_alike(KINDS[1], (6, 2), 3, settings, records(6, 5, 5))


@pytest.mark.parametrize("kinds", KINDS, ids=lambda kinds: kinds[0].__name__)
@pytest.mark.parametrize("channels", [(2, 8), (8, 2), (8, 8)], ids=str)
@pytest.mark.parametrize(("dtype", "size"), [(torch.complex128, 2), (torch.float64, 0)], ids=["complex", "no records"])
def test_convolution_equals_pytorch_for_unusual_inputs(kinds, channels, dtype, size):
    assert_alike(kinds, channels, 3, {"padding": 1, "bias": False}, records(channels[0], 7, 7, dtype, size))

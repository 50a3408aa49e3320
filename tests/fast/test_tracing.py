"""Networks traced without numbers: what comes out, and that nothing of it is left behind."""

import pytest
import torch
from torch._subclasses import FakeTensorMode

from pargan.fast.convolution import ConvTranspose2d
from pargan.fast.fft_convolution import bases, spectral_convolution
from pargan.fast.layers import use_fast_layers
from pargan.fast.leaky_relu import LeakyDropout
from pargan.models import DCGANDiscriminator, DCGANGenerator
from pargan.records.images import ImageSpec

MNIST = ImageSpec(1, 28, 28)


@pytest.fixture(autouse=True)
def _cold():
    bases.cache_clear()


def spectral_is_right():
    images, weight = torch.randn(2, 6, 7, 7), torch.randn(6, 8, 5, 5)
    expected = torch.nn.functional.conv_transpose2d(images, weight, padding=2)
    torch.testing.assert_close(spectral_convolution(images, weight), expected, atol=1e-4, rtol=1e-4)


def test_step_under_fake_tensors():
    with FakeTensorMode():
        generator, discriminator = DCGANGenerator(MNIST, 10, width=8), DCGANDiscriminator(MNIST, width=8)
        use_fast_layers(generator)
        use_fast_layers(discriminator)
        verdict = discriminator(generator(torch.randn(3, 10)))
        verdict.sum().backward()
    assert verdict.shape == (3, 1)
    assert all(each.grad.shape == each.shape for each in generator.parameters())
    spectral_is_right()


@pytest.mark.parametrize("real", [False, True], ids=["no numbers", "numbers among those without"])
def test_fft_convolution_under_fake_tensors_caches_no_fake_tensor(real):
    images, weight = torch.randn(2, 6, 7, 7), torch.randn(6, 8, 5, 5)
    with FakeTensorMode(allow_non_fake_inputs=True) as mode:
        made = spectral_convolution(*((images, weight) if real else map(mode.from_tensor, (images, weight))))
    assert made.shape == (2, 8, 7, 7)
    spectral_is_right()


@pytest.mark.parametrize("strict", [False, True], ids=["not strict", "strict"])
def test_generator_can_be_exported(strict):
    generator = DCGANGenerator(MNIST, 10, width=8).eval()
    use_fast_layers(generator)
    latents = torch.randn(3, 10)
    exported = torch.export.export(generator, (latents,), strict=strict).module()
    torch.testing.assert_close(exported(latents), generator(latents), atol=1e-5, rtol=1e-4)
    spectral_is_right()


@pytest.mark.parametrize(
    "layer",
    [
        ConvTranspose2d(6, 8, 5, padding=2, bias=False),
        torch.nn.Sequential(ConvTranspose2d(6, 8, 3), LeakyDropout(0.3, 0.4)),
    ],
    ids=["spectral", "leaky and dropout"],
)
def test_layer_compiles_to_one_graph(layer):
    images = torch.randn(2, 6, 7, 7, requires_grad=True)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = torch.compile(layer, fullgraph=True, backend="aot_eager")(images)
        torch.manual_seed(0)
        torch.testing.assert_close(made, layer(images), atol=1e-5, rtol=1e-4)
    made.sum().backward()
    assert images.grad.any()

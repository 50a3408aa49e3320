"""Transforms of torch.func and forward-mode differentiation give what PyTorch's own layers give; missing names too."""

import pytest
import torch
from torch import nn
from torch.autograd import forward_ad
from torch.func import grad, hessian, jvp, vmap

from pargan.fast import torch_internals
from pargan.fast.convolution import Conv2d, ConvTranspose2d
from pargan.fast.dropout import Dropout
from pargan.fast.leaky_relu import LeakyDropout, LeakyReLU
from pargan.fast.stacking import reason_not_stackable
from tests.helpers.tiny import discriminator

LAYERS = {
    "few channels": lambda: (Conv2d(2, 3, 3), nn.Conv2d(2, 3, 3), 2),
    "scattered": lambda: (ConvTranspose2d(6, 2, 3, bias=False), nn.ConvTranspose2d(6, 2, 3, bias=False), 6),
    "spectral": lambda: tuple(kind(2, 5, 3, padding=1, bias=False) for kind in (ConvTranspose2d, nn.ConvTranspose2d)),
    "leaky": lambda: (LeakyReLU(0.3), nn.LeakyReLU(0.3)),
    "leaky and dropout": lambda: (LeakyDropout(0.3, 0.4), nn.Sequential(nn.LeakyReLU(0.3), nn.Dropout(0.4))),
    "dropout": lambda: (Dropout(0.4), nn.Dropout(0.4)),
}


def energy(layer):
    return lambda images: layer(images).square().sum()


def alone(function):
    return lambda image: function(image[None])


def dual(layer, images):
    with forward_ad.dual_level():
        return forward_ad.unpack_dual(layer(forward_ad.make_dual(images, images.flip(0)))).tangent


TRANSFORMS = {
    "grad": lambda layer, images: grad(energy(layer))(images),
    "vmap": lambda layer, images: vmap(alone(layer), randomness="different")(images),
    "gradients of each": lambda layer, images: vmap(grad(alone(energy(layer))), randomness="different")(images),
    "the same for each": lambda layer, images: vmap(alone(layer), randomness="same")(images),
    "jvp": lambda layer, images: jvp(layer, (images,), (images.flip(0),)),
    "hessian": lambda layer, images: hessian(energy(layer))(images[:1]),
    "dual numbers": dual,
}


CASES = [(name, transform) for name in LAYERS for transform in TRANSFORMS]
CASES = [case for case in CASES if case[1] != "hessian" or "dropout" not in case[0]]  # hessian admits no draws


@pytest.mark.parametrize(("name", "transform"), CASES)
def test_layers_under_transforms_equal_pytorch(name, transform):
    ours, theirs, *channels = LAYERS[name]()
    ours.double().load_state_dict(theirs.double().state_dict())
    random = torch.Generator().manual_seed(0)
    images = torch.randn(3, *(channels or [2]), 5, 5, dtype=torch.float64, generator=random)
    found = []
    for layer in (ours, theirs):
        with torch.random.fork_rng():
            torch.manual_seed(1)
            found.append(TRANSFORMS[transform](layer, images))
    torch.testing.assert_close(*found, atol=1e-10, rtol=1e-10)


def test_layers_of_a_discriminator_under_transforms_equal_pytorch():
    network = nn.Sequential(Conv2d(2, 3, 3), LeakyDropout(0.3, 0.4))
    images = torch.randn(3, 2, 5, 5, generator=torch.Generator().manual_seed(0))
    gradients = vmap(grad(alone(energy(network))), randomness="same")(images[:1].expand(2, -1, -1, -1))
    assert gradients.any()
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("name", LAYERS)
def test_layer_without_the_private_names_is_pytorchs_own(name, monkeypatch):
    monkeypatch.setattr(torch_internals, "SHOWS_TRANSFORMS", False)
    assert torch_internals.transforming()
    ours, theirs, *channels = LAYERS[name]()
    ours.double().load_state_dict(theirs.double().state_dict())
    found = []
    for layer in (ours, theirs):
        images = torch.linspace(-1, 1, 3 * (channels or [2])[0] * 25, dtype=torch.float64).reshape(3, -1, 5, 5)
        with torch.random.fork_rng():
            torch.manual_seed(1)
            output = layer(images.requires_grad_())
        output.square().sum().backward()
        found += [output, images.grad]
    for one, other in zip(found[:2], found[2:], strict=True):
        torch.testing.assert_close(one, other, atol=1e-10, rtol=1e-10)


def test_has_module_hooks_assumes_hooks_without_the_private_names(monkeypatch):
    networks = [discriminator(), discriminator()]
    assert reason_not_stackable(networks) is None
    monkeypatch.setattr(torch_internals, "MODULE_HOOKS", ("_no_such_name",))
    assert "hooks" in reason_not_stackable(networks)
    monkeypatch.setattr(torch_internals, "MODULE_HOOKS", ())
    monkeypatch.setattr(torch_internals, "TENSOR_HOOKS", ("_no_such_name",))
    assert "hooks" in reason_not_stackable(networks)

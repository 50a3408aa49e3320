import pytest
import torch
from torch import nn

from pargan.errors import ParganError
from pargan.gan.dry_run import refuse_unfit_networks
from pargan.gan.latents import shared
from pargan.gan.module import ParGANModule
from pargan.losses import JensenShannon


def module(generator=None, discriminator=None, num_partitions=2, **more):
    return ParGANModule(
        generator or nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(), nn.Linear(4, 2)),
        discriminator or (lambda: nn.Linear(2, 1)),
        JensenShannon(),
        num_partitions,
        latent_dim=3,
        **more,
    )


def test_refuse_unfit_networks_changes_nothing():
    accepted = module()
    before = {name: value.clone() for name, value in accepted.state_dict().items()}
    random_state = torch.random.get_rng_state()
    refuse_unfit_networks(accepted.eval(), (2,), 5)
    assert all(torch.equal(value, before[name]) for name, value in accepted.state_dict().items())
    assert torch.equal(torch.random.get_rng_state(), random_state)
    assert not any(layer.training for layer in accepted.modules())


@pytest.mark.parametrize(
    ("networks", "batch_size", "argument"),
    [
        ({"generator": nn.Linear(4, 2)}, 5, "latent_dim"),
        ({"generator": nn.Linear(3, 5)}, 5, "generator"),
        ({"discriminator": lambda: nn.Linear(3, 1)}, 5, "discriminator"),
        ({"discriminator": lambda: nn.Linear(2, 2)}, 5, "discriminator"),
        ({"num_partitions": 1}, 1, "batch_size"),
        ({"num_partitions": 4, "latents": shared}, 1, "batch_size"),
    ],
)
def test_refuse_unfit_networks_names_the_argument(networks, batch_size, argument):
    with pytest.raises(ParganError) as error:
        refuse_unfit_networks(module(**networks), (2,), batch_size)
    assert error.value.argument == argument


def test_refuse_unfit_networks_accepts_single_records_of_several_partitions():
    refuse_unfit_networks(module(num_partitions=2), (2,), 1)

import pytest

from pargan.app.memory_checks import check_memory
from pargan.errors import ParganError
from pargan.records.points import PointsSpec
from tests.helpers.composed import composed

GIB = 2**30


def test_check_memory_accepts_the_usual_sizes():
    check_memory(composed("dataset=blobs"), PointsSpec(2), memory=GIB)


@pytest.mark.parametrize(
    ("override", "keys"),
    [
        ("model.generator.hidden=[100000000]", "lower model.latent_dim or model.generator.hidden"),
        ("model.generator.hidden=[10000000000,10000000000]", "lower model.latent_dim or model.generator.hidden"),
        ("model.latent_dim=1000000000", "lower model.latent_dim or model.generator.hidden"),
        ("num_partitions=100000", "lower model.discriminator.hidden or num_partitions"),
        ("audit.num_samples=1000000000", "lower audit.num_samples"),
        ("callbacks.quality.num_samples=1000000000", "lower callbacks.quality.num_samples"),
    ],
)
def test_check_memory_names_the_keys_to_lower(override, keys):
    with pytest.raises(ParganError, match=f"this machine has 1 GiB; {keys}$"):
        check_memory(composed("dataset=blobs", override), PointsSpec(2), memory=GIB)

import pytest

from benchmarks.cases import SPECS
from pargan.app.objects import build_attacks
from pargan.errors import ParganError
from pargan.records.images import ImageSpec
from tests.helpers.composed import composed

IMAGES = ImageSpec(1, 8, 8)
FOR_TABLES = ["density_ratio_mixed", "dcr_difference", "gen_lra"]


@pytest.mark.parametrize("target", ["samples", "module", "release"])
def test_build_attacks_adds_those_for_tables_to_the_default_of_tables_alone(target):
    cfg = composed(f"target={target}", name="attack")
    assert list(build_attacks(cfg, IMAGES)) == ["nearest_neighbour", "monte_carlo"]
    assert list(build_attacks(cfg, SPECS["broward"])) == ["nearest_neighbour", "monte_carlo", *FOR_TABLES]


@pytest.mark.parametrize("dataset", ["csv", "broward", "hospital"])
def test_build_attacks_of_a_training_on_a_table_includes_those_for_tables(dataset):
    default = list(build_attacks(composed("dataset=digits")))
    assert list(build_attacks(composed(f"dataset={dataset}"))) == [*default, *FOR_TABLES]


def test_build_attacks_takes_what_is_asked_for_as_it_is():
    asked = ["attack=[gen_lra,for_tables]", "attack.gen_lra.k_nearest=7"]
    attacks = build_attacks(composed("target=samples", *asked, name="attack"), SPECS["broward"])
    assert set(attacks) == set(FOR_TABLES)
    assert attacks["gen_lra"].k_nearest == 7
    assert list(build_attacks(composed("dataset=csv", "attack=[monte_carlo]"))) == ["monte_carlo"]


def test_build_attacks_refuses_for_tables_alone_on_images_and_in_a_training():
    with pytest.raises(ParganError, match="leaves no attack on image"):
        build_attacks(composed("target=samples", "attack=[for_tables]", name="attack"), IMAGES)
    with pytest.raises(ParganError, match=r"is an option of attack.py.*attack=\[monte_carlo,density_ratio_mixed"):
        build_attacks(composed("attack=[monte_carlo,for_tables]"))

import numpy as np
import pytest
from scipy.stats import ks_2samp
from sklearn.metrics import roc_auc_score

from pargan.errors import ParganError
from pargan.metrics.tables import TableQuality, column_distance, correlation_difference, total_variation
from pargan.records.columns import Categorical, Integer, Numeric
from pargan.records.pool import QualityRecords
from pargan.records.tables import TableSpec


def table(seed: int, size: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    age, visits, colour = rng.normal(50, 9, size), rng.poisson(3, size), rng.integers(0, 3, size)
    ill = (age - 50) / 9 + (colour == 1) + 0.3 * rng.normal(size=size) > 0.3
    return {
        "age": age,
        "visits": visits,
        "colour": np.array(["blue", "red", "green"])[colour],
        "ill": np.where(ill, "yes", "no"),
    }


TYPES = {"age": Numeric, "visits": Integer, "colour": Categorical, "ill": Categorical}
SPEC = TableSpec.fit(table(9, 5000), TYPES)
SPLIT = QualityRecords(*(SPEC.encode(table(seed, size)) for seed, size in ((0, 800), (1, 600), (2, 100))))
FRESH = table(3, 800)
QUALITY = TableQuality(SPEC, label="ill")


def test_table_quality_of_fresh_rows_equals_that_of_real_rows():
    metrics = QUALITY(SPEC.encode(FRESH), SPLIT, 0)
    assert next(iter(metrics)) == "column_distance"
    assert metrics["trtr_auc"] > 0.9
    assert metrics["tstr_auc"] == pytest.approx(metrics["trtr_auc"], abs=0.03)
    assert metrics["tstr_accuracy"] == pytest.approx(metrics["trtr_accuracy"], abs=0.05)
    assert metrics["column_distance"] < 0.06
    assert metrics["correlation_difference"] < 0.06
    assert metrics == QUALITY(SPEC.encode(FRESH), SPLIT, 0)


def test_table_quality_of_shuffled_columns_keeps_only_the_column_distance():
    rng = np.random.default_rng(0)
    shuffled = {name: rng.permutation(values) for name, values in FRESH.items()}
    metrics, fresh = (QUALITY(SPEC.encode(rows), SPLIT, 0) for rows in (shuffled, FRESH))
    assert metrics["column_distance"] == pytest.approx(fresh["column_distance"])
    assert metrics["correlation_difference"] > 2 * fresh["correlation_difference"]
    assert metrics["tstr_auc"] < 0.65 < metrics["trtr_auc"]


def test_table_quality_of_one_generated_class_uses_a_constant_classifier():
    generated = SPEC.encode(FRESH | {"ill": np.full(800, "yes")})
    metrics = QUALITY(generated, SPLIT, 0)
    assert metrics["tstr_accuracy"] == pytest.approx((SPEC.decode(SPLIT.nonmembers)["ill"] == "yes").mean())
    assert metrics["tstr_auc"] == 0.5


def test_table_quality_gives_a_missing_class_an_auc_of_one_half():
    age_of_colour = {"blue": 30.0, "red": 50.0, "green": 70.0}

    def striped(seed: int) -> dict[str, np.ndarray]:
        rows = table(seed, 600)
        return rows | {"age": np.array([age_of_colour[colour] for colour in rows["colour"]])}

    members, nonmembers, generated = striped(0), striped(1), striped(2)
    kept = generated["colour"] != "green"
    generated = {name: values[kept] for name, values in generated.items()}
    split = QualityRecords(SPEC.encode(members), SPEC.encode(nonmembers), SPLIT.reference)
    metrics = TableQuality(SPEC, label="colour")(SPEC.encode(generated), split, 0)
    assert metrics["trtr_auc"] > 0.99
    assert metrics["tstr_accuracy"] == pytest.approx((nonmembers["colour"] != "green").mean(), abs=0.01)
    # Age separates blue from the rest, but not red from green, which was never generated; green has AUC 0.5.
    red_or_green = roc_auc_score(nonmembers["colour"] == "red", nonmembers["colour"] != "blue")
    assert metrics["tstr_auc"] == pytest.approx((1 + red_or_green + 0.5) / 3, abs=0.02)


def test_table_quality_of_held_out_rows_of_one_class_is_one_half():
    one_class = SPEC.encode(table(1, 50) | {"ill": np.full(50, "no")})
    metrics = QUALITY(SPEC.encode(FRESH), QualityRecords(SPLIT.members, one_class, SPLIT.reference), 0)
    assert metrics["tstr_auc"] == metrics["trtr_auc"] == 0.5


def test_table_quality_without_a_label_measures_distances_only():
    metrics = TableQuality(SPEC)(SPEC.encode(FRESH), SPLIT, 0)
    assert set(metrics) == {"column_distance", "correlation_difference"}
    with pytest.raises(ParganError) as error:
        TableQuality(SPEC, label="sick")
    assert (error.value.argument, error.value.value) == ("label", "sick")
    assert "age, visits, colour, ill" in error.value.remedy


def test_column_distance_is_the_mean_of_ks_and_total_variation():
    fake, real = table(3, 200), table(4, 300)
    fake["age"] += 5
    colours = [abs((fake["colour"] == c).mean() - (real["colour"] == c).mean()) for c in ("blue", "red", "green")]
    expected = [
        ks_2samp(fake["age"], real["age"]).statistic,
        ks_2samp(fake["visits"], real["visits"]).statistic,
        sum(colours) / 2,
        abs((fake["ill"] == "yes").mean() - (real["ill"] == "yes").mean()),
    ]
    assert column_distance(fake, real, ["colour", "ill"]) == pytest.approx(np.mean(expected))


def test_total_variation_of_disjoint_and_known_shares():
    assert total_variation(np.array(["a", "a"]), np.array(["b"])) == 1
    left, right = np.repeat(["a", "b"], [1, 3]), np.repeat(["a", "b", "c"], [2, 1, 1])
    assert total_variation(left, right) == pytest.approx(0.5)
    assert total_variation(left, left) == 0


def test_correlation_difference_by_numpy_and_for_constant_columns():
    rng = np.random.default_rng(0)
    fake, real = ({name: rng.normal(size=40) for name in "abc"} for _ in range(2))
    fake["b"] += fake["a"]
    difference = np.abs(np.corrcoef(list(fake.values())) - np.corrcoef(list(real.values())))
    assert correlation_difference(fake, real, []) == pytest.approx(difference[np.triu_indices(3, 1)].mean())
    constant = {"a": np.full(40, 0.1), "b": real["b"]}
    expected = abs(np.corrcoef(real["a"], real["b"])[0, 1])
    assert correlation_difference(constant, {"a": real["a"], "b": real["b"]}, []) == pytest.approx(expected)
    assert correlation_difference({"a": real["a"]}, {"a": real["b"]}, []) == 0


def test_correlation_difference_of_categories_uses_indicators_of_different_columns_only():
    flag, number = np.array(["x", "x", "y", "y"]), np.array([1.0, 2.0, 3.0, 4.0])
    fake, real = {"flag": flag, "number": number}, {"flag": flag, "number": number[::-1]}
    strength = np.corrcoef(flag == "x", number)[0, 1]
    assert correlation_difference(fake, real, ["flag"]) == pytest.approx(2 * abs(strength))


def test_table_quality_does_not_depend_on_huge_units():
    """Numbers up to 1e308: their sums and squares would overflow, and random forests work in float32."""
    large = {name: values * 2.0**1000 if name == "age" else values for name, values in table(9, 5000).items()}
    spec = TableSpec.fit(large, TYPES)
    assert spec.columns[0].high > 1e302
    given = SPEC.encode(FRESH), SPLIT, 0
    assert TableQuality(spec, label="ill")(*given) == pytest.approx(QUALITY(*given), abs=0.02)

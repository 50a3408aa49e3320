"""Categories made as frequent as in the reference set after a training."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pargan.errors import ParganError
from pargan.gan import ParGANModule
from pargan.gan.frequencies import frequency_shift, match_frequencies, shrunk_frequencies
from pargan.losses import Wasserstein
from pargan.models import MLPDiscriminator, MLPGenerator
from pargan.records.columns import Categorical, Numeric, WithMissing
from pargan.records.conditioning import ColumnCondition
from pargan.records.tables import TableSpec

SPEC = TableSpec(
    (
        Categorical("colour", ("blue", "green", "red")),
        WithMissing(Numeric("height", 0.0, 2.0), ""),
        Categorical("answer", ("no", "yes")),
    )
)


def drawn(logits):
    return torch.softmax(torch.as_tensor(logits), -1).mean(0).numpy()


def module_of(spec=SPEC, generator=None, **arguments):
    torch.manual_seed(0)
    size = arguments["conditioning"].size if "conditioning" in arguments else 0
    generator = generator or MLPGenerator(spec, 4, (8,), batch_norm=True, condition_size=size)
    discriminator = lambda: MLPDiscriminator(spec, (8,), condition_size=size)  # noqa: E731
    return ParGANModule(generator, discriminator, Wasserstein(), 2, 4, spec=spec, **arguments)


def reference(seed=0, num=5000):
    generator = np.random.default_rng(seed)
    height = np.where(generator.random(num) < 0.3, np.nan, 1.0)
    colour = generator.choice(["blue", "green", "red"], num, p=[0.9, 0.099, 0.001])
    return SPEC.encode({"colour": colour, "height": height, "answer": generator.choice(["no", "yes"], num)})


@given(
    st.lists(st.floats(-8, 8), min_size=4, max_size=4),
    st.lists(st.integers(1, 1000), min_size=4, max_size=4),
    st.integers(0, 100),
)
def test_shifted_logits_draw_the_asked_frequencies(centre, counts, seed):
    logits = np.random.default_rng(seed).normal(centre, 1, (300, 4))
    frequencies = np.array(counts) / sum(counts)
    np.testing.assert_allclose(drawn(logits + frequency_shift(logits, frequencies)), frequencies, atol=5e-5)


def test_category_that_almost_never_comes_is_drawn_as_often_as_asked():
    logits = np.random.default_rng(0).normal([3, 0, -12], 1, (10_000, 3))
    shift = frequency_shift(logits, np.array([0.7, 0.299, 0.001]))
    np.testing.assert_allclose(drawn(logits + shift), [0.7, 0.299, 0.001], atol=5e-5)


def test_difference_that_chance_explains_stays():
    drawn = np.array([0.5, 0.45, 0.05, 0.0])
    np.testing.assert_allclose(shrunk_frequencies(np.array([0.4, 0.5, 0.1, 0.0]), drawn, 20), drawn)


def test_difference_that_chance_does_not_explain_goes():
    drawn, real = np.array([0.6, 0.4, 1e-9]), np.array([0.5, 0.497, 0.003])
    np.testing.assert_allclose(shrunk_frequencies(real, drawn, 5000), real, rtol=0.03)


def test_category_without_a_real_record_becomes_as_rare_as_that_allows():
    wanted = shrunk_frequencies(np.array([0.0, 1.0]), np.array([0.1, 0.9]), 5000)
    assert wanted[0] == pytest.approx(1 / 20_000, rel=0.01)  # at 1 / (4 R) chance explains it
    kept = shrunk_frequencies(np.array([0.0, 1.0]), np.array([0.001, 0.999]), 200)
    np.testing.assert_allclose(kept, [0.001, 0.999])


@given(st.integers(0, 1000), st.integers(1, 100_000), st.integers(2, 30))
def test_shrunk_frequencies_are_nearer_to_the_real_ones(seed, num_real, size):
    generator = np.random.default_rng(seed)
    real, drawn = (
        generator.multinomial(num_real, np.full(size, 1 / size)) / num_real,
        generator.dirichlet(np.ones(size)),
    )
    wanted = shrunk_frequencies(real, drawn, num_real)
    assert wanted.sum() == pytest.approx(1)
    assert np.abs(wanted - real).sum() <= np.abs(drawn - real).sum() + 1e-9


@pytest.mark.parametrize("sharpness", [1, 4])
def test_generated_categories_and_gaps_become_as_frequent_as_real_ones(sharpness):
    module = module_of(generator=MLPGenerator(SPEC, 4, (8,), batch_norm=True, sharpness=sharpness))
    real = reference()
    wanted = real.mean(0)
    before = SPEC.snap(module.sample(10_000, seed=1).numpy()).mean(0)
    match_frequencies(module, real, SPEC.categories)
    after = SPEC.snap(module.sample(10_000, seed=1).numpy()).mean(0)
    for part in SPEC.categories:
        assert np.abs(after[part] - wanted[part]).max() < 0.015  # 10,000 draws have an SD of up to 0.005
    assert np.abs(before[:3] - wanted[:3]).max() > 0.2
    assert after[2] > 0  # red is drawn, at a thousandth


def test_numbers_and_training_mode_stay():
    module = module_of()
    latents = torch.randn(50, 4)
    module.train()
    before = module.generator.eval().before_head(latents)[:, 3].clone()
    module.generator.train()
    match_frequencies(module, reference(), SPEC.categories)
    assert module.generator.training
    torch.testing.assert_close(module.generator.eval().before_head(latents)[:, 3], before)


def test_matching_again_changes_nothing():
    module, real = module_of(), reference()
    match_frequencies(module, real, SPEC.categories)
    once = module.generator[-3].bias.clone()
    match_frequencies(module, real, SPEC.categories)
    torch.testing.assert_close(module.generator[-3].bias, once, atol=1e-3, rtol=0)


def test_the_average_is_matched_where_it_is_what_is_released():
    module = module_of(ema=0.9)
    own = module.generator[-3].bias.clone()
    match_frequencies(module, reference(), SPEC.categories)
    assert not torch.equal(module.released[-3].bias, own)
    torch.testing.assert_close(module.generator[-3].bias, own, atol=0, rtol=0)


def test_conditioned_generators_are_told_conditions_as_frequent_as_in_the_data():
    condition = ColumnCondition("answer", ("no", "yes"), (0.9, 0.1), start=6)
    module, real = module_of(conditioning=condition), reference()
    match_frequencies(module, real, SPEC.categories)
    after = SPEC.snap(module.sample(10_000, seed=1).numpy()).mean(0)
    assert np.abs(after[:3] - real.mean(0)[:3]).max() < 0.015
    assert after[7] == pytest.approx(0.1, abs=0.015)  # the condition decides, not the reference set


def test_generator_without_the_methods_is_refused():
    module = module_of(generator=torch.nn.Sequential(torch.nn.Linear(4, 8), SPEC.head()))
    with pytest.raises(ParganError, match="Sequential has no methods before_head and shift_before_head"):
        match_frequencies(module, reference(), SPEC.categories)

from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lgi.superposition.training import data
from lgi.superposition.training.settings import (
    BinaryData,
    OneActiveData,
    OneHotData,
    UniformData,
)

BINARY = BinaryData(kind="binary", features=6, test_samples=300)
UNIFORM = UniformData(kind="uniform", features=6, test_samples=300)
ONE_HOT = OneHotData(kind="one_hot", features=6, active=2, test_samples=300)
ONE_ACTIVE = OneActiveData(kind="one_active", features=6, test_samples=300)
SPARSITY = 0.8111


@pytest.mark.parametrize("kind", [BINARY, UNIFORM, ONE_HOT, ONE_ACTIVE])
def test_a_seed_has_the_same_data_alone_and_among_others(kind):
    among = data.training_samples(kind, [3, 7, 9], SPARSITY, 100)
    alone = data.training_samples(kind, [7], SPARSITY, 100)
    assert among[1].tobytes() == alone[0].tobytes()
    assert among.shape == (3, 100, 6)
    assert among.dtype == np.float32


@pytest.mark.parametrize(
    "other",
    [
        lambda: data.training_samples(BINARY, [8], SPARSITY, 300),
        lambda: data.training_samples(BINARY, [7], 0.8112, 300),
        lambda: data.training_samples(BINARY, [7], SPARSITY, 301)[:, :300],
        lambda: data.test_samples(BINARY, [7], SPARSITY),
    ],
    ids=["seed", "sparsity", "samples", "test set"],
)
def test_data_change_with_what_they_depend_on(other):
    # Rows that are equal by chance: at S = 0.8111 about 13 % of binary rows.
    same = (data.training_samples(BINARY, [7], SPARSITY, 300) == other()).all(axis=2).mean()
    assert same < 0.3


def test_active_features_have_their_probability():
    for kind in (BINARY, UNIFORM):
        x = data.training_samples(kind, [0], SPARSITY, 100_000)
        # 600,000 features: one standard error is 0.0005
        assert (x > 0).mean() == pytest.approx(1 - SPARSITY, abs=0.0025)
    values = x[x > 0]
    assert values.mean() == pytest.approx(0.5, abs=0.005)
    assert values.max() < 1


def test_one_hot_data_have_exactly_the_active_features():
    x = data.training_samples(ONE_HOT, [0], 0.0, 30_000)[0]
    assert set(np.unique(x)) == {0, 1}
    assert (x.sum(axis=1) == 2).all()
    np.testing.assert_allclose(x.mean(axis=0), 2 / 6, atol=0.015)  # 5 standard errors


def test_one_active_data_have_one_uniform_value():
    x = data.training_samples(ONE_ACTIVE, [0], 0.0, 60_000)[0]
    assert ((x > 0).sum(axis=1) <= 1).all()
    values = x.max(axis=1)
    assert 0 <= values.min() < values.max() < 1
    # Five standard errors of the mean, the mean square and the shares.
    assert values.mean() == pytest.approx(1 / 2, abs=5 * 0.2887 / 245)
    assert (values**2).mean() == pytest.approx(1 / 3, abs=5 * 0.2981 / 245)
    np.testing.assert_allclose((x > 0).mean(axis=0), 1 / 6, atol=5 * 0.3727 / 245)


def test_a_sparsity_of_zero_activates_every_feature():
    assert data.training_samples(BINARY, [0], 0.0, 50).all()


@given(st.integers(1, 40), st.integers(1, 5), st.integers(0, 2**32))
def test_patterns_and_counts_are_the_samples(samples, seeds, chance):
    x = np.random.default_rng(chance).integers(0, 2, (seeds, samples, 4)).astype(np.float32)
    patterns, counts = data.count_patterns(x)
    assert len(np.unique(patterns, axis=0)) == len(patterns)
    assert (counts.sum(axis=0) > 0).all()
    for own, count in zip(x, counts, strict=True):
        rebuilt = np.repeat(patterns, count, axis=0)
        assert sorted(map(tuple, rebuilt)) == sorted(map(tuple, own))


def test_the_order_of_samples_does_not_matter():
    x = data.training_samples(BINARY, [1, 2], SPARSITY, 200)
    shuffled = x[:, np.random.default_rng(0).permutation(200)]
    for one, other in zip(data.count_patterns(x), data.count_patterns(shuffled), strict=True):
        np.testing.assert_array_equal(one, other)


def test_binary_population_is_the_product_of_its_features():
    patterns, probability = data.population(BINARY, SPARSITY)
    by_hand = {
        bits: np.prod([1 - SPARSITY if bit else SPARSITY for bit in bits])
        for bits in product((0.0, 1.0), repeat=6)
    }
    assert {tuple(row): p for row, p in zip(patterns, probability, strict=True)} == pytest.approx(
        by_hand, rel=1e-13
    )
    assert probability.sum() == pytest.approx(1, abs=1e-14)


def test_one_hot_population_is_uniform_over_the_choices():
    patterns, probability = data.population(ONE_HOT, SPARSITY)
    assert len(np.unique(patterns, axis=0)) == 15
    assert (patterns.sum(axis=1) == 2).all()
    np.testing.assert_allclose(probability, 1 / 15, rtol=1e-15)


def test_population_is_left_out_where_it_is_not_exact():
    assert data.population(UNIFORM, SPARSITY) is None
    assert data.population(ONE_ACTIVE, SPARSITY) is None
    wide = BinaryData(kind="binary", features=data.EXACT_FEATURES + 1, test_samples=1)
    assert data.population(wide, SPARSITY) is None


def test_possible_patterns():
    assert data.possible_patterns(BINARY) == 64
    assert data.possible_patterns(ONE_HOT) == 15
    assert data.possible_patterns(UNIFORM) == np.inf
    assert data.possible_patterns(ONE_ACTIVE) == np.inf


@pytest.mark.parametrize("features", [62, 63, 64, 80, 10**6])
def test_more_patterns_than_the_machine_can_number_are_infinitely_many(features):
    binary = BinaryData(kind="binary", features=features, test_samples=1)
    assert data.possible_patterns(binary) == (2**62 if features == 62 else np.inf)
    half = OneHotData(kind="one_hot", features=features, active=features // 2, test_samples=1)
    one = OneHotData(kind="one_hot", features=features, active=1, test_samples=1)
    all_but_one = OneHotData(kind="one_hot", features=features, active=features - 1, test_samples=1)
    assert data.possible_patterns(half) > 2**57
    assert data.possible_patterns(one) == data.possible_patterns(all_but_one) == features
    assert all(map(data.is_discrete, (binary, half, one)))


def test_choices_are_counted_up_to_the_last_that_fit():
    for features, active in ((65, 32), (66, 33), (67, 33), (10**6, 3), (10**6, 4)):
        some = OneHotData(kind="one_hot", features=features, active=active, test_samples=1)
        exact = comb(features, active)
        assert data.possible_patterns(some) == (exact if exact <= 2**62 else np.inf)

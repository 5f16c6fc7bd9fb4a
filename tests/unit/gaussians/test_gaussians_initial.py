import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lgi.errors import ConfigError
from lgi.gaussians.initial import PARAMETERS, random_start, uniforms, words
from lgi.gaussians.settings import RandomStart

START = RandomStart(kind="random", scale=(0.01, 0.1))


def test_words_are_those_of_rust(golden):
    assert words(42, 4).tolist() == golden["words_seed_42"]


def test_first_gaussian_is_the_published_one(golden):
    first = dict(zip(PARAMETERS, random_start(1, 42, START)[0], strict=True))
    known = golden["gaussian_0_seed_42"]
    assert [first["x"], first["y"]] == list(np.float32(known["position"]))
    # Printed with eight decimals.
    assert first["sx"] == first["sy"] == pytest.approx(known["scale"], abs=5e-9)
    assert [first["r"], first["g"], first["b"]] == list(np.float32(known["colour"]))
    assert first["rotation"] == 0
    assert first["opacity"] == 1


@given(st.integers(0, 2**64 - 1), st.integers(1, 60), st.integers(1, 60))
def test_fewer_gaussians_are_the_first_of_more(seed, n, more):
    np.testing.assert_array_equal(
        random_start(n, seed, START), random_start(n + more, seed, START)[:n]
    )


@given(st.integers(0, 2**64 - 1))
def test_draws_are_in_range(seed):
    start = random_start(20, seed, START)
    scale = start[:, 2]
    assert np.all((uniforms(seed, 200) >= 0) & (uniforms(seed, 200) < 1))
    assert np.all((scale >= np.float32(0.01)) & (scale <= np.float32(0.1)))
    assert start.dtype == np.float32


def test_words_look_uniform_and_differ_between_seeds():
    draws = uniforms(3, 100_000)
    # Mean and variance of a uniform; five standard errors of 100,000 draws.
    assert abs(draws.mean() - 1 / 2) < 5 * np.sqrt(1 / 12 / len(draws))
    assert abs(draws.var() - 1 / 12) < 5 * np.sqrt(1 / 180 / len(draws))
    assert not np.any(words(3, 1000) == words(4, 1000))


@pytest.mark.parametrize(("n", "seed"), [(0, 1), (-3, 1), (1, -1), (1, 2**64)])
def test_values_out_of_range_are_errors(n, seed):
    with pytest.raises(ConfigError, match="allowed"):
        random_start(n, seed, START)

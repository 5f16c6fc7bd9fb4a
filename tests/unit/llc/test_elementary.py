"""Exponential and logarithm against those of the library."""

import math

import numpy as np
import pytest

from lgi.jit import njit
from lgi.llc import dual_averaging
from lgi.llc.elementary import exponential, exponential_inside, logarithm


@njit
def each(x, exponentials, inside, logarithms):
    for i in range(x.size):
        exponentials[i] = exponential(x[i])
        inside[i] = exponential_inside(x[i])
        logarithms[i] = logarithm(abs(x[i]))


def values(x):
    """Return exp(x) of both functions, and ln |x|."""
    x = np.asarray(x, dtype=np.float64)
    found = np.empty((3, x.size))
    each(x, *found)
    return found


@pytest.mark.parametrize(("low", "high"), [(-1e-3, 1e-3), (-1, 1), (-40, 5), (-708, 709)])
def test_exponential_is_within_one_unit_in_the_last_place(low, high):
    x = np.random.default_rng(0).uniform(low, high, 20_000)
    exact = np.array([math.exp(value) for value in x])
    found, inside, _ = values(x)
    assert np.max(np.abs(found - exact) / np.spacing(exact)) <= 1
    np.testing.assert_array_equal(inside, found)


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (0.0, 1.0),
        (-0.0, 1.0),
        (-1e-300, 1.0),
        (-708.1, 0.0),
        (-1e300, 0.0),
        (-math.inf, 0.0),
        (709.1, math.inf),
        (math.inf, math.inf),
        (math.nan, math.nan),
    ],
)
def test_exponential_at_the_ends_of_its_range(x, expected):
    np.testing.assert_equal(values([x])[0].item(), expected)


def test_logarithm_is_within_two_units_in_the_last_place():
    x = 2.0 ** np.random.default_rng(0).uniform(-1000, 1000, 20_000)
    exact = np.array([math.log(value) for value in x])
    assert np.max(np.abs(values(x)[2] - exact) / np.spacing(np.abs(exact))) <= 2


@pytest.mark.parametrize("count", [1, 2, 3, 10, 999, 10**6])
def test_weights_of_dual_averaging_are_the_power_that_they_stand_for(count):
    assert dual_averaging.forgetting(count) == pytest.approx(count**-0.75, rel=1e-15)

"""Costs with known answers."""

import math

import numpy as np
import pytest

from lgi.gaussians.price import cost

N = np.array([10, 20, 40, 80])


def test_a_description_is_that_of_normal_noise_in_units_of_a_level():
    error = np.array([(10 * cost.LEVEL) ** 2])
    expected = 0.5 * 300 * math.log2(2 * math.pi * math.e * 10**2)
    assert cost.description(error, 300) == pytest.approx(expected)


def test_noise_is_never_finer_than_the_rounding_of_8_bits():
    finer = cost.description(np.array([0.0, 0.1 * cost.ROUNDING**2, cost.ROUNDING**2]), 300)
    # What is left falls on, but by the squares alone: 150 values of at most 1 / (2 ln 2) bits.
    assert finer[2] - finer[0] == pytest.approx(150 / math.log(2))
    assert np.all(np.diff(finer) > 0)


def test_a_free_energy_is_half_the_squares_over_the_variance():
    nats = cost.misfit(np.array([0.04]), 150, noise=0.1) * math.log(2)
    assert nats == pytest.approx(3 * 50 * 0.04 / (2 * 0.1**2))
    assert cost.regular_price(4096) == pytest.approx(0.5 * math.log2(4096))


def test_the_best_n_of_a_known_curve():
    # A(N) = 6400 / N: the derivative is the price c at N = sqrt(6400 / c).
    left = 6400 / N
    assert [int(N[cost.best(left, N, 6400 / n**2)]) for n in N] == N.tolist()
    assert cost.best(np.array([3.0, np.nan, 1.0, 2.0]), N, 0) == 2


def test_between_its_prices_an_n_is_the_best_and_beyond_them_it_is_not():
    left = 6400 / N
    low, high = cost.prices_of(left, N, 20)
    assert (low, high) == pytest.approx(((320 - 160) / 20, (640 - 320) / 10))
    for price, best in ((1.01 * low, 20), (0.99 * high, 20), (0.99 * low, 40), (1.01 * high, 10)):
        assert N[cost.best(left, N, price)] == best


def test_where_the_best_n_steps_over_one_there_is_one_price():
    # N = 20 is above the line from 10 to 40, and never the best.
    left = np.array([100.0, 95.0, 40.0, 30.0])
    assert cost.prices_of(left, N, 20) == pytest.approx((2.0, 2.0))
    assert cost.prices_of(left, N, 30) == pytest.approx((2.0, 2.0))
    assert cost.prices_of(left, N, 40) == pytest.approx((0.25, 2.0))


@pytest.mark.parametrize("n", [5, 10, 80, 90])
def test_at_the_ends_of_the_range_a_price_is_not_known(n):
    assert np.isnan(cost.prices_of(6400 / N, N, n)).all()


def test_every_price_agrees_with_a_search_over_prices():
    random = np.random.default_rng(0)
    for _ in range(20):
        left = np.sort(random.uniform(0, 100, 12))[::-1]
        n = np.sort(random.choice(np.arange(1, 60), 12, replace=False))
        at = int(n[random.integers(1, 11)])
        low, high = cost.prices_of(left, n, at)
        if math.isnan(low):
            continue
        prices = np.linspace(0, 2 * high, 4001)
        stars = np.array([n[cost.best(left, n, price)] for price in prices])
        step = prices[1]
        assert prices[stars <= at][0] == pytest.approx(low, abs=2 * step)
        assert prices[stars >= at][-1] == pytest.approx(high, abs=2 * step)

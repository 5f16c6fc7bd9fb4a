"""Quantiles and tails have the bits of `scipy.stats`."""

import numpy as np
import pytest
from scipy import stats

from lgi.distributions import coin_quantile, normal_mass, normal_quantile, t_quantile, t_tail

LEVELS = np.array([0.5, 0.8, 0.975, 0.995, 1 - 0.05 / 14])
FREEDOM = np.array([1, 2, 3, 9, 29, 999])[:, None]
PLACES = np.linspace(-9, 9, 61)


def test_students_t_is_that_of_scipy():
    np.testing.assert_array_equal(t_quantile(LEVELS, FREEDOM), stats.t.ppf(LEVELS, FREEDOM))
    np.testing.assert_array_equal(t_tail(PLACES, FREEDOM), stats.t.sf(PLACES, FREEDOM))


def test_without_a_degree_of_freedom_there_is_no_quantile():
    assert np.isnan(t_quantile(0.975, np.array([0, np.nan]))).all()


def test_the_normal_distribution_is_that_of_scipy():
    np.testing.assert_array_equal(normal_mass(PLACES), stats.norm.cdf(PLACES))
    assert [normal_quantile(p) for p in LEVELS] == stats.norm.ppf(LEVELS).tolist()


@pytest.mark.parametrize("n", [1, 2, 5, 6, 20, 101])
def test_throws_of_a_coin_are_those_of_scipy(n):
    levels = (0.0005, 0.025, 0.1, 0.25)
    assert [coin_quantile(p, n) for p in levels] == [stats.binom.ppf(p, n, 0.5) for p in levels]

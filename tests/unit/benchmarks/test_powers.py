import numpy as np
import pytest

from benchmarks.powers import exponents, fit_power


def test_a_power_law_gives_its_exponent():
    sizes = np.array([10, 30, 100, 300])
    power = fit_power(sizes, 0.5 * sizes**1.5)
    assert power.exponent == pytest.approx(1.5)
    assert power.factor == pytest.approx(0.5)
    assert power.residual == pytest.approx(0, abs=1e-12)
    assert (power.low, power.high) == (10, 300)
    np.testing.assert_allclose(power.at(sizes), 0.5 * sizes**1.5)


def test_the_residual_is_the_largest_departure_from_the_power():
    power = fit_power([1, 1, 10, 10], [1, 4, 10, 40])  # 2 x, up and down by a factor of 2
    assert power.exponent == pytest.approx(1)
    assert power.factor == pytest.approx(2)
    assert power.residual == pytest.approx(1)


@pytest.mark.parametrize(("sizes", "costs"), [([1, 2], [0, 1]), ([2, 2], [1, 1]), ([0, 1], [1, 1])])
def test_what_has_no_power_is_refused(sizes, costs):
    with pytest.raises(ValueError, match="two or more sizes"):
        fit_power(sizes, costs)


def test_a_product_of_powers_gives_each_of_them():
    a, b = np.array([1, 2, 4, 1, 2, 4]), np.array([1, 1, 1, 3, 3, 9])
    found = exponents({"a": a, "b": b}, 7 * a**0.5 / b)
    assert found == {"a": pytest.approx(0.5), "b": pytest.approx(-1)}

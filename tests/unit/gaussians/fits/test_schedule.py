"""Learning rates of every iteration, against known answers."""

import numpy as np
import pytest

from lgi.gaussians.fits.schedule import rates

COSINE = {"kind": "cosine", "final": 0.01}
RESTARTS = {"kind": "warm_restarts", "period": 10, "growth": 2, "final": 0.01}


@pytest.mark.parametrize(
    ("schedule", "factors"),
    [
        ({"kind": "constant"}, [1, 1, 1, 1]),
        ({"kind": "step", "factor": 0.5, "every": 2}, [1, 1, 0.5, 0.5]),
        ({"kind": "exponential", "final": 0.0625}, [1, 0.5, 0.25, 0.125]),
        (COSINE, [1, 0.505 + 0.495 * np.sqrt(0.5), 0.505, 0.505 - 0.495 * np.sqrt(0.5)]),
    ],
)
def test_rates_are_known(make_recipe, schedule, factors):
    recipe = make_recipe(iterations=4, schedule=schedule)
    np.testing.assert_allclose(rates(recipe, 1, 4), 0.001 * np.array(factors), rtol=1e-6)
    np.testing.assert_array_equal(rates(recipe, 3, 4), rates(recipe, 1, 4)[2:])


def test_warm_restarts_begin_as_a_cosine_of_their_period_and_then_rise_again(make_recipe):
    short = make_recipe(iterations=10, schedule=COSINE)
    long = rates(make_recipe(iterations=40, schedule=RESTARTS), 1, 40)
    np.testing.assert_array_equal(long[:10], rates(short, 1, 10))
    assert long[10] == np.float32(0.001)

import numpy as np
import pytest

from lgi.superposition.training.data import draw
from lgi.superposition.training.losses import pattern_losses
from lgi.superposition.training.population import (
    as_lanes,
    from_lanes,
    population_loss,
    population_losses,
)
from lgi.superposition.training.settings import (
    BinaryData,
    OneActiveData,
    OneHotData,
    UniformData,
)

BINARY = BinaryData(kind="binary", features=6, test_samples=10)
ONE_HOT = OneHotData(kind="one_hot", features=6, active=2, test_samples=10)
ONE_ACTIVE = OneActiveData(kind="one_active", features=6, test_samples=10)
UNIFORM = UniformData(kind="uniform", features=6, test_samples=10)
KNOWN = pytest.mark.parametrize("data", [BINARY, ONE_HOT, ONE_ACTIVE], ids=lambda data: data.kind)


@pytest.fixture
def states():
    rng = np.random.default_rng(0)
    return rng.normal(size=(4, 3, 2, 6)), 0.5 * rng.normal(size=(4, 3, 6))


@KNOWN
def test_it_is_the_mean_over_many_samples(data, states):
    W, b = states
    samples = draw(data, np.random.default_rng(1), 0.8, 200_000).astype(np.float64)
    shares = np.full(len(samples), 1 / len(samples))
    sampled = pattern_losses(W[:2, 0], b[:2, 0], samples, shares)
    # 200,000 samples: the error of the mean is below half a per cent
    np.testing.assert_allclose(population_losses(W[:2, 0], b[:2, 0], data, 0.8), sampled, rtol=0.02)


@KNOWN
def test_the_gradient_is_that_of_the_loss(data, states):
    loss = population_loss(data, 2, 0.8)
    parameters = as_lanes(*states)
    _, gradient = loss(parameters)
    for p in range(len(parameters)):
        step = np.zeros_like(parameters)
        step[p] = 1e-6
        slope = (loss(parameters + step)[0] - loss(parameters - step)[0]) / 2e-6
        np.testing.assert_allclose(gradient[p], slope, rtol=1e-6, atol=1e-8)


def test_it_is_left_out_where_it_is_not_known(states):
    W, b = states
    wide = BinaryData(kind="binary", features=17, test_samples=1)
    assert population_loss(UNIFORM, 2, 0.8) is population_loss(wide, 2, 0.8) is None
    assert population_loss(ONE_ACTIVE, 3, 0.8) is None
    assert np.isnan(population_losses(W, b, UNIFORM, 0.8)).all()
    assert population_losses(W, b, UNIFORM, 0.8).shape == (4, 3)


def test_states_and_lanes_are_the_same(states):
    W, b = from_lanes(as_lanes(*states), 2)
    np.testing.assert_array_equal(W.reshape(4, 3, 2, 6), states[0])
    np.testing.assert_array_equal(b.reshape(4, 3, 6), states[1])

import numpy as np
import pytest
from scipy.optimize import minimize

from lgi.llc.known.problems import kgon_minimum
from lgi.superposition.phases.descent import curvatures, descend, hessians
from lgi.superposition.training.population import population_loss
from lgi.superposition.training.settings import BinaryData, OneActiveData

BINARY = BinaryData(kind="binary", features=6, test_samples=1)
ONE_ACTIVE = OneActiveData(kind="one_active", features=6, test_samples=1)


def scaled(S):
    loss = population_loss(BINARY, 2, S)
    return lambda parameters: tuple(part / (1 - S) for part in loss(parameters))


@pytest.mark.parametrize("S", [0.67, 0.9, 0.99])
def test_it_finds_what_scipy_finds(S):
    starts = np.random.default_rng(0).normal(size=(18, 40))
    loss = scaled(S)
    ends = descend(loss, starts)

    def one(parameters):
        value, gradient = loss(parameters[:, None])
        return value[0], gradient[:, 0]

    found = [minimize(one, start, jac=True, method="BFGS", tol=1e-8).fun for start in starts.T]
    assert ends.loss.min() <= min(found) + 1e-7
    assert np.median(ends.gradient) < 1e-8


def test_a_descent_depends_on_its_own_start_alone():
    starts = np.random.default_rng(1).normal(size=(18, 9))
    together, alone = descend(scaled(0.9), starts), descend(scaled(0.9), starts[:, 4:5])
    np.testing.assert_allclose(together.loss[4], alone.loss[0], rtol=1e-9)


def test_curvatures_leave_the_rotation_out():
    loss = population_loss(ONE_ACTIVE, 2, 1.0)
    minima = np.stack([kgon_minimum(kind) for kind in ("5", "5+", "6")], axis=1)
    found = curvatures(loss, minima)
    assert found.shape == (3, 17)
    # The dead feature of the 5-gon is free in its three parameters.
    assert (np.abs(found) < 1e-6).sum(axis=1).tolist() == [3, 0, 0]
    every = np.linalg.eigvalsh(hessians(loss, minima))
    np.testing.assert_allclose(found[2], every[2, 1:], atol=1e-6)

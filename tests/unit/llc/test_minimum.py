"""The polish of states: known minima, plateaus, saddles, and what it must not touch."""

import numpy as np
import pytest
from pydantic import ValidationError

from lgi.llc.minimum import MinimumSettings, hessian, loss_and_gradient, polished
from lgi.llc.problem import Problem

SETTINGS = MinimumSettings(steps=300, longest=0.1, tolerance=1e-9)


def quadratic(parameters, curvature, gradient, loss):
    """L = ½ Σ_p h_p (w_p - 1)², with a curvature for every lane."""
    gradient[:] = curvature * (parameters - 1)
    loss[:] = 0.5 * np.sum(gradient * (parameters - 1), axis=0)


def double_well(parameters, tilt, gradient, loss):
    """L = (w_0² - 1)² / 4 + t w_0 + ½ Σ_(p > 0) w_p²: minima near ±1, a saddle near 0."""
    gradient[:] = parameters
    gradient[0] = parameters[0] ** 3 - parameters[0] + tilt[0]
    loss[:] = (parameters[0] ** 2 - 1) ** 2 / 4 + tilt[0] * parameters[0]
    loss += 0.5 * np.sum(parameters[1:] ** 2, axis=0)


def plateau(parameters, level, gradient, loss):
    """L = 1 - exp(-½ |w|²): flat far from 0."""
    bump = np.exp(-0.5 * np.sum(parameters**2, axis=0))
    gradient[:] = parameters * bump
    loss[:] = level[0] - bump


def problem_of(function, start, data):
    start = np.asarray(start, dtype=float)
    streams = [(model, "minimum") for model in range(start.shape[1])]
    return Problem(function, start, samples=100, streams=streams, per_model=(np.asarray(data),))


def random_quadratics(models=40, size=5):
    random = np.random.default_rng(0)
    curvature = random.uniform(0.01, 10.0, (size, models))
    return problem_of(quadratic, 1 + random.normal(size=(size, models)), curvature)


def test_quadratics_end_at_their_minimum():
    problem = random_quadratics()
    found = polished(problem, SETTINGS)
    np.testing.assert_allclose(found.problem.parameters, 1.0, atol=1e-6)
    np.testing.assert_allclose(
        found.moved, np.linalg.norm(problem.parameters - 1, axis=0), atol=1e-6
    )
    # Central differences of a linear gradient err by rounding alone.
    expected = [np.diag(h) for h in problem.per_model[0].T]
    np.testing.assert_allclose(found.hessian, expected, atol=1e-8)


def test_a_saddle_is_left_along_its_negative_curvature():
    """From 0.01 beside it: the next minimum is the one that the gradient points to."""
    start = np.array([[0.01, -0.01, 0.7], [0.3, 0.3, 0.0]])
    found = polished(problem_of(double_well, start, np.zeros((1, 3))), SETTINGS)
    np.testing.assert_allclose(found.problem.parameters[0], [1, -1, 1], atol=1e-7)
    np.testing.assert_allclose(found.problem.parameters[1], 0, atol=1e-7)
    np.testing.assert_allclose(np.linalg.eigvalsh(found.hessian), [[1, 2]] * 3, atol=1e-5)


def test_a_saddle_itself_stays_and_its_curvature_says_so():
    found = polished(problem_of(double_well, np.zeros((2, 1)), np.zeros((1, 1))), SETTINGS)
    assert found.moved.tolist() == [0.0]
    assert np.linalg.eigvalsh(found.hessian)[0, 0] == pytest.approx(-1, abs=1e-6)


def test_a_plateau_is_descended_or_moved_says_how_far():
    """Where the gradient is above the tolerance the polish goes all the way down."""
    found = polished(problem_of(plateau, [[3.0, 8.0]], np.ones((1, 2))), SETTINGS)
    assert found.problem.parameters[0, 0] == pytest.approx(0, abs=1e-6)
    assert found.moved[0] == pytest.approx(3, abs=1e-6)
    # exp(-32) × 8 is below the tolerance: a plateau is a minimum as far as it can tell.
    assert found.moved[1] == 0
    assert np.abs(found.hessian[1]).max() < 1e-9


def test_a_step_is_no_longer_than_said():
    one = SETTINGS.model_copy(update={"steps": 1})
    found = polished(random_quadratics(), one)
    assert found.moved.max() <= 0.1 + 1e-12
    assert found.moved.max() == pytest.approx(0.1)


def test_no_step_raises_the_loss():
    problem = random_quadratics()
    losses = [loss_and_gradient(problem, problem.parameters)[0]]
    for steps in (1, 2, 5, 20):
        there = polished(problem, SETTINGS.model_copy(update={"steps": steps})).problem
        losses.append(loss_and_gradient(there, there.parameters)[0])
    assert (np.diff(losses, axis=0) <= 0).all()


def test_a_state_does_not_depend_on_the_others():
    """Bytes."""
    problem = random_quadratics()
    together = polished(problem, SETTINGS)
    for model in (0, 17, 39):
        alone = polished(problem.of(slice(model, model + 1)), SETTINGS)
        for all_, one in (
            (together.problem.parameters[:, model], alone.problem.parameters[:, 0]),
            (together.moved[model], alone.moved[0]),
            (together.hessian[model], alone.hessian[0]),
        ):
            assert all_.tobytes() == one.tobytes()


def test_a_state_that_is_not_finite_stays():
    start = np.array([[0.5, np.nan, np.inf], [0.5, 1.0, 1.0]])
    with np.errstate(invalid="ignore"):
        found = polished(problem_of(quadratic, start, np.ones((2, 3))), SETTINGS)
    np.testing.assert_array_equal(found.problem.parameters[:, 1:], start[:, 1:])
    np.testing.assert_allclose(found.problem.parameters[:, 0], 1, atol=1e-9)


def test_float32_states_are_polished_in_float64():
    problem = random_quadratics()
    single = problem_of(quadratic, problem.parameters, problem.per_model[0])
    object.__setattr__(single, "parameters", problem.parameters.astype(np.float32))
    assert polished(single, SETTINGS).problem.parameters.dtype == np.float64


def test_hessian_is_symmetric_and_that_of_the_loss():
    found = hessian(problem_of(plateau, [[0.3], [-0.2]], np.ones((1, 1))))[0]
    w, bump = np.array([0.3, -0.2]), np.exp(-0.5 * 0.13)
    np.testing.assert_allclose(found, bump * (np.eye(2) - np.outer(w, w)), atol=1e-9)
    assert (found == found.T).all()


@pytest.mark.parametrize("changes", [{"steps": 0}, {"longest": 0}, {"tolerance": 0}, {"rate": 1}])
def test_bad_settings_are_refused(changes):
    with pytest.raises(ValidationError):
        MinimumSettings(**(SETTINGS.model_dump() | changes))

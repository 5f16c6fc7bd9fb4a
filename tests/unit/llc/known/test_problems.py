"""Losses of the problems in both engines, and w* with the directions that its truth counts."""

import numpy as np
import pytest
import torch
from torch.func import vmap

from lgi.llc.known import losses, losses_cpu
from lgi.llc.known.problems import kgon_minimum, problems

PROBLEMS = {f"{p.name}, {p.shape}, {'singular' if p.singular else 'smooth'}": p for p in problems()}
SMOOTH = [name for name, p in PROBLEMS.items() if not p.singular]


def loss_and_gradient(problem, parameters):
    """Return loss [lanes] and gradient [P, lanes] of the CPU engine."""
    parameters = np.ascontiguousarray(parameters)
    gradient, loss = np.full_like(parameters, np.nan), np.full(parameters.shape[1], np.nan)
    getattr(losses_cpu, problem.loss)(parameters, *problem.data, gradient, loss)
    return loss, gradient


def definition(problem, parameters):
    """Return the same by autograd of the definition."""
    data = [torch.tensor(array) for array in problem.data]
    chains = torch.tensor(parameters.T.copy(), requires_grad=True)
    loss = vmap(lambda w: getattr(losses, problem.loss)(w, *data))(chains)
    (gradient,) = torch.autograd.grad(loss.sum(), chains)
    return loss.detach().numpy(), gradient.numpy().T


def hessian(problem):
    """Return the Hessian at w* by central differences of the gradient."""
    size, step = len(problem.parameters), 1e-5
    around = problem.parameters[:, None] + step * np.hstack([np.eye(size), -np.eye(size)])
    _, gradient = loss_and_gradient(problem, around)
    return (gradient[:, :size] - gradient[:, size:]) / (2 * step)


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_engines_have_the_same_loss_and_gradient(problem):
    random = np.random.default_rng(3)
    parameters = random.normal(size=(len(problem.parameters), 37))
    parameters[:, 0], parameters[:, 1] = 0, problem.parameters
    (loss, gradient), (defined, slope) = (
        engine(problem, parameters) for engine in (loss_and_gradient, definition)
    )
    # Sums of up to 50 terms of order 1 to 100, rounded in another order.
    np.testing.assert_allclose(loss, defined, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(gradient, slope, rtol=1e-11, atol=1e-12)
    assert np.abs(gradient[:, 2:]).max() > 0.1


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_a_lane_has_the_same_bits_alone(problem):
    parameters = np.random.default_rng(4).normal(size=(len(problem.parameters), 19))
    loss, gradient = loss_and_gradient(problem, parameters)
    for lane in (0, 18):
        alone = loss_and_gradient(problem, parameters[:, lane : lane + 1])
        assert alone[0].tobytes() == loss[lane : lane + 1].tobytes()
        assert alone[1].tobytes() == gradient[:, lane : lane + 1].tobytes()


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_w_star_is_a_minimum(problem):
    loss, gradient = loss_and_gradient(problem, problem.parameters[:, None])
    assert np.abs(gradient).max() < 1e-8
    if problem.name != "k-gon":
        assert loss[0] == pytest.approx(0, abs=1e-30)


@pytest.mark.parametrize("problem", [PROBLEMS[name] for name in SMOOTH], ids=SMOOTH)
def test_smooth_minima_have_twice_the_coefficient_curved_directions(problem):
    curvatures = np.linalg.eigvalsh(hessian(problem))
    # Central differences err by 1e-9; the smallest curvature of all problems is 0.02.
    curved = curvatures[np.abs(curvatures) > 1e-4]
    assert len(curved) == 2 * problem.truth
    assert curved.min() > 0


@pytest.mark.parametrize("name", [name for name, p in PROBLEMS.items() if p.singular])
def test_singular_minima_have_fewer_curved_directions(name):
    problem = PROBLEMS[name]
    curvatures = np.linalg.eigvalsh(hessian(problem))
    assert np.sum(curvatures > 1e-4) < 2 * problem.truth


def test_linear_network_is_the_squared_error_of_the_product():
    problem = next(p for p in PROBLEMS.values() if p.shape.startswith("widths 4-3-2-3-4"))
    widths, target = problem.data
    random = np.random.default_rng(0)
    matrices = [random.normal(size=shape) for shape in zip(widths[1:], widths, strict=False)]
    flat = np.concatenate([m.ravel() for m in matrices])[:, None]
    product = matrices[3] @ matrices[2] @ matrices[1] @ matrices[0]
    expected = 0.5 * np.sum((product - target) ** 2)
    assert loss_and_gradient(problem, flat)[0] == pytest.approx(expected, rel=1e-12)


def test_one_active_feature_against_a_sum_over_inputs():
    problem = PROBLEMS["k-gon, 6-gon, smooth"]
    parameters = np.random.default_rng(1).normal(size=(18, 8))
    x = (np.arange(20_000) + 0.5) / 20_000
    for lane, loss in enumerate(loss_and_gradient(problem, parameters)[0]):
        W, b = parameters[:12, lane].reshape(2, 6), parameters[12:, lane]
        outputs = np.maximum(x[:, None, None] * (W.T @ W) + b, 0)  # [inputs, i, j]
        errors = outputs - x[:, None, None] * np.eye(6)
        expected = np.mean(np.sum(errors**2, axis=2))
        # The midpoint rule errs by its step squared, at kinks too.
        assert loss == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(("kind", "loss"), [("5", 0.06874), ("5+", 0.06180), ("6", 0.04819)])
def test_kgons_have_the_losses_of_the_theory(kind, loss):
    problem = PROBLEMS[f"k-gon, {kind}-gon, smooth"]
    found, gradient = loss_and_gradient(problem, kgon_minimum(kind)[:, None])
    assert found[0] == pytest.approx(loss, abs=1e-5)
    assert np.abs(gradient).max() < 1e-8

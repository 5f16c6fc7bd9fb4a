"""The minimum near a state, and its curvature: many states at once, in float64.

SGD in float32 stops beside a minimum, or on a plateau. Damped Newton steps go on from there; how
far they lead and what they gain says which of the two it was.
"""

from dataclasses import dataclass, replace

import numpy as np
from pydantic import Field

from lgi.llc.problem import Problem
from lgi.settings import Count, Settings

DIFFERENCE = 1e-5  # of the central differences: truncation and rounding are both near 1e-10
FIRST_DAMPING, DAMPING_FALLS, DAMPING_RISES, LAST_DAMPING = 1e-3, 0.25, 8.0, 1e6


class MinimumSettings(Settings):
    """How the minimum near a state is found; see `polished`."""

    steps: Count  # of Newton's method, at most
    longest: float = Field(gt=0)  # a step goes no further, so that it stays in its basin
    tolerance: float = Field(gt=0)  # of the gradient's norm, at which it ends


@dataclass(frozen=True)
class Minimum:
    """Where the polish of some states ended."""

    problem: Problem  # the same, at the minima
    moved: np.ndarray  # [models] |w - state|
    hessian: np.ndarray  # [models, P, P] of L


def polished(problem: Problem, settings: MinimumSettings) -> Minimum:
    """Move every state to the minimum near it by damped Newton steps.

    A step is -Σ_i v_i (v_i·∇L) / (|h_i| + μ) over the eigenvectors v_i of the Hessian (Dauphin et
    al. 2014, "Identifying and attacking the saddle point problem", with Levenberg's damping): it
    descends along negative curvature too. One that does not lower the loss is not taken, and
    raises μ. A state does not depend on the others.

    Parameters
    ----------
    problem
        The states, as its parameters.
    settings
        When it ends.

    Returns
    -------
    Minimum
        A state that is not finite stays as it is.
    """
    states = np.ascontiguousarray(problem.parameters, dtype=np.float64)
    place = states.copy()
    loss, gradient = loss_and_gradient(problem, place)
    damping = np.full(loss.shape, FIRST_DAMPING)
    active = np.flatnonzero(np.isfinite(loss) & np.isfinite(gradient).all(axis=0))
    for _ in range(settings.steps):
        norm = np.sqrt(np.sum(gradient[:, active] ** 2, axis=0))
        active = active[(norm > settings.tolerance) & (damping[active] < LAST_DAMPING)]
        if not active.size:
            break
        part = problem.of(active)
        step = _newton_step(part, place[:, active], gradient[:, active], damping[active])
        step *= np.minimum(1, settings.longest / np.sqrt(np.sum(step**2, axis=0)))
        tried = place[:, active] + step
        new_loss, new_gradient = loss_and_gradient(part, tried)
        lower = new_loss < loss[active]
        taken, left = active[lower], active[~lower]
        place[:, taken], gradient[:, taken] = tried[:, lower], new_gradient[:, lower]
        loss[taken] = new_loss[lower]
        damping[taken] *= DAMPING_FALLS
        damping[left] *= DAMPING_RISES
    there = replace(problem, parameters=place)
    moved = np.sqrt(np.sum((place - states) ** 2, axis=0))
    return Minimum(there, moved, hessian(there))


def loss_and_gradient(problem: Problem, parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return L [models] and ∇L [P, models] of a problem's models at any parameters [P, models]."""
    parameters = np.ascontiguousarray(parameters)
    gradient, loss = np.empty_like(parameters), np.empty(parameters.shape[1])
    problem.loss_and_gradient(parameters, *problem.shared, *problem.per_model, gradient, loss)
    return loss, gradient


def hessian(problem: Problem) -> np.ndarray:
    """Return the Hessian of L at every model's parameters, by central differences of the gradient.

    Parameters
    ----------
    problem
        The models.

    Returns
    -------
    numpy.ndarray
        float64 [models, P, P], symmetric; where the gradient has a kink, the mean of both sides.
    """
    place = np.asarray(problem.parameters, dtype=np.float64)
    size, models = place.shape
    rows = np.empty((models, size, size))
    for p in range(size):
        ends = []
        for side in (DIFFERENCE, -DIFFERENCE):
            shifted = place.copy()
            shifted[p] += side
            ends.append(loss_and_gradient(problem, shifted)[1])
        rows[:, p] = ((ends[0] - ends[1]) / (2 * DIFFERENCE)).T
    return (rows + rows.transpose(0, 2, 1)) / 2


def _newton_step(
    problem: Problem, place: np.ndarray, gradient: np.ndarray, damping: np.ndarray
) -> np.ndarray:  # [P, models]
    curvature, vectors = np.linalg.eigh(hessian(replace(problem, parameters=place)))
    slope = np.sum(vectors * gradient.T[:, :, None], axis=1)  # [models, P] along each eigenvector
    along = -slope / (np.abs(curvature) + damping[:, None])
    return np.sum(vectors * along[:, None, :], axis=2).T

"""The minimum near a state, and its curvature: many states at once, in float64.

SGD in float32 stops beside a minimum, or on a plateau. Damped Newton steps go on from there; how
far they lead and what they gain says which of the two it was.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from pydantic import Field

from lgi.llc.problem import Problem, evaluated
from lgi.settings import Count, Settings

Evaluate = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Function of parameters [P, k] and which lanes they are of [k] to losses [k], gradients [P, k]."""

FALL = 0.25  # of the damping after a step that was taken
AT_ONCE = 1024  # lanes that are evaluated together, so that few of them cost little
LAST_DAMPING = 1e6  # beyond which no step lowers the loss: rounding is all that is left


@dataclass(frozen=True)
class Descent:
    """How a descent goes; see `descend`."""

    steps: int  # at most
    tolerance: float  # of the gradient's norm, at which it ends
    longest: float = np.inf  # a step goes no further
    damping: float = 1e-3  # μ to begin with
    rise: float = 8.0  # of μ after a step that was not taken
    difference: float = 1e-5  # of the central differences: truncation and rounding near 1e-10


class Ends(NamedTuple):
    """Where a descent ended, for each lane."""

    parameters: np.ndarray  # [P, lanes]
    loss: np.ndarray  # [lanes]
    gradient: np.ndarray  # [lanes] largest component


class MinimumSettings(Settings):
    """How the minimum near a state is found; see `polished`."""

    steps: Count  # of Newton's method, at most
    longest: float = Field(gt=0)  # a step goes no further, so that it stays in its basin
    tolerance: float = Field(gt=0)  # of the gradient's norm, at which it ends

    def descent(self) -> Descent:
        """Return the same as a descent."""
        return Descent(**self.model_dump())


@dataclass(frozen=True)
class Minimum:
    """Where the polish of some states ended."""

    problem: Problem  # the same, at the minima
    moved: np.ndarray  # [models] |w - state|
    hessian: np.ndarray  # [models, P, P] of L


def polished(problem: Problem, settings: MinimumSettings) -> Minimum:
    """Move every state to the minimum near it; see `descend`.

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
    place = descend(_evaluate(problem), states, settings.descent()).parameters
    there = replace(problem, parameters=place)
    moved = np.sqrt(np.sum((place - states) ** 2, axis=0))
    return Minimum(there, moved, hessian(there))


def descend(evaluate: Evaluate, states: np.ndarray, how: Descent) -> Ends:
    """Go down from every state by damped Newton steps until the gradient is 0.

    A step is -Σ_i v_i (v_i·∇L) / (|h_i| + μ) over the eigenvectors v_i of the Hessian (Dauphin et
    al. 2014, "Identifying and attacking the saddle point problem", with Levenberg's damping): it
    descends along negative curvature too. One that does not lower the loss is not taken, and
    raises μ. A lane does not depend on the others.

    Parameters
    ----------
    evaluate
        Loss and gradient.
    states
        float64 [P, lanes]: where to begin.
    how
        When it ends.

    Returns
    -------
    Ends
        A state that is not finite stays as it is.
    """
    place, lanes = states.copy(), np.arange(states.shape[1])
    loss, gradient = evaluate(place, lanes)
    damping = np.full(loss.shape, how.damping)
    active = np.flatnonzero(np.isfinite(loss) & np.isfinite(gradient).all(axis=0))
    for _ in range(how.steps):
        norm = np.sqrt(np.sum(gradient[:, active] ** 2, axis=0))
        active = active[(norm > how.tolerance) & (damping[active] < LAST_DAMPING)]
        if not active.size:
            break
        at = np.ascontiguousarray(place[:, active])
        curvature = hessians(evaluate, at, active, how.difference)
        step = _newton_step(curvature, gradient[:, active], damping[active])
        step *= np.minimum(1, how.longest / np.sqrt(np.sum(step**2, axis=0)))
        tried = at + step
        new_loss, new_gradient = evaluate(tried, active)
        lower = new_loss < loss[active]
        taken, left = active[lower], active[~lower]
        place[:, taken], gradient[:, taken] = tried[:, lower], new_gradient[:, lower]
        loss[taken] = new_loss[lower]
        damping[taken] *= FALL
        damping[left] *= how.rise
    return Ends(place, loss, np.abs(gradient).max(axis=0))


def loss_and_gradient(problem: Problem, parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return L [models] and ∇L [P, models] of a problem's models at any parameters [P, models]."""
    data = (*problem.shared, *problem.per_model)
    return evaluated(problem.loss_and_gradient, parameters, *data)


def hessian(problem: Problem) -> np.ndarray:
    """Return the Hessian of L at every model's parameters, float64 [models, P, P]; see `hessians`.

    Parameters
    ----------
    problem
        The models.
    """
    place = np.asarray(problem.parameters, dtype=np.float64)
    return hessians(_evaluate(problem), place, np.arange(place.shape[1]))


def hessians(
    evaluate: Evaluate,
    place: np.ndarray,
    lanes: np.ndarray,
    difference: float = Descent.difference,
) -> np.ndarray:
    """Return the Hessians at some places, by central differences of the gradient.

    Parameters
    ----------
    evaluate
        Loss and gradient.
    place
        float64 [P, k].
    lanes
        Which lanes they are of [k].
    difference
        By which each parameter is shifted both ways.

    Returns
    -------
    numpy.ndarray
        float64 [k, P, P], symmetric; where the gradient has a kink, the mean of both sides.
    """
    size, count = place.shape
    rows = np.empty((count, size, size))
    together = max(1, AT_ONCE // max(1, 2 * count))
    for first in range(0, size, together):
        shifted = range(first, min(first + together, size))
        ends = np.tile(place[:, None, None], (1, len(shifted), 2, 1))  # [P, shifted, 2, k]
        for index, p in enumerate(shifted):
            ends[p, index] += np.array([[difference], [-difference]])
        gradients = evaluate(ends.reshape(size, -1), np.tile(lanes, 2 * len(shifted)))[1]
        gradients = gradients.reshape(ends.shape)
        slopes = (gradients[:, :, 0] - gradients[:, :, 1]) / (2 * difference)
        rows[:, shifted] = slopes.transpose(2, 1, 0)
    return (rows + rows.transpose(0, 2, 1)) / 2


def _evaluate(problem: Problem) -> Evaluate:
    return lambda parameters, lanes: loss_and_gradient(problem.of(lanes), parameters)


def _newton_step(
    hessians: np.ndarray, gradient: np.ndarray, damping: np.ndarray
) -> np.ndarray:  # [P, k]
    curvature, vectors = np.linalg.eigh(hessians)
    slope = np.sum(vectors * gradient.T[:, :, None], axis=1)  # [k, P] along each eigenvector
    along = -slope / (np.abs(curvature) + damping[:, None])
    return np.sum(vectors * along[:, None, :], axis=2).T

"""Minima of a loss from many starts at once, by a damped Newton method."""

from typing import NamedTuple

import numpy as np

from lgi.superposition.training.population import PopulationLoss

STEPS = 300
GRADIENT = 1e-9  # at which a start has arrived
STEP = 1e-6  # of the central differences of the gradient
DAMPING = 0.1  # first one, beside curvatures of order one
FACTOR = 4.0  # by which damping falls after a step down, and rises after one up
FLAT = 1e-6  # curvatures nearer to 0 are those of flat directions


class Ends(NamedTuple):
    """Where a descent ended, for each lane."""

    parameters: np.ndarray  # [P, lanes]
    loss: np.ndarray  # [lanes]
    gradient: np.ndarray  # [lanes] largest component


def descend(loss: PopulationLoss, starts: np.ndarray, damping: float = DAMPING) -> Ends:
    """Go down from every start until the gradient is 0.

    Steps are -(|H| + μ)⁻¹ ∇L with |H| the Hessian with its eigenvalues made positive, so that
    saddles are left ("saddle-free Newton", Dauphin et al. 2014), and only steps that lower the loss
    are taken; μ adapts to that for each start.

    Parameters
    ----------
    loss
        Loss and gradient of parameters, of curvatures of order one.
    starts : array [P, lanes]
        Where to begin.
    damping
        First μ.
    """
    parameters = starts.copy()
    losses, gradient = loss(parameters)
    damping = np.full(parameters.shape[1], damping)
    moving = np.arange(parameters.shape[1])
    for _ in range(STEPS):
        at = np.ascontiguousarray(parameters[:, moving])
        curvature, axes = np.linalg.eigh(hessians(loss, at))
        slope = np.einsum("lpe,pl->le", axes, gradient[:, moving])
        step = slope / (np.abs(curvature) + damping[moving, None])
        proposal = at - np.einsum("lpe,le->pl", axes, step)
        new_losses, new_gradient = loss(proposal)
        lower = new_losses < losses[moving]
        damping[moving] *= np.where(lower, 1 / FACTOR, FACTOR)
        taken = moving[lower]
        parameters[:, taken], losses[taken] = proposal[:, lower], new_losses[lower]
        gradient[:, taken] = new_gradient[:, lower]
        far = np.abs(gradient[:, moving]).max(axis=0) > GRADIENT
        moving = moving[far & (damping[moving] < 1e6)]
        if not moving.size:
            break
    return Ends(parameters, losses, np.abs(gradient).max(axis=0))


def hessians(loss: PopulationLoss, parameters: np.ndarray) -> np.ndarray:
    """Return the Hessians [lanes, P, P] by central differences of the gradient."""
    size, lanes = parameters.shape
    shifts = STEP * np.concatenate([np.eye(size), -np.eye(size)], axis=1)
    around = parameters[:, :, None] + shifts[:, None, :]
    gradient = loss(around.reshape(size, -1))[1].reshape(size, lanes, 2, size)
    found = np.moveaxis(gradient[:, :, 0] - gradient[:, :, 1], 0, 1) / (2 * STEP)
    return (found + found.swapaxes(1, 2)) / 2


def curvatures(loss: PopulationLoss, parameters: np.ndarray) -> np.ndarray:
    """Return the Hessian's eigenvalues without the direction of a rotation of W in its plane.

    Parameters
    ----------
    loss
        Loss and gradient of parameters, W of two rows.
    parameters : array [P, lanes]
        Stationary points.

    Returns
    -------
    array [lanes, P - 1]
        In ascending order.
    """
    size, lanes = parameters.shape
    features = size // 3
    x, y = parameters[:features], parameters[features : 2 * features]
    turn = np.concatenate([-y, x, np.zeros((features, lanes))]).T  # [lanes, P]
    length = np.linalg.norm(turn, axis=1, keepdims=True)
    turn = turn / np.where(length > 0, length, 1)
    away = np.eye(size) - turn[:, :, None] * turn[:, None, :]
    # The rotation is given a curvature above all others, and that is left out.
    inside = away @ hessians(loss, parameters) @ away
    high = 1 + np.abs(inside).sum(axis=(1, 2))
    return np.linalg.eigvalsh(inside + (high[:, None, None] * (np.eye(size) - away)))[:, :-1]

"""Minima of a population loss from many starts at once, and their curvatures."""

import numpy as np

from lgi.llc import minimum
from lgi.superposition.training.population import PopulationLoss

# Curvatures are of order one; a start is far from its minimum, and goes as far as it may.
HOW = minimum.Descent(steps=300, tolerance=1e-9, damping=0.1, rise=4.0, difference=1e-6)
FLAT = 1e-6  # curvatures nearer to 0 are those of flat directions


def descend(loss: PopulationLoss, starts: np.ndarray) -> minimum.Ends:
    """Go down from every start [P, lanes]; see `lgi.llc.minimum.descend`."""
    return minimum.descend(lambda parameters, _: loss(parameters), starts, HOW)


def hessians(loss: PopulationLoss, parameters: np.ndarray) -> np.ndarray:
    """Return the Hessians [lanes, P, P] at parameters [P, lanes]."""
    lanes = np.arange(parameters.shape[1])
    return minimum.hessians(lambda at, _: loss(at), parameters, lanes, HOW.difference)


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

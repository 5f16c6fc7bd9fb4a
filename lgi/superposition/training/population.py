"""The exact population loss of the toy models, with its gradient."""

from collections.abc import Callable

import numpy as np

from lgi.llc.known import losses_cpu
from lgi.llc.problem import evaluated
from lgi.superposition.training.data import population
from lgi.superposition.training.kernels import loss_and_gradient
from lgi.superposition.training.settings import DataSettings

PopulationLoss = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Function of parameters [P, lanes] to the losses [lanes] and their gradient [P, lanes]."""


def population_loss(data: DataSettings, hidden: int, sparsity: float) -> PopulationLoss | None:
    """Return the expectation of the mean over features of (x̂ - x)², as a function.

    Parameters
    ----------
    data
        Kind and size of the data.
    hidden
        Hidden dimension.
    sparsity
        Probability S that a feature is 0; it plays no part in data without S.

    Returns
    -------
    callable or None
        Function of parameters [P, lanes] in float64, W row-major and then b; None where the
        expectation is not known exactly: for uniform data, more than
        `lgi.superposition.training.data.EXACT_FEATURES` binary features, and one active feature in
        another hidden dimension than 2.
    """
    if data.kind == "one_active":
        return _one_active(data.features) if hidden == 2 else None
    found = population(data, sparsity)
    if found is None:
        return None
    patterns, probability = found

    def loss(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        shares = np.repeat(probability[:, None], parameters.shape[1], axis=1)
        return evaluated(loss_and_gradient, parameters, patterns, shares)

    return loss


def population_losses(
    W: np.ndarray, b: np.ndarray, data: DataSettings, sparsity: float
) -> np.ndarray:
    """Return the population loss of every state, NaN where it is not known exactly.

    Parameters
    ----------
    W : array [..., hidden, features]
        Weights.
    b : array [..., features]
        Biases.
    data, sparsity
        As for `population_loss`.

    Returns
    -------
    array [...]
        Expectation of the mean of (x̂ - x)² over features.
    """
    loss = population_loss(data, W.shape[-2], sparsity)
    if loss is None:
        return np.full(b.shape[:-1], np.nan)
    return loss(as_lanes(W, b))[0].reshape(b.shape[:-1])


def as_lanes(W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return states [..., hidden, features] and [..., features] as parameters [P, lanes]."""
    states = b.shape[:-1]
    flat = np.concatenate([W.reshape(*states, -1), b], axis=-1).astype(np.float64)
    return np.ascontiguousarray(flat.reshape(-1, flat.shape[-1]).T)


def from_lanes(parameters: np.ndarray, hidden: int) -> tuple[np.ndarray, np.ndarray]:
    """Return parameters [P, lanes] as W [lanes, hidden, features] and b [lanes, features]."""
    features = len(parameters) // (hidden + 1)
    W = parameters[: hidden * features].T.reshape(-1, hidden, features)
    return W, parameters[hidden * features :].T


def _one_active(features: int) -> PopulationLoss:
    count = np.array(features)

    def loss(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        total, gradient = evaluated(losses_cpu.one_active, parameters, count)
        return total / features, gradient / features

    return loss

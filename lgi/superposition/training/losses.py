"""Losses of many states of a toy model, in float64 whatever the dtype of training."""

import numpy as np

from lgi.llc.problem import evaluated
from lgi.superposition.training.data import count_patterns
from lgi.superposition.training.kernels import loss_and_gradient
from lgi.superposition.training.population import as_lanes


def sample_losses(
    W: np.ndarray,
    b: np.ndarray,
    samples: np.ndarray,
    discrete: bool,
) -> np.ndarray:
    """Return the loss of every model at every snapshot on the model's own samples.

    Parameters
    ----------
    W : array [models, T, hidden, features]
        Weights.
    b : array [models, T, features]
        Biases.
    samples : array [models, samples, features]
        Each model's data set.
    discrete
        Whether samples repeat, so that it pays to count them first.

    Returns
    -------
    array [models, T]
        Mean of (x̂ - x)² over samples and features.
    """
    losses = np.empty(W.shape[:2])
    for model, own in enumerate(samples):
        patterns, counts = own, np.ones(len(own))
        if discrete:
            patterns, (counts,) = count_patterns(own[None])
        losses[model] = pattern_losses(W[model], b[model], patterns, counts / len(own))
    return losses


def pattern_losses(
    W: np.ndarray,
    b: np.ndarray,
    patterns: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    """Return the loss of every state on weighted patterns.

    Parameters
    ----------
    W : array [..., hidden, features]
        Weights.
    b : array [..., features]
        Biases.
    patterns : array [K, features]
        Inputs.
    weights : array [K]
        Share of each; they sum to 1.

    Returns
    -------
    array [...]
        Weighted mean of the mean of (x̂ - x)² over features.
    """
    parameters = as_lanes(W, b)
    shares = np.repeat(np.asarray(weights, np.float64)[:, None], parameters.shape[1], axis=1)
    patterns = np.ascontiguousarray(patterns, np.float64)
    losses, _ = evaluated(loss_and_gradient, parameters, patterns, shares)
    return losses.reshape(b.shape[:-1])

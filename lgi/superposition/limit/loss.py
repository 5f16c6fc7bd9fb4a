"""The loss of the limit, in the units of Chen et al. (2023): summed over the features."""

import numpy as np

from lgi.jit import njit
from lgi.llc.known.losses_cpu import ONE_ACTIVE_ROWS, one_active_of
from lgi.llc.lane_loss import lane_loss
from lgi.superposition.geometry.geometry import kgon_kinds
from lgi.superposition.limit.settings import FEATURES, HIDDEN
from lgi.superposition.phases.descent import descend
from lgi.superposition.training.population import from_lanes, population_loss
from lgi.superposition.training.settings import OneActiveData

_MEAN = population_loss(
    OneActiveData(kind="one_active", features=FEATURES, test_samples=1), HIDDEN, 1.0
)


def total_loss(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return E Σ (x̂ - x)² [lanes] of parameters [P, lanes], and its gradient."""
    loss, gradient = _MEAN(parameters)
    return FEATURES * loss, FEATURES * gradient


def quenched(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the k-gon and the loss of the minimum that each lane descends to, both [lanes]."""
    ends = descend(total_loss, np.ascontiguousarray(parameters))
    return kgon_kinds(*from_lanes(ends.parameters, HIDDEN)), ends.loss


@njit
def _total(parameters, work, gradient, loss):
    """Do what `total_loss` does."""
    size, lanes = parameters.shape
    one_active_of(parameters, FEATURES, work, gradient, loss)
    for lane in range(lanes):
        loss[lane] = FEATURES * (loss[lane] / FEATURES)
    for p in range(size):
        for lane in range(lanes):
            gradient[p, lane] = FEATURES * (gradient[p, lane] / FEATURES)


@lane_loss(rows=lambda *_: ONE_ACTIVE_ROWS)
@njit
def negative_log_likelihood(parameters, unit, work, gradient, loss):
    """E Σ (x̂ - x)² over the `unit` [1], 2 σ²."""
    size, lanes = parameters.shape
    _total(parameters, work, gradient, loss)
    for lane in range(lanes):
        loss[lane] /= unit[0]
    for p in range(size):
        for lane in range(lanes):
            gradient[p, lane] /= unit[0]


@lane_loss(rows=lambda *_: ONE_ACTIVE_ROWS)
@njit
def energy(parameters, scales, work, gradient, loss):
    """N E Σ (x̂ - x)² + |w|² / (2 s²), of N and s² as the `scales` [2]: -ln of the posterior."""
    size, lanes = parameters.shape
    scale, square = scales[0], scales[1]
    _total(parameters, work, gradient, loss)
    length = work[0]  # room that is no longer needed
    for lane in range(lanes):
        length[lane] = 0.0
    for p in range(size):
        for lane in range(lanes):
            place = parameters[p, lane]
            gradient[p, lane] = scale * gradient[p, lane] + place / square
            length[lane] += place * place
    for lane in range(lanes):
        loss[lane] = scale * loss[lane] + length[lane] / (2.0 * square)

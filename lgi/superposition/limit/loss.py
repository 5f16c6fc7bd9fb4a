"""The loss of the limit, in the units of Chen et al. (2023): summed over the features."""

import numpy as np

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

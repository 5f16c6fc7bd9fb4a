"""The loss of study 2's models as chains take it."""

from collections.abc import Callable
from functools import cache

import numpy as np

from lgi.jit import njit
from lgi.llc.lane_loss import lane_loss
from lgi.superposition.training import kernels


def _sizes(size: int, patterns: np.ndarray, *_) -> tuple[int, int]:
    """Return the hidden dimension and the features of a model of P parameters."""
    features = patterns.shape[1]
    return size // features - 1, features


@lane_loss(
    rows=lambda size, *data: int(kernels.rows(*_sizes(size, *data))),
    many=kernels.loss_and_gradient,
    sizes=_sizes,
)
@cache
def loss_and_gradient(hidden: int, features: int) -> Callable[..., None]:
    """Mean squared error of toy models; see `lgi.superposition.training.kernels`."""

    @njit
    def one_lane(parameters, patterns, weights, work, gradient, loss):
        kernels.lane_loss_and_gradient(
            work, hidden, features, parameters, patterns, weights, gradient, loss
        )

    return one_lane

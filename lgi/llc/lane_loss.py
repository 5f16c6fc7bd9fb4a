"""Losses that the CPU calls for many lanes and a kernel for one, said once."""

from collections.abc import Callable
from functools import update_wrapper

import numpy as np


class LaneLoss:
    """A loss in numba that asks for no memory, so that a kernel can call it.

    It is called as `lgi.llc.problem.Problem` asks for: (parameters [P, lanes], *data, gradient
    [P, lanes], loss [lanes]), all of one floating dtype.

    Attributes
    ----------
    body
        The compiled function, which takes room before its two results:
        (parameters, *data, work [rows, lanes], gradient, loss). No operation mixes lanes.
    rows
        Function of (P, *data) to the rows of that room; None for none.
    """

    def __init__(self, function: Callable[..., None], rows: Callable[..., int] | None = None):
        update_wrapper(self, function)
        self.body, self.rows = function, rows

    def room(self, parameters: np.ndarray, *data: np.ndarray) -> int:
        """Return the rows of the room for parameters [P, lanes] and the loss's data."""
        return self.rows(len(parameters), *data) if self.rows else 0

    def __call__(self, parameters: np.ndarray, *arguments: np.ndarray) -> None:
        """Write loss and gradient of every lane."""
        *data, gradient, loss = arguments
        work = np.empty((self.room(parameters, *data), parameters.shape[1]), parameters.dtype)
        self.body(parameters, *data, work, gradient, loss)


def lane_loss(rows: Callable[..., int] | None = None) -> Callable[[Callable], LaneLoss]:
    """Make a `LaneLoss` of a compiled function: ``@lane_loss()`` above ``@njit``."""
    return lambda function: LaneLoss(function, rows)

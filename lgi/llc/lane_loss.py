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
    many
        What the CPU calls instead, without room: the same bits for many lanes, faster. Then `body`
        is of one lane alone, and its room is [rows].
    sizes
        Function of (P, *data) to numbers that a kernel is made for, so that its loops are unrolled
        and the room lies in registers. Then `body` is a function of these numbers to the compiled
        one.
    """

    def __init__(
        self,
        body: Callable,
        rows: Callable[..., int] | None = None,
        many: Callable[..., None] | None = None,
        sizes: Callable[..., tuple[int, ...]] | None = None,
    ):
        update_wrapper(self, body)
        self.body, self.rows, self.many, self.sizes = body, rows, many, sizes

    def __call__(self, parameters: np.ndarray, *arguments: np.ndarray) -> None:
        """Write loss and gradient of every lane."""
        *data, gradient, loss = arguments
        if self.many:
            self.many(parameters, *arguments)
            return
        rows = self.room(parameters, *data)
        work = np.empty((rows, parameters.shape[1]), parameters.dtype)
        self.made_for(parameters, *data)(parameters, *data, work, gradient, loss)

    def room(self, parameters: np.ndarray, *data: np.ndarray) -> int:
        """Return the rows of the room for parameters [P, lanes] and the loss's data."""
        return self.rows(len(parameters), *data) if self.rows else 0

    def literals(self, parameters: np.ndarray, *data: np.ndarray) -> tuple[int, ...]:
        """Return the numbers that its compiled function is made for."""
        return self.sizes(len(parameters), *data) if self.sizes else ()

    def made_for(self, parameters: np.ndarray, *data: np.ndarray) -> Callable[..., None]:
        """Return the compiled function."""
        return self.body(*self.literals(parameters, *data)) if self.sizes else self.body


def lane_loss(**options: Callable) -> Callable[[Callable], LaneLoss]:
    """Make a `LaneLoss` of a compiled function: ``@lane_loss()`` above ``@njit``."""
    return lambda body: LaneLoss(body, **options)

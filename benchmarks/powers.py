"""Powers that costs follow, fitted to what was measured."""

from typing import NamedTuple

import numpy as np


class Power(NamedTuple):
    """Cost = factor × size^exponent, by least squares of the logarithms."""

    exponent: float
    factor: float
    residual: float  # largest |cost / fitted - 1|
    low: float  # the sizes it was fitted to
    high: float

    def at(self, sizes: np.ndarray) -> np.ndarray:
        """Return the fitted costs."""
        return self.factor * np.asarray(sizes, float) ** self.exponent


def fit_power(sizes, costs) -> Power:
    """Fit a power to costs.

    Parameters
    ----------
    sizes, costs
        Positive, one of each for a case; at least two different sizes.

    Raises
    ------
    ValueError
        If one is not positive, or the sizes are all the same.
    """
    sizes, costs = np.asarray(sizes, float), np.asarray(costs, float)
    if not ((sizes > 0).all() and (costs > 0).all() and np.unique(sizes).size > 1):
        raise ValueError("a power needs positive costs at two or more sizes")
    exponent, logarithm = np.polyfit(np.log(sizes), np.log(costs), 1)
    fitted = np.exp(logarithm) * sizes**exponent
    residual = np.max(np.abs(costs / fitted - 1))
    return Power(*map(float, (exponent, np.exp(logarithm), residual, sizes.min(), sizes.max())))


def exponents(factors: dict[str, np.ndarray], costs: np.ndarray) -> dict[str, float]:
    """Return the powers of several factors whose product fits costs best.

    Parameters
    ----------
    factors
        Each factor in every case.
    costs
        The cost of every case.
    """
    logarithms = [np.log(np.asarray(values, float)) for values in factors.values()]
    matrix = np.column_stack([*logarithms, np.ones(len(costs))])
    found = np.linalg.lstsq(matrix, np.log(np.asarray(costs, float)), rcond=None)[0]
    return dict(zip(factors, map(float, found), strict=False))

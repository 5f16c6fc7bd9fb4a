"""Quantiles and tails of distributions, from `scipy.special`.

The same bits as those of `scipy.stats`, whose import takes longer than most tables.
"""

import numpy as np

# Imported where it is called: of the jobs that import a table's module, not all draw intervals.


def t_quantile(p: np.ndarray | float, freedom: np.ndarray | float) -> np.ndarray | float:
    """Return the quantile of Student's t at `p`, NaN without a degree of freedom."""
    from scipy.special import stdtrit

    return stdtrit(freedom, p)


def t_tail(x: float, freedom: float) -> float:
    """Return the mass of Student's t above `x`."""
    from scipy.special import stdtr

    return stdtr(freedom, -x)


def normal_quantile(p: float) -> float:
    """Return the quantile of the standard normal distribution at `p`."""
    from scipy.special import ndtri

    return float(ndtri(p))


def normal_mass(x: np.ndarray | float) -> np.ndarray | float:
    """Return the mass of the standard normal distribution below `x`."""
    from scipy.special import ndtr

    return ndtr(x)


def coin_quantile(p: float, n: int) -> int:
    """Return the quantile at `p` of the number of heads of `n` throws."""
    from scipy.special import bdtr

    return int(np.searchsorted(bdtr(np.arange(n + 1), n, 0.5), p))

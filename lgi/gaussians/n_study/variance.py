"""How much of the variance of losses is due to N, and how much to the seed."""

from functools import partial

import numpy as np

from lgi import intervals
from lgi.intervals import Interval

SOURCES = ("within", "seed", "n", "rest", "n_beyond", "rest_beyond")
SHARES = {
    "of all losses": ("n", ("n", "seed", "rest")),
    "of one curve": ("n", ("n", "rest")),
    "of one curve beyond its trend": ("n_beyond", ("n_beyond", "rest_beyond")),
}
"""Shares of the variance that N explains: one source of it, and those that it is a part of."""


def sources(losses: np.ndarray) -> dict[str, float]:
    """Return the variance of losses by its sources, by the method of moments.

    ``within`` is the variance over seeds at one N. The two-way model, loss = seed + N + rest,
    splits it into ``seed``, which shifts a whole curve, and ``rest``, and sets ``n`` beside them,
    the variance of the true means between N. (The one-way model, loss = N + rest, would take the
    losses of one seed for independent.) Beyond a linear trend of each curve, ``n_beyond`` and
    ``rest_beyond`` are left of the last two. By Searle, Casella and McCulloch (1992), "Variance
    Components", chapter 4. A source that is not there is estimated below 0 half of the time; it is
    left so, to be unbiased.

    Parameters
    ----------
    losses
        A row per seed, a column per N of equal distance; at least 2 × 3.
    """
    seeds, numbers = losses.shape
    by_n, by_seed = losses.mean(axis=0), losses.mean(axis=1)
    residuals = losses - by_n - by_seed[:, None] + losses.mean()
    rest = (residuals**2).sum() / ((seeds - 1) * (numbers - 1))
    rest_beyond = (_bends(residuals) ** 2).sum() / ((seeds - 1) * (numbers - 2))
    beyond = (_bends(by_n[None, :]) ** 2).sum() / (numbers - 2)
    return {
        "within": losses.var(axis=0, ddof=1).mean(),
        "seed": by_seed.var(ddof=1) - rest / numbers,
        "n": by_n.var(ddof=1) - rest / seeds,
        "rest": rest,
        "n_beyond": beyond - rest_beyond / seeds,
        "rest_beyond": rest_beyond,
    }


def source(losses: np.ndarray, name: str, confidence: float) -> Interval:
    """Return one of the `sources` with its jackknife interval over seeds."""
    return _jackknife(lambda rows: sources(rows)[name], losses, confidence)


def share(losses: np.ndarray, name: str, confidence: float) -> Interval:
    """Return one of the `SHARES` of N with its jackknife interval over seeds.

    Parameters
    ----------
    losses
        A row per seed, a column per N. Fewer than 2 × 3 have no share, fewer than three seeds no
        interval.
    name
        Which share.
    confidence
        Level of the interval.
    """
    part, whole = SHARES[name]
    return _jackknife(partial(_share, part=part, whole=whole), losses, confidence)


def _jackknife(statistic, losses: np.ndarray, confidence: float) -> Interval:
    if losses.shape[0] < 2 or losses.shape[1] < 3:
        return Interval(np.nan, np.nan, np.nan, len(losses))
    return intervals.jackknife(statistic, losses, confidence)


def _share(losses: np.ndarray, part: str, whole: tuple[str, ...]) -> float:
    found = sources(losses)
    total = sum(found[name] for name in whole)
    return found[part] / total if total > 0 else np.nan


def _bends(curves: np.ndarray) -> np.ndarray:
    """Return curves [k, N] less their own least-squares lines."""
    away = np.arange(curves.shape[1]) - (curves.shape[1] - 1) / 2
    slopes = curves @ away / (away**2).sum()
    return curves - curves.mean(axis=1, keepdims=True) - slopes[:, None] * away

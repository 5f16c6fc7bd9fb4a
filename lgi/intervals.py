"""Estimates with their intervals, for data of any size: too little of it gives NaN, not an error.

An interval that data do not allow is NaN at both ends, and the rule of `lgi.claims` then decides
nothing. Values that are not finite are left out before anything is counted.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from lgi.distributions import coin_quantile, normal_quantile, t_quantile, t_tail

HALVES = 200  # random halves of a jackknife; more change the ends by less than a tenth


class Interval(NamedTuple):
    """An estimate, its interval and the number of values it rests on."""

    value: float
    low: float
    high: float
    n: int


class Line(NamedTuple):
    """A least-squares line y = intercept + slope x, and how far the points bend away from it."""

    slope: Interval
    intercept: Interval
    r_squared: float
    curvature: Interval  # coefficient of x² in the least-squares parabola


def mean(values: np.ndarray, confidence: float) -> Interval:
    """Return the mean of independent values with Student's t interval; it takes two values."""
    values = _finite(values)
    n = len(values)
    if not n:
        return Interval(np.nan, np.nan, np.nan, 0)
    error = values.std(ddof=1) / np.sqrt(n) if n > 1 else np.nan
    return _student(values.mean(), error, n - 1, n, confidence)


def median(values: np.ndarray, confidence: float) -> Interval:
    """Return the median of independent values with an interval between two of them, by rank.

    It holds for any distribution (Thompson 1936, "On confidence ranges for the median and other
    expectation distributions for populations of unknown distribution form") and is at least as wide
    as its level; at 0.95 it takes six values.
    """
    values = np.sort(_finite(values))
    n = len(values)
    if not n:
        return Interval(np.nan, np.nan, np.nan, 0)
    beyond = coin_quantile((1 - confidence) / 2, n)  # values below the lower end, and 1
    low, high = (values[beyond - 1], values[n - beyond]) if beyond else (np.nan, np.nan)
    return Interval(float(np.median(values)), float(low), float(high), n)


def share(hits: int, n: int, confidence: float) -> Interval:
    """Return a share with its exact interval (Clopper and Pearson 1934); it takes one value."""
    if not n:
        return Interval(np.nan, np.nan, np.nan, 0)
    from scipy import stats  # here, since importing it takes long

    interval = stats.binomtest(int(hits), int(n)).proportion_ci(confidence, method="exact")
    return Interval(hits / n, float(interval.low), float(interval.high), int(n))


def joint_level(confidence: float, count: int) -> float:
    """Return the level of each of `count` intervals that hold together (Bonferroni)."""
    return 1 - (1 - confidence) / max(count, 1)


def rank_correlation(pairs: np.ndarray) -> np.ndarray:
    """Return Spearman's rank correlation of two columns, NaN where one does not vary.

    Differences up to 1e-12 of the largest value are rounding, not variation.

    Parameters
    ----------
    pairs
        [..., n, 2]; leading axes are samples of their own.
    """
    size = np.abs(pairs).max(axis=-2, keepdims=True)
    rounded = np.round(pairs / np.where(size > 0, size, 1), 12)
    return _correlation(_ranks(rounded.swapaxes(-1, -2)).swapaxes(-1, -2))


def rank_correlations(pairs: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return `rank_correlation` of many resamples of the same pairs, several times faster.

    Parameters
    ----------
    pairs
        [n, 2], finite.
    chosen
        Indices of pairs [resamples, m].
    """
    n, size = len(pairs), np.abs(pairs).max(axis=0)
    rounded = np.round(pairs / np.where(size > 0, size, 1), 12)
    first = n * np.arange(len(chosen))[:, None]
    counts = np.bincount((first + chosen).ravel(), minlength=n * len(chosen)).reshape(-1, n)
    result = _correlation_of_counts(rounded, counts)
    columns = zip(pairs.T, rounded.T, strict=True)
    if any(len(np.unique(each)) > len(np.unique(merged)) for each, merged in columns):
        # What is rounding depends on the largest value of each resample.
        others = [
            counts[:, column == largest].any(axis=1)
            for column, largest in zip(np.abs(pairs).T, size, strict=True)
        ]
        rest = ~np.logical_and.reduce(others)
        result[rest] = rank_correlation(pairs[chosen[rest]])
    return result


def _correlation_of_counts(pairs: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the rank correlation of pairs [n, 2] that resamples [resamples, n] hold so often.

    Ranks are halves of whole numbers about a mean that is one too, so that all sums are exact and
    the order of their terms says nothing.
    """
    x, y = (_counted_ranks(column, counts) for column in pairs.T)
    weighed = counts * x
    spread = np.sqrt(np.einsum("ri,ri->r", weighed, x) * np.einsum("ri,ri,ri->r", counts, y, y))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.einsum("ri,ri->r", weighed, y) / spread


def _counted_ranks(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the rank of each value in each resample, ties at their mean, less the mean rank."""
    levels, place = np.unique(values, return_inverse=True)
    if len(levels) < len(values):
        order = np.argsort(place, kind="stable")
        starts = np.searchsorted(place[order], np.arange(len(levels)))
        of_levels = np.add.reduceat(counts[:, order], starts, axis=1)
    else:
        of_levels = counts[:, np.argsort(values)]
    ranks = np.cumsum(of_levels, axis=1) - (of_levels - 1) / 2
    return ranks[:, place] - (counts.sum(axis=1, keepdims=True) + 1) / 2


def _ranks(values: np.ndarray) -> np.ndarray:
    """Return the ranks along the last axis, ties at their mean; NaN where there is one."""
    order = np.argsort(values, axis=-1, stable=True)
    ordered = np.take_along_axis(values, order, axis=-1)
    place = np.arange(values.shape[-1])
    new = np.concatenate(
        [np.ones_like(ordered[..., :1], bool), ordered[..., 1:] != ordered[..., :-1]], axis=-1
    )
    last = np.roll(new, -1, axis=-1)  # the first is always new, so that the last is a last one
    first = np.maximum.accumulate(np.where(new, place, 0), axis=-1)
    end = np.minimum.accumulate(np.where(last, place, len(place))[..., ::-1], axis=-1)[..., ::-1]
    ranks = np.empty(values.shape)
    np.put_along_axis(ranks, order, 1 + (first + end) / 2, axis=-1)
    return np.where(np.isnan(values).any(axis=-1, keepdims=True), np.nan, ranks)


def _correlation(ranks: np.ndarray) -> np.ndarray:  # [..., n, 2]
    ranks = ranks - ranks.mean(axis=-2, keepdims=True)
    x, y = ranks[..., 0], ranks[..., 1]
    spread = np.sqrt((x**2).sum(axis=-1) * (y**2).sum(axis=-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return (x * y).sum(axis=-1) / spread


def spearman(x: np.ndarray, y: np.ndarray, confidence: float) -> Interval:
    """Return Spearman's rank correlation with its interval; it takes four pairs that vary.

    The interval is Fisher's, with the variance (1 + r² / 2) / (n - 3) of Bonett and Wright (2000),
    "Sample size requirements for estimating Pearson, Kendall and Spearman correlations". Pairs in
    perfect order have no variance there: their interval reaches from their end to where that of
    the ranking with two neighbours exchanged ends.
    """
    x, y = _finite_pairs(x, y)
    n = len(x)
    value = float(rank_correlation(np.column_stack([x, y]))) if n > 1 else np.nan
    if not np.isfinite(value):
        return Interval(np.nan, np.nan, np.nan, n)
    value = round(value, 12)  # perfect order is 1, rounding aside
    if n < 4:
        return Interval(value, np.nan, np.nan, n)
    nearest = 1 - 12 / (n * (n * n - 1))
    inside = float(np.clip(value, -nearest, nearest))
    half = normal_quantile((1 + confidence) / 2) * np.sqrt((1 + inside**2 / 2) / (n - 3))
    low, high = np.tanh(np.arctanh(inside) - half), np.tanh(np.arctanh(inside) + half)
    return Interval(
        value, -1.0 if value < -nearest else float(low), 1.0 if value > nearest else float(high), n
    )


def line(x: np.ndarray, y: np.ndarray, confidence: float) -> Line:
    """Return the least-squares line through points with t intervals of its coefficients.

    Parameters
    ----------
    x, y
        Points; a line takes three of them that differ in x, a curvature four.
    confidence
        Level of the intervals, 0 to 1. They hold if the points lie about the line independently.
    """
    x, y = _finite_pairs(x, y)
    n = len(x)
    nothing = Interval(np.nan, np.nan, np.nan, n)
    if n < 3 or len(np.unique(x)) < 2:
        return Line(nothing, nothing, np.nan, nothing)
    of_x, of_both, _, of_y = np.cov(x, y, bias=True).flat
    r = np.clip(of_both / np.sqrt(of_x * of_y), -1, 1) if of_y else np.nan
    slope = of_both / of_x
    error = np.sqrt((1 - r**2) * of_y / of_x / (n - 2))
    return Line(
        _student(slope, error, n - 2, n, confidence),
        _student(
            y.mean() - slope * x.mean(),
            error * np.sqrt(of_x + x.mean() ** 2),
            n - 2,
            n,
            confidence,
        ),
        float(r**2) if np.ptp(y) else np.nan,
        _curvature(x, y, confidence),
    )


def prediction(x: np.ndarray, y: np.ndarray, at: float, confidence: float) -> Interval:
    """Return where the line through points expects a further point to lie at `at`."""
    x, y = _finite_pairs(x, y)
    n = len(x)
    fitted = line(x, y, confidence)
    value = fitted.intercept.value + fitted.slope.value * at
    if not np.isfinite(value):
        return Interval(np.nan, np.nan, np.nan, n)
    rest = y - fitted.intercept.value - fitted.slope.value * x
    spread = np.sqrt((rest**2).sum() / (n - 2))
    far = 1 + 1 / n + (at - x.mean()) ** 2 / ((x - x.mean()) ** 2).sum()
    return _student(value, spread * np.sqrt(far), n - 2, n, confidence)


def jackknife(
    statistic: Callable[[np.ndarray], float], rows: np.ndarray, confidence: float
) -> Interval:
    """Return a statistic of independent rows with Tukey's (1958) jackknife interval.

    Parameters
    ----------
    statistic
        Gives a number for rows [m, ...].
    rows
        Rows [n, ...]; it takes three.
    confidence
        Level of the interval, 0 to 1: Student's t with n - 1 degrees of freedom.
    """
    n = len(rows)
    value = float(statistic(rows)) if n else np.nan
    if n < 3 or not np.isfinite(value):
        return Interval(value, np.nan, np.nan, n)
    without = np.array([statistic(np.delete(rows, i, axis=0)) for i in range(n)])
    error = np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())
    return _student(value, error, n - 1, n, confidence)


def half_jackknife(
    statistic: Callable[[np.ndarray], float],
    rows: np.ndarray,
    confidence: float,
    random: np.random.Generator,
) -> Interval:
    """Return a statistic of independent rows with the interval of a jackknife that drops halves.

    For statistics that jump, such as ranks and the place of a minimum, where leaving one row out
    says nothing of the error (Shao and Wu 1989, "A general theory for jackknife variance
    estimation").

    Parameters
    ----------
    statistic
        Gives a number for rows [m >= 2, ...].
    rows
        Rows [n, ...]; it takes four.
    confidence
        Level of the interval, 0 to 1: Student's t with n - 1 degrees of freedom.
    random
        Chooses the rows that stay, `HALVES` times.
    """
    n = len(rows)
    value = float(statistic(rows)) if n > 1 else np.nan
    if n < 4 or not np.isfinite(value):
        return Interval(value, np.nan, np.nan, n)
    kept = n - n // 2
    halves = np.array([statistic(rows[random.permutation(n)[:kept]]) for _ in range(HALVES)])
    halves = _finite(halves)
    spread = halves.std() if len(halves) else np.nan
    return _student(value, np.sqrt(kept / (n - kept)) * spread, n - 1, n, confidence)


def p_of_mean(values: np.ndarray) -> float:
    """Return the p-value of the two-sided t test that a mean is 0; it takes two values."""
    values = _finite(values)
    n = len(values)
    if n < 2:
        return np.nan
    error = values.std(ddof=1) / np.sqrt(n)
    if not error:
        return float(not values[0])
    return float(2 * t_tail(abs(values.mean() / error), n - 1))


def holm(p: np.ndarray) -> np.ndarray:
    """Return p-values corrected for their number (Holm 1979); NaN stays and does not count."""
    p = np.asarray(p, dtype=float)
    corrected = np.full(len(p), np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    steps = p[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return corrected


def _curvature(x: np.ndarray, y: np.ndarray, confidence: float) -> Interval:
    """Return the coefficient of x², with what a line explains taken out of x² and y alike."""
    n = len(x)
    if n < 4 or len(np.unique(x)) < 3:
        return Interval(np.nan, np.nan, np.nan, n)
    away = x - x.mean()
    square, rest = (v - v.mean() - away * (away * v).sum() / (away**2).sum() for v in (away**2, y))
    value = (square * rest).sum() / (square**2).sum()
    error = np.sqrt(((rest - value * square) ** 2).sum() / (n - 3) / (square**2).sum())
    return _student(value, error, n - 3, n, confidence)


def _student(value: float, error: float, freedom: int, n: int, confidence: float) -> Interval:
    if freedom < 1 or not np.isfinite(error):
        return Interval(float(value), np.nan, np.nan, n)
    half = error * t_quantile((1 + confidence) / 2, freedom)
    return Interval(float(value), float(value - half), float(value + half), n)


def _finite(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, dtype=float)
    return values[np.isfinite(values)]


def _finite_pairs(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    finite = np.isfinite(x) & np.isfinite(y)
    return x[finite], y[finite]

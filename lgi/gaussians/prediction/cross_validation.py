"""Least squares, judged on rows that it was not fitted to.

Each row is predicted by the line that was fitted to other rows, sign, slope and intercept included,
so that what says nothing of the target earns nothing.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

_CONSTANT = 1e-12
"""A column whose deviation is at most this share of its largest value does not vary."""

_JITTER = 1e-10
"""Added to the correlations of predictors, so that those which say the same share one slope."""


_TIE = 1e-9
"""Predictions of a target of 0 and 1 that differ by no more are equal but for rounding."""


class Folds(NamedTuple):
    """Which rows each row is predicted by."""

    place: np.ndarray  # [rows] fold of each row
    share: np.ndarray  # [folds, rows] weight of each row in the fit that predicts a fold; sums to 1


def folds(labels: Sequence[np.ndarray]) -> Folds:
    """Return folds in which each row is predicted by the rows that share no label with it.

    Parameters
    ----------
    labels
        Each [rows]. With seeds, rows are predicted by other seeds; with seeds and N, by other
        seeds at other N.
    """
    codes = [np.unique(label, return_inverse=True)[1] for label in labels]
    sizes = [code.max(initial=-1) + 1 for code in codes]
    joint, place = np.unique(np.ravel_multi_index(codes, sizes), return_inverse=True)
    own = np.unravel_index(joint, sizes)
    fitted = np.ones((len(joint), len(place)), dtype=bool)
    for code, mine in zip(codes, own, strict=True):
        fitted &= code != mine[:, None]
    return Folds(place, fitted / np.maximum(fitted.sum(axis=1, keepdims=True), 1))


def predictions(
    x: np.ndarray,  # [rows, p]
    y: np.ndarray,  # [rows]
    apart: Folds,
    ridge: float = 0.0,
) -> np.ndarray:
    """Return the target of each row as the rows predict it that it is kept apart from.

    Parameters
    ----------
    x
        Predictors, finite. A column that does not vary among the rows fitted to says nothing; no
        columns at all predict the mean.
    y
        Target, finite.
    apart
        Which rows each row is predicted by.
    ridge
        Penalty on the squared slopes of standardised predictors, in rows: so many more rows would
        have to say that a slope is 0.

    Returns
    -------
    ndarray
        [rows]; NaN where there is nothing to fit to.
    """
    x, y = _standard(np.asarray(x, dtype=float)), np.asarray(y, dtype=float)
    place, share = apart
    mean_x, mean_y = share @ x, share @ y
    rows, p = x.shape
    products = (x[:, :, None] * x[:, None]).reshape(rows, p * p)
    together = (share @ products).reshape(len(share), p, p) - mean_x[:, :, None] * mean_x[:, None]
    with_y = share @ (x * y[:, None]) - mean_x * mean_y[:, None]
    one_row = share.max(axis=1)
    slope = _slopes(together, with_y, ridge * one_row)
    predicted = mean_y[place] + ((x - mean_x[place]) * slope[place]).sum(axis=1)
    return np.where(one_row[place] > 0, predicted, np.nan)


def skill(y: np.ndarray, predicted: np.ndarray, baseline: np.ndarray) -> float:
    """Return the share of a baseline's squared error that a prediction saves.

    1 for a perfect prediction, 0 for one as good as the baseline, below 0 for a worse one; NaN if
    the baseline is perfect. Against the mean it is R² out of sample, or for a target of 0 and 1 the
    Brier skill score (Brier 1950, "Verification of forecasts expressed in terms of probability").
    """
    error = ((y - baseline) ** 2).sum()
    return float(1 - ((y - predicted) ** 2).sum() / error) if error > 0 else np.nan


def auc(y: np.ndarray, predicted: np.ndarray, fold: np.ndarray) -> float:
    """Return how often a row of target 1 is predicted higher than one of its fold of target 0.

    The area under the ROC curve (Hanley and McNeil 1982), of pairs within a fold: those come from
    one fit, while the mean that a fit starts from is lower where its fold's is higher. Ties count
    half. NaN without such pairs.
    """
    one, zero = y == 1, y == 0
    same = fold[one][:, None] == fold[zero]
    if not same.any():
        return np.nan
    difference = (predicted[one][:, None] - predicted[zero])[same]
    higher = np.where(np.abs(difference) > _TIE, np.sign(difference), 0 * difference)
    return float((1 + higher.mean()) / 2)


def _standard(x: np.ndarray) -> np.ndarray:
    """Return columns of mean 0 and deviation 1, those that do not vary as 0.

    This is against rounding alone: each fit sees the deviation among its own rows.
    """
    largest = np.abs(x).max(axis=0, initial=0)
    x = x - x.mean(axis=0)
    deviation = x.std(axis=0)
    varies = deviation > _CONSTANT * largest
    return np.divide(x, deviation, out=np.zeros_like(x), where=varies)


def _slopes(together: np.ndarray, with_y: np.ndarray, ridge: np.ndarray) -> np.ndarray:
    """Return slopes [folds, p] from covariances [folds, p, p] and [folds, p].

    The ridge [folds] is in units of a variance.
    """
    variance = np.einsum("fpp->fp", together)
    varies = variance > _CONSTANT
    inverse = np.where(varies, 1 / np.sqrt(np.where(varies, variance, 1)), 0)
    correlation = together * inverse[:, :, None] * inverse[:, None]
    penalty = (ridge + _JITTER)[:, None, None] * np.eye(variance.shape[1])
    solved = np.linalg.solve(correlation + penalty, (with_y * inverse)[:, :, None])
    return solved[:, :, 0] * inverse

"""Convergence diagnostics of many sets of chains at once.

The formulas are those of Vehtari et al. (2021), "Rank-normalization, folding, and localization: an
improved R-hat for assessing convergence of MCMC", as ArviZ computes them, against which they are
tested; ArviZ takes one set of chains at a time, 2 to 10 ms each. Draws are arrays
[models, chains, draws] with two or more chains of four or more draws, all finite.
"""

from functools import lru_cache
from statistics import NormalDist

import numpy as np


def rhat(draws: np.ndarray) -> np.ndarray:
    """Return R-hat, the larger of the bulk's and the tails': ``arviz_stats.rhat(method="rank")``.

    R-hat compares the spread of all half chains with the spread within each, after the draws were
    replaced by normal scores of their ranks. NaN where a model's draws are all the same.

    Parameters
    ----------
    draws
        float [models, chains, draws].

    Returns
    -------
    numpy.ndarray
        float [models].
    """
    halves = _split(draws)
    folded = np.abs(halves - np.median(halves, axis=(1, 2), keepdims=True))
    return np.maximum(_rhat(_normal_scores(halves)), _rhat(_normal_scores(folded)))


def ess_bulk(draws: np.ndarray) -> np.ndarray:
    """Return the effective sample size of the bulk: ``arviz_stats.ess(method="bulk")``.

    It is that of the normal scores of the draws' ranks, over split chains. It counts the spread
    between chains as well as autocorrelation.

    Parameters
    ----------
    draws
        float [models, chains, draws].

    Returns
    -------
    numpy.ndarray
        float [models].
    """
    return _ess(_normal_scores(_split(draws)))


def mcse_mean(draws: np.ndarray) -> np.ndarray:
    """Return the standard error of the mean over chains: ``arviz_stats.mcse(method="mean")``.

    The standard deviation of all draws over the root of their effective sample size, that of the
    draws themselves over split chains: it accounts for autocorrelation and for chains that
    disagree.

    Parameters
    ----------
    draws
        float [models, chains, draws].

    Returns
    -------
    numpy.ndarray
        float [models].
    """
    return np.std(draws, axis=(1, 2), ddof=1) / np.sqrt(_ess(_split(draws)))


def _split(draws: np.ndarray) -> np.ndarray:
    """Return the first and the last half of each chain as chains, without an odd middle draw."""
    half = draws.shape[2] // 2
    return np.concatenate([draws[:, :, :half], draws[:, :, -half:]], axis=1)


def _rhat(chains: np.ndarray) -> np.ndarray:
    """Return the potential scale reduction factor (eqs. 1 to 4)."""
    draws = chains.shape[2]
    between = draws * np.var(np.mean(chains, axis=2), axis=1, ddof=1)
    within = np.mean(np.var(chains, axis=2, ddof=1), axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt((between / within + draws - 1) / draws)


def _normal_scores(draws: np.ndarray) -> np.ndarray:
    """Return Φ⁻¹((rank - 3/8) / (S + 1/4)) of the S draws of each model (eq. 14)."""
    flat = draws.reshape(len(draws), -1)
    order = np.argsort(flat, axis=1)
    ascending, place = np.take_along_axis(flat, order, axis=1), np.arange(flat.shape[1])
    # Tied draws share a rank: where their run begins and where it ends.
    begins = np.ones(flat.shape, dtype=bool)
    begins[:, 1:] = ascending[:, 1:] != ascending[:, :-1]
    ends = np.ones(flat.shape, dtype=bool)
    ends[:, :-1] = begins[:, 1:]
    first = np.maximum.accumulate(np.where(begins, place, 0), axis=1)
    last = np.where(ends, place, flat.shape[1])
    last = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    scored = np.empty(flat.shape)
    np.put_along_axis(scored, order, _scores(flat.shape[1])[first + last], axis=1)
    return scored.reshape(draws.shape)


@lru_cache(maxsize=4)
def _scores(count: int) -> np.ndarray:
    """Return the score of each possible rank: whole or, for tied draws, half numbers from 1 on."""
    normal = NormalDist()
    return np.array(
        [normal.inv_cdf((half / 2 - 0.375) / (count + 0.25)) for half in range(2, 2 * count + 1)]
    )


def _ess(chains: np.ndarray) -> np.ndarray:
    """Return the effective sample size (eqs. 10 to 13)."""
    _, count, draws = chains.shape
    autocovariance = np.mean(_autocovariance(chains), axis=1)
    variance = autocovariance[:, 0] * draws / (draws - 1)
    total = autocovariance[:, 0] + np.var(np.mean(chains, axis=2), axis=1, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = 1 - (variance[:, None] - autocovariance) / total[:, None]
    size = count * draws
    ess = size / np.maximum(_autocorrelation_time(correlation), 1 / np.log10(size))
    constant = np.ptp(chains, axis=(1, 2)) < np.finfo(float).resolution
    return np.where(constant, float(size), ess)


def _autocovariance(chains: np.ndarray) -> np.ndarray:
    """Return the autocovariance at every lag, along the last axis."""
    draws = chains.shape[-1]
    centred = chains - np.mean(chains, axis=-1, keepdims=True)
    spectrum = np.fft.rfft(centred, n=2 * draws)
    return np.fft.irfft(np.abs(spectrum) ** 2, n=2 * draws)[..., :draws] / draws


def _autocorrelation_time(correlation: np.ndarray) -> np.ndarray:
    """Return each model's integrated autocorrelation time from its correlations [models, lags].

    Sums of neighbouring pairs are cut at the first negative one and made monotone (Geyer 1992,
    "Practical Markov chain Monte Carlo", initial monotone sequence).
    """
    models, lags = correlation.shape
    even, odd = np.ones(models), correlation[:, 1].copy()
    smallest, pairs = np.full(models, np.inf), np.zeros(models)
    going = np.flatnonzero(even + odd > 0)
    for lag in range(1, lags - 3, 2):
        if not going.size:
            break
        smallest[going] = np.minimum(smallest[going], even[going] + odd[going])
        pairs[going] += smallest[going]
        even[going], odd[going] = correlation[going, lag + 1], correlation[going, lag + 2]
        going = going[even[going] + odd[going] > 0]
    # The last, incomplete pair counts with its first half, as in ArviZ and Stan.
    rest = np.where((even > 0) | (even + odd >= 0), even, 0.0)
    return 2.0 * pairs - 1.0 + rest

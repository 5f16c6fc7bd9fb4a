"""Convergence diagnostics of many sets of chains at once.

The formulas are those of Vehtari et al. (2021), "Rank-normalization, folding, and localization: an
improved R-hat for assessing convergence of MCMC", as ArviZ computes them, against which they are
tested; ArviZ takes one set of chains at a time, 2 to 10 ms each. Draws are arrays
[models, chains, draws] with two or more chains of four or more draws, all finite.
"""

from functools import lru_cache
from statistics import NormalDist

import numpy as np

from lgi.jit import njit


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
    scored = np.empty(flat.shape)
    _score_ranks(flat, np.argsort(flat, axis=1), _scores(flat.shape[1]), scored)
    return scored.reshape(draws.shape)


@lru_cache(maxsize=4)
def _scores(count: int) -> np.ndarray:
    """Return the score of each possible rank: whole or, for tied draws, half numbers from 1 on."""
    normal = NormalDist()
    return np.array(
        [normal.inv_cdf((half / 2 - 0.375) / (count + 0.25)) for half in range(2, 2 * count + 1)]
    )


@njit
def _score_ranks(draws, order, scores, scored):
    """Write into `scored` [models, S] the score of each draw's rank, tied draws sharing theirs."""
    for model in range(draws.shape[0]):
        first = 0
        while first < draws.shape[1]:
            last = first
            while (
                last + 1 < draws.shape[1]
                and draws[model, order[model, last + 1]] == draws[model, order[model, first]]
            ):
                last += 1
            for place in range(first, last + 1):
                scored[model, order[model, place]] = scores[first + last]
            first = last + 1


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


@njit
def _autocorrelation_time(correlation):
    """Return each model's integrated autocorrelation time from its correlations [models, lags].

    Sums of neighbouring pairs are cut at the first negative one and made monotone (Geyer 1992,
    "Practical Markov chain Monte Carlo", initial monotone sequence).
    """
    times = np.empty(len(correlation))
    for model in range(len(correlation)):
        times[model] = _initial_monotone_time(correlation[model])
    return times


@njit
def _initial_monotone_time(correlation):
    lags = correlation.size
    even, odd = 1.0, correlation[1]
    smallest = np.inf
    pairs = 0.0
    lag = 1
    while lag < lags - 3 and even + odd > 0:
        smallest = min(smallest, even + odd)
        pairs += smallest
        even, odd = correlation[lag + 1], correlation[lag + 2]
        lag += 2
    # The last, incomplete pair counts with its first half, as in ArviZ and Stan.
    rest = even if even > 0 or even + odd >= 0 else 0.0
    return 2.0 * pairs - 1.0 + rest

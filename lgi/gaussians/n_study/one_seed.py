"""What one seed can and cannot tell of N: how far it agrees with the mean of the others.

Losses are arrays [seeds, N] without gaps, of two seeds at least. The mean of the other seeds stands
for the truth, so where it is itself unsure nobody can agree with it more than by chance.
"""

from collections.abc import Callable

import numpy as np

from lgi import intervals
from lgi.distributions import t_quantile
from lgi.intervals import Interval

CORRELATION, SHARE = (-1.0, 1.0), (0.0, 1.0)
MOST_SEEDS = 10_000_000  # more than these are not counted


def agreement(losses: np.ndarray) -> np.ndarray:
    """Return the rank correlation of each seed's row with the mean row of the others.

    Parameters
    ----------
    losses
        Losses [seeds, N], or their steps from N to N.

    Returns
    -------
    np.ndarray
        Spearman's correlation per seed, NaN where a row does not vary.
    """
    return intervals.rank_correlation(np.stack([losses, _others(losses)], axis=-1))


def picks_best(losses: np.ndarray) -> np.ndarray:
    """Tell for each seed whether its best N is the best N of the mean of the others."""
    return losses.argmin(axis=1) == _others(losses).argmin(axis=1)


def regret(losses: np.ndarray) -> np.ndarray:
    """Return for each seed how much its best N costs the others, above their own best N."""
    others = _others(losses)
    return others[np.arange(len(losses)), losses.argmin(axis=1)] - others.min(axis=1)


def right_order(losses: np.ndarray, distance: int) -> np.ndarray:
    """Return for each seed the share of pairs of N that it has in the order of the others.

    Parameters
    ----------
    losses
        Losses [seeds, N].
    distance
        How many columns the two of a pair lie apart, 1 to the number of N less 1.
    """
    own, others = (rows[:, distance:] - rows[:, :-distance] for rows in (losses, _others(losses)))
    return (own * others > 0).mean(axis=1)


def with_interval(
    measure: Callable[[np.ndarray], np.ndarray],
    losses: np.ndarray,
    confidence: float,
    random: np.random.Generator,
    bounds: tuple[float, float],
) -> Interval:
    """Return the mean over seeds of one of the measures above, with its interval.

    What a seed is compared with comes from the same seeds, so the values of the seeds are not
    independent, and they jump where two N change places: hence a jackknife that drops half of the
    seeds, from both.

    Parameters
    ----------
    measure
        Gives a value per seed for losses [seeds, N].
    losses
        Losses [seeds, N]; it takes two of each, and four seeds for an interval.
    confidence
        Level of the interval.
    random
        Chooses the halves.
    bounds
        Least and largest value of the measure, to which the interval is cut: `CORRELATION` or
        `SHARE`. A share that is 0 or 1 for every seed has the exact interval of so many of them.
    """
    if losses.shape[1] < 2:
        return Interval(np.nan, np.nan, np.nan, len(losses))

    def average(rows: np.ndarray) -> float:
        values = np.asarray(measure(rows), dtype=float)
        known = values[np.isfinite(values)]
        return known.mean() if len(known) else np.nan

    found = intervals.half_jackknife(average, losses, confidence, random)
    if bounds == SHARE and found.low == found.high and found.value in SHARE:
        return intervals.share(round(found.value * found.n), found.n, confidence)
    # NaN stays NaN.
    return found._replace(
        low=float(np.maximum(found.low, bounds[0])), high=float(np.minimum(found.high, bounds[1]))
    )


def seeds_needed(step: float, deviation: float, confidence: float, power: float) -> float:
    """Return how many seeds show that the mean of a step is not 0, by a two-sided paired t test.

    Parameters
    ----------
    step, deviation
        Mean of the step, and its standard deviation over seeds.
    confidence
        1 minus the level of the test.
    power
        Chance with which the test finds the step, with the right sign.

    Returns
    -------
    float
        NaN where the step is 0 or unknown, infinity above `MOST_SEEDS`.
    """
    if not np.isfinite(step) or not np.isfinite(deviation) or step == 0:
        return np.nan
    if deviation == 0:
        return 2.0
    effect = abs(step) / deviation
    few, many = 1, 2
    while _power(many, effect, confidence) < power:
        few, many = many, 2 * many
        if many > MOST_SEEDS:
            return np.inf
    while many - few > 1:
        middle = (few + many) // 2
        if _power(middle, effect, confidence) < power:
            few = middle
        else:
            many = middle
    return float(many)


def _power(n: int, effect: float, confidence: float) -> float:
    """Return the chance that the t test of n values finds a mean of `effect` deviations."""
    from scipy import stats  # here, since importing it takes long

    critical = t_quantile((1 + confidence) / 2, n - 1)
    return float(stats.nct.sf(critical, n - 1, effect * np.sqrt(n)))


def _others(losses: np.ndarray) -> np.ndarray:
    """Return for each seed the mean row of the other seeds."""
    seeds = len(losses)
    others = np.tile(np.arange(seeds), (seeds, 1))[~np.eye(seeds, dtype=bool)]
    return losses[others.reshape(seeds, seeds - 1)].mean(axis=1)

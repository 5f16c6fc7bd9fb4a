"""Is the curve of loss against N a matter of N, or of the seed? Many seeds for every N.

Runs of one seed share their start: N + 1 Gaussians begin with the same first N. So all comparisons
of N are paired by seed, and seeds are what is independent.
"""

from collections.abc import Iterable, Iterator
from functools import partial

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.distributions import normal_mass
from lgi.errors import DataError
from lgi.gaussians.fits.table import rows_of, table
from lgi.gaussians.fits.view import Fit
from lgi.gaussians.n_study import one_seed, variance
from lgi.gaussians.n_study.settings import SeedsSettings
from lgi.gaussians.n_study.table import optimal
from lgi.gaussians.selection import RunList
from lgi.intervals import Interval
from lgi.randomness import generator

STEPS = (
    "n",
    "seeds",
    "mean",
    "low",
    "high",
    "joint_low",
    "joint_high",
    "bootstrap_low",
    "bootstrap_high",
    "deviation",
    "p",
    "p_holm",
    "p_wilcoxon",
    "share",
    "share_low",
    "share_high",
    "expected_share",
    "correlation",
    "gain",
    "original",
)
SUMMARY = ("quantity", "part", "value", "low", "high", "n", "unit")


def tables(
    fits: Iterable[Fit],
    entry: RunList,
    fresh_entry: RunList | None,
    settings: SeedsSettings,
    original: int,
    tolerance: float,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return every loss with its step from one Gaussian fewer, what each step does, and a summary.

    Parameters
    ----------
    fits
        Runs of the lists.
    entry
        The list, of one image and recipe.
    fresh_entry
        The list of some of its N with fresh seeds; None where there is none.
    settings, original, tolerance
        As for `steps` and `summary`.

    Returns
    -------
    losses : DataFrame
        A row per seed and N: seed, n, best_loss and ``change``, the loss minus that at N - 1.
    steps, summary : DataFrame
        From `steps` and `summary`.
    fresh : DataFrame
        From `steps`, over the fresh seeds.
    """
    rows = table(fits)
    losses = curves(rows, entry)
    iterations = curves(rows, entry, "best_iteration")
    change = differences(losses).reindex(columns=losses.columns).melt()["value"]
    every = losses.melt(ignore_index=False, value_name="best_loss").reset_index()
    fresh = curves(rows, fresh_entry) if fresh_entry else losses.iloc[:0, :0]
    return (
        every.assign(change=change),
        steps(losses, settings, original),
        summary(losses, iterations, settings, original, tolerance),
        steps(fresh, settings, original),
    )


def curves(table: pd.DataFrame, entry: RunList, column: str = "best_loss") -> pd.DataFrame:
    """Return a value of every run: a row per seed, a column per N, NaN where there is no run.

    Parameters
    ----------
    table
        Table of runs (`lgi.gaussians.fits.table.table`).
    entry
        The list of the runs, of one image and recipe.
    column
        Which value.

    Raises
    ------
    DataError
        If there is no such run.
    """
    rows = rows_of(table, entry.fits())
    if rows.empty:
        raise DataError(f"no runs of list {entry.name} to compare over seeds")
    wide = rows.pivot(index="seed", columns="n", values=column).astype(float)
    return wide.reindex(index=entry.seeds, columns=sorted(entry.n))


def complete(losses: pd.DataFrame) -> pd.DataFrame:
    """Return the curves of the seeds that have a finite value at every N."""
    return losses[np.isfinite(losses).all(axis=1)]


def differences(losses: pd.DataFrame) -> pd.DataFrame:
    """Return the loss minus that of the same seed at N - 1, a column per N whose N - 1 ran."""
    return losses.diff(axis=1)[[n for n in losses if n - 1 in losses]]


def steps(losses: pd.DataFrame, settings: SeedsSettings, original: int) -> pd.DataFrame:
    """Return what each step from N - 1 to N does to the best loss, over the seeds.

    Parameters
    ----------
    losses
        Best losses, from `curves`.
    settings
        Confidence, and the bootstrap.
    original
        Seed that the original's statements rest on.

    Returns
    -------
    DataFrame
        Columns `STEPS`, a row per N. ``mean`` is the mean paired difference, positive where more
        Gaussians do worse, with Student's t interval; ``joint_low`` and ``joint_high`` hold for all
        steps together (Bonferroni); the bootstrap resamples seeds (percentiles). ``deviation`` is
        the standard deviation over seeds, ``p`` that of the t test that the mean is 0, ``p_holm``
        the same corrected for the number of steps, ``p_wilcoxon`` that of Wilcoxon's signed-rank
        test. ``share`` of the seeds regress, with its exact interval; ``expected_share`` would if
        the step were like all others: normal, with their common mean and deviation.
        ``correlation`` is that of the losses at N - 1 and N, and ``gain`` how many times fewer
        seeds a paired comparison needs than one of different seeds. ``original`` is the difference
        of the original's seed alone.
    """
    found = differences(losses)
    values = found.to_numpy()
    apart = intervals.joint_level(settings.confidence, found.shape[1])
    low, high = _bootstrap(values, settings)
    rows = []
    for i, n in enumerate(found):
        step = values[np.isfinite(values[:, i]), i]
        mean = intervals.mean(step, settings.confidence)
        joint = intervals.mean(step, apart)
        share = intervals.share((step > 0).sum(), len(step), settings.confidence)
        row = {
            "n": n,
            "seeds": len(step),
            "mean": mean.value,
            "low": mean.low,
            "high": mean.high,
            "joint_low": joint.low,
            "joint_high": joint.high,
            "bootstrap_low": low[i],
            "bootstrap_high": high[i],
            "deviation": _deviation(step),
            "p": intervals.p_of_mean(step),
            "p_wilcoxon": _p_of_ranks(step),
            "share": share.value,
            "share_low": share.low,
            "share_high": share.high,
            "original": found[n].get(original, np.nan),
        }
        rows.append(row | _pairing(losses[n - 1].to_numpy(), losses[n].to_numpy()))
    table = pd.DataFrame(rows, columns=list(STEPS))
    table["p_holm"] = intervals.holm(table["p"])
    table["expected_share"] = _expected_share(values)
    return table


def summary(
    losses: pd.DataFrame,
    iterations: pd.DataFrame,
    settings: SeedsSettings,
    original: int,
    tolerance: float,
) -> pd.DataFrame:
    """Return what many seeds say of N, and what one seed can and cannot tell.

    Parameters
    ----------
    losses, iterations
        Best losses and their iterations, from `curves`. Seeds that lack an N are left out.
    settings
        Confidence, power and the bootstrap.
    original
        Seed that the original's statements rest on.
    tolerance
        N is optimal up to this share above the lowest mean loss.

    Returns
    -------
    DataFrame
        Columns `SUMMARY`. Quantities, each of the seeds' curves of best loss against N:

        - ``seeds``, their number; ``trend``, the mean slope; ``step``, the mean of all steps from
          N - 1 to N, and ``step_deviation``, their standard deviation over seeds;
        - ``regressing``, the share of steps that do worse, and ``expected_regressing``, what it
          would be if all steps were normal with one mean and deviation;
        - ``pair_correlation`` of N - 1 and N over seeds, and ``pairing_gain``: how many times
          fewer seeds a paired comparison needs;
        - ``variance`` by its source and ``share_of_n`` in it (`lgi.gaussians.n_study.variance`);
        - what one seed tells of the mean of the others (`lgi.gaussians.n_study.one_seed`):
          ``rank_correlation`` of losses and of steps; ``picks_best``, how often its best N is
          theirs, and how often chance does that; ``regret``, what its best N costs them;
          ``right_order`` of two N by their distance;
        - ``best_n`` of the mean curve with the range of optimal N, and of single seeds, median and
          range; ``chance_of_best``, how often an N is the best of resampled seeds;
        - ``seeds_needed`` to show the mean step, and each step at which the original's seed does
          worse, one at a time or with all steps tested;
        - ``best_iteration_against_n``, the mean rank correlation;
        - ``mean_loss`` at each N, here of all seeds that ran it.
    """
    whole = complete(losses)
    timing = agreement_with_n(iterations)
    rows = [
        *_of_steps(whole, settings),
        *_of_variance(whole, settings),
        *_of_one_seed(whole, settings),
        *_of_the_best(whole, settings, tolerance),
        *_of_seeds_needed(whole, settings, original),
        _row("best_iteration_against_n", "", intervals.mean(timing, settings.confidence), ""),
        *(
            _row("mean_loss", str(n), intervals.mean(losses[n], settings.confidence), "loss")
            for n in losses
        ),
    ]
    return pd.DataFrame(rows, columns=list(SUMMARY))


def slopes(losses: pd.DataFrame) -> np.ndarray:
    """Return the slope of each seed's curve along N, NaN for fewer than three N."""
    n = losses.columns.to_numpy()
    return np.array([intervals.line(n, row, 0.5).slope.value for row in losses.to_numpy()])


def agreement_with_n(values: pd.DataFrame) -> np.ndarray:
    """Return the rank correlation of each seed's values with N, NaN where they do not vary."""
    n = values.columns.to_numpy()
    return np.array([intervals.spearman(n, row, 0.5).value for row in values.to_numpy()])


def _of_steps(losses: pd.DataFrame, settings: SeedsSettings) -> Iterator[dict]:
    confidence, found = settings.confidence, differences(losses)
    values = found.to_numpy()
    yield _value("seeds", "", len(losses), "seeds", len(losses))
    yield _row("trend", "", intervals.mean(slopes(losses), confidence), "loss per Gaussian")
    if not values.size:
        return
    yield _row("step", "", intervals.mean(values.mean(axis=1), confidence), "loss")
    yield _value("step_deviation", "", _pooled(values), "loss", values.size)
    regressing = intervals.mean((values > 0).mean(axis=1), confidence)
    yield _row("regressing", "", regressing, "share of steps")
    expected = _expected_share(values)
    yield _value("expected_regressing", "", expected, "share of steps", values.size)
    pairs = pd.DataFrame([_pairing(losses[n - 1].to_numpy(), losses[n].to_numpy()) for n in found])
    steps = pairs.notna().sum()
    mean, median = pairs["correlation"].mean(), pairs["gain"].median()
    yield _value("pair_correlation", "", mean, "mean over steps", steps["correlation"])
    yield _value("pairing_gain", "", median, "median over steps", steps["gain"])


def _of_variance(losses: pd.DataFrame, settings: SeedsSettings) -> Iterator[dict]:
    rows, confidence = losses.to_numpy(), settings.confidence
    for name in variance.SOURCES:
        yield _row("variance", name, variance.source(rows, name, confidence), "loss squared")
    for name in variance.SHARES:
        yield _row("share_of_n", name, variance.share(rows, name, confidence), "of the variance")


def _of_one_seed(losses: pd.DataFrame, settings: SeedsSettings) -> Iterator[dict]:
    rows, of_steps = losses.to_numpy(), differences(losses).to_numpy()
    agrees, correlation, share = "with the mean of the others", one_seed.CORRELATION, one_seed.SHARE
    measures = [
        ("rank_correlation", "losses", one_seed.agreement, rows, agrees, correlation),
        ("rank_correlation", "steps", one_seed.agreement, of_steps, agrees, correlation),
        ("picks_best", "", one_seed.picks_best, rows, "share of seeds", share),
        ("regret", "", one_seed.regret, rows, "loss", (0.0, np.inf)),
    ]
    for distance in range(1, rows.shape[1]):
        measure = partial(one_seed.right_order, distance=distance)
        measures.append(("right_order", str(distance), measure, rows, "share of pairs", share))
    for quantity, part, measure, of, unit, bounds in measures:
        random = generator(settings.seed, "gaussians", "one seed", quantity, part)
        found = one_seed.with_interval(measure, of, settings.confidence, random, bounds)
        yield _row(quantity, part, found, unit)
    chance = 1 / rows.shape[1]
    yield _value("picks_best", "by chance", chance, "share of seeds", len(rows))


def _of_the_best(losses: pd.DataFrame, settings: SeedsSettings, tolerance: float) -> Iterator[dict]:
    """Yield the best N: of the mean curve, of single seeds, and how sure the first is."""
    if losses.empty:
        return
    mean = losses.mean()
    best = optimal(mean, tolerance)
    ends = Interval(float(mean.idxmin()), float(best.min()), float(best.max()), len(best))
    yield _row("best_n", "of the mean", ends, "N, and the optimal range")
    single = losses.idxmin(axis=1)
    spread = Interval(single.median(), float(single.min()), float(single.max()), len(single))
    yield _row("best_n", "of single seeds", spread, "N, median and range")
    chosen = _resampled(len(losses), settings, "best")
    winners = losses.to_numpy()[chosen].mean(axis=1).argmin(axis=1)
    for i, n in enumerate(losses):
        yield _value("chance_of_best", f"N = {n}", (winners == i).mean(), "resamples", len(losses))


def _of_seeds_needed(
    losses: pd.DataFrame, settings: SeedsSettings, original: int
) -> Iterator[dict]:
    found = differences(losses)
    if found.empty:
        return
    sizes = {"mean step": found.to_numpy().mean()}
    if original in found.index:
        worse = found.loc[original]
        sizes |= {f"N = {n}, original seed": size for n, size in worse[worse > 0].items()}
    deviation, power = _pooled(found.to_numpy()), settings.power
    for part, size in sizes.items():
        for unit, tests in (("seeds", 1), ("seeds, all steps tested", found.shape[1])):
            level = intervals.joint_level(settings.confidence, tests)
            count = one_seed.seeds_needed(float(size), deviation, level, power)
            yield _value("seeds_needed", part, count, unit, len(losses))


def _pairing(before: np.ndarray, after: np.ndarray) -> dict:
    """Return the correlation of two N over the seeds, and what pairing by seed gains."""
    both = np.isfinite(before) & np.isfinite(after)
    a, b = before[both], after[both]
    if len(a) < 3:
        return {"correlation": np.nan, "gain": np.nan}
    together = ((a - a.mean()) * (b - b.mean())).sum() / (len(a) - 1)
    spread, paired = a.std(ddof=1) * b.std(ddof=1), (b - a).var(ddof=1)
    return {
        "correlation": together / spread if spread else np.nan,
        "gain": (a.var(ddof=1) + b.var(ddof=1)) / paired if paired else np.nan,
    }


def _expected_share(found: np.ndarray) -> float:
    """Return the share of steps above 0 if all were normal with one mean and deviation."""
    deviation = _pooled(found)
    values = found[np.isfinite(found)]
    if not len(values) or not deviation > 0:
        return np.nan
    return float(normal_mass(values.mean() / deviation))


def _pooled(found: np.ndarray) -> float:
    """Return the standard deviation over seeds, its square averaged over the steps."""
    squares = [_deviation(column[np.isfinite(column)]) ** 2 for column in found.T]
    squares = [square for square in squares if np.isfinite(square)]
    return float(np.sqrt(np.mean(squares))) if squares else np.nan


def _deviation(values: np.ndarray) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else np.nan


def _p_of_ranks(values: np.ndarray) -> float:
    """Return the p-value of Wilcoxon's signed-rank test; differences of 0 say nothing."""
    from scipy import stats  # here, since importing it takes long

    values = values[values != 0]
    return float(stats.wilcoxon(values).pvalue) if len(values) > 1 else np.nan


def _bootstrap(values: np.ndarray, settings: SeedsSettings) -> tuple[np.ndarray, np.ndarray]:
    """Return the percentile interval of each column's mean, NaN where a seed is missing."""
    if len(values) < 2:
        return (np.full(values.shape[1], np.nan),) * 2
    means = values[_resampled(len(values), settings, "steps")].mean(axis=1)
    tail = (1 - settings.confidence) / 2
    return tuple(np.quantile(means, [tail, 1 - tail], axis=0))


def _resampled(seeds: int, settings: SeedsSettings, stream: str) -> np.ndarray:
    random = generator(settings.seed, "gaussians", "seeds", stream)
    return random.integers(seeds, size=(settings.resamples, seeds))


def _row(quantity: str, part: str, interval: Interval, unit: str) -> dict:
    return {"quantity": quantity, "part": part, **interval._asdict(), "unit": unit}


def _value(quantity: str, part: str, value: float, unit: str, n: int) -> dict:
    return _row(quantity, part, Interval(float(value), np.nan, np.nan, n), unit)

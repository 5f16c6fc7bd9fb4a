"""What the original claims of N, each claim with a computed verdict.

`lgi.verdicts.judge` turns intervals into verdicts. Seeds are what is independent, so every interval
is over seeds. Claims that were made from one seed's curve are tried on the other seeds. The
intervals of k parts are at the level 1 - (1 - confidence) / k, so that they hold together
(Bonferroni), and p-values are corrected for their number (Holm).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.gaussians import one_seed, variance
from lgi.gaussians.seeds import agreement_with_n, complete, differences
from lgi.gaussians.study_settings import GaussianClaimSettings
from lgi.intervals import Interval
from lgi.randomness import generator
from lgi.verdicts import (
    ABOVE_0,
    BELOW_0,
    EXACTLY_0,
    NOTHING,
    ORIGINAL,
    OURS,
    WHOLE,
    Part,
    judge,
)

LESS_THAN_HALF = (-np.inf, 0.5)


def claims(
    losses: pd.DataFrame,
    original: int,
    again: pd.DataFrame,
    table: pd.DataFrame,
    published: pd.DataFrame,
    settings: GaussianClaimSettings,
) -> list[dict]:
    """Judge what the original claims of N.

    Parameters
    ----------
    losses
        Best losses of many seeds, a row per seed and a column per N (`lgi.gaussians.seeds.curves`).
    original
        Seed that the original's statements rest on.
    again
        Runs that were made twice (`lgi.gaussians.analysis.reproducibility`).
    table
        Table of all runs (`lgi.gaussians.analysis.table`).
    published
        Published best losses: n, seed, best_loss.
    settings
        What is claimed, and the margins.

    Returns
    -------
    list of dict
        Rows of `lgi.verdicts.judge`, the whole of each claim first; p is that of the t test that a
        mean is 0.
    """
    others = losses.drop(index=original, errors="ignore")
    whole = complete(losses)
    return [
        *_worse(others, settings),
        *_as_bad_as_printed(others, _printed(published, original), settings),
        *_best(others, settings),
        *_reproducible(again),
        *_one_seed_is_enough(whole, settings),
        *_optimal_ratio(table, settings),
        *_more_is_better(whole, table, settings),
        *_not_monotone(losses, settings),
        *_structure(whole, settings),
    ]


def mean_parts(
    values: Mapping[str, np.ndarray], confidence: float, least: int, tests: int | None = None
) -> list[Part]:
    """Return a part for each name: the mean over seeds, with intervals that hold together.

    Parameters
    ----------
    values
        A value per seed for each part; those that are not finite do not count.
    confidence
        Level of all intervals together.
    least
        Fewer seeds than these have no interval.
    tests
        Number of intervals that must hold together, if not that of the parts.
    """
    level = 1 - (1 - confidence) / max(tests or len(values), 1)
    found = [intervals.mean(part, level) for part in values.values()]
    p = intervals.holm([intervals.p_of_mean(part) for part in values.values()])
    return [
        _enough(Part(name, interval, p=float(value)), least)
        for name, interval, value in zip(values, found, p, strict=True)
    ]


def _enough(part: Part, least: int) -> Part:
    """Return a part with the reason why there is no interval, and none if seeds are too few."""
    value, n = part.interval.value, part.interval.n
    if n >= least and np.isfinite(part.interval.low):
        return part
    reason = "there are no such runs"
    if n:
        reason = f"fewer than {least} seeds" if n < least else "the losses do not vary"
    return Part(part.name, Interval(value, np.nan, np.nan, n), reason=reason)


def _average(values: Mapping[str, np.ndarray], settings: GaussianClaimSettings) -> Part:
    """Return the mean over parts and seeds; a seed counts if it has every part that any has."""
    known = [part for part in values.values() if np.isfinite(part).any()]
    each = np.mean(known, axis=0) if known else np.empty(0)
    return mean_parts({WHOLE: each}, settings.confidence, settings.least)[0]


def _worse(losses: pd.DataFrame, settings: GaussianClaimSettings) -> list[dict]:
    values = _steps(losses, settings.worse)
    return judge(
        f"{_and(settings.worse)} Gaussians do worse than one fewer",
        ORIGINAL,
        "best loss minus that of one Gaussian fewer, mean over the other seeds",
        ABOVE_0,
        mean_parts(values, settings.confidence, settings.least),
        _average(values, settings),
    )


def _as_bad_as_printed(
    losses: pd.DataFrame, printed: pd.Series, settings: GaussianClaimSettings
) -> list[dict]:
    steps = _steps(losses, settings.worse)
    sizes = {f"N = {n}": printed.get(n, np.nan) for n in settings.worse}
    values = {name: steps[name] / (size if size > 0 else np.nan) for name, size in sizes.items()}
    return judge(
        f"{_and(settings.worse)} Gaussians do worse than one fewer by {settings.size:g} of what "
        "the table of the original says, or more",
        ORIGINAL,
        "best loss minus that of one Gaussian fewer, as a share of the printed difference, "
        "mean over the other seeds",
        (settings.size, np.inf),
        mean_parts(values, settings.confidence, settings.least),
        _average(values, settings),
    )


def _best(losses: pd.DataFrame, settings: GaussianClaimSettings) -> list[dict]:
    best, others = settings.best, [n for n in losses if n != settings.best]
    values = {}
    if best in losses:
        values = {f"N = {n}": (losses[best] - losses[n]).to_numpy() for n in others}
    parts = mean_parts(values, settings.confidence, settings.least)
    return judge(
        f"N = {best} is the best of {min(losses)} to {max(losses)}",
        ORIGINAL,
        f"best loss at N = {best} minus that of another N, mean over the other seeds; "
        "together: the N that comes closest",
        BELOW_0,
        parts,
        _largest(parts),
    )


def _reproducible(again: pd.DataFrame) -> list[dict]:
    # A run that is made longer may find its best later, which is no difference.
    same = again[again["reference_best_iteration"] <= again["iterations"]]
    apart = same["absolute_difference"].to_numpy(dtype=float)
    apart = apart[np.isfinite(apart)]
    largest = apart.max() if len(apart) else np.nan
    return judge(
        "runs are reproducible: made again, they have the same best loss",
        ORIGINAL,
        "largest difference of best losses, of runs whose best lies within both",
        EXACTLY_0,
        [],
        Part(WHOLE, Interval(largest, largest, largest, len(apart))),
    )


def _one_seed_is_enough(losses: pd.DataFrame, settings: GaussianClaimSettings) -> list[dict]:
    rows, of_steps = losses.to_numpy(), differences(losses).to_numpy()
    correlation = "rank correlation of one seed's {} with the mean of the others, mean over seeds"
    picks = "share of seeds whose best N is that of the mean of the others"
    ranks = (settings.ranking, one_seed.agreement, one_seed.CORRELATION)
    where = "tell where one more Gaussian does worse"
    tries = [
        ("rank N", correlation.format("losses"), rows, *ranks),
        (where, correlation.format("steps"), of_steps, *ranks),
        ("find the best N", picks, rows, settings.picking, one_seed.picks_best, one_seed.SHARE),
    ]
    judged = []
    for what, measure, of, margin, values, bounds in tries:
        random = generator(settings.seed, "gaussians", "claims", what)
        found = one_seed.with_interval(values, of, settings.confidence, random, bounds)
        part = _enough(Part(WHOLE, found), settings.least)
        claim = f"one seed is enough to {what}"
        judged += judge(claim, ORIGINAL, measure, (margin, np.inf), [], part)
    return judged


def _optimal_ratio(table: pd.DataFrame, settings: GaussianClaimSettings) -> list[dict]:
    low, high = settings.ratio
    values = {
        name: _inside_against_outside(rows, settings) for name, rows in _each(table, settings)
    }
    return judge(
        f"the optimal ratio of Gaussians to pixels is {low:g} to {high:g} %",
        ORIGINAL,
        "log of the lowest best loss inside the range over that outside, mean over seeds that ran "
        "N inside and above",
        BELOW_0,
        mean_parts(values, settings.confidence, settings.least),
    )


def _inside_against_outside(rows: pd.DataFrame, settings: GaussianClaimSettings) -> np.ndarray:
    """Return a value per seed that ran N inside the range and above it."""
    ratio = (100 * rows["n_over_pixels"]).round(2)  # as the original prints it
    inside = rows[ratio.between(*settings.ratio)].groupby("seed")["best_loss"].min()
    outside = rows[~ratio.between(*settings.ratio)].groupby("seed")["best_loss"].min()
    above = rows.loc[ratio > settings.ratio[1], "seed"].unique()
    both = inside.index.intersection(outside.index).intersection(above)
    return np.log(inside[both].to_numpy() / outside[both].to_numpy())


def _more_is_better(
    losses: pd.DataFrame, table: pd.DataFrame, settings: GaussianClaimSettings
) -> list[dict]:
    values = {_range(losses): agreement_with_n(losses)}
    for name, rows in _each(table, settings):
        # Seeds that ran more than the N above, which would count twice.
        wider = rows.groupby("seed").filter(lambda part: not part["n"].isin(losses.columns).all())
        values[f"{name}, all N"] = agreement_with_n(
            wider.pivot(index="seed", columns="n", values="best_loss")
        )
    return judge(
        "more Gaussians give a lower loss",
        ORIGINAL,
        "rank correlation of best loss and N, mean over seeds",
        BELOW_0,
        mean_parts(values, settings.confidence, settings.least),
    )


def _not_monotone(losses: pd.DataFrame, settings: GaussianClaimSettings) -> list[dict]:
    parts = mean_parts(
        _steps(losses, list(differences(losses))), settings.confidence, settings.least
    )
    return judge(
        "loss against N is not monotone: at some N it rises"
        + (f" by more than {settings.rise:g}" if settings.rise else ""),
        ORIGINAL,
        "best loss minus that of one Gaussian fewer, mean over seeds; together: the largest",
        (settings.rise, np.inf),
        parts,
        _largest(parts),
        some=True,
    )


def _structure(losses: pd.DataFrame, settings: GaussianClaimSettings) -> list[dict]:
    rows, confidence = losses.to_numpy(), settings.confidence
    beyond = variance.share(rows, "of one curve beyond its trend", confidence)
    of_n = variance.share(rows, "of all losses", confidence)
    return [
        *judge(
            "the ups and downs of a curve are those of N, not of its seed",
            ORIGINAL,
            "share of N in the variance of one seed's curve about its trend",
            (settings.structure, np.inf),
            [],
            _enough(Part(WHOLE, beyond), settings.least),
        ),
        *judge(
            f"for {_range(losses)} the seed matters more than N",
            OURS,
            "share of N in the variance of all losses",
            LESS_THAN_HALF,
            [],
            _enough(Part(WHOLE, of_n), settings.least),
        ),
    ]


def _steps(losses: pd.DataFrame, numbers: Sequence[int]) -> dict[str, np.ndarray]:
    """Return the paired differences of some N from one fewer, a value per seed; NaN if not run."""
    found = differences(losses)
    missing = np.full(len(losses), np.nan)
    return {f"N = {n}": found[n].to_numpy() if n in found else missing for n in numbers}


def _each(table: pd.DataFrame, settings: GaussianClaimSettings) -> list[tuple[str, pd.DataFrame]]:
    """Return the runs of each image and recipe that is asked, with a best loss."""
    found = []
    for curve in settings.curves:
        rows = table[(table["image"] == curve.image) & (table["recipe"] == curve.recipe)]
        found.append((f"{curve.image}, {curve.recipe}", rows[np.isfinite(rows["best_loss"])]))
    return found


def _printed(published: pd.DataFrame, seed: int) -> pd.Series:
    """Return the published loss minus that of one Gaussian fewer, by N."""
    losses = published[published["seed"] == seed].set_index("n")["best_loss"]
    return losses - losses.reindex(losses.index - 1).to_numpy()


def _largest(parts: Sequence[Part]) -> Part:
    known = [part for part in parts if np.isfinite(part.interval.value)]
    return max(known, key=lambda part: part.interval.value) if known else Part(WHOLE, NOTHING)


def _range(losses: pd.DataFrame) -> str:
    return f"N = {min(losses)} to {max(losses)}"


def _and(numbers: Sequence[int]) -> str:
    *first, last = map(str, numbers)
    return f"{', '.join(first)} and {last}" if first else last

"""The N-study as the original wrote it: what one seed's curve of best loss against N looks like.

Everything here describes runs; whether a number means more than the luck of a seed is asked by
`lgi.gaussians.n_study.seeds` and judged by `lgi.gaussians.n_study.claims`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.gaussians.fits.table import table
from lgi.gaussians.fits.view import Fit
from lgi.gaussians.n_study.discrepancies import discrepancies
from lgi.gaussians.n_study.settings import NStudySettings, Tier
from lgi.gaussians.original import OriginalStudy
from lgi.gaussians.selection import RunList
from lgi.intervals import Interval

COLUMNS = (
    "seed",
    "n",
    "lists",
    "n_over_pixels",
    "pixels_per_gaussian",
    "best_loss",
    "change",
    "relative_change",
    "regression",
    "best_iteration",
    "best_share",
    "final_loss",
    "turned",
    "tier",
    "evaluations",
    "published_best_loss",
    "published_difference",
    "state",
)
SUMMARY = ("quantity", "part", "seeds", "value", "low", "high", "n", "unit")
ALL = "all"

Lists = Mapping[str, Sequence[int]]  # the N of the lists fine, gap and broad


def tables(
    fits: Iterable[Fit],
    published: pd.DataFrame,
    broad: pd.DataFrame,
    lists: Mapping[str, RunList],
    settings: NStudySettings,
    original: OriginalStudy,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the complete table of the study, the numbers that describe it, and discrepancies.

    Parameters
    ----------
    fits
        Runs of the lists.
    published, broad
        Published values with columns n, seed, best_loss: of the fine range, with
        iteration_as_published, and of the broad one.
    lists
        The lists ``fine``, ``gap`` and ``broad``.
    settings
        Confidence, tiers, and what an optimal N is.
    original
        What the original states.

    Returns
    -------
    tuple of DataFrame
        From `n_study`, `summary` and `lgi.gaussians.n_study.discrepancies.discrepancies`.
    """
    numbers = {part: entry.n for part, entry in lists.items()}
    printed = pd.concat([published, broad])
    study = n_study(table(fits, published), printed, numbers, settings)
    return (
        study,
        summary(study, numbers, settings, original.seed),
        discrepancies(study, printed, original),
    )


def n_study(
    table: pd.DataFrame, published: pd.DataFrame, lists: Lists, settings: NStudySettings
) -> pd.DataFrame:
    """Return the complete table of the study, a row per seed and N, sorted by them.

    Parameters
    ----------
    table
        Runs of one image and recipe, from `lgi.gaussians.fits.table.table`.
    published
        Published values with columns n, seed, best_loss; they stand beside the runs only if the
        table of runs knows its settings for the published ones.
    lists
        N of the lists ``fine``, ``gap`` and ``broad``.
    settings
        The tiers.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`. ``lists`` names the lists that an N is in. ``change`` is the best loss
        minus that of N - 1 of the same seed, NaN where N - 1 was not run, ``relative_change`` the
        same as a share of the loss at N - 1, ``regression`` says whether it is above 0.
        ``best_share`` is the iteration of the best loss as a share of all iterations; ``turned``
        says that the run ended above its best, or diverged. ``evaluations`` counts Gaussians that
        reach pixels, per iteration. A run without a best loss has no tier.
    """
    rows = table.sort_values(["seed", "n"], ignore_index=True)
    before = _one_fewer(rows)
    change = rows["best_loss"] - before
    printed = _published(rows, published)
    study = rows.reindex(columns=list(COLUMNS)).assign(
        lists=[" ".join(name for name in lists if n in lists[name]) for n in rows["n"]],
        change=change,
        relative_change=change / before,
        regression=change > 0,
        best_share=rows["best_iteration"] / rows["iterations"],
        turned=~(rows["final_loss"] <= rows["best_loss"]),
        tier=[_tier(loss, settings.tiers) for loss in rows["best_loss"]],
        published_best_loss=printed,
        published_difference=rows["best_loss"] - printed,
    )
    return study[list(COLUMNS)]


def summary(study: pd.DataFrame, lists: Lists, settings: NStudySettings, seed: int) -> pd.DataFrame:
    """Return the numbers that describe the study.

    Parameters
    ----------
    study
        The complete table, from `n_study`.
    lists
        N of the lists ``fine``, ``gap`` and ``broad``.
    settings
        Confidence, tiers, and what an optimal N is.
    seed
        The original's.

    Returns
    -------
    DataFrame
        Columns `SUMMARY`. ``part`` says over which N: a list, "fine and gap", or "across the gap"
        (the gap and its two neighbours). ``seeds`` is the original's seed, or "all" for the mean
        curve over the seeds that ran every N of the part, with ``n`` as always the number of
        points. An interval from a line holds if its points lie about it independently, which
        neighbouring N of one seed, sharing their Gaussians, need not do.
    """
    rows = [
        {"part": part, "seeds": seeds} | row
        for part, numbers in _parts(lists).items()
        for seeds, curve in _curves(study, numbers, seed)
        for row in _describe(curve, settings)
    ]
    one = study[study["seed"] == seed]
    rows += [{"part": "", "seeds": str(seed), **row} for row in _of_all(one, settings)]
    rows += list(_between(study, lists, settings, seed))
    rows += [row | {"seeds": str(seed)} for row in _next(one, lists, settings)]
    return pd.DataFrame(rows, columns=list(SUMMARY))


def optimal(curve: pd.Series, tolerance: float) -> pd.Index:
    """Return the N whose best loss is at most `tolerance` (a share) above the lowest.

    Parameters
    ----------
    curve
        Best loss, with N as its index.
    tolerance
        Share of the lowest best loss.
    """
    return curve.index[curve <= (1 + tolerance) * curve.min()]


def _one_fewer(rows: pd.DataFrame) -> pd.Series:
    """Return the best loss of N - 1 of the same seed, NaN where it was not run."""
    losses = rows.set_index(["seed", "n"])["best_loss"]
    before = pd.MultiIndex.from_arrays([rows["seed"], rows["n"] - 1])
    return pd.Series(losses.reindex(before).to_numpy(), index=rows.index)


def _published(rows: pd.DataFrame, published: pd.DataFrame) -> pd.Series:
    """Return published best losses, all NaN unless these runs have the published settings."""
    if rows["published_best_loss"].isna().all():
        return rows["published_best_loss"]
    losses = published.set_index(["seed", "n"])["best_loss"]
    return pd.Series(losses.reindex(pd.MultiIndex.from_frame(rows[["seed", "n"]])).to_numpy())


def _tier(loss: float, tiers: Iterable[Tier]) -> str:
    return next((t.name for t in tiers if loss <= (np.inf if t.at_most is None else t.at_most)), "")


def _parts(lists: Lists) -> dict[str, list[int]]:
    fine, gap, broad = (sorted(lists[name]) for name in ("fine", "gap", "broad"))
    around = [max((n for n in {*fine, *broad} if n < gap[0]), default=gap[0])]
    around += [min((n for n in {*fine, *broad} if n > gap[-1]), default=gap[-1])]
    return {
        "fine": fine,
        "fine and gap": sorted({*fine, *gap}),
        "broad": broad,
        "across the gap": sorted({*gap, *around}),
    }


def _curves(
    study: pd.DataFrame, numbers: Sequence[int], seed: int
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the original's curve, and the mean one where several seeds ran every N."""
    rows = study[study["n"].isin(numbers) & np.isfinite(study["best_loss"])]
    yield str(seed), rows[rows["seed"] == seed].set_index("n")
    whole = rows.groupby("seed").filter(lambda part: len(part) == len(numbers))
    if whole["seed"].nunique() > 1:
        columns = ["n_over_pixels", "best_loss", "best_iteration", "best_share"]
        yield ALL, whole.groupby("n")[columns].mean()


def _describe(curve: pd.DataFrame, settings: NStudySettings) -> Iterator[dict]:
    """Yield what a curve of best loss against N looks like: its lowest points, line and timing."""
    n, loss = curve.index.to_numpy(), curve["best_loss"].to_numpy()
    if not len(curve):
        return
    steps = pd.Series(np.diff(loss), index=n[1:])[np.diff(n) == 1]
    rises = steps[steps > 0]
    yield _row("regressions", len(rises), "steps", n=len(steps))
    if len(rises):
        yield _row("largest_regression", rises.max(), "loss", n=len(steps))
        yield _row("largest_regression_at", rises.idxmax(), "N", n=len(steps))
    best = optimal(curve["best_loss"], settings.tolerance)
    ratio = 100 * curve.loc[best, "n_over_pixels"]
    yield _row("lowest_loss", loss.min(), "loss", n=len(curve))
    yield _row("best_n", curve["best_loss"].idxmin(), "N", best.min(), best.max(), len(best))
    at_best = 100 * curve.loc[curve["best_loss"].idxmin(), "n_over_pixels"]
    yield _row("best_ratio", at_best, "% of pixels", ratio.min(), ratio.max(), len(best))
    line = intervals.line(n, loss, settings.confidence)
    yield _interval("slope", line.slope, "loss per Gaussian")
    yield _interval("intercept", line.intercept, "loss")
    yield _row("r_squared", line.r_squared, "", n=len(curve))
    yield _interval("curvature", line.curvature, "loss per Gaussian squared")
    for name, unit in (("best_iteration", "iterations"), ("best_share", "of all iterations")):
        values = curve[name]
        yield _row(name, values.median(), unit, values.min(), values.max(), len(curve))
    timing = intervals.spearman(n, curve["best_iteration"], settings.confidence)
    yield _interval("best_iteration_against_n", timing, "rank correlation")


def _of_all(one: pd.DataFrame, settings: NStudySettings) -> Iterator[dict]:
    """Yield what concerns all runs of the original's seed: tiers, turns, cost, published values."""
    for tier in settings.tiers:
        found = one.loc[one["tier"] == tier.name, "n"]
        ends = (found.min(), found.max()) if len(found) else (np.nan, np.nan)
        yield {"part": tier.name} | _row("tier", len(found), "runs", *ends, len(one))
    turned = intervals.share(one["turned"].sum(), len(one), settings.confidence)
    yield _interval("turned", turned, "share of runs")
    cost = one.loc[one["evaluations"] > 0, ["n", "evaluations"]].astype(float)
    line = intervals.line(np.log(cost["n"]), np.log(cost["evaluations"]), settings.confidence)
    yield _interval("cost_exponent", line.slope, "log evaluations per log N")
    yield _row("cost_r_squared", line.r_squared, "", n=len(cost))
    apart = one["published_difference"].abs()
    yield _row("published_difference", apart.max(), "loss", n=int(apart.notna().sum()))


def _between(
    study: pd.DataFrame, lists: Lists, settings: NStudySettings, seed: int
) -> Iterator[dict]:
    """Yield how well the broad N predict those in between, by the line from one to the next."""
    for part, inside in (("fine", lists["fine"]), ("across the gap", lists["gap"])):
        errors = pd.concat([_apart(rows, lists, inside) for _, rows in study.groupby("seed")])
        for seeds, chosen in (
            (str(seed), errors[errors["seed"] == seed]),
            (ALL, errors),
        ):
            error = chosen["error"].to_numpy()
            same = {"part": part, "seeds": seeds}
            average = intervals.mean(error, settings.confidence)
            yield same | _interval("above_broad_line", average, "loss")
            if len(error):
                furthest = error[np.abs(error).argmax()]
                yield same | _row("furthest_from_broad_line", furthest, "loss", n=len(error))
            above = intervals.share((error > 0).sum(), len(error), settings.confidence)
            yield same | _interval("share_above_broad_line", above, "share of runs")


def _apart(rows: pd.DataFrame, lists: Lists, inside: Sequence[int]) -> pd.DataFrame:
    """Return the loss of one seed's runs minus that of the line between the broad N beside them."""
    known = rows[np.isfinite(rows["best_loss"])].set_index("n")["best_loss"].sort_index()
    knots = known[known.index.isin(lists["broad"])]
    wanted = known[known.index.isin(inside) & ~known.index.isin(knots.index)]
    if len(knots) < 2:
        wanted = wanted.iloc[:0]
    wanted = wanted[(wanted.index > knots.index.min()) & (wanted.index < knots.index.max())]
    error = wanted - np.interp(wanted.index, knots.index, knots) if len(wanted) else wanted
    return pd.DataFrame({"seed": rows["seed"].iloc[0], "error": error})


def _next(one: pd.DataFrame, lists: Lists, settings: NStudySettings) -> Iterator[dict]:
    """Yield where the line through fine and gap expects the first broad N beyond, and its loss."""
    close = one[one["n"].isin([*lists["fine"], *lists["gap"]])]
    beyond = [n for n in lists["broad"] if n > max(*lists["fine"], *lists["gap"])]
    measured = one.loc[one["n"] == min(beyond, default=0), ["n", "best_loss"]]
    if measured.empty or close.empty:
        return
    n, loss = measured.iloc[0]
    expected = intervals.prediction(close["n"], close["best_loss"], n, settings.confidence)
    same = {"part": f"N = {n:g}"}
    yield same | _interval("expected_beyond_gap", expected, "loss")
    yield same | _row("measured_beyond_gap", loss, "loss", n=1)


def _row(
    quantity: str,
    value: float,
    unit: str,
    low: float = np.nan,
    high: float = np.nan,
    n: int = 0,
) -> dict:
    """Return a row of the summary; `low` and `high` are an interval or, for medians, the range."""
    return {"quantity": quantity, "value": value, "low": low, "high": high, "n": n, "unit": unit}


def _interval(quantity: str, interval: Interval, unit: str) -> dict:
    return _row(quantity, interval.value, unit, interval.low, interval.high, interval.n)

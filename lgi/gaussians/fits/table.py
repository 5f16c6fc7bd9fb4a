"""Tables of study 1, from run files."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.errors import DataError
from lgi.gaussians.fits.ms_ssim import SMALLEST_SIDE, ms_ssim
from lgi.gaussians.fits.published import is_published
from lgi.gaussians.fits.view import RUN, Fit

COLUMNS = (
    "image",
    "recipe",
    "n",
    "seed",
    "iterations",
    "best_loss",
    "best_iteration",
    "final_loss",
    "initial_loss",
    "psnr_at_best",
    "ssim_at_best",
    "ms_ssim_at_best",
    "uncovered_at_best",
    "uncovered_at_end",
    "evaluations",
    "n_over_pixels",
    "pixels_per_gaussian",
    "change_vs_previous_n",
    "published_best_loss",
    "state",
)
"""Columns of the table of runs."""

CELL = [key for key in RUN if key != "seed"]
"""What runs have in common that differ by their seed alone."""


def tables(
    fits: Iterable[Fit], published: pd.DataFrame, again: str, reference: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the table of all runs, and the comparison of those that were made again.

    Parameters
    ----------
    fits, published
        As for `table`.
    again, reference
        As for `reproducibility`.
    """
    runs = table(fits, published)
    return runs, reproducibility(runs, again, reference)


def table(fits: Iterable[Fit], published: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return one row per run, sorted by image, recipe, N and seed.

    Parameters
    ----------
    fits
        Runs of study 1.
    published
        Published values with columns ``n``, ``seed`` and ``best_loss``; they are set beside the
        runs whose settings are those of `lgi.gaussians.fits.published`, whatever they are called.

    Returns
    -------
    DataFrame
        Columns as in `COLUMNS`. ``best_loss`` is the least logged loss, ``final_loss`` the one
        measured at the last iteration, NaN where a run diverged; one that diverged at its first
        iteration has no ``best_iteration`` and nothing at its best. ``change_vs_previous_n`` is the
        best loss minus that of the next smaller N that ran, all else equal: positive where more
        Gaussians made it worse, NaN for the smallest N. Uncovered shares are 0 to 1, PSNR is in dB;
        ``ms_ssim_at_best`` (`lgi.gaussians.fits.ms_ssim`) is NaN for sides below 176 pixels.
        ``evaluations`` counts the pixels that Gaussians reach, per iteration and over all
        Gaussians: what an iteration costs on any machine.

    Raises
    ------
    DataError
        If there are no runs, or two of the same image, recipe, N and seed.
    """
    frame = pd.DataFrame([_row(fit, published) for fit in fits])
    if frame.empty:
        raise DataError("no runs of study 1 to tabulate")
    frame = frame.sort_values(RUN, ignore_index=True)
    if (twice := frame.duplicated(RUN)).any():
        same = frame.loc[twice, RUN].iloc[0]
        raise DataError("two runs of " + ", ".join(f"{key} {same[key]}" for key in RUN))
    frame["change_vs_previous_n"] = frame.groupby(["image", "recipe", "seed"])["best_loss"].diff()
    return frame[list(COLUMNS)]


def rows_of(table: pd.DataFrame, runs: Iterable[tuple]) -> pd.DataFrame:
    """Return the rows of some runs.

    Parameters
    ----------
    table
        Table of runs, as from `table`.
    runs
        (image, recipe, N, seed) of each.
    """
    return table.merge(pd.DataFrame(list(runs), columns=RUN), on=RUN)


def pixels_of(rows: pd.DataFrame) -> pd.Series:
    """Return how many pixels the image of each run has."""
    return (rows["n"] * rows["pixels_per_gaussian"]).round().astype(int)


def curves_of_seeds(
    rows: pd.DataFrame, columns: Sequence[str]
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return the N that all seeds have, and what each seed has at them.

    Parameters
    ----------
    rows
        Runs of one image and recipe, with columns ``n`` and ``seed``.
    columns
        Which values.

    Returns
    -------
    n : ndarray
        Ascending, shape (N,).
    values : list of ndarray
        Shape (seeds, N) for each of `columns`; seeds ascend.
    """
    seeds = rows.groupby("n")["seed"].nunique()
    n = seeds.index[seeds == rows["seed"].nunique()].to_numpy()
    wide = rows.pivot(index="seed", columns="n", values=list(columns))
    return n, [wide[column][n].to_numpy() for column in columns]


def by_seed(rows: pd.DataFrame, column: str) -> pd.Series:
    """Return one value per seed, the mean over its runs: what is independent are seeds, not runs.

    All runs of a seed share their start (N + 1 Gaussians begin with the same first N), so a claim
    counts seeds: this is the one place where the values of a seed become one. Runs are those of
    every image, recipe and N that all seeds have, so that seeds differ by luck alone.

    Parameters
    ----------
    rows
        Runs with columns `RUN` and `column`, as from `table`.
    column
        What to average: numbers, or whether something holds, whose mean is a share of runs. NaN
        is left out of the mean.

    Returns
    -------
    Series
        Indexed by ``seed``, ascending; NaN where a seed has no value, empty where no image, recipe
        and N has all seeds.
    """
    have = rows.groupby(CELL)["seed"].transform("nunique")
    shared = rows[have == rows["seed"].nunique()]
    return shared[column].astype(float).groupby(shared["seed"]).mean()


def differences_by_seed(rows: pd.DataFrame, others: pd.DataFrame, column: str) -> pd.Series:
    """Return one paired difference per seed, `others` minus `rows`: as `by_seed`, run by run.

    Parameters
    ----------
    rows, others
        Runs of two recipes with columns `RUN` and `column`; those of the same image, N and seed
        are a pair, and others do not count.
    column
        What differs.
    """
    keys = [key for key in RUN if key != "recipe"]
    pairs = rows.merge(others[[*keys, column]], on=keys, suffixes=("", "_other"), validate="1:1")
    return by_seed(pairs.assign(difference=pairs[f"{column}_other"] - pairs[column]), "difference")


def share_of_seeds(rows: pd.DataFrame, column: str, confidence: float) -> intervals.Interval:
    """Return the share of seeds of whose runs more than half have a property, with its interval.

    Parameters
    ----------
    rows
        Runs, as for `by_seed`.
    column
        Whether a run has the property.
    confidence
        Level of the exact interval (Clopper and Pearson 1934).
    """
    most = by_seed(rows, column) > 0.5
    return intervals.share(int(most.sum()), len(most), confidence)


def reproducibility(table: pd.DataFrame, again: str, reference: str) -> pd.DataFrame:
    """Compare the best losses of two recipes, run by run.

    Parameters
    ----------
    table
        Table of runs, as from `table`.
    again, reference
        Names of the recipe that was run again and of the one that it is compared with.

    Returns
    -------
    DataFrame
        ``image``, ``n``, ``seed``, ``best_loss``, ``reference_best_loss``,
        ``absolute_difference``, ``relative_difference``, ``iterations`` of the first and
        ``reference_best_iteration``: where that lies beyond, the reference went on to a better
        loss. A row per run that both recipes have.
    """
    keys = ["image", "n", "seed"]
    after = table.loc[table["recipe"] == again, [*keys, "best_loss", "iterations"]]
    before = table.loc[table["recipe"] == reference, [*keys, "best_loss", "best_iteration"]]
    names = {name: f"reference_{name}" for name in ("best_loss", "best_iteration")}
    both = after.merge(before.rename(columns=names), on=keys, validate="1:1")
    both["absolute_difference"] = (both["best_loss"] - both["reference_best_loss"]).abs()
    both["relative_difference"] = both["absolute_difference"] / both["reference_best_loss"]
    return both


def _row(fit: Fit, published: pd.DataFrame | None) -> dict:
    loss, uncovered = fit["loss"], fit["uncovered"]
    return fit.identity() | {
        "iterations": fit.recipe.iterations,
        "best_loss": fit.at_best("loss"),
        "best_iteration": fit.best_iteration or np.nan,
        "final_loss": np.nan if fit.diverged else loss[-1],
        "initial_loss": loss[0],
        "psnr_at_best": fit.at_best("psnr"),
        "ssim_at_best": fit.at_best("ssim"),
        "ms_ssim_at_best": _ms_ssim_at_best(fit),
        "uncovered_at_best": fit.at_best("uncovered"),
        "uncovered_at_end": uncovered[-1],
        "evaluations": fit.pixels * _mean_along(fit["iteration"], fit["overlap"]),
        "n_over_pixels": fit.n / fit.pixels,
        "pixels_per_gaussian": fit.pixels / fit.n,
        "published_best_loss": _published_best_loss(fit, published),
        "state": fit.state,
    }


def _ms_ssim_at_best(fit: Fit) -> float:
    """Return it of the image rendered anew, NaN where none was best or the image is small."""
    if fit.best_place is None or min(fit.width, fit.height) < SMALLEST_SIDE:
        return np.nan
    return ms_ssim(fit.render(fit["best"]), fit["target"])


def _mean_along(iteration: np.ndarray, values: np.ndarray) -> float:
    """Return the mean over iterations of values that were measured at some of them."""
    if len(values) == 1:
        return float(values[0])
    return float(np.trapezoid(values, iteration) / (iteration[-1] - iteration[0]))


def _published_best_loss(fit: Fit, published: pd.DataFrame | None) -> float:
    """Return the published best loss of a run, NaN where there is none."""
    if published is None or not is_published(fit.record):
        return np.nan
    same = (published["n"] == fit.n) & (published["seed"] == fit.seed)
    return published.loc[same, "best_loss"].iloc[0] if same.any() else np.nan

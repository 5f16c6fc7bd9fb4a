"""Tables of study 1, from run files."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from lgi.errors import DataError, RunFileError
from lgi.gaussians.history import MEASURES
from lgi.gaussians.published import is_published
from lgi.runs import Run

RECORD = (
    "image_name",
    "image",
    "recipe_name",
    "recipe",
    "n",
    "seed",
    "state",
    "best_iteration",
)
"""Entries that the record of a run must hold to be tabulated."""

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

RUN = ["image", "recipe", "n", "seed"]
"""What names a run."""


def table(runs: Iterable[Run], published: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return one row per run, sorted by image, recipe, N and seed.

    Parameters
    ----------
    runs
        Run files of study 1.
    published
        Published values with columns ``n``, ``seed`` and ``best_loss``; they are set beside the
        runs whose settings are those of `lgi.gaussians.published`, whatever they are called.

    Returns
    -------
    DataFrame
        Columns as in `COLUMNS`. ``best_loss`` is the least logged loss, ``final_loss`` the one
        measured at the last iteration, NaN where a run diverged; one that diverged at its first
        iteration has ``best_iteration`` 0 and nothing at its best. ``change_vs_previous_n`` is the
        best loss minus that of the next smaller N that ran, all else equal: positive where more
        Gaussians made it worse, NaN for the smallest N. Uncovered shares are 0 to 1, PSNR is in
        dB. ``evaluations`` counts the pixels that Gaussians reach, per iteration and over all
        Gaussians: what an iteration costs on any machine.

    Raises
    ------
    RunFileError
        If a file is not a whole run of study 1; names it.
    DataError
        If there are no runs, or two of the same image, recipe, N and seed.
    """
    frame = pd.DataFrame([_row(run, published) for run in runs])
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


def reproducibility(
    table: pd.DataFrame, recipe: str = "published_3000", reference: str = "published"
) -> pd.DataFrame:
    """Compare the best losses of two recipes, run by run.

    Parameters
    ----------
    table
        Table of runs, as from `table`.
    recipe, reference
        Names of the two recipes.

    Returns
    -------
    DataFrame
        ``image``, ``n``, ``seed``, ``best_loss``, ``reference_best_loss``,
        ``absolute_difference``, ``relative_difference``, ``iterations`` of the recipe and
        ``reference_best_iteration``: where that lies beyond, the reference went on to a better
        loss. A row per run that both recipes have.
    """
    keys = ["image", "n", "seed"]
    again = table.loc[table["recipe"] == recipe, [*keys, "best_loss", "iterations"]]
    before = table.loc[table["recipe"] == reference, [*keys, "best_loss", "best_iteration"]]
    names = {name: f"reference_{name}" for name in ("best_loss", "best_iteration")}
    both = again.merge(before.rename(columns=names), on=keys, validate="1:1")
    both["absolute_difference"] = (both["best_loss"] - both["reference_best_loss"]).abs()
    both["relative_difference"] = both["absolute_difference"] / both["reference_best_loss"]
    return both


def _row(run: Run, published: pd.DataFrame | None) -> dict:
    _check(run)
    record = run.record
    iteration, loss, uncovered = (run[name] for name in ("iteration", "loss", "uncovered"))
    height, width, _ = run["target"].shape
    pixels = width * height
    best = np.flatnonzero(iteration == record["best_iteration"])
    return {
        "image": record["image_name"],
        "recipe": record["recipe_name"],
        "n": record["n"],
        "seed": record["seed"],
        "iterations": record["recipe"]["iterations"],
        "best_loss": _at(loss, best),
        "best_iteration": record["best_iteration"],
        "final_loss": np.nan if record["state"].startswith("diverged") else loss[-1],
        "initial_loss": loss[0],
        "psnr_at_best": _at(run["psnr"], best),
        "ssim_at_best": _at(run["ssim"], best),
        "uncovered_at_best": _at(uncovered, best),
        "uncovered_at_end": uncovered[-1],
        "evaluations": pixels * _mean_along(iteration, run["overlap"]),
        "n_over_pixels": record["n"] / pixels,
        "pixels_per_gaussian": pixels / record["n"],
        "published_best_loss": _published_best_loss(record, published),
        "state": record["state"],
    }


def _at(values: np.ndarray, place: np.ndarray) -> float:
    """Return the value at a place; NaN at none, as where the first loss was not finite."""
    return values[place[0]] if len(place) else np.nan


def _mean_along(iteration: np.ndarray, values: np.ndarray) -> float:
    """Return the mean over iterations of values that were measured at some of them."""
    if len(values) == 1:
        return float(values[0])
    return float(np.trapezoid(values, iteration) / (iteration[-1] - iteration[0]))


def _check(run: Run) -> None:
    """Raise RunFileError unless all that a row is made of is there and fits."""
    record = run.record
    if not isinstance(record, dict) or record.get("study") != "gaussians":
        raise RunFileError(f"{run.path}: not a run of study 1 (gaussians)")
    missing = [name for name in RECORD if name not in record]
    if not missing and not (
        isinstance(record["recipe"], dict) and "iterations" in record["recipe"]
    ):
        missing = ["recipe.iterations"]
    if missing:
        raise RunFileError(f"{run.path}: the record lacks {', '.join(missing)}")
    iteration, target = run["iteration"], run["target"]
    if iteration.ndim != 1 or not len(iteration):
        raise RunFileError(
            f"{run.path}: iteration has shape {iteration.shape}; allowed is [L >= 1]"
        )
    for name in MEASURES:
        if run[name].shape != iteration.shape:
            raise RunFileError(
                f"{run.path}: {name} has shape {run[name].shape}, iteration {iteration.shape}"
            )
    if target.ndim != 3:
        raise RunFileError(f"{run.path}: target has shape {target.shape}; allowed is [H, W, 3]")
    best = record["best_iteration"]
    if best != 0 and best not in iteration:
        raise RunFileError(f"{run.path}: best_iteration {best} is not among the iterations")


def _published_best_loss(record: dict, published: pd.DataFrame | None) -> float:
    """Return the published best loss of a run, NaN where there is none."""
    if published is None or not is_published(record):
        return np.nan
    same = (published["n"] == record["n"]) & (published["seed"] == record["seed"])
    return published.loc[same, "best_loss"].iloc[0] if same.any() else np.nan

"""Tables of study 1, from run files."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from lgi.errors import DataError, RunFileError
from lgi.gaussians.history import MEASURES
from lgi.runs import Run

ARRAYS = ("iteration", "target", *MEASURES)
"""Arrays that a run file must hold to be tabulated."""

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
    "uncovered_at_best",
    "uncovered_at_end",
    "n_over_pixels",
    "pixels_per_gaussian",
    "change_vs_previous_n",
    "published_best_loss",
    "state",
)
"""Columns of the table of runs."""

PUBLISHED_IMAGE, PUBLISHED_RECIPE = "gradient_checkerboard", "published"
"""What the published values belong to."""

_RUN = ["image", "recipe", "n", "seed"]


def table(runs: Iterable[Run], published: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return one row per run, sorted by image, recipe, N and seed.

    Parameters
    ----------
    runs
        Run files of study 1.
    published
        Published values with columns ``n``, ``seed`` and ``best_loss``; they are set beside the
        runs of the published image and recipe.

    Returns
    -------
    DataFrame
        Columns as in `COLUMNS`. ``best_loss`` is the least logged loss, ``final_loss`` the one
        measured at the last iteration, NaN where a run diverged. ``change_vs_previous_n`` is the
        best loss minus that of the run with one Gaussian less, all else equal: positive where one
        more Gaussian made it worse, NaN where there is no such run. Uncovered shares are 0 to 1.

    Raises
    ------
    RunFileError
        If a file is not a run of study 1; names it.
    DataError
        If there are no runs, or two of the same image, recipe, N and seed.
    """
    frame = pd.DataFrame([_row(run) for run in runs])
    if frame.empty:
        raise DataError("no runs of study 1 to tabulate")
    frame = frame.sort_values(_RUN, ignore_index=True)
    if (twice := frame.duplicated(_RUN)).any():
        same = frame.loc[twice, _RUN].iloc[0]
        raise DataError("two runs of " + ", ".join(f"{key} {same[key]}" for key in _RUN))
    frame["change_vs_previous_n"] = frame["best_loss"] - _best_of_previous_n(frame)
    frame["published_best_loss"] = _published(frame, published)
    return frame[list(COLUMNS)]


def reproducibility(
    table: pd.DataFrame, recipe: str = "published_3000", reference: str = PUBLISHED_RECIPE
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
        ``absolute_difference``, ``relative_difference``; a row per run that both recipes have.
    """
    keys = ["image", "n", "seed"]
    again = table.loc[table["recipe"] == recipe, [*keys, "best_loss"]]
    before = table.loc[table["recipe"] == reference, [*keys, "best_loss"]]
    both = again.merge(
        before.rename(columns={"best_loss": "reference_best_loss"}), on=keys, validate="1:1"
    )
    both["absolute_difference"] = (both["best_loss"] - both["reference_best_loss"]).abs()
    both["relative_difference"] = both["absolute_difference"] / both["reference_best_loss"]
    return both


def training_curves(runs: Iterable[Run]) -> pd.DataFrame:
    """Return one row per run and logged iteration.

    Parameters
    ----------
    runs
        Run files of study 1.

    Returns
    -------
    DataFrame
        ``image``, ``recipe``, ``n``, ``seed``, ``iteration`` and the measures of
        `lgi.gaussians.history.MEASURES`.

    Raises
    ------
    RunFileError
        If a file is not a run of study 1; names it.
    DataError
        If there are no runs.
    """
    curves = [
        pd.DataFrame(
            {**_identity(run), "iteration": run["iteration"]}
            | {name: run[name] for name in MEASURES}
        )
        for run in runs
    ]
    if not curves:
        raise DataError("no runs of study 1 to draw curves of")
    return pd.concat(curves, ignore_index=True).sort_values([*_RUN, "iteration"], ignore_index=True)


def _identity(run: Run) -> dict:
    record = run.record
    if not isinstance(record, dict) or record.get("study") != "gaussians":
        raise RunFileError(f"{run.path}: not a run of study 1 (gaussians)")
    return {
        "image": record["image_name"],
        "recipe": record["recipe_name"],
        "n": record["n"],
        "seed": record["seed"],
    }


def _row(run: Run) -> dict:
    identity = _identity(run)
    iteration, loss, uncovered = (run[name] for name in ("iteration", "loss", "uncovered"))
    height, width, _ = run["target"].shape
    best = int(np.flatnonzero(iteration == run.record["best_iteration"])[0])
    diverged = run.record["state"].startswith("diverged")
    return identity | {
        "iterations": run.record["recipe"]["iterations"],
        "best_loss": loss[best],
        "best_iteration": run.record["best_iteration"],
        "final_loss": np.nan if diverged else loss[-1],
        "initial_loss": loss[0],
        "uncovered_at_best": uncovered[best],
        "uncovered_at_end": uncovered[-1],
        "n_over_pixels": identity["n"] / (width * height),
        "pixels_per_gaussian": width * height / identity["n"],
        "state": run.record["state"],
    }


def _best_of_previous_n(frame: pd.DataFrame) -> np.ndarray:
    """Return, for each row, the best loss of the same run with one Gaussian less."""
    previous = frame[[*_RUN, "best_loss"]].assign(n=frame["n"] + 1)
    return frame[_RUN].merge(previous, on=_RUN, how="left", validate="1:1")["best_loss"].to_numpy()


def _published(frame: pd.DataFrame, published: pd.DataFrame | None) -> np.ndarray:
    """Return, for each row, the published best loss, NaN where there is none."""
    if published is None:
        return np.full(len(frame), np.nan)
    keys = ["n", "seed"]
    beside = frame[keys].merge(published[[*keys, "best_loss"]], on=keys, how="left", validate="m:1")
    is_theirs = (frame["image"] == PUBLISHED_IMAGE) & (frame["recipe"] == PUBLISHED_RECIPE)
    return np.where(is_theirs, beside["best_loss"], np.nan)

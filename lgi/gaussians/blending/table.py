"""How fits compare whose colours are averaged or added, with a hard edge and with a smooth one."""

from collections.abc import Mapping, Sequence

import pandas as pd

from lgi import intervals
from lgi.errors import DataError
from lgi.gaussians.blending.settings import cell_of
from lgi.gaussians.fits.settings import RecipeSettings
from lgi.gaussians.fits.table import by_seed, rows_of, share_of_seeds
from lgi.gaussians.fits.view import RUN

VARIED = ["start", "rate", "blend", "edge"]
MEASURES = [
    "initial_loss",
    "best_loss",
    "final_loss",
    "psnr_at_best",
    "best_iteration",
    "uncovered_at_end",
]
COLUMNS = (
    "image",
    "n",
    *VARIED,
    "seeds",
    *MEASURES,
    "low",
    "high",
    "turned",
    "turned_low",
    "turned_high",
)


def tables(
    table: pd.DataFrame,
    turn: pd.DataFrame,
    *,
    fits: Sequence[tuple],
    recipes: Mapping[str, RecipeSettings],
    confidence: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return how blends and edges compare, and the runs on which that rests.

    Parameters
    ----------
    table, turn
        ``gaussians.csv`` and ``gaussians_turn.csv``.
    fits
        (image, recipe, N, seed) of each compared run.
    recipes
        Settings of their recipes.
    confidence
        Level of each interval.

    Returns
    -------
    compared : DataFrame
        Columns `COLUMNS`: a row per image, N, start, learning rate, blend and edge. Means over
        seeds, of ``best_loss`` with Student's t interval (``low``, ``high``), of
        ``best_iteration`` the median; ``turned`` is the share of seeds that turn, with its exact
        interval.
    runs : DataFrame
        `RUN`, `VARIED`, `MEASURES` and ``turned`` of each run.

    Raises
    ------
    DataError
        If there is no such run.
    """
    runs = rows_of(table, fits).merge(turn[[*RUN, "turned"]], on=RUN)
    if runs.empty:
        raise DataError("no runs of study 1 whose blends could be compared")
    cells = [(name, *cell_of(recipe)) for name, recipe in recipes.items()]
    runs = runs.merge(pd.DataFrame(cells, columns=["recipe", *VARIED]), on="recipe")
    runs = runs[[*RUN, *VARIED, *MEASURES, "turned"]].sort_values(
        ["image", "n", *VARIED, "seed"], ignore_index=True
    )
    groups = runs.groupby(["image", "n", *VARIED])
    rows = [_row(own, confidence) | dict(zip(groups.keys, key, strict=True)) for key, own in groups]
    return pd.DataFrame(rows, columns=list(COLUMNS)), runs


def _row(runs: pd.DataFrame, confidence: float) -> dict:
    best = intervals.mean(by_seed(runs, "best_loss").to_numpy(), confidence)
    turned = share_of_seeds(runs, "turned", confidence)
    return {name: runs[name].mean() for name in MEASURES} | {
        "seeds": best.n,
        "low": best.low,
        "high": best.high,
        "best_iteration": runs["best_iteration"].median(),
        "turned": turned.value,
        "turned_low": turned.low,
        "turned_high": turned.high,
    }

"""Which recipe keeps a fit from turning, and what it gains: recipes against one, run by run.

Each recipe changes one thing of the reference unless it says otherwise, so that what differs is its
effect. Runs are paired: the same N and seed have the same random start.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.claims import ABOVE_0, LESS_THAN_HALF, NOT_APPLICABLE, Part
from lgi.errors import DataError
from lgi.gaussians.fits import table as runs
from lgi.gaussians.fits.settings import RecipeSettings
from lgi.gaussians.fits.view import RUN, Fit
from lgi.gaussians.turn import table as turns
from lgi.gaussians.turn.table import DECIDED, turning

COLUMNS = (
    "recipe",
    "changes",
    "runs",
    "best_loss",
    "final_loss",
    "psnr_at_best",
    "best_iteration",
    "evaluations",
    "uncovered_at_end",
    "turned",
    "turned_low",
    "turned_high",
    "cures",
    "gain",
    "gain_low",
    "gain_high",
    "gain_p",
    "better",
    "regressions",
    "regression_steps",
)
BEGINNING = "nothing but early stop differs: a run of the one is the beginning of the other's"
"""Why whether a recipe fits better than the reference says nothing."""


def tables(
    fits: Iterable[Fit],
    *,
    factor: float,
    uncovered: float,
    recipes: Mapping[str, RecipeSettings],
    reference: str,
    confidence: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return how recipes compare, and the runs on which that rests.

    Parameters
    ----------
    fits
        Runs of the recipes and of the reference.
    factor, uncovered
        As for `lgi.gaussians.turn.table.table`.
    recipes, reference, confidence
        As for `compare`.

    Returns
    -------
    compared : DataFrame
        As from `compare`.
    rows : DataFrame
        ``image``, ``recipe``, ``n``, ``seed``, ``best_loss``, ``final_loss``, ``turned`` and
        ``decided``, a row per run.
    """
    fits = list(fits)
    turned = turns.table(fits, factor=factor, uncovered=uncovered)[[*RUN, "turned", "decided"]]
    rows = runs.table(fits).merge(turned, on=RUN)
    compared = compare(rows, recipes=recipes, reference=reference, confidence=confidence)
    return compared, rows[[*RUN, "best_loss", "final_loss", "turned", "decided"]]


def compare(
    rows: pd.DataFrame,
    *,
    recipes: Mapping[str, RecipeSettings],
    reference: str,
    confidence: float,
) -> pd.DataFrame:
    """Return a row per recipe: how its runs end, and how they differ from the reference's.

    Parameters
    ----------
    rows
        The runs to compare, those of the reference included: columns of
        `lgi.gaussians.fits.table.table`, with ``turned`` and ``decided`` of
        `lgi.gaussians.turn.table.table`.
    recipes
        Settings of each recipe, the reference included, in the order of the rows.
    reference
        Recipe that the others are compared with.
    confidence
        Level of the intervals of all recipes together.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`. Means over runs, of ``best_iteration`` the median; ``changes`` names the
        settings that differ from the reference's; ``turned`` is the share of runs that turn, with
        its exact interval, and ``cures`` the verdict on whether it is below one half; ``gain`` is
        the mean of the reference's best loss minus the recipe's, run by run, with Student's t
        interval and a p-value corrected for the number of recipes (Holm); ``better`` is the verdict
        on a gain above 0; ``regressions`` counts the steps to the next larger compared N of the
        same seed at which the best loss rises, out of ``regression_steps``. A verdict that the
        recipe's definition decides is not applicable.

    Raises
    ------
    DataError
        If the reference has no runs.
    """
    if reference not in set(rows["recipe"]):
        raise DataError(f"no runs with recipe {reference} to compare with")
    losses = rows[rows["recipe"] == reference].set_index(["n", "seed"])["best_loss"]
    level = intervals.joint_level(confidence, len(recipes) - 1)
    found = []
    for name, recipe in recipes.items():
        own, changes = rows[rows["recipe"] == name], _changes(recipe, recipes[reference])
        row = _row(name, own, level) | {"changes": ", ".join(changes)}
        found.append(row if name == reference else row | _beside(own, losses, changes, level))
    result = pd.DataFrame(found, columns=list(COLUMNS))
    result["gain_p"] = intervals.holm(result["gain_p"].to_numpy(float))
    return result


def parts(row: Mapping) -> tuple[Part, Part]:
    """Return what a row of the comparison says of turning and of the gain, as parts of claims.

    Parameters
    ----------
    row
        Of a recipe other than the reference, as from `compare`.
    """
    return tuple(
        Part(
            row["recipe"],
            intervals.Interval(row[value], row[f"{value}_low"], row[f"{value}_high"], row["runs"]),
            p=p,
            reason=why if row[verdict] == NOT_APPLICABLE else "",
            applies=row[verdict] != NOT_APPLICABLE,
        )
        for value, verdict, p, why in (
            ("turned", "cures", np.nan, DECIDED),
            ("gain", "better", row["gain_p"], BEGINNING),
        )
    )


def _row(name: str, rows: pd.DataFrame, level: float) -> dict:
    """Return what the runs of a recipe do."""
    turned = turning(rows, name, level)
    losses = rows.set_index(["n", "seed"])["best_loss"]
    steps = losses.unstack("seed").sort_index().diff().to_numpy()
    return {
        "recipe": name,
        "runs": len(rows),
        "best_loss": rows["best_loss"].mean(),
        "final_loss": rows["final_loss"].mean(),
        "psnr_at_best": rows["psnr_at_best"].mean(),
        "best_iteration": rows["best_iteration"].median(),
        "evaluations": rows["evaluations"].mean(),
        "uncovered_at_end": rows["uncovered_at_end"].mean(),
        "turned": turned.interval.value,
        "turned_low": turned.interval.low,
        "turned_high": turned.interval.high,
        "regressions": int((steps > 0).sum()),
        "regression_steps": int(np.isfinite(steps).sum()),
    }


def _beside(rows: pd.DataFrame, reference: pd.Series, changes: list[str], level: float) -> dict:
    """Return how the runs of a recipe differ from those of the reference."""
    name = rows["recipe"].iloc[0]
    gains = (reference - rows.set_index(["n", "seed"])["best_loss"]).dropna().to_numpy()
    gain = Part(name, intervals.mean(gains, level), applies=changes != ["early_stop"])
    return {
        "cures": turning(rows, name, level).verdict(LESS_THAN_HALF),
        "gain": gain.interval.value,
        "gain_low": gain.interval.low,
        "gain_high": gain.interval.high,
        "gain_p": intervals.p_of_mean(gains),
        "better": gain.verdict(ABOVE_0),
    }


def _changes(recipe: RecipeSettings, reference: RecipeSettings) -> list[str]:
    """Return the names of the settings in which a recipe differs from the reference."""
    return [key for key, value in recipe if value != getattr(reference, key)]

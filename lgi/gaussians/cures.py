"""Which recipe keeps a fit from turning, and what it gains: recipes against one, run by run.

Each recipe changes one thing of the reference unless it says otherwise, so that what differs is its
effect. Runs are paired: the same N and seed have the same random start.
"""

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.errors import DataError
from lgi.gaussians.analysis import RUN
from lgi.gaussians.study_settings import CureSettings
from lgi.verdicts import ABOVE_0, OURS, Part, judge, verdict

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
FEW: tuple[float, float] = (-np.inf, 0.5)
"""Region of the share of runs that turn, where a recipe keeps most of them from it."""


def compare(
    table: pd.DataFrame,
    turns: pd.DataFrame,
    recipes: dict[str, dict],
    settings: CureSettings,
) -> pd.DataFrame:
    """Return a row per recipe: how its runs end, and how they differ from the reference's.

    Parameters
    ----------
    table, turns
        The runs to compare, rows of `lgi.gaussians.analysis.table`, and how they turned, from
        `lgi.gaussians.turn.table`.
    recipes
        Settings of each recipe, the reference included, in the order of the rows.
    settings
        Reference and confidence.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`. Means over runs, of ``best_iteration`` the median; ``changes`` names the
        settings that differ from the reference's; ``turned`` is the share of runs that turn, with
        its exact interval, and ``cures`` the verdict on whether it is below one half; ``gain`` is
        the mean of the reference's best loss minus the recipe's, run by run, with Student's t
        interval and a p-value corrected for the number of recipes (Holm); ``better`` is the verdict
        on a gain above 0; ``regressions`` counts the steps to the next larger compared N of the
        same seed at which the best loss rises, out of ``regression_steps``.

    Raises
    ------
    DataError
        If the reference has no runs.
    """
    rows = table.merge(turns[[*RUN, "turned"]], on=RUN)
    reference = rows[rows["recipe"] == settings.reference].set_index(["n", "seed"])["best_loss"]
    if reference.empty:
        raise DataError(
            f"no runs of image {settings.image} with recipe {settings.reference} to compare with"
        )
    names = list(dict.fromkeys([settings.reference, *recipes]))
    result = pd.DataFrame(
        [_row(name, rows[rows["recipe"] == name], reference, recipes, settings) for name in names],
        columns=list(COLUMNS),
    )
    result["gain_p"] = intervals.holm(result["gain_p"].to_numpy(float))
    return result


def claims(cures: pd.DataFrame, settings: CureSettings) -> list[dict]:
    """Judge for each recipe whether it keeps runs from turning and whether it fits better.

    Parameters
    ----------
    cures
        As from `compare`.
    settings
        Reference and confidence.

    Returns
    -------
    list of dict
        Rows of `lgi.verdicts.judge`, a claim of its own for each recipe.
    """
    rows = []
    for row in cures[cures["recipe"] != settings.reference].itertuples():
        share = intervals.Interval(row.turned, row.turned_low, row.turned_high, row.runs)
        gain = intervals.Interval(row.gain, row.gain_low, row.gain_high, row.runs)
        rows += judge(
            f"{row.recipe} keeps fits from turning",
            OURS,
            "share of runs that turn",
            FEW,
            [Part(row.recipe, share)],
        )
        rows += judge(
            f"{row.recipe} fits better than {settings.reference}",
            OURS,
            f"best loss of {settings.reference} minus that of {row.recipe}",
            ABOVE_0,
            [Part(row.recipe, gain, p=row.gain_p)],
        )
    return rows


def _row(
    name: str, rows: pd.DataFrame, reference: pd.Series, recipes: dict, settings: CureSettings
) -> dict:
    level = 1 - (1 - settings.confidence) / max(len(recipes) - 1, 1)
    own = rows.set_index(["n", "seed"])["best_loss"]
    gain = (reference - own).dropna().to_numpy()
    gained = intervals.mean(gain, level)
    turned = intervals.share(int(rows["turned"].sum()), len(rows), level)
    steps = own.unstack("seed").sort_index().diff().to_numpy()
    compared = name != settings.reference
    return {
        "recipe": name,
        "changes": _changes(recipes.get(name, {}), recipes.get(settings.reference, {})),
        "runs": len(rows),
        "best_loss": rows["best_loss"].mean(),
        "final_loss": rows["final_loss"].mean(),
        "psnr_at_best": rows["psnr_at_best"].mean(),
        "best_iteration": rows["best_iteration"].median(),
        "evaluations": rows["evaluations"].mean(),
        "uncovered_at_end": rows["uncovered_at_end"].mean(),
        "turned": turned.value,
        "turned_low": turned.low,
        "turned_high": turned.high,
        "cures": verdict(turned.low, turned.high, FEW) if compared else "",
        "gain": gained.value if compared else np.nan,
        "gain_low": gained.low if compared else np.nan,
        "gain_high": gained.high if compared else np.nan,
        "gain_p": intervals.p_of_mean(gain) if compared else np.nan,
        "better": verdict(gained.low, gained.high, ABOVE_0) if compared else "",
        "regressions": int((steps > 0).sum()),
        "regression_steps": int(np.isfinite(steps).sum()),
    }


def _changes(recipe: dict, reference: dict) -> str:
    """Return the names of the settings in which a recipe differs from the reference."""
    return ", ".join(key for key, value in recipe.items() if value != reference.get(key))

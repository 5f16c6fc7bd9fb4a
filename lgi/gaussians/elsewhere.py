"""What the original says of one image, asked of others: is there an optimal N / pixels."""

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.errors import DataError
from lgi.gaussians.study_settings import ElsewhereSettings
from lgi.verdicts import ABOVE_0, ORIGINAL, OURS, Part, judge

COLUMNS = (
    "image",
    "recipe",
    "n",
    "n_over_pixels",
    "seeds",
    "best_loss",
    "low",
    "high",
    "psnr_at_best",
    "best_iteration",
    "is_lowest",
    "in_range",
)


def curves(table: pd.DataFrame, settings: ElsewhereSettings) -> pd.DataFrame:
    """Return the mean best loss over seeds for each image, recipe and N.

    Parameters
    ----------
    table
        The runs of the lists, as rows of `lgi.gaussians.analysis.table`.
    settings
        Confidence, and the original's range of N / pixels.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`: ``best_loss`` with Student's t interval over seeds; mean PSNR in dB;
        median best iteration; ``is_lowest`` marks the N with the lowest mean of its image and
        recipe, ``in_range`` those inside the original's range.

    Raises
    ------
    DataError
        If there are no runs.
    """
    if table.empty:
        raise DataError("no runs to look for an optimal ratio")
    rows = []
    for (image, recipe, n), runs in table.groupby(["image", "recipe", "n"]):
        mean = intervals.mean(runs["best_loss"].to_numpy(), settings.confidence)
        ratio = runs["n_over_pixels"].iloc[0]
        rows.append(
            {
                "image": image,
                "recipe": recipe,
                "n": n,
                "n_over_pixels": ratio,
                "seeds": len(runs),
                "best_loss": mean.value,
                "low": mean.low,
                "high": mean.high,
                "psnr_at_best": runs["psnr_at_best"].mean(),
                "best_iteration": runs["best_iteration"].median(),
                "in_range": settings.ratio[0] <= ratio <= settings.ratio[1],
            }
        )
    frame = pd.DataFrame(rows)
    lowest = frame.groupby(["image", "recipe"])["best_loss"].transform("min")
    frame["is_lowest"] = frame["best_loss"] == lowest
    return frame[list(COLUMNS)]


def claims(table: pd.DataFrame, settings: ElsewhereSettings) -> list[dict]:
    """Judge for every recipe whether the original's ratio is optimal, image by image.

    Parameters
    ----------
    table
        As for `curves`.
    settings
        Confidence, and the original's range of N / pixels.

    Returns
    -------
    list of dict
        Rows of `lgi.verdicts.judge`. The statistic compares, seed by seed, the logarithm of the
        best loss with the most Gaussians tried, beyond the range, and with an N inside the range:
        above 0 if more Gaussians than the range allows do worse.
    """
    rows = []
    for recipe, of_recipe in table.groupby("recipe"):
        images = sorted(of_recipe["image"].unique())
        level = 1 - (1 - settings.confidence) / len(images)
        parts = [
            _beyond(image, of_recipe[of_recipe["image"] == image], settings, level)
            for image in images
        ]
        rows += judge(
            f"an optimal N / pixels of {settings.ratio[0]:.2%} to {settings.ratio[1]:.2%} holds "
            f"for other images and resolutions, with recipe {recipe}",
            ORIGINAL if recipe.startswith("published") else OURS,
            "mean log of the best loss far beyond the range minus inside it, paired by seed",
            ABOVE_0,
            parts,
        )
    return rows


def _beyond(image: str, rows: pd.DataFrame, settings: ElsewhereSettings, level: float) -> Part:
    """Return how the most Gaussians compare with those inside the range; NaN without both."""
    low, high = settings.ratio
    ratio = rows["n_over_pixels"]
    inside = rows[(ratio >= low) & (ratio <= high)].groupby("seed")["best_loss"].mean()
    beyond = rows[(ratio > high) & (rows["n"] == rows["n"].max())]
    beyond = beyond.set_index("seed")["best_loss"]
    change = (np.log(beyond) - np.log(inside)).dropna().to_numpy()
    if not len(change):
        reason = "no N inside the range" if inside.empty else "no N beyond the range"
        return Part(image, intervals.Interval(np.nan, np.nan, np.nan, 0), reason=reason)
    return Part(image, intervals.mean(change, level))

"""Whether the original's optimal N / pixels is optimal for other images, and how it is judged."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.claims import (
    ABOVE_0,
    NOT_SUPPORTED,
    NOTHING,
    ORIGINAL,
    OURS,
    SUPPORTED,
    Claim,
    Part,
    Sentences,
    judge,
)
from lgi.gaussians.elsewhere.settings import ElsewhereSettings
from lgi.gaussians.fits.table import rows_of
from lgi.gaussians.original import OriginalStudy
from lgi.gaussians.selection import RunList
from lgi.prose import listed, percent


def claims(
    *,
    table: pd.DataFrame,
    settings: ElsewhereSettings,
    original: OriginalStudy,
    lists: Sequence[RunList],
) -> Iterator[dict]:
    """Judge for every recipe whether the original's ratio is optimal, image by image.

    Parameters
    ----------
    table
        Runs, as from `lgi.gaussians.fits.table.table`.
    settings
        Which of them, and the confidence.
    original
        The original's range of N / pixels, and the recipes with which it was run.
    lists
        The lists of runs.

    Yields
    ------
    dict
        Rows of `lgi.claims.judge`. The statistic compares, seed by seed, the logarithm of the
        best loss with the most Gaussians tried, beyond the range, and with an N inside the range:
        above 0 if more Gaussians than the range allows do worse.
    """
    compared = rows_of(table, settings.fits.fits(lists))
    for recipe, of_recipe in compared.groupby("recipe"):
        images = sorted(of_recipe["image"].unique())
        level = intervals.joint_level(settings.confidence, len(images))
        parts = [
            _beyond(image, of_recipe[of_recipe["image"] == image], original.ratio, level)
            for image in images
        ]
        yield from judge(_claim(recipe, original, parts), parts)


def _claim(recipe: str, original: OriginalStudy, parts: Sequence[Part]) -> Claim:
    low, high = original.ratio
    by_verdict = {
        verdict: [part.name for part in parts if part.verdict(ABOVE_0) == verdict]
        for verdict in (SUPPORTED, NOT_SUPPORTED)
    }
    favour, against = by_verdict[SUPPORTED], listed(by_verdict[NOT_SUPPORTED])
    though = f", though not on {listed(favour)}" if favour else ""
    return Claim(
        f"elsewhere.{recipe}",
        f"an optimal N / pixels of {low:.2%} to {high:.2%} holds for other images and resolutions, "
        f"with recipe {recipe}",
        ORIGINAL if recipe in original.recipes else OURS,
        "mean log of the best loss far beyond the range minus inside it, paired by seed",
        ABOVE_0,
        Sentences(
            supported=f"With {recipe}, a range of {percent(low, 2)} to {percent(high, 2)} does "
            "better than the most Gaussians tried, on every image.",
            not_supported=f"With {recipe}, there is no such optimal range: many more Gaussians do "
            f"better on {against}{though}.",
            undecided=f"With {recipe}, whether there is such an optimal range is not decided.",
        ),
    )


def _beyond(image: str, rows: pd.DataFrame, ratio: tuple[float, float], level: float) -> Part:
    """Return how the most Gaussians compare with those inside the range; NaN without both."""
    low, high = ratio
    share = rows["n_over_pixels"]
    inside = rows[(share >= low) & (share <= high)].groupby("seed")["best_loss"].mean()
    beyond = rows[(share > high) & (rows["n"] == rows["n"].max())]
    beyond = beyond.set_index("seed")["best_loss"]
    change = (np.log(beyond) - np.log(inside)).dropna().to_numpy()
    if not len(change):
        reason = "no N inside the range" if inside.empty else "no N beyond the range"
        return Part(image, NOTHING, reason=reason)
    return Part(image, intervals.mean(change, level))

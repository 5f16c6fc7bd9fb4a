"""Whether many more Gaussians fit better than the range that the original calls optimal."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.claims import (
    BELOW_0,
    NOT_SUPPORTED,
    NOTHING,
    OURS,
    SUPPORTED,
    UNDECIDED,
    Claim,
    Part,
    Sentences,
    judge,
    names_by_verdict,
)
from lgi.display import UNNAMED_FITS, GaussianNames
from lgi.gaussians.elsewhere.settings import ElsewhereSettings
from lgi.gaussians.fits.table import rows_of
from lgi.gaussians.selection import RunList
from lgi.prose import percent, quoted, span


def claims(
    *,
    table: pd.DataFrame,
    settings: ElsewhereSettings,
    ratio: tuple[float, float],
    lists: Sequence[RunList],
    names: GaussianNames = UNNAMED_FITS,
) -> Iterator[dict]:
    """Judge for every recipe whether the most Gaussians fit better than a range, image by image.

    Parameters
    ----------
    table
        Runs, as from `lgi.gaussians.fits.table.table`.
    settings
        Which of them, and the confidence.
    ratio
        The range of N / pixels that the original calls optimal for its image.
    lists
        The lists of runs.
    names
        What people read in place of names.

    Yields
    ------
    dict
        Rows of `lgi.claims.judge`. The statistic compares, seed by seed, the logarithm of the
        best loss with the most Gaussians tried, beyond the range, and with an N inside the range:
        below 0 if more Gaussians than the range allows do better.
    """
    compared = rows_of(table, settings.fits.fits(lists))
    for recipe, of_recipe in compared.groupby("recipe"):
        images = sorted(of_recipe["image"].unique())
        level = intervals.joint_level(settings.confidence, len(images))
        parts = [
            _beyond(names.of("images", image), of_recipe[of_recipe["image"] == image], ratio, level)
            for image in images
        ]
        yield from judge(_claim(recipe, names.of("recipes", recipe), ratio, parts), parts)


def _claim(recipe: str, called: str, ratio: tuple[float, float], parts: Sequence[Part]) -> Claim:
    range_ = f"N at {span(*ratio, lambda share: percent(share, 2))} of the pixels"
    found = names_by_verdict(parts, BELOW_0)
    images = "; ".join(
        f"{text} {quoted(found[verdict])}" for verdict, text in _ON.items() if found[verdict]
    )
    sentence = f"With recipe “{called}” the most Gaussians tried, beside {range_}, fit {images}."
    return Claim(
        f"elsewhere.{recipe}",
        f"with recipe “{called}” the most Gaussians tried fit better than {range_}",
        OURS,
        "mean log of the best loss with the most Gaussians minus that inside the range, paired by "
        "seed",
        BELOW_0,
        Sentences(sentence, sentence, sentence),
    )


_ON = {
    SUPPORTED: "better on",
    NOT_SUPPORTED: "worse on",
    UNDECIDED: "neither for certain on",
}
"""How the most Gaussians fit, by the verdict on an image."""


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

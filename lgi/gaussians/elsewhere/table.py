"""What the original says of one image, asked of others: is there an optimal N / pixels."""

from collections.abc import Iterable

import pandas as pd

from lgi import intervals
from lgi.errors import DataError
from lgi.gaussians.fits import table as runs
from lgi.gaussians.fits.view import Fit

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


def table(fits: Iterable[Fit], *, ratio: tuple[float, float], confidence: float) -> pd.DataFrame:
    """Return the mean best loss over seeds for each image, recipe and N.

    Parameters
    ----------
    fits
        Runs of study 1.
    ratio, confidence
        As for `curves`.
    """
    return curves(runs.table(fits), ratio=ratio, confidence=confidence)


def curves(rows: pd.DataFrame, *, ratio: tuple[float, float], confidence: float) -> pd.DataFrame:
    """Return the mean best loss over seeds for each image, recipe and N.

    Parameters
    ----------
    rows
        The runs to compare, as from `lgi.gaussians.fits.table.table`.
    ratio
        The original's range of N / pixels.
    confidence
        Level of each interval.

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
    if rows.empty:
        raise DataError("no runs to look for an optimal ratio")
    found = []
    for (image, recipe, n), seeds in rows.groupby(["image", "recipe", "n"]):
        mean = intervals.mean(seeds["best_loss"].to_numpy(), confidence)
        share = seeds["n_over_pixels"].iloc[0]
        found.append(
            {
                "image": image,
                "recipe": recipe,
                "n": n,
                "n_over_pixels": share,
                "seeds": len(seeds),
                "best_loss": mean.value,
                "low": mean.low,
                "high": mean.high,
                "psnr_at_best": seeds["psnr_at_best"].mean(),
                "best_iteration": seeds["best_iteration"].median(),
                "in_range": ratio[0] <= share <= ratio[1],
            }
        )
    frame = pd.DataFrame(found)
    lowest = frame.groupby(["image", "recipe"])["best_loss"].transform("min")
    frame["is_lowest"] = frame["best_loss"] == lowest
    return frame[list(COLUMNS)]

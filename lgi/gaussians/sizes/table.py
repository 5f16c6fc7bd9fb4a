"""Tables of fits to pictures of real size."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.errors import DataError
from lgi.gaussians.fits.table import curves_of_seeds, pixels_of, rows_of
from lgi.gaussians.selection import RunList
from lgi.gaussians.sizes.settings import SizesSettings

MEASURES = ("psnr", "ssim", "ms_ssim")
"""What is measured at the best state; NaN where a picture is too small for it."""

COLUMNS = (
    "image",
    "recipe",
    "pixels",
    "n",
    "n_over_pixels",
    "bits_per_pixel",
    "seeds",
    *(f"{name}{end}" for name in MEASURES for end in ("", "_low", "_high")),
    "evaluations",
    "evaluations_per_pixel",
)
GROWTH = ("image", "recipe", "quantity", "unit", "value", "low", "high", "seeds", "from_n", "to_n")
EVALUATIONS, DOUBLING = "evaluations over N", "PSNR of twice the N"


def tables(
    table: pd.DataFrame,
    settings: SizesSettings,
    lists: Sequence[RunList],
    parameters: Mapping[str, int],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what fits reach at each N, and how that and the work grow with N.

    Parameters
    ----------
    table
        Runs, as from `lgi.gaussians.fits.table.table`.
    settings, lists
        Which of them, the confidence, and the bits of a parameter.
    parameters
        Trained parameters of a Gaussian, by recipe.

    Returns
    -------
    sizes : DataFrame
        Columns `COLUMNS`, a row for each image, recipe and N: PSNR (dB), SSIM and MS-SSIM at the
        best state with t intervals over seeds; ``bits_per_pixel`` of all parameters; mean
        ``evaluations``, the pixels that Gaussians reach in an iteration.
    growth : DataFrame
        Columns `GROWTH`, for each image and recipe: the exponent of the evaluations over N, and
        what twice the N add to PSNR between the two largest N. Means over seeds, each with a value
        of its own, with t intervals.

    Raises
    ------
    DataError
        If there are no such runs.
    """
    rows = _asked(table, settings, lists)
    keys = ["image", "recipe", "n"]
    found = [
        _row(*name, seeds, settings, parameters) for name, seeds in rows.groupby(keys, sort=True)
    ]
    return (
        pd.DataFrame(found, columns=list(COLUMNS)).sort_values(
            ["pixels", *keys], ignore_index=True
        ),
        pd.DataFrame(list(_growths(rows, settings)), columns=list(GROWTH)),
    )


def growths(
    table: pd.DataFrame, settings: SizesSettings, lists: Sequence[RunList], quantity: str
) -> dict[tuple[str, str], np.ndarray]:
    """Return a growth of each image and recipe, a value per seed.

    Parameters
    ----------
    table, settings, lists
        As for `tables`.
    quantity
        `EVALUATIONS` or `DOUBLING`.
    """
    groups = _asked(table, settings, lists).groupby(["image", "recipe"])
    return {name: _OF_SEED[quantity](_wide(rows)) for name, rows in groups}


def _asked(table: pd.DataFrame, settings: SizesSettings, lists: Sequence[RunList]) -> pd.DataFrame:
    rows = rows_of(table, settings.fits.fits(lists))
    if rows.empty:
        raise DataError("no runs of pictures of real size")
    return rows.assign(pixels=pixels_of(rows))


def _row(
    image: str,
    recipe: str,
    n: int,
    rows: pd.DataFrame,
    settings: SizesSettings,
    parameters: Mapping[str, int],
) -> dict:
    pixels = int(rows["pixels"].iloc[0])
    row = {
        "image": image,
        "recipe": recipe,
        "pixels": pixels,
        "n": n,
        "n_over_pixels": n / pixels,
        "bits_per_pixel": settings.bits * parameters[recipe] * n / pixels,
        "seeds": len(rows),
        "evaluations": rows["evaluations"].mean(),
        "evaluations_per_pixel": rows["evaluations"].mean() / pixels,
    }
    for name in MEASURES:
        mean = intervals.mean(rows[f"{name}_at_best"].to_numpy(), settings.confidence)
        row |= {name: mean.value, f"{name}_low": mean.low, f"{name}_high": mean.high}
    return row


def _growths(rows: pd.DataFrame, settings: SizesSettings) -> Iterator[dict]:
    for (image, recipe), own in rows.groupby(["image", "recipe"]):
        wide = _wide(own)
        n = wide["n"]
        for quantity, unit in ((EVALUATIONS, "exponent"), (DOUBLING, "dB")):
            mean = intervals.mean(_OF_SEED[quantity](wide), settings.confidence)
            last = n[-2:] if quantity == DOUBLING else n
            yield {
                "image": image,
                "recipe": recipe,
                "quantity": quantity,
                "unit": unit,
                "value": mean.value,
                "low": mean.low,
                "high": mean.high,
                "seeds": mean.n,
                "from_n": last[0],
                "to_n": last[-1],
            }


def _wide(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return N [N] and what every seed has at them [seeds, N], of the N that all seeds have."""
    columns = ["evaluations", "psnr_at_best"]
    n, values = curves_of_seeds(rows, columns)
    return {"n": n, **dict(zip(columns, values, strict=True))}


def _exponents(wide: dict[str, np.ndarray]) -> np.ndarray:
    """Return the slope of log evaluations over log N of each seed."""
    if len(wide["n"]) < 2:
        return np.full(len(wide["evaluations"]), np.nan)
    return np.polyfit(np.log(wide["n"]), np.log(wide["evaluations"]).T, 1)[0]


def _doublings(wide: dict[str, np.ndarray]) -> np.ndarray:
    """Return what twice the N add to PSNR between the two largest N, of each seed."""
    if len(wide["n"]) < 2:
        return np.full(len(wide["psnr_at_best"]), np.nan)
    before, last = wide["psnr_at_best"][:, -2:].T
    return (last - before) / np.diff(np.log2(wide["n"]))[-1]


_OF_SEED = {EVALUATIONS: _exponents, DOUBLING: _doublings}

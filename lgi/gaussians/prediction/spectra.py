"""What the Jacobian is like: singular values of a few fits, and what becomes of them in all."""

from collections.abc import Iterable

import pandas as pd

from lgi.errors import DataError
from lgi.gaussians.fits.view import Fit
from lgi.gaussians.prediction.features import singular_values

SUMMARISED = ("log10_condition", "effective_rank_share", "null_share")


def tables(
    fits: Iterable[Fit], features: pd.DataFrame, *, image: str, recipe: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the singular values of some fits, and what becomes of them in all.

    Parameters
    ----------
    fits
        Some runs of study 1.
    features
        ``gaussians_features.csv``.
    image, recipe
        Rows of the features to summarise.

    Returns
    -------
    values : DataFrame
        As from `lgi.gaussians.prediction.features.singular_values`, with ``share``, the value in
        units of the largest of its state.
    summary : DataFrame
        ``feature`` (`SUMMARISED`), ``state``, ``n``, its ``low``, ``median`` and ``high``: median
        and quartiles over ``seeds`` many seeds.

    Raises
    ------
    DataError
        If there is nothing of either.
    """
    values = singular_values(fits)
    largest = values.groupby(["n", "seed", "state"])["singular_value"].transform("max")
    rows = features[(features["image"] == image) & (features["recipe"] == recipe)]
    if rows.empty:
        raise DataError(f"no features of image {image!r} with recipe {recipe!r}")
    return values.assign(share=values["singular_value"] / largest), pd.concat(
        [_summary(rows, feature) for feature in SUMMARISED], ignore_index=True
    )


def _summary(rows: pd.DataFrame, feature: str) -> pd.DataFrame:
    by = rows.groupby(["state", "n"], sort=False)
    quartiles = by[feature].quantile([0.25, 0.5, 0.75]).unstack()
    quartiles = quartiles.set_axis(["low", "median", "high"], axis=1)
    seeds = by["seed"].nunique()
    frame = quartiles.assign(feature=feature, seeds=seeds).reset_index()
    return frame[["feature", "state", "n", "low", "median", "high", "seeds"]]

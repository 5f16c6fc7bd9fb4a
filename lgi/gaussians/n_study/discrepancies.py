"""Where the original's statements and its own table disagree, and what is measured here."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from lgi.gaussians.original import OriginalStudy, per_cent

COLUMNS = (
    "statement",
    "n",
    "stated_low",
    "stated_high",
    "unit",
    "published",
    "measured",
    "agrees",
    "reproduced",
)
HALF_DIGIT = 5e-7  # losses are printed with six decimals


def discrepancies(
    study: pd.DataFrame, published: pd.DataFrame, original: OriginalStudy
) -> pd.DataFrame:
    """Set what the original states beside what its own table says and what is measured here.

    Parameters
    ----------
    study
        The complete table, from `lgi.gaussians.n_study.table.n_study`.
    published
        The original's table: n, seed, best_loss, iteration_as_published (NaN where none).
    original
        What the original states: its seed, the best N, those worse than one fewer, the optimal
        ratio.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`. ``statement`` is best_n; change, of the loss against one Gaussian
        fewer (every step of the table: what is not said to rise is said to fall); optimal_ratio,
        of the N with the lowest loss; better_outside, the number of N beside the optimal range that
        beat one inside; best_iteration; best_loss. ``stated_low`` and ``stated_high`` bound what
        the statement allows, NaN where it sets no limit. ``agrees`` says whether its own table
        does, or, where the table is the statement, whether the measured value does; ``reproduced``
        whether measured and published values are the same as far as they are printed. Empty where
        a value is missing.
    """
    printed = published[published["seed"] == original.seed].set_index("n").sort_index()
    ours = study[study["seed"] == original.seed].set_index("n").sort_index()
    if ours["published_best_loss"].isna().all():
        ours = ours.iloc[:0]  # these are not the published settings
    ratio = per_cent(study.drop_duplicates("n").set_index("n")["n_over_pixels"])
    rows = [
        *_loss_statements(printed["best_loss"], ours["best_loss"], original),
        *_ratio_statements(printed["best_loss"], ours["best_loss"], ratio, original),
        *_printed_values(printed, ours),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _loss_statements(
    printed: pd.Series, ours: pd.Series, original: OriginalStudy
) -> Iterator[dict]:
    """Yield what is said of the best N and of each step, in the range that was run one by one."""
    close = printed[[n for n in printed.index if {n - 1, n + 1} & set(printed.index)]]
    measured = ours.reindex(close.index)
    best = [
        values.idxmin() if values.notna().all() and len(values) else np.nan
        for values in (close, measured)
    ]
    yield _statement("best_n", np.nan, (original.best, original.best), "N", *best)
    for n, change in close.diff().dropna().items():
        stated = (0, np.inf) if n in original.worse else (-np.inf, 0)
        # Both are differences of two printed values.
        yield _statement("change", n, stated, "loss", change, measured.diff()[n], 2 * HALF_DIGIT)


def _ratio_statements(
    printed: pd.Series, ours: pd.Series, ratio: pd.Series, original: OriginalStudy
) -> Iterator[dict]:
    """Yield what is said of the optimal ratio, in per cent, rounded as the original prints it."""
    curves = [curve[curve.index.isin(ratio.index)].dropna() for curve in (printed, ours)]
    best = [ratio[curve.idxmin()] if len(curve) else np.nan for curve in curves]
    stated = tuple(per_cent(original.ratio))
    yield _statement("optimal_ratio", np.nan, stated, "% of pixels", *best)
    counts = []
    for curve in curves:
        inside = ratio[curve.index].between(*stated)
        counts.append((curve[~inside] < curve[inside].max()).sum() if inside.any() else np.nan)
    yield _statement("better_outside", np.nan, (0, 0), "N", *counts)


def _printed_values(printed: pd.DataFrame, ours: pd.DataFrame) -> Iterator[dict]:
    """Yield each printed iteration and loss, for which the table itself is the statement."""
    for n, iteration in printed["iteration_as_published"].dropna().items():
        value = float(str(iteration).removeprefix("~"))
        measured = ours["best_iteration"].get(n, np.nan)
        yield _statement("best_iteration", n, (value, value), "iterations", np.nan, measured)
    for n, loss in printed["best_loss"].items():
        stated = (loss - HALF_DIGIT, loss + HALF_DIGIT)
        measured = ours["best_loss"].get(n, np.nan)
        yield _statement("best_loss", n, stated, "loss", np.nan, measured)


def _statement(
    name: str,
    n: float,
    stated: tuple[float, float],
    unit: str,
    published: float,
    measured: float,
    tolerance: float = 0.0,
) -> dict:
    low, high = stated
    judged = measured if np.isnan(published) else published
    both = np.isfinite(published) and np.isfinite(measured)
    return {
        "statement": name,
        "n": n,
        "stated_low": low if np.isfinite(low) else np.nan,
        "stated_high": high if np.isfinite(high) else np.nan,
        "unit": unit,
        "published": published,
        "measured": measured,
        "agrees": bool(low <= judged <= high) if np.isfinite(judged) else None,
        "reproduced": bool(abs(published - measured) <= tolerance) if both else None,
    }

"""Tables of the published pictures of loss against LLC, made again."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lgi.randomness import generator
from lgi.runs import Run, need_columns
from lgi.superposition.llc.tables import MODEL, gathered, losses_at
from lgi.superposition.selection import sparsity_name

if TYPE_CHECKING:
    from lgi.superposition.settings import Panel

QUANTITIES = {"loss": "train_loss", "llc": "llc"}
"""Columns of our tables by their names in the published one."""
QUANTILES = {"q10": 0.1, "median": 0.5, "q90": 0.9}
CELL = ["start", "epoch", "sparsity"]
READING = {"loss": 0.002, "llc": 0.02}
"""Errors of the values that were read off the pictures."""
READING_WIDE = {("random 4-gon", 13, "llc"): 0.2}
"""Where an axis is so long that they are larger: panel, epoch, quantity."""
AGREES = 2.0  # standard errors
RESAMPLES = 2000  # of the bootstrap of a median

COLUMNS = [
    "panel",
    "epoch",
    "sparsity",
    "quantity",
    "seeds",
    "visible_points",
    *(f"published_{name}" for name in QUANTILES),
    *(f"ours_{name}" for name in QUANTILES),
    "difference",
    "standard_error",
    "z",
    "agrees",
    "cells",
    "agreeing",
    "expected",
]


def points(
    runs: Iterable[Run],
    estimates: Iterable[pd.DataFrame],
    settings: Sequence[str],
    epoch: int,
    panels: Sequence["Panel"],
) -> pd.DataFrame:
    """Return training loss and LLC of every model of the panels at one epoch.

    Parameters
    ----------
    runs
        Run files of the panels.
    estimates, settings
        Their estimates with one setting, as for `lgi.superposition.llc.tables.gathered`.
    epoch
        Of both.
    panels
        Start and number of samples of each.

    Returns
    -------
    pandas.DataFrame
        Columns panel, init, samples, sparsity, seed, epoch, train_loss, llc, status.
    """
    llc = gathered(estimates, settings)[[*MODEL, "llc", "status"]]
    both = losses_at(runs, epoch).merge(llc, on=MODEL)
    titles = pd.DataFrame([panel.model_dump() for panel in panels])
    titles = titles.rename(columns={"title": "panel"})
    return titles.merge(both, on=["init", "samples"])


def comparison(
    runs: Iterable[Run],
    estimates: Iterable[pd.DataFrame],
    settings: Sequence[str],
    epochs: Sequence[int],
    panels: Sequence["Panel"],
    published: pd.DataFrame,
) -> pd.DataFrame:
    """Compare the published quantiles of loss and LLC with ours.

    A median that was published is one over other seeds than ours, of the same number, so the
    standard error of the difference is √2 times that of our median (bootstrap over seeds), with the
    reading error (`READING`) in quadrature. What markers hide of each other is not in it.

    Parameters
    ----------
    runs, estimates, settings, panels
        As for `points`.
    epochs
        Which are compared, where they were published.
    published
        Columns start (title of the panel), epoch, sparsity, visible_points, and the quantiles
        loss_q10 to llc_q90.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`: a row for each published cell that is run and each quantity. ``z`` is the
        difference of medians, ours less the published, in standard errors; ``agrees`` whether it is
        at most `AGREES`. Of the ``cells`` of the same panel, epoch and quantity ``agreeing`` agree;
        ``expected`` do so if all differences are chance.

    Raises
    ------
    RunFileError
        If a column is missing.
    """
    names = [f"{quantity}_{name}" for quantity in QUANTITIES for name in QUANTILES]
    published = need_columns(published, [*CELL, "visible_points", *names])
    runs, estimates = list(runs), list(estimates)
    ours = pd.concat(points(runs, estimates, settings, epoch, panels) for epoch in epochs)
    ours["name"] = ours["sparsity"].map(sparsity_name)
    cells = dict(list(ours.groupby(["panel", "epoch", "name"])))
    rows = []
    for cell in published.itertuples():
        models = cells.get((cell.start, cell.epoch, sparsity_name(cell.sparsity)))
        if models is not None:
            rows += [_row(cell, quantity, models) for quantity in QUANTITIES]
    table = pd.DataFrame(rows, columns=COLUMNS[:-3])
    groups = table.groupby(["panel", "epoch", "quantity"])["agrees"]
    table["cells"], table["agreeing"] = groups.transform("size"), groups.transform("sum")
    return table.assign(expected=0.954 * table["cells"])


def _row(cell, quantity: str, models: pd.DataFrame) -> list:
    values = models[QUANTITIES[quantity]].dropna().to_numpy()
    theirs = [getattr(cell, f"{quantity}_{name}") for name in QUANTILES]
    ours = np.quantile(values, list(QUANTILES.values()))
    reading = READING_WIDE.get((cell.start, cell.epoch, quantity), READING[quantity])
    stream = generator(0, "superposition", "published", cell.start, cell.epoch, cell.sparsity)
    drawn = values[stream.integers(0, len(values), (RESAMPLES, len(values)))]
    error = np.hypot(np.sqrt(2) * np.median(drawn, axis=1).std(ddof=1), reading)
    difference = ours[1] - theirs[1]
    names = [cell.start, cell.epoch, cell.sparsity, quantity, len(values), cell.visible_points]
    z = difference / error
    return [*names, *theirs, *ours, difference, error, z, bool(abs(z) <= AGREES)]

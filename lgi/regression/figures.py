"""The figure of the study."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from lgi.figures.style import (
    by_quality,
    colour_by,
    epoch_axis,
    need,
    new_figure,
    quality_handles,
    signed_log_axis,
    styled,
)
from lgi.llc.figures import LINEAR_LLC
from lgi.llc.status import OK

if TYPE_CHECKING:
    import pandas as pd


@styled
def llc_over_training(table: "pd.DataFrame") -> Figure:
    """Draw the coefficient along training, a colour per rank, a line per seed.

    Points are hollow where the estimate is not ok; dotted lines are half the rank.

    Parameters
    ----------
    table
        ``regression_llc.csv``: rank, seed, epoch, llc, status.

    Raises
    ------
    DataError
        If no coefficient is finite.
    """
    rows = table[np.isfinite(table["llc"])]
    need(len(rows), "coefficients of a regression")
    colours = colour_by(rows["rank"])
    figure = new_figure(5.2, 3.2)
    axes = figure.subplots()
    for (rank, _), line in rows.groupby(["rank", "seed"]):
        axes.plot(line["epoch"], line["llc"], color=colours[rank], lw=0.7, alpha=0.7)
        for points, face in by_quality(line, line["status"] == OK, colours[rank]):
            axes.plot(points["epoch"], points["llc"], "o", ms=3, color=colours[rank], mfc=face)
    for rank, colour in colours.items():
        axes.axhline(rank / 2, color=colour, lw=0.8, ls=":")
        axes.plot([], [], "o-", ms=3, color=colour, label=f"rank {rank}")
    signed_log_axis(axes, "y", rows["llc"], *LINEAR_LLC)
    epoch_axis(axes, rows["epoch"].max())
    axes.set(xlabel="epoch", ylabel="LLC (dotted: half the rank)")
    handles, _ = axes.get_legend_handles_labels()
    handles += quality_handles(rows["status"] == OK, len(table) - len(rows))
    axes.legend(handles=handles, loc="lower right")
    return figure

"""Figures of what was published, with ours beside or below it."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lgi.figures.style import (
    GREY,
    LIGHT_GREY,
    LOSSES,
    OKABE_ITO,
    colour_by,
    need,
    new_figure,
    sparsity_handles,
    styled,
)
from lgi.superposition.published.table import AGREES
from lgi.superposition.selection import sparsity_name

if TYPE_CHECKING:
    import pandas as pd


@styled
def loss_vs_llc(
    both: "pd.DataFrame", published: "pd.DataFrame", *, epoch: int, posterior: str
) -> Figure:
    """Draw loss against LLC at one epoch as published: a panel per start, a point per seed.

    Crosses are published quantiles: they meet at the medians and reach from the 10 % to the 90 %
    quantile.

    Parameters
    ----------
    both
        From `lgi.superposition.published.table.points`.
    published
        Published quantiles; those of other epochs and starts are left out.
    epoch
        Which.
    posterior
        What the axis says of the estimate.

    Raises
    ------
    DataError
        If no model has both a finite loss and a finite LLC.
    """
    finite = np.isfinite(both["llc"]) & np.isfinite(both["train_loss"])
    rows, lost = both[finite], int((~finite).sum())
    need(len(rows), f"loss and LLC at epoch {epoch}")
    colours = {sparsity_name(s): colour for s, colour in colour_by(rows["sparsity"]).items()}
    titles = list(rows["panel"].unique())
    figure = new_figure(3.1 * len(titles) + 1.3, 3.1)
    quantiles = published[published["epoch"] == epoch]
    for axes, title in zip(figure.subplots(1, len(titles), squeeze=False)[0], titles, strict=True):
        models = rows[rows["panel"] == title]
        for sparsity, cloud in models.groupby("sparsity"):
            colour = colours[sparsity_name(sparsity)]
            axes.scatter(cloud["llc"], cloud["train_loss"], s=7, lw=0, c=colour, alpha=0.5)
        for cell in quantiles[quantiles["start"] == title].itertuples():
            if sparsity_name(cell.sparsity) in colours:
                _draw_cross(axes, cell, colours[sparsity_name(cell.sparsity)])
        init, samples = models[["init", "samples"]].iloc[0]
        axes.set_title(f"{title}: {init}, {samples:,} samples")
    figure.supxlabel(f"LLC at epoch {epoch:,} ({posterior})")
    figure.supylabel(LOSSES["train_loss"])
    handles = sparsity_handles({float(s): c for s, c in colours.items()}, marker="o", ls="", ms=4)
    if len(quantiles):
        cross = {"marker": "+", "ms": 9, "mew": 1.2, "ls": ""}
        label = "published: 10 %, median\nand 90 % quantiles"
        handles.append(Line2D([], [], color="black", label=label, **cross))
    if lost:
        handles.append(Line2D([], [], ls="", label=f"not drawn: {lost:,} without a value"))
    figure.legend(handles=handles, loc="outside right center")
    return figure


def _draw_cross(axes: Axes, cell, colour: str) -> None:
    for width, shade in ((2.4, "black"), (1.2, colour)):
        marks = {"color": shade, "lw": width, "solid_capstyle": "butt", "zorder": 3}
        axes.plot([cell.llc_q10, cell.llc_q90], [cell.loss_median] * 2, **marks)
        axes.plot([cell.llc_median] * 2, [cell.loss_q10, cell.loss_q90], **marks)


@styled
def differences(table: "pd.DataFrame") -> Figure:
    """Draw our medians less the published, in standard errors: a row per quantity, by epoch.

    Parameters
    ----------
    table
        From `lgi.superposition.published.table.comparison`.

    Raises
    ------
    DataError
        If there are no rows.
    """
    need(len(table), "published cells")
    epochs, panels = sorted(table["epoch"].unique()), list(table["panel"].unique())
    quantities = {"loss": LOSSES["train_loss"], "llc": "LLC"}
    figure = new_figure(2.0 * len(epochs) + 1.2, 4.0)
    grid = figure.subplots(2, len(epochs), sharex=True, sharey="row", squeeze=False)
    looks = dict(zip(panels, zip(OKABE_ITO, "os^Dv<>p", strict=True), strict=False))
    for line, quantity in zip(grid, quantities, strict=True):
        for axes, epoch in zip(line, epochs, strict=True):
            cells = table[(table["epoch"] == epoch) & (table["quantity"] == quantity)]
            axes.axhspan(-AGREES, AGREES, color=LIGHT_GREY, lw=0, zorder=0)
            axes.axhline(0, color=GREY, lw=0.6)
            for panel, part in cells.groupby("panel"):
                colour, mark = looks[panel]
                density = 1 - part["sparsity"]
                axes.plot(density, part["z"], mark, color=colour, ms=4, alpha=0.8)
            axes.set(xscale="log")
        line[0].set_ylabel(quantities[quantity])
    for axes, epoch in zip(grid[0], epochs, strict=True):
        axes.set_title(f"epoch {epoch:,}")
    figure.supxlabel("1 − S")
    figure.supylabel("ours − published, in standard errors")
    handles = [
        Line2D([], [], color=colour, marker=mark, ls="", ms=4, label=panel)
        for panel, (colour, mark) in looks.items()
    ]
    handles.append(Line2D([], [], color=LIGHT_GREY, lw=6, label=f"± {AGREES:g}"))
    figure.legend(handles=handles, loc="outside right center")
    return figure

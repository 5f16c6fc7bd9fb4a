"""Figures of what was published, with ours beside or below it."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lgi.display import UNNAMED_MODELS, SuperpositionNames
from lgi.figures.style import (
    GREY,
    LIGHT_GREY,
    OKABE_ITO,
    colour_by,
    need,
    new_figure,
    plain_log_axis,
    quality_handles,
    styled,
)
from lgi.llc.figures import (
    AT_EDGE,
    beyond_handles,
    draw_losses,
    scatter_panels,
    write_correlations,
)
from lgi.llc.status import OK
from lgi.superposition.published.table import AGREES
from lgi.superposition.selection import sparsity_name
from lgi.superposition.training.view import LOSSES

if TYPE_CHECKING:
    import pandas as pd


@styled
def loss_vs_llc(
    both: "pd.DataFrame",
    published: "pd.DataFrame",
    *,
    epoch: int,
    posterior: str,
    highest: float,
    names: SuperpositionNames = UNNAMED_MODELS,
) -> Figure:
    """Draw loss against LLC at one epoch as published: a panel per start, a point per seed.

    Crosses are published quantiles: they meet at the medians and reach from the 10 % to the 90 %
    quantile. Beside each panel stands Spearman's correlation over all seeds of a sparsity, whatever
    the status of their estimates. The axes are those of every epoch.

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
    highest
        Half the number of parameters.
    names
        Display names.

    Raises
    ------
    DataError
        If no model has both a finite loss and a finite LLC.
    """
    finite = np.isfinite(both["llc"]) & np.isfinite(both["train_loss"])
    rows, lost = both[finite], int((~finite).sum())
    need(len(rows), f"loss and LLC at epoch {epoch}")
    colours = colour_by(rows["sparsity"])
    titles = list(rows["panel"].unique())
    figure, places = scatter_panels(len(titles))
    quantiles = published[published["epoch"] == epoch]
    for title, (axes, beside) in zip(titles, places, strict=True):
        models = rows[rows["panel"] == title]
        beyond = draw_losses(axes, models, "train_loss", colours, highest)
        for cell in quantiles[quantiles["start"] == title].itertuples():
            for sparsity, colour in colours.items():
                if sparsity_name(sparsity) == sparsity_name(cell.sparsity):
                    _draw_cross(axes, cell, colour)
        init, samples = models[["init", "samples"]].iloc[0]
        start = names.of("initialisations", init)
        good = f"{(models['status'] == OK).sum():,} of {len(models):,} ok"
        lines = [f'"{title}": {start} start, {samples:,} samples', good, *beyond]
        axes.set_title("\n".join(lines))
        write_correlations(beside, models, "train_loss", colours)
    figure.supxlabel(f"LLC at epoch {epoch:,}\n({posterior})")
    figure.supylabel(LOSSES["train_loss"])
    handles = beyond_handles()
    if len(quantiles):
        cross = {"marker": "+", "ms": 9, "mew": 1.2, "ls": ""}
        label = "published: 10 %, median\nand 90 % quantiles"
        handles.append(Line2D([], [], color="black", label=label, **cross))
    handles += quality_handles(rows["status"] == OK, lost)
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
    return figure


def _draw_cross(axes: Axes, cell, colour: str) -> None:
    """Draw published quantiles; what is beyond the axis ends at its edge."""
    low, high = axes.get_xlim()
    inside = low < cell.llc_median < high
    for width, shade in ((2.4, "black"), (1.2, colour)):
        marks = {"color": shade, "lw": width, "solid_capstyle": "butt", "zorder": 3}
        axes.plot(np.clip([cell.llc_q10, cell.llc_q90], low, high), [cell.loss_median] * 2, **marks)
        if inside:
            axes.plot([cell.llc_median] * 2, [cell.loss_q10, cell.loss_q90], **marks)
    if not inside:
        edge = AT_EDGE * (high - low)
        place = np.clip(cell.llc_median, low + edge, high - edge)
        mark = "<" if cell.llc_median < low else ">"
        look = {"ms": 6, "mec": "black", "mfc": colour, "zorder": 4}
        axes.plot(place, cell.loss_median, mark, **look)


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
    figure = new_figure(1.9 * len(epochs) + 1.2, 4.0)
    grid = figure.subplots(2, len(epochs), sharex=True, sharey="row", squeeze=False)
    looks = dict(zip(panels, zip(OKABE_ITO, "os^Dv<>p", strict=True), strict=False))
    for line, quantity in zip(grid, quantities, strict=True):
        for axes, epoch in zip(line, epochs, strict=True):
            cells = table[(table["epoch"] == epoch) & (table["quantity"] == quantity)]
            axes.axhspan(-AGREES, AGREES, color=LIGHT_GREY, lw=0, zorder=0)
            axes.axhline(0, color=GREY, lw=0.6)
            for panel, part in cells.groupby("panel"):
                colour, mark = looks[panel]
                axes.plot(
                    1 / (1 - part["sparsity"]), part["z"], mark, color=colour, ms=4, alpha=0.8
                )
            plain_log_axis(axes, "x")
        line[0].set_ylabel(quantities[quantity])
    for axes, epoch in zip(grid[0], epochs, strict=True):
        axes.set_title(f"epoch {epoch:,}")
    figure.supxlabel("1 / (1 − S)")
    figure.supylabel("our median − the published, in standard errors")
    handles = [
        Line2D([], [], color=colour, marker=mark, ls="", ms=4, label=panel)
        for panel, (colour, mark) in looks.items()
    ]
    handles.append(Line2D([], [], color=LIGHT_GREY, lw=6, label=f"± {AGREES:g}: agrees"))
    figure.legend(handles=handles, loc="outside right center")
    return figure

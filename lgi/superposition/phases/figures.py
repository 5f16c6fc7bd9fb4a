"""Figures of phases."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lgi.figures.style import (
    GREY,
    draw_clipped,
    kgon_label,
    need,
    new_figure,
    plain_log_axis,
    styled,
)
from lgi.superposition.geometry.figures import PLATEAUS, kgon_colours

if TYPE_CHECKING:
    import pandas as pd

TOP = 0.8  # end of the axis of losses: no minimum of a polygon lies above


@styled
def phases(minima: "pd.DataFrame", trained: "pd.DataFrame") -> Figure:
    """Draw the lowest loss of each polygon against 1 / (1 - S), and its features' dimensionality.

    Parameters
    ----------
    minima, trained
        As from `lgi.superposition.phases.table.phases`. Rows of one active feature, which have no
        1 / (1 - S), are drawn apart at the right; arrows are medians above the axis.

    Raises
    ------
    DataError
        If there is no minimum.
    """
    rows = minima[minima["minimum"]]
    need(len(rows), "minima of the population loss")
    rows = rows.assign(kgon=rows["kgon"].astype(str))
    kinds = sorted(rows["kgon"].unique())
    colours = kgon_colours(kinds)
    figure = new_figure(7.4, 4.2)
    losses, shapes = figure.subplots(1, 2, width_ratios=(1.5, 1))
    finite = rows[rows["sparsity"] < 1]
    apart = 2.5 / (1 - finite["sparsity"].max())
    for kind, part in rows.groupby("kgon"):
        _draw(losses, part, sorted(finite["sparsity"].unique()), apart, colours[kind])
    for kind, part in trained.assign(kgon=trained["kgon"].astype(str)).groupby("kgon"):
        if kind in colours:
            x, mark = 1 / (1 - part["sparsity"]), {"ms": 5, "mew": 0.7, "color": colours[kind]}
            losses.plot(x, part["median"], "_", **mark)
            draw_clipped(losses, x, part["median"], TOP, ms=3, color=colours[kind], ls="")
            best = part.groupby("sparsity")["best"].min()
            losses.plot(1 / (1 - best.index), best, "^", ms=3, color=colours[kind])
    plain_log_axis(losses, "x")
    losses.set(
        ylim=(-0.02, TOP),
        xlabel="1 / (1 − S); diamonds at the right:\none active feature",
        ylabel="population loss / that of answering 0",
    )
    _draw_dimensionality(shapes, rows[rows["lowest"]], apart, colours)
    handles = [Line2D([], [], color=colours[k], label=kgon_label(k)) for k in kinds]
    handles += [
        Line2D([], [], color=GREY, marker="_", ls="", ms=5, label="trained, median of a start"),
        Line2D([], [], color=GREY, marker="^", ls="", ms=3, label="trained, best"),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=4)
    return figure


def _draw(
    axes: Axes, part: "pd.DataFrame", sparsities: list[float], apart: float, colour: str
) -> None:
    """Draw one polygon, with gaps where no minimum of it was found."""
    line = part.set_index("sparsity")["scaled_loss"].reindex(sparsities)
    axes.plot(1 / (1 - line.index), line, ".-", color=colour, lw=1.2, ms=2)
    limit = part[part["sparsity"] == 1]
    axes.plot([apart] * len(limit), limit["scaled_loss"], "D", ms=4, color=colour, clip_on=False)


def _draw_dimensionality(
    axes: Axes, lowest: "pd.DataFrame", apart: float, colours: dict[str, str]
) -> None:
    """Draw mean and range of the live features' dimensionality of the lowest minimum."""
    for corners in (k for k in PLATEAUS if k > 2):
        axes.axhline(2 / corners, color=GREY, lw=0.6, ls=":", zorder=0)
        place = axes.get_yaxis_transform()
        axes.text(1.02, 2 / corners, f"2/{corners}", transform=place, va="center", size=7.5)
    for kind, part in lowest.groupby("kgon"):
        with np.errstate(divide="ignore"):
            x = np.minimum(1 / (1 - part["sparsity"]), apart)
        mean = part["live_dimensionality"]
        ends = part[["least_dimensionality", "greatest_dimensionality"]].T
        # Equal ones differ by rounding, which has a sign.
        axes.errorbar(
            x,
            mean,
            np.abs(ends.to_numpy() - mean.to_numpy()),
            fmt="o",
            ms=4,
            lw=0.8,
            color=colours[kind],
        )
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    if high < 100 * low:  # few decades have few powers of ten to be labelled by
        plain_log_axis(axes, "x")
    axes.set(xlabel="1 / (1 − S)", ylabel="dimensionality of live features,\nlowest minimum")

"""Figures of whether an optimal ratio of Gaussians to pixels holds for other images."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from lgi.display import GaussianNames
from lgi.figures.style import (
    GREY,
    LIGHT_GREY,
    category_colours,
    counted_from,
    need,
    new_figure,
    plain_log_axis,
    styled,
    wrapped,
)

if TYPE_CHECKING:
    import pandas as pd


@styled
def elsewhere(table: "pd.DataFrame", ratio: tuple[float, float], names: GaussianNames) -> Figure:
    """Draw the best loss against N / pixels, a panel per image, a line per recipe.

    All panels have the same scales.

    Parameters
    ----------
    table
        ``gaussians_elsewhere.csv``: image, recipe, n, n_over_pixels, seeds, best_loss, low,
        high, is_lowest.
    ratio
        N / pixels that the original calls optimal for its image, shaded.
    names
        What people read in place of names.

    Raises
    ------
    DataError
        If the table is empty.
    """
    need(len(table), "images")
    images, recipes = list(dict.fromkeys(table["image"])), sorted(table["recipe"].unique())[::-1]
    colours = dict(zip(recipes, category_colours(len(recipes)), strict=True))
    across = min(4, len(images))
    down = -(-len(images) // across)
    figure = new_figure(1.72 * across + 0.6, 1.9 * down + 0.6)
    panels = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    for axes, image in zip(panels.flat, images, strict=False):
        axes.axvspan(*ratio, color=LIGHT_GREY, lw=0, zorder=0)
        for recipe, rows in table[table["image"] == image].groupby("recipe"):
            _draw_curve(axes, rows, colours[recipe])
        axes.set_title(wrapped(names.of("images", image), 24))
    plain_log_axis(panels[0, 0], "x")
    plain_log_axis(panels[0, 0], "y")
    panels[0, 0].xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g}"))
    for axes in panels.flat[len(images) :]:
        axes.remove()
    for axes in panels.flat[: len(images)]:
        axes.tick_params(labelbottom=True, labelleft=True)
    figure.supxlabel("N / pixels (%)")
    figure.supylabel("best loss")
    handles = [
        Line2D([], [], color=colour, marker="o", ms=3, label=names.of("recipes", recipe))
        for recipe, colour in colours.items()
    ]
    handles.append(
        Line2D([], [], color=GREY, marker="*", ls="", ms=7, mec="black", label="lowest of a curve")
    )
    handles.append(Patch(color=LIGHT_GREY, label="called optimal for the original's image"))
    seeds = counted_from(table["seeds"])
    figure.legend(
        handles=handles,
        loc="outside upper center",
        ncols=len(handles),
        title=f"mean over {seeds}, with its interval where there are several",
    )
    return figure


def _draw_curve(axes: Axes, rows: "pd.DataFrame", colour: str) -> None:
    rows = rows.sort_values("n")
    error = np.array([rows["best_loss"] - rows["low"], rows["high"] - rows["best_loss"]])
    # An interval that reaches below 0 has no place on a logarithmic axis.
    error[0] = np.minimum(error[0], 0.9 * rows["best_loss"])
    line = {"fmt": "o-", "color": colour, "ms": 2.5, "lw": 1, "elinewidth": 0.6}
    axes.errorbar(rows["n_over_pixels"], rows["best_loss"], yerr=np.nan_to_num(error), **line)
    lowest = rows[rows["is_lowest"]]
    axes.plot(lowest["n_over_pixels"], lowest["best_loss"], "*", color=colour, ms=7, mec="black")

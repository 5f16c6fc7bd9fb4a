"""Who leaves its first polygon, when, and for which."""

from textwrap import fill
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from lgi.display import UNNAMED_MODELS, SuperpositionNames
from lgi.figures.style import (
    LIGHT_GREY,
    category_colours,
    kgon_label,
    need,
    new_figure,
    styled,
)

if TYPE_CHECKING:
    import pandas as pd


@styled
def departures(
    departures: "pd.DataFrame",
    destinations: "pd.DataFrame",
    names: SuperpositionNames = UNNAMED_MODELS,
) -> Figure:
    """Draw the share of models that leave, by destination, a row per start, a column per size.

    Over each bar stands the median epoch of leaving.

    Parameters
    ----------
    departures, destinations
        As from `lgi.superposition.departures.table.tables`.
    names
        Display names.

    Raises
    ------
    DataError
        If there is no model.
    """
    need(len(departures), "models")
    # A table read from a file holds numbers where every kind is a number.
    gone = destinations.assign(kind=destinations["destination"].astype(str))
    gone = gone[gone["left_epoch"].notna()]
    kinds = sorted(gone["kind"].unique())
    colours = dict(zip(kinds, category_colours(len(kinds)), strict=True))
    inits, sizes = departures["init"].unique(), sorted(departures["samples"].unique())
    sparsities = sorted(departures["sparsity"].unique())
    figure = new_figure(len(sizes) * (0.34 * len(sparsities) + 0.3) + 0.9, 1.3 * len(inits) + 1.3)
    grid = figure.subplots(len(inits), len(sizes), sharex=True, sharey=True, squeeze=False)
    for line, init in zip(grid, inits, strict=True):
        line[0].set_ylabel(fill(names.of("initialisations", init), 11))
        for axes, samples in zip(line, sizes, strict=True):
            cells = departures[(departures["init"] == init) & (departures["samples"] == samples)]
            own = gone[(gone["init"] == init) & (gone["samples"] == samples)]
            heights = own.pivot_table(
                index="sparsity", columns="kind", values="share", aggfunc="sum"
            ).reindex(index=sparsities, columns=kinds, fill_value=0)
            _draw_bars(axes, heights.fillna(0), cells.set_index("sparsity"), colours)
    for axes, samples in zip(grid[0], sizes, strict=True):
        axes.set_title(f"{samples:,} training samples")
    for axes in grid[-1]:
        axes.set_xticks(range(len(sparsities)), [f"{s:.4f}" for s in sparsities], rotation=90)
    grid[0, 0].set(ylim=(0, 1.3), yticks=[0, 0.5, 1])
    grid[0, 0].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    figure.supxlabel("sparsity S (number over a bar: median epoch of leaving, k: thousand)")
    figure.supylabel("share of models that leave their first polygon, by start")
    handles = [Patch(color=LIGHT_GREY, label="stays")]
    handles += [Patch(color=c, label=f"ends as {kgon_label(k)}") for k, c in colours.items()]
    figure.legend(handles=handles, loc="outside upper center", ncols=4)
    return figure


def _draw_bars(
    axes: Axes, heights: "pd.DataFrame", cells: "pd.DataFrame", colours: dict[str, str]
) -> None:
    """Draw a bar for each sparsity, what leaves over grey, and when it leaves above it."""
    for place, sparsity in enumerate(heights.index):
        if sparsity not in cells.index or not cells["housed"][sparsity]:
            continue
        axes.bar(place, 1, color=LIGHT_GREY)
        foot = 0.0
        for kind, colour in colours.items():
            axes.bar(place, heights.loc[sparsity, kind], bottom=foot, color=colour)
            foot += heights.loc[sparsity, kind]
        if cells["left_n"][sparsity]:
            epoch = _short(cells["left_epoch"][sparsity])
            axes.text(place, 1.03, epoch, ha="center", va="bottom", size=7.5)


def _short(epoch: float) -> str:
    return f"{epoch / 1000:.2g}k" if epoch >= 1000 else f"{epoch:.0f}"

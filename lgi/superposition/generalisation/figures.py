"""The gap between training loss and the loss on other data, and what longer training changes."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from lgi.display import UNNAMED_MODELS, SuperpositionNames
from lgi.figures.style import (
    GREY,
    category_colours,
    need,
    new_figure,
    plain_log_axis,
    styled,
)
from lgi.superposition.training.view import LOSSES

if TYPE_CHECKING:
    import pandas as pd

    from lgi.superposition.generalisation.settings import Generalisation


@styled
def gap(
    gap: "pd.DataFrame",
    epochs: "pd.DataFrame",
    settings: "Generalisation",
    names: SuperpositionNames = UNNAMED_MODELS,
) -> Figure:
    """Draw the gap at the last epoch, and the share of models that longer training changes.

    The population loss is drawn where it is known, else the test loss. The gap has an axis of its
    own for each number of samples.

    Parameters
    ----------
    gap, epochs
        As from `lgi.superposition.generalisation.table.tables`; without rows in the second the
        gap is drawn alone.
    settings
        Margin from which a change counts.
    names
        Display names.

    Raises
    ------
    DataError
        If there is no gap.
    """
    need(len(gap), "losses on other data")
    loss = max(gap["loss"].unique(), key=list(LOSSES).index)
    rows = gap[(gap["loss"] == loss) & (gap["epoch"] == gap["epoch"].max())]
    changes = epochs[epochs["loss"] == loss]
    inits, sizes = rows["init"].unique(), sorted(rows["samples"].unique())
    colours = dict(zip(inits, category_colours(len(inits)), strict=True))
    lines = 2 if len(changes) else 1
    figure = new_figure(3.4 * len(sizes) + 0.7, 2.5 * lines + 0.8)
    grid = figure.subplots(lines, len(sizes), sharex=True, squeeze=False)
    for column, samples in zip(grid.T, sizes, strict=True):
        column[0].set_title(f"{samples:,} training samples")
        column[0].axhline(0, color=GREY, lw=0.8, ls=":")
        for place, (init, colour) in enumerate(colours.items()):
            # Side by side instead of on top of each other.
            aside = 1.05 ** (place - (len(colours) - 1) / 2)
            own = {"init": init, "samples": samples}
            _draw(column[0], _of(rows, own), "median", ("low", "high"), aside, colour)
            if lines == 2:
                for name, style in (("improved", "-"), ("worsened", "--")):
                    ends = f"{name}_low", f"{name}_high"
                    _draw(column[1], _of(changes, own), name, ends, aside, colour, style)
        plain_log_axis(column[0], "x")
        if lines == 2:
            column[1].set_ylim(-0.05, 1.05)
            column[1].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    other = LOSSES[loss].capitalize()
    grid[0, 0].set_ylabel(f"{other} − training loss,\nin units of 1 − S")
    handles = [
        Line2D([], [], color=c, marker="o", ms=3, label=f"{names.of('initialisations', i)} start")
        for i, c in colours.items()
    ]
    if lines == 2:
        first, last = changes[["first_epoch", "last_epoch"]].iloc[0]
        grid[1, 0].set_ylabel(f"share of models, epoch\n{first:,} against {last:,}")
        by = f"{LOSSES[loss]}\nat the later epoch, by more\nthan {settings.improved:g} (1 − S)"
        handles += [
            Line2D([], [], color=GREY, ls="-", label=f"below: lower {by}"),
            Line2D([], [], color=GREY, ls="--", label=f"below: higher {by}"),
        ]
    figure.supxlabel("1 / (1 − S)")
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return figure


def _of(rows: "pd.DataFrame", own: dict[str, object]) -> "pd.DataFrame":
    """Return the rows of one start and number of samples, by sparsity."""
    chosen = np.logical_and.reduce([rows[name] == value for name, value in own.items()])
    return rows[chosen].sort_values("sparsity")


def _draw(
    axes: Axes,
    rows: "pd.DataFrame",
    value: str,
    ends: tuple[str, str],
    aside: float,
    colour: str,
    style: str = "-",
) -> None:
    x = aside / (1 - rows["sparsity"])
    axes.vlines(x, rows[ends[0]], rows[ends[1]], color=colour, lw=0.8, alpha=0.6)
    axes.plot(x, rows[value], style, marker="o", ms=3, lw=1, color=colour)

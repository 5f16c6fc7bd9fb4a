"""Figures of training: loss along it, and two starts head to head.

Initialisations come in the order of the table; sparsity is a colour along viridis.
"""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lgi.display import UNNAMED_MODELS, SuperpositionNames
from lgi.figures.style import (
    GREY,
    category_colours,
    colour_by,
    draw_band,
    epoch_axis,
    loss_axis,
    need,
    new_figure,
    plain_log_axis,
    signed_log_axis,
    sparsity_handles,
    styled,
)
from lgi.superposition.training.view import GAPS, LOSSES

if TYPE_CHECKING:
    import pandas as pd

# Where the axis of the gap turns from linear to logarithmic, and the length of [0, 0.1] in decades:
# that of untrained models is larger than all that training leaves.
LINEAR_GAP = (0.1, 1.5)


@styled
def loss_over_training(
    losses: "pd.DataFrame", names: SuperpositionNames = UNNAMED_MODELS
) -> Figure:
    """Draw the training loss along training, and the gap to other data, a column per start.

    The gap is that of the population loss where it is known, else of the test loss. Curves are
    medians over seeds, bands reach from quartile to quartile.

    Parameters
    ----------
    losses
        Rows of one number of samples, as from
        `lgi.superposition.training.table.losses_over_training`.
    names
        Display names.

    Raises
    ------
    DataError
        If there is no finite loss.
    """
    need(len(losses), "finite losses")
    inits, colours = losses["init"].unique(), colour_by(losses["sparsity"])
    gap = next((name for name in reversed(GAPS) if name in set(losses["loss"])), None)
    known = ["train_loss", *([gap] if gap else [])]
    figure = new_figure(1.45 * len(inits) + 1.8, 2.0 * len(known) + 0.4)
    grid = figure.subplots(len(known), len(inits), sharex=True, sharey="row", squeeze=False)
    for row, name in zip(grid, known, strict=True):
        rows = losses[losses["loss"] == name]
        for axes, init in zip(row, inits, strict=True):
            for sparsity, line in rows[rows["init"] == init].groupby("sparsity"):
                draw_band(axes, line.set_index("epoch"), colours[sparsity])
            if name == gap:
                axes.axhline(0, color=GREY, lw=0.6, ls=":", zorder=0)
                signed_log_axis(axes, "y", rows[["low", "high"]], *LINEAR_GAP)
            else:
                loss_axis(axes, rows[["low", "high"]])
            epoch_axis(axes, losses["epoch"].max())
    grid[0, 0].set_ylabel(f"{LOSSES['train_loss']}, {losses['samples'].iloc[0]:,} samples")
    if gap:
        other = LOSSES[GAPS[gap]]
        grid[1, 0].set_ylabel(f"{other} − training loss,\nin units of 1 − S")
    for axes, init in zip(grid[0], inits, strict=True):
        axes.set_title(f"{names.of('initialisations', init)} start")
    figure.supxlabel("epoch")
    figure.legend(handles=sparsity_handles(colours), loc="outside right center")
    return figure


@styled
def kgon4_vs_kgon6(starts: "pd.DataFrame", names: SuperpositionNames = UNNAMED_MODELS) -> Figure:
    """Draw the mean and the best final loss of two starts, and the first's as multiples.

    Parameters
    ----------
    starts
        Rows of one number of samples, as from `lgi.superposition.training.table.head_to_head`.
    names
        Display names.

    Raises
    ------
    DataError
        If fewer than two starts have finite losses.
    """
    rows = starts[np.isfinite(starts["mean_loss"])]
    need(len(rows), "final losses")
    inits = list(rows["init"].unique())
    need(len(inits) > 1, f"second start beside {inits[0]} to compare")
    colours = dict(zip(inits, category_colours(len(inits)), strict=True))
    figure = new_figure(7.4, 2.9)
    losses, ratios = figure.subplots(1, 2)
    table = rows.set_index(["init", "sparsity"])
    for init, colour in colours.items():
        part = table.loc[init].sort_index()
        x = 1 / (1 - part.index)
        band = {"color": colour, "alpha": 0.2, "lw": 0}
        losses.fill_between(x, part["mean_low"], part["mean_high"], **band)
        start = names.of("initialisations", init)
        losses.plot(x, part["mean_loss"], "o-", color=colour, ms=4, label=f"{start}, mean")
        losses.plot(x, part["best_loss"], "^--", color=colour, ms=4, label=f"{start}, best seed")
    _draw_ratios(ratios, table.loc[inits[0]].sort_index())
    first, second = names.several("initialisations", inits[:2])
    ratios.set(xlabel="1 / (1 − S)", ylabel=f"final training loss, {first} / {second}")
    loss_axis(losses, rows[["mean_loss", "best_loss"]])
    plain_log_axis(losses, "x")
    samples, seeds = rows["samples"].iloc[0], rows["seeds"].max()
    losses.set(xlabel="1 / (1 − S)", ylabel="final training loss")
    losses.set_title(f"{samples:,} training samples, {seeds} seeds")
    ratios.set_title("the first as a multiple of the second")
    losses.legend(loc="lower left")
    return figure


def _draw_ratios(axes: Axes, first: "pd.DataFrame") -> None:
    """Draw the first start's losses as multiples of the second's."""
    marks = {"mean_ratio": ("o-", "mean"), "best_ratio": ("^--", "best seed")}
    for column, (mark, label) in marks.items():
        # A best loss of exactly 0 has no ratio.
        ratio = first.loc[np.isfinite(first[column]) & (first[column] > 0), column]
        axes.plot(1 / (1 - ratio.index), ratio, mark, color="black", ms=4, label=label)
    axes.axhline(1, color=GREY, lw=0.8, ls=":")
    plain_log_axis(axes, "x")
    plain_log_axis(axes, "y")
    axes.legend()

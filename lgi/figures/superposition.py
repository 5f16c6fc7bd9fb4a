"""Figures of the toy models of superposition: loss, k-gons and dimensionality.

Each function takes a tidy table of the study. Initialisations come in the order of the table;
sparsity is a colour along viridis.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from lgi.figures.style import (
    GREY,
    LIGHT_GREY,
    LOSSES,
    OKABE_ITO,
    category_colours,
    colour_by,
    draw_quartiles,
    epoch_axis,
    kgon_label,
    loss_axis,
    need,
    new_figure,
    ordered_colours,
    plain_log_axis,
    sparsity_handles,
    styled,
)

if TYPE_CHECKING:
    import pandas as pd

POLYGONS = ("3", "4", "5", "5+", "6")
PLATEAUS = (2, 3, 4, 5, 6)


@styled
def loss_over_training(table: "pd.DataFrame", *, samples: int) -> Figure:
    """Draw training, test and population loss along training, a column per initialisation.

    Curves are medians over seeds, bands reach from quartile to quartile.

    Parameters
    ----------
    table
        ``superposition.csv``: init, samples, sparsity, epoch and the losses.
    samples
        Rows to draw.

    Raises
    ------
    DataError
        If there is no finite loss with these samples.
    """
    rows = table[(table["samples"] == samples) & np.isfinite(table["train_loss"])]
    need(len(rows), f"losses with {samples} samples")
    inits, colours = rows["init"].unique(), colour_by(rows["sparsity"])
    # The population loss is known exactly for discrete data only.
    known = [name for name in LOSSES if np.isfinite(rows[name]).all()]
    figure = new_figure(1.75 * len(inits) + 1.4, 1.55 * len(known) + 0.4)
    grid = figure.subplots(len(known), len(inits), sharex=True, sharey=True, squeeze=False)
    for row, name in zip(grid, known, strict=True):
        row[0].set_ylabel(LOSSES[name])
        for axes, init in zip(row, inits, strict=True):
            for sparsity, part in rows[rows["init"] == init].groupby("sparsity"):
                draw_quartiles(axes, part, name, colours[sparsity])
            loss_axis(axes, rows[known])
            epoch_axis(axes, rows["epoch"].max())
    for axes, init in zip(grid[0], inits, strict=True):
        axes.set_title(init)
    figure.supxlabel("epoch")
    figure.legend(handles=sparsity_handles(colours), loc="outside right center")
    return figure


@styled
def kgons_over_training(shares: "pd.DataFrame", *, samples: int) -> Figure:
    """Draw the share of each k-gon along training, a row per initialisation, a column per sparsity.

    Parameters
    ----------
    shares
        init, samples, sparsity, epoch, kgon and share, the kinds in the order of stacking; see
        `lgi.superposition.analysis.kgon_shares`.
    samples
        Rows to draw.

    Raises
    ------
    DataError
        If there is no row with these samples.
    """
    rows = shares[shares["samples"] == samples]
    need(len(rows), f"k-gons with {samples} samples")
    inits, sparsities = rows["init"].unique(), sorted(rows["sparsity"].unique())
    kinds = list(rows["kgon"].unique())
    colours = _kgon_colours(kinds)
    figure = new_figure(1.0 * len(sparsities) + 1.9, 0.95 * len(inits) + 0.8)
    grid = figure.subplots(len(inits), len(sparsities), sharex=True, sharey=True, squeeze=False)
    for row, init in zip(grid, inits, strict=True):
        for axes, sparsity in zip(row, sparsities, strict=True):
            part = rows[(rows["init"] == init) & (rows["sparsity"] == sparsity)]
            wide = part.pivot(index="epoch", columns="kgon", values="share")[kinds]
            axes.stackplot(wide.index, wide.T, colors=[colours[k] for k in kinds], lw=0)
            axes.set_ylim(0, 1)
            epoch_axis(axes, rows["epoch"].max())
        row[0].set_ylabel(init)
        row[0].set_yticks([0, 0.5, 1])
        row[0].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    for axes, sparsity in zip(grid[0], sparsities, strict=True):
        axes.set_title(f"S = {sparsity:.4f}")
    figure.supxlabel("epoch")
    figure.supylabel("share of models")
    handles = [Patch(color=colours[k], label=kgon_label(k)) for k in reversed(kinds)]
    figure.legend(handles=handles, loc="outside right center")
    return figure


def _kgon_colours(kinds: Sequence[str]) -> dict[str, str]:
    """Return a colour for each kind; the usual polygons keep theirs whichever of them occur."""
    polygons = [*POLYGONS, *(k for k in kinds if k[0].isdigit() and k not in POLYGONS)]
    colours = dict(zip(polygons, ordered_colours(len(polygons)), strict=True))
    return {k: colours.get(k, LIGHT_GREY if k == "degenerate" else GREY) for k in kinds}


@styled
def dimensionality_vs_sparsity(features: "pd.DataFrame", *, samples: int) -> Figure:
    """Draw the final dimensionality of every feature against 1 / (1 - S), a panel per start.

    Dotted lines mark the plateaus 2/k on which the features of a regular k-gon lie, and 1 that of
    a feature with a dimension of its own (Elhage et al. 2022, "Toy Models of Superposition", "The
    Geometry of Superposition"); the curve is the median of the represented features, those with
    |W_i|² nearer to 1 than to 0.

    Parameters
    ----------
    features
        A row per feature: init, samples, inverse_density, norm, dimensionality; see
        `lgi.superposition.analysis.final_features`.
    samples
        Rows to draw.

    Raises
    ------
    DataError
        If no feature of these samples has a finite dimensionality.
    """
    rows = features[(features["samples"] == samples) & np.isfinite(features["dimensionality"])]
    need(len(rows), f"dimensionality with {samples} samples")
    inits = rows["init"].unique()
    figure = new_figure(1.75 * len(inits) + 0.7, 2.7)
    panels = figure.subplots(1, len(inits), sharex=True, sharey=True, squeeze=False)[0]
    for axes, init in zip(panels, inits, strict=True):
        part = rows[rows["init"] == init]
        for corners in PLATEAUS:
            axes.axhline(2 / corners, color=GREY, lw=0.6, ls=":", zorder=0)
        # Points of one sparsity lie side by side instead of on top of each other.
        aside = 1.15 ** np.linspace(-1, 1, len(part))[_shuffled(len(part))]
        dots = {"s": 5, "lw": 0, "alpha": 0.4, "color": OKABE_ITO[0]}
        axes.scatter(part["inverse_density"] * aside, part["dimensionality"], **dots)
        represented = part[part["norm"] ** 2 > 0.5]
        median = represented.groupby("inverse_density")["dimensionality"].median()
        axes.plot(median.index, median, "s-", color="black", ms=3, lw=0.8)
        plain_log_axis(axes, "x")
        axes.set_title(init)
    right = panels[-1].get_yaxis_transform()
    for corners in PLATEAUS:
        label = f"2/{corners}" if corners > 2 else "1"
        panels[-1].text(1.02, 2 / corners, label, transform=right, va="center", size=7)
    figure.legend(
        handles=[
            Line2D([], [], color=OKABE_ITO[0], marker="o", ms=3, ls="", label="feature"),
            Line2D([], [], color="black", marker="s", ms=3, label="median of those represented"),
        ],
        loc="outside upper right",
        ncols=2,
    )
    figure.supxlabel("1 / (1 − S)")
    panels[0].set_ylabel("feature dimensionality")
    return figure


def _shuffled(count: int) -> np.ndarray:
    """Return 0 .. count - 1 in a fixed, scattered order: by the golden ratio."""
    return np.argsort(np.arange(count) * 0.6180339887 % 1)


@styled
def kgon4_vs_kgon6(starts: "pd.DataFrame", *, samples: int) -> Figure:
    """Draw the mean and the best final loss of the starts, and their ratio to the last start's.

    Parameters
    ----------
    starts
        init, samples, sparsity, mean_loss, mean_low, mean_high (its interval) and best_loss; see
        `lgi.superposition.analysis.start_comparison`.
    samples
        Rows to draw.

    Raises
    ------
    DataError
        If these samples have finite losses for fewer than two starts.
    """
    rows = starts[(starts["samples"] == samples) & np.isfinite(starts["mean_loss"])]
    need(len(rows), f"final losses with {samples} samples")
    inits = sorted(rows["init"].unique())
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
        losses.plot(x, part["mean_loss"], "o-", color=colour, ms=4, label=f"{init}, mean")
        losses.plot(x, part["best_loss"], "^--", color=colour, ms=4, label=f"{init}, best seed")
    _draw_ratios(ratios, table, inits)
    loss_axis(losses, rows[["mean_loss", "best_loss"]])
    plain_log_axis(losses, "x")
    losses.set(xlabel="1 / (1 − S)", ylabel="final training loss")
    losses.legend(loc="lower left")
    return figure


def _draw_ratios(axes: Axes, table: "pd.DataFrame", inits: Sequence[str]) -> None:
    """Draw the ratio of the first start's losses to the last's."""
    first, last = table.loc[inits[0]], table.loc[inits[-1]]
    marks = {"mean_loss": ("o-", "mean"), "best_loss": ("^--", "best seed")}
    for column, (mark, label) in marks.items():
        # A best loss of exactly 0 has no ratio.
        ratio = (first[column] / last[column]).sort_index()
        ratio = ratio[np.isfinite(ratio) & (ratio > 0)]
        axes.plot(1 / (1 - ratio.index), ratio, mark, color="black", ms=4, label=label)
    axes.axhline(1, color=GREY, lw=0.8, ls=":")
    plain_log_axis(axes, "x")
    plain_log_axis(axes, "y")
    axes.set(xlabel="1 / (1 − S)", ylabel=f"final loss, {inits[0]} / {inits[-1]}")
    axes.legend()

"""Figures of geometry: k-gons along training, and the dimensionality of features at its end.

Initialisations come in the order of the table.
"""

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator

from lgi.display import UNNAMED_MODELS, SuperpositionNames
from lgi.figures.style import (
    GREY,
    LIGHT_GREY,
    OKABE_ITO,
    epoch_axis,
    kgon_label,
    need,
    new_figure,
    ordered_colours,
    percent_axis,
    plain_log_axis,
    styled,
)
from lgi.superposition.geometry.geometry import DEGENERATE

if TYPE_CHECKING:
    import pandas as pd

POLYGONS = ("3", "4", "5", "5+", "6")
PLATEAUS = (2, 3, 4, 5, 6)


@styled
def kgons_over_training(
    shares: "pd.DataFrame", names: SuperpositionNames = UNNAMED_MODELS
) -> Figure:
    """Draw the share of each k-gon along training, a row per initialisation, a column per sparsity.

    Parameters
    ----------
    shares
        Rows of one number of samples, as from `lgi.superposition.geometry.table.kgon_shares`.
    names
        Display names.

    Raises
    ------
    DataError
        If there is no row.
    """
    need(len(shares), "k-gons")
    # A table read from a file holds numbers where every kind is a number.
    rows = shares.assign(kgon=shares["kgon"].astype(str))
    colours = kgon_colours(list(rows["kgon"].unique()))
    inits, sparsities = rows["init"].unique(), sorted(rows["sparsity"].unique())
    figure = new_figure(0.72 * len(sparsities) + 1.0, 1.0 * len(inits) + 1.1)
    grid = figure.subplots(len(inits), len(sparsities), sharex=True, sharey=True, squeeze=False)
    parts = dict(list(rows.groupby(["init", "sparsity"])))
    for line, init in zip(grid, inits, strict=True):
        line[0].set(ylim=(0, 1), yticks=[0, 0.5, 1])
        line[0].set_ylabel(fill(names.of("initialisations", init), 11))
        percent_axis(line[0], "y")
        for axes, sparsity in zip(line, sparsities, strict=True):
            if (init, sparsity) in parts:
                part = parts[init, sparsity]
                wide = part.pivot(index="epoch", columns="kgon", values="share")[list(colours)]
                axes.stackplot(wide.index, wide.T, colors=list(colours.values()), lw=0)
            epoch_axis(axes, rows["epoch"].max())
    for axes, sparsity in zip(grid[0], sparsities, strict=True):
        axes.set_title(f"S = {sparsity:.4f}", size=7.5)
    figure.supxlabel(f"epoch (columns: sparsity S; {rows['samples'].iloc[0]:,} training samples)")
    figure.supylabel("share of models, by start")
    handles = [Patch(color=colours[kind], label=kgon_label(kind)) for kind in colours]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
    return figure


def kgon_colours(kinds: Sequence[str]) -> dict[str, str]:
    """Return a colour for each kind; the usual polygons keep theirs whichever of them occur."""
    polygons = [*POLYGONS, *(k for k in kinds if k[0].isdigit() and k not in POLYGONS)]
    colours = dict(zip(polygons, ordered_colours(len(polygons)), strict=True))
    return {k: colours.get(k, LIGHT_GREY if k == DEGENERATE else GREY) for k in kinds}


@styled
def dimensionality_vs_sparsity(
    features: "pd.DataFrame", names: SuperpositionNames = UNNAMED_MODELS
) -> Figure:
    """Draw the final dimensionality of every feature against 1 / (1 - S), a panel per start.

    Dotted lines mark the plateaus 2/k on which the features of a regular k-gon lie, and 1 that of
    a feature with a dimension of its own (Elhage et al. 2022, "Toy Models of Superposition", "The
    Geometry of Superposition"); the curve is the median of the represented features, those with
    |W_i|² nearer to 1 than to 0.

    Parameters
    ----------
    features
        Rows of one number of samples, as from `lgi.superposition.geometry.table.final_features`.
    names
        Display names.

    Raises
    ------
    DataError
        If no feature has a finite dimensionality.
    """
    rows = features[np.isfinite(features["dimensionality"])]
    need(len(rows), "dimensionality")
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
        median = part.groupby("inverse_density")["median_represented"].first().dropna()
        axes.plot(median.index, median, "s-", color="black", ms=3, lw=0.8)
        plain_log_axis(axes, "x")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
        axes.set_title(f"{names.of('initialisations', init)} start")
    right = panels[-1].get_yaxis_transform()
    for corners in PLATEAUS:
        label = f"2/{corners}" if corners > 2 else "1"
        panels[-1].text(1.02, 2 / corners, label, transform=right, va="center", size=7.5)
    figure.legend(
        handles=[
            Line2D([], [], color=OKABE_ITO[0], marker="o", ms=3, ls="", label="feature"),
            Line2D([], [], color="black", marker="s", ms=3, label="median of those represented"),
        ],
        loc="outside upper right",
        ncols=min(2, len(inits)),  # beside each other they are wider than one panel
    )
    figure.supxlabel(f"1 / (1 − S), {rows['samples'].iloc[0]:,} training samples")
    panels[0].set_ylabel("feature dimensionality")
    return figure


def _shuffled(count: int) -> np.ndarray:
    """Return 0 .. count - 1 in a fixed, scattered order: by the golden ratio."""
    return np.argsort(np.arange(count) * 0.6180339887 % 1)

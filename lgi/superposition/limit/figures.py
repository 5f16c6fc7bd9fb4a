"""The figure of the limit of one active feature."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lgi.display import UNNAMED_MODELS, SuperpositionNames
from lgi.figures.style import (
    GREY,
    by_quality,
    kgon_label,
    need,
    new_figure,
    plain_log_axis,
    styled,
)
from lgi.llc.status import OK
from lgi.superposition.geometry.figures import kgon_colours

if TYPE_CHECKING:
    import pandas as pd


@styled
def limit(
    plateaus: "pd.DataFrame",
    coefficients: "pd.DataFrame",
    weights: "pd.DataFrame",
    transitions: "pd.DataFrame",
    names: SuperpositionNames = UNNAMED_MODELS,
) -> Figure:
    """Draw where training ends, the coefficients at the minima, and the weights over n.

    Parameters
    ----------
    plateaus, coefficients, weights, transitions
        Tables of `lgi.superposition.limit.table`.
    names
        Display names.

    Raises
    ------
    DataError
        If there is no plateau.
    """
    need(len(plateaus), "plateaus of training")
    tables = [t.assign(kgon=t["kgon"].astype(str)) for t in (plateaus, coefficients, weights)]
    colours = kgon_colours(sorted(set(tables[0]["kgon"]) | set(tables[1]["kgon"])))
    figure = new_figure(7.4, 6.4)
    parts = figure.subplot_mosaic([["ends", "ends"], ["llc", "moves"]], height_ratios=(1.1, 1))
    ends, llc, moves = (parts[name] for name in ("ends", "llc", "moves"))
    _draw_plateaus(ends, tables[0], colours, names)
    _draw_coefficients(llc, tables[1], colours)
    _draw_weights(moves, tables[2], transitions, colours)
    handles = [
        Line2D([], [], color=colour, marker="o", ls="", ms=4, label=kgon_label(kind))
        for kind, colour in colours.items()
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
    return figure


def _draw_plateaus(
    axes: Axes, rows: "pd.DataFrame", colours: dict[str, str], names: SuperpositionNames
) -> None:
    """Draw a dot for each start, size and plateau, its area the share of the models."""
    runs = rows[["init", "samples"]].drop_duplicates(ignore_index=True)
    place = rows.merge(runs.reset_index(), on=["init", "samples"])["index"]
    shades = [colours[kind] for kind in rows["kgon"]]
    axes.scatter(place, rows["plateau"], s=60 * rows["share"], c=shades, lw=0)
    starts = names.several("initialisations", runs["init"])
    labels = [f"{start}, {n:,}" for start, n in zip(starts, runs["samples"], strict=True)]
    axes.set_xticks(range(len(runs)), labels, rotation=90)
    axes.set(
        title="where training ends: a dot's area is the share of models",
        ylabel="loss of the minimum,\nsummed over features",
        xlabel="start, training samples",
    )


def _draw_coefficients(axes: Axes, rows: "pd.DataFrame", colours: dict[str, str]) -> None:
    for place, (kind, part) in enumerate(rows.groupby("kgon")):
        colour = colours[kind]
        axes.axhline(part["truth"].iloc[0], color=GREY, lw=0.6, ls=":", zorder=0)
        part = part.assign(n=part["samples"] * 1.1 ** (place - 1))  # beside each other
        for some, face in by_quality(part, part["status"] == OK, colour):
            bars = {"fmt": "o", "ms": 4, "lw": 0.8, "color": colour, "mfc": face}
            axes.errorbar(some["n"], some["llc"], 2 * some["llc_se"], **bars)
    plain_log_axis(axes, "x")
    first = rows.iloc[0]
    axes.set(
        title="coefficient at the exact minima",
        xlabel="n (nβ = n / ln n)",
        ylabel=f"λ̂ at γ = {first['localisation']:g}, σ = {first['noise']:g}\n(dotted: truth)",
    )


def _draw_weights(
    axes: Axes, rows: "pd.DataFrame", transitions: "pd.DataFrame", colours: dict[str, str]
) -> None:
    """Draw shares of the draws with two errors, and those that free energies give."""
    integrated = rows.pivot(index="samples", columns="kgon", values="log_z_integrated")
    sampled = rows.pivot(index="samples", columns="kgon", values="share")
    z = np.exp(integrated.sub(integrated.max(axis=1), axis=0))
    # Free energies of these polygons alone: their sum is that of the draws in them.
    shares = z.div(z.sum(axis=1), axis=0).mul(sampled.sum(axis=1), axis=0)
    for kind, part in rows.groupby("kgon"):
        bars = {"fmt": "o", "ms": 4, "lw": 0.8, "color": colours[kind]}
        axes.errorbar(part["samples"], part["share"], 2 * part["share_se"], **bars)
        axes.plot(shares.index, shares[kind], "--", lw=1, color=colours[kind])
    for method, style in (("sampling", "-"), ("thermodynamic integration", "--")):
        for n in transitions.loc[transitions["method"] == method, "n"].dropna():
            axes.axvline(n, color=GREY, lw=0.8, ls=style, zorder=0)
    plain_log_axis(axes, "x")
    first = rows.iloc[0]
    axes.set(
        title="the posterior's weight; vertical: where it moves",
        xlabel=f"n (σ = {first['noise']:g}, prior deviation {first['prior']:g})",
        ylabel="weight\n(dots: sampled, dashed: integrated)",
        ylim=(-0.02, 1.02),
    )

"""Figures of study 2's learning coefficients alone: scales, locality between models, polygons."""

from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from lgi.display import UNNAMED_MODELS, SuperpositionNames
from lgi.figures.style import (
    GREY,
    HOLLOW,
    by_quality,
    category_colours,
    draw_clipped,
    kgon_label,
    need,
    new_figure,
    quality_handles,
    styled,
)
from lgi.llc.figures import scale_label
from lgi.llc.status import OK

if TYPE_CHECKING:
    import pandas as pd

MARKS = ("o", "s", "^", "D", "v", "P")
ROOM = 1.25  # of the largest Hessian's value: estimates beyond are arrows at the edge
FEW = 5  # seeds: on fewer rests no mark that is full
STATE = ["init", "seed", "epoch"]


@styled
def resolution(curves: "pd.DataFrame", names: SuperpositionNames = UNNAMED_MODELS) -> Figure:
    """Draw λ̂ against nβ with γ in proportion, a row per number of samples, a column per sparsity.

    Parameters
    ----------
    curves
        From `lgi.superposition.llc.resolution.curves`.
    names
        Display names.

    Raises
    ------
    DataError
        If no row has a finite LLC.
    """
    rows = curves[np.isfinite(curves["llc"])]
    need(len(rows), "LLC at any scale")
    inits, sizes = list(rows["init"].unique()), sorted(rows["samples"].unique())
    sparsities = sorted(rows["sparsity"].unique())
    looks = dict(zip(inits, zip(category_colours(len(inits)), MARKS, strict=False), strict=False))
    top = ROOM * rows["hessian_llc"].max()
    figure = new_figure(max(1.1 * len(sparsities) + 0.9, 5), 2.0 * len(sizes) + 1.1)
    grid = figure.subplots(len(sizes), len(sparsities), sharex=True, sharey=True, squeeze=False)
    for line, samples in zip(grid, sizes, strict=True):
        for axes, sparsity in zip(line, sparsities, strict=True):
            part = rows[(rows["samples"] == samples) & (rows["sparsity"] == sparsity)]
            for (init, *_), curve in part.groupby(STATE, sort=False):
                _draw_curve(axes, curve.sort_values("n_beta"), *looks[init], top)
        first = rows[rows["samples"] == samples].iloc[0]
        gamma = first["localisation"] / first["n_beta"]
        line[0].set_ylabel(f"{samples:,} samples, γ = {gamma:.2g} nβ")
    for axes, sparsity in zip(grid[0], sparsities, strict=True):
        axes.set(title=f"S = {sparsity:.4f}", xscale="log", ylim=(-0.02 * top, top))
    figure.supxlabel(f"nβ, with γ in proportion; σ = {_listed(rows['sigma'])}")
    figure.supylabel("LLC")
    starts = names.several("initialisations", inits)
    handles = [
        Line2D([], [], color=colour, marker=mark, ms=4, ls="", label=f"{start} start")
        for start, (colour, mark) in zip(starts, looks.values(), strict=True)
    ]
    handles.append(Line2D([], [], color=GREY, lw=0.8, label="of the Hessian, at any scale"))
    ring = {"marker": "o", "ms": 8, "mfc": "none", "mew": 0.6, "ls": ""}
    handles.append(
        Line2D([], [], color="black", label="stable: stays over\na decade both ways", **ring)
    )
    beyond = {"marker": "v", "ms": 4, "mfc": "none", "ls": ""}
    handles.append(Line2D([], [], color=GREY, label="beyond the axis", **beyond))
    handles += quality_handles(rows["status"] == OK, len(curves) - len(rows))
    figure.legend(handles=handles, loc="outside upper center", ncols=4)
    return figure


def _draw_curve(axes: Axes, curve: "pd.DataFrame", colour: str, mark: str, top: float) -> None:
    """Draw the estimates of one state, two standard errors each, and the Hessian's value."""
    axes.plot(curve["n_beta"], curve["hessian_llc"], color=colour, lw=0.8, zorder=1)
    draw_clipped(axes, curve["n_beta"], curve["llc"], top, color=colour, ms=4)
    seen = curve[(curve["llc"] >= 0) & (curve["llc"] <= top)]
    axes.errorbar(seen["n_beta"], seen["llc"], 2 * seen["llc_se"], color=colour, ls="", lw=0.8)
    for points, face in by_quality(seen, seen["status"] == OK, colour):
        axes.plot(points["n_beta"], points["llc"], mark, color=colour, mfc=face, ms=3.5)
    rings = seen[seen["stable"]]
    axes.plot(rings["n_beta"], rings["llc"], "o", color="black", mfc="none", ms=7, mew=0.6)


@styled
def locality(made: "pd.DataFrame", names: SuperpositionNames = UNNAMED_MODELS) -> Figure:
    """Draw how far chains from different models agree, and what nβ L(w*) explains of λ̂.

    Parameters
    ----------
    made
        From `lgi.superposition.llc.locality.locality`; the last epoch is drawn.
    names
        Display names.

    Raises
    ------
    DataError
        If there are no rows.
    """
    need(len(made), "estimates of models on the same data")
    rows = made[made["epoch"] == made["epoch"].max()]
    settings, sizes = list(rows["setting"].unique()), sorted(rows["samples"].unique())
    looks = dict(
        zip(settings, zip(category_colours(len(settings)), MARKS, strict=False), strict=False)
    )
    figure = new_figure(2.5 * len(sizes) + 2.4, 4.6)
    grid = figure.subplots(2, len(sizes), sharex=True, sharey="row", squeeze=False)
    for (above, below), samples in zip(grid.T, sizes, strict=True):
        above.set_title(f"{samples:,} training samples")
        for setting, (colour, mark) in looks.items():
            part = rows[(rows["setting"] == setting) & (rows["samples"] == samples)]
            part = part.sort_values("sparsity")
            look = {"color": colour, "marker": mark, "ms": 4, "lw": 0.8}
            place = -np.log10(1 - part["sparsity"])
            ends = [part["agree"] - part["agree_low"], part["agree_high"] - part["agree"]]
            above.errorbar(place, part["agree"], np.maximum(ends, 0), elinewidth=0.8, **look)
            below.plot(place, part["share_explained"].clip(0), **look)
            alone = part["far_seeds"] < FEW
            above.plot(
                place[alone], part["agree"][alone], mark, mfc=HOLLOW, mec=colour, ms=4, zorder=4
            )
        there = sorted(rows["sparsity"].unique())
        below.set_xticks(-np.log10(1 - np.array(there)), [f"{s:.4f}" for s in there], rotation=90)
    grid[0, 0].set(ylabel="pairs far apart in L(w*)\nwhose E[L] agree", ylim=(-0.03, 1.03))
    grid[1, 0].set(
        ylabel="variance of the LLC on the\nsame data that −nβ L(w*) is", ylim=(-0.05, 1.03)
    )
    for axes in grid[:, 0]:
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    figure.supxlabel(f"sparsity S (epoch {rows['epoch'].max():,})")
    handles = [
        Line2D([], [], color=colour, marker=mark, ms=4, lw=0.8, label=_named(rows, setting, names))
        for setting, (colour, mark) in looks.items()
    ]
    few = {"marker": "o", "ms": 4, "mfc": HOLLOW, "ls": ""}
    handles.append(Line2D([], [], color=GREY, label=f"hollow: fewer than\n{FEW} seeds", **few))
    figure.legend(handles=handles, loc="outside right center")
    return figure


def _named(rows: "pd.DataFrame", setting: str, names: SuperpositionNames) -> str:
    """Return display name and scale of a setting, a line each; a name may be its σ."""
    scale = scale_label(rows[rows["setting"] == setting], "\n").split("\n")
    return "\n".join(dict.fromkeys([fill(names.of("settings", setting), 20), *scale]))


@styled
def stability(made: "pd.DataFrame", names: SuperpositionNames = UNNAMED_MODELS) -> Figure:
    """Draw the share of states whose chains stay on their polygon, a row per setting.

    Parameters
    ----------
    made
        From `lgi.superposition.llc.stability.stability`; the last epoch is drawn.
    names
        Display names.

    Raises
    ------
    DataError
        If there are no rows.
    """
    need(len(made), "states with a polygon")
    rows = made[made["epoch"] == made["epoch"].max()]
    rows = rows.assign(kgon=rows["kgon"].astype(str), stays=1 - rows["left"])
    settings, sizes = list(rows["setting"].unique()), sorted(rows["samples"].unique())
    kinds, sparsities = sorted(rows["kgon"].unique()), sorted(rows["sparsity"].unique())
    figure = new_figure(
        max(0.34 * len(sparsities) + 0.2, 1.9) * len(sizes) + 1.0,
        (0.34 * len(kinds) + 0.5) * len(settings) + 2.0,
    )
    grid = figure.subplots(len(settings), len(sizes), sharex=True, sharey=True, squeeze=False)
    for line, setting in zip(grid, settings, strict=True):
        for axes, samples in zip(line, sizes, strict=True):
            part = rows[(rows["setting"] == setting) & (rows["samples"] == samples)]
            image = _draw_shares(axes, part, kinds, sparsities)
            named = _named(part, setting, names).replace("\n", ", ") if len(part) else ""
            axes.set_title(f"{named}\n{samples:,} training samples")
        line[0].set_yticks(range(len(kinds)), [kgon_label(kind) for kind in kinds])
    for axes in grid[-1]:
        axes.set_xticks(range(len(sparsities)), [f"{s:.4f}" for s in sparsities], rotation=90)
    figure.supxlabel(
        f"sparsity S, epoch {rows['epoch'].max():,}\n"
        "numbers: states; in brackets the polygon to which most of a tenth or more that leave go"
    )
    figure.supylabel("polygon of w*")
    bar = figure.colorbar(image, ax=grid, label="share that stays", location="top", shrink=0.6)
    bar.ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    return figure


def _draw_shares(axes: Axes, part: "pd.DataFrame", kinds: list[str], sparsities: list[float]):
    shares = part.pivot(index="kgon", columns="sparsity", values="stays")
    shares = shares.reindex(index=kinds, columns=sparsities)
    image = axes.imshow(shares, aspect="auto", cmap="viridis", vmin=0, vmax=1, origin="lower")
    for row in part.itertuples():
        text = f"{row.states}" + (f"\n({row.to})" if row.left >= 0.1 else "")
        colour = "white" if row.stays < 0.6 else "black"
        place = sparsities.index(row.sparsity), kinds.index(row.kgon)
        axes.text(*place, text, ha="center", va="center", size=7.5, color=colour, linespacing=0.85)
    return image


def _listed(values: "pd.Series") -> str:
    return ", ".join(f"{value:g}" for value in sorted(values.unique()))

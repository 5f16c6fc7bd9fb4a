"""Figures of why fits turn, what cures it, and whether it holds for other images."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, PercentFormatter

from lgi.figures.gaussians import Render, columns, ellipses, show
from lgi.figures.style import (
    GREY,
    LIGHT_GREY,
    OKABE_ITO,
    category_colours,
    colour_by,
    need,
    new_figure,
    plain_log_axis,
    styled,
)
from lgi.runs import Run

if TYPE_CHECKING:
    import pandas as pd

COVERED, UNCOVERED = OKABE_ITO[0], OKABE_ITO[1]
GRID = np.geomspace(1 / 32, 8, 161)  # iterations in units of that of the best


@styled
def turn(runs: Sequence[Run]) -> Figure:
    """Draw loss and coverage of many runs along training, each in units of its best.

    Above the loss, split into what falls on covered and on uncovered pixels (medians over runs,
    with quartiles); below the uncovered share, a line per run.

    Parameters
    ----------
    runs
        Run files of one recipe with iteration, loss, loss_covered, uncovered [L]; record:
        best_iteration, n.

    Raises
    ------
    DataError
        If no run has a best.
    """
    runs = [run for run in runs if run.record["best_iteration"] > 0]
    need(len(runs), "runs with a finite loss")
    figure = new_figure(6.2, 4.6)
    above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [1.2, 1]})
    for name, label, colour in (
        ("loss", "whole loss", "black"),
        ("loss_covered", "on covered pixels", COVERED),
        ("", "on uncovered pixels", UNCOVERED),
    ):
        _draw_part(above, runs, name, label, colour)
    colours = colour_by([run.record["n"] for run in runs])
    for run in runs:
        x = run["iteration"] / run.record["best_iteration"]
        below.plot(x, run["uncovered"], color=colours[run.record["n"]], lw=0.5, alpha=0.6)
    for axes in (above, below):
        axes.axvline(1, color=GREY, lw=0.8, ls=":")
    above.set_ylabel("loss")
    above.legend(loc="upper left")
    below.set_ylabel("uncovered share of the image")
    below.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    below.set_xlim(GRID[0], GRID[-1])
    plain_log_axis(below, "x")
    below.set_xlabel("iteration, in units of that of the best loss")
    ends = sorted({min(colours), max(colours)})
    handles = [Line2D([], [], color=colours[n], label=f"N = {n}") for n in ends]
    below.legend(handles=handles, title=f"{len(runs)} runs", loc="upper left")
    return figure


def _draw_part(axes: Axes, runs: Sequence[Run], name: str, label: str, colour: str) -> None:
    """Draw median and quartiles of a part of the loss at the places of `GRID`."""
    lines = []
    for run in runs:
        values = run[name] if name else run["loss"] - run["loss_covered"]
        x = run["iteration"] / run.record["best_iteration"]
        lines.append(np.interp(GRID, x, values, left=np.nan, right=np.nan))
    # An end that less than half of the runs reach would show a change of runs as one of loss.
    kept = np.isfinite(lines).mean(axis=0) > 0.5
    low, middle, high = np.nanquantile(np.array(lines)[:, kept], [0.25, 0.5, 0.75], axis=0)
    axes.fill_between(GRID[kept], low, high, color=colour, alpha=0.15, lw=0)
    axes.plot(GRID[kept], middle, color=colour, label=label)


@styled
def cures(table: "pd.DataFrame", runs: "pd.DataFrame") -> Figure:
    """Draw for each recipe the best and the last loss of every run, and the share that turn.

    Parameters
    ----------
    table
        ``gaussians_cures.csv``: recipe, runs, turned, turned_low, turned_high, best_loss; the
        reference comes first.
    runs
        The runs that it compares: recipe, best_loss, final_loss.

    Raises
    ------
    DataError
        If the table is empty.
    """
    need(len(table), "recipes to compare")
    order = [table["recipe"].iloc[0], *table.iloc[1:].sort_values("best_loss")["recipe"][::-1]]
    places = {name: place for place, name in enumerate(order[::-1])}
    figure = new_figure(7.2, 0.27 * len(order) + 1.1)
    left, right = figure.subplots(1, 2, sharey=True, gridspec_kw={"width_ratios": [2.2, 1]})
    for recipe, rows in runs[runs["recipe"].isin(order)].groupby("recipe"):
        spread = np.linspace(-0.22, 0.22, len(rows)) if len(rows) > 1 else np.zeros(1)
        y = places[recipe] + spread
        left.hlines(y, rows["best_loss"], rows["final_loss"], color=LIGHT_GREY, lw=0.6)
        left.plot(rows["final_loss"], y, "o", ms=2.5, mfc="white", mec=UNCOVERED, mew=0.7)
        left.plot(rows["best_loss"], y, "o", ms=2.5, color=COVERED)
    reference = table["best_loss"].iloc[0]
    left.axvline(reference, color=GREY, lw=0.8, ls=":")
    left.set_xscale("log")
    plain_log_axis(left, "x")
    left.set_xlabel("loss")
    left.set_yticks(list(places.values()), list(places))
    left.set_ylim(-0.6, len(order) - 0.4)
    y = [places[name] for name in table["recipe"]]
    error = np.array(
        [table["turned"] - table["turned_low"], table["turned_high"] - table["turned"]]
    ).clip(0)
    right.errorbar(table["turned"], y, xerr=error, fmt="o", color="black", ms=3.5, lw=0.8)
    right.axvline(0.5, color=GREY, lw=0.8, ls=":")
    right.set_xlim(-0.03, 1.03)
    right.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    right.set_xlabel("share of runs that turn")
    handles = [
        Line2D([], [], color=COVERED, marker="o", ls="", ms=3.5, label="best loss of a run"),
        Line2D([], [], mec=UNCOVERED, mfc="white", marker="o", ls="", ms=3.5, label="last loss"),
        Line2D([], [], color=GREY, ls=":", label=f"mean best loss of {order[0]}; half of the runs"),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return figure


@styled
def elsewhere(table: "pd.DataFrame", ratio: tuple[float, float]) -> Figure:
    """Draw the best loss against N / pixels, a panel per image, a line per recipe.

    Parameters
    ----------
    table
        ``gaussians_elsewhere.csv``: image, recipe, n, n_over_pixels, best_loss, low, high,
        is_lowest.
    ratio
        The original's optimal N / pixels, shaded.

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
    figure = new_figure(1.9 * across + 0.6, 1.8 * down + 0.6)
    panels = figure.subplots(down, across, sharex=True, squeeze=False)
    for axes, image in zip(panels.flat, images, strict=False):
        axes.axvspan(*ratio, color=LIGHT_GREY, lw=0, zorder=0)
        for recipe, rows in table[table["image"] == image].groupby("recipe"):
            _draw_curve(axes, rows, colours[recipe])
        axes.set_title(image.replace("_", " "))
        plain_log_axis(axes, "x")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g}"))
        losses = table.loc[table["image"] == image, "best_loss"]
        if losses.max() < 30 * losses.min():
            plain_log_axis(axes, "y")
        else:
            axes.set_yscale("log")
    for axes in panels.flat[len(images) :]:
        axes.remove()
    figure.supxlabel("N / pixels (%)")
    figure.supylabel("best loss, mean over seeds")
    handles = [Line2D([], [], color=c, marker="o", ms=3, label=r) for r, c in colours.items()]
    handles.append(Line2D([], [], color=GREY, marker="*", ls="", ms=7, mec="black", label="lowest"))
    handles.append(Patch(color=LIGHT_GREY, label="range called optimal"))
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
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


@styled
def neighbours(runs: Sequence[Run], renders: Sequence[Render]) -> Figure:
    """Draw fits of neighbouring N at their best: arrangement, parameters at bounds, errors.

    Parameters
    ----------
    runs
        Run files with target [H, W, 3], best and end [n, P], loss and iteration [L]; record:
        parameters, best_iteration, n, and the recipe with its bounds.
    renders
        For each run, the image [H, W, 3] of parameters [n, P].

    Raises
    ------
    DataError
        If there is no run with a finite best.
    """
    pairs = [
        (run, render)
        for run, render in zip(runs, renders, strict=True)
        if np.isfinite(run["best"]).all()
    ]
    need(len(pairs), "runs with a finite best state")
    height, width, _ = pairs[0][0]["target"].shape
    side = 1.85
    figure = new_figure(4 * side + 0.9, len(pairs) * (side * height / width + 0.25) + 0.3)
    panels = figure.subplots(len(pairs), 4, squeeze=False)
    maps = []
    for run, render in pairs:
        images = [render(run[state]) for state in ("best", "end")]
        maps.append((images[0], *(np.abs(image - run["target"]).mean(axis=2) for image in images)))
    worst = max(error.max() for _, *errors in maps for error in errors)
    # The square root keeps small errors visible beside uncovered pixels.
    scale = {"cmap": "magma", "norm": PowerNorm(0.5, 0, worst or 1)}
    for row, (run, _), (image, at_best, at_end) in zip(panels, pairs, maps, strict=True):
        best = run.record["best_iteration"]
        loss = run["loss"][np.flatnonzero(run["iteration"] == best)]
        show(row[0], image, f"N = {run.record['n']}, iteration {best:,}")
        show(row[1], 0.5 + 0.5 * run["target"], f"loss {loss[0]:.4f}" if len(loss) else "")
        row[1].add_collection(_arrangement(run), autolim=False)
        show(row[2], at_best, "error at the best", **scale)
        show(row[3], at_end, "error at the end", **scale)
    figure.colorbar(
        panels[0][2].images[0], ax=panels[:, 3], label="absolute error, mean over channels"
    )
    handles = [
        Patch(fc="white", ec="0.2", label="Gaussian, 1 σ"),
        Patch(fc="white", ec=UNCOVERED, lw=1.5, label="a position or scale at its bound"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


def _arrangement(run: Run) -> PolyCollection:
    """Return the ellipses of the best state; those with a parameter at a bound stand out."""
    parameters = run["best"]
    stuck = np.zeros(len(parameters), dtype=bool)
    recipe = run.record["recipe"]
    for group, names in (("position", ("x", "y")), ("scale", ("sx", "sy"))):
        values = columns(run, parameters, *names)
        low, high = np.float32(recipe[group]["low"]), np.float32(recipe[group]["high"])
        stuck |= ((values <= low) | (values >= high)).any(axis=1)
    shapes = ellipses(run, parameters)
    colours = np.clip(columns(run, parameters, "r", "g", "b"), 0, 1)
    patches = PolyCollection(shapes, linewidths=np.where(stuck, 1.5, 0.5))
    patches.set_edgecolor([UNCOVERED if s else "0.2" for s in stuck])
    patches.set_facecolor(np.column_stack([colours, np.full(len(colours), 0.6)]))
    return patches

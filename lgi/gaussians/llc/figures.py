"""Figures of effective dimensions of minima near fits: against N, and against σ and γ."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lgi.display import GaussianNames
from lgi.figures.style import (
    GREY,
    HOLLOW,
    OKABE_ITO,
    by_quality,
    draw_clipped,
    need,
    new_figure,
    styled,
)
from lgi.gaussians.fits.figures import called
from lgi.llc.status import OK

if TYPE_CHECKING:
    import pandas as pd

# What is drawn beside the estimate: a column, a factor, and the line's colour, dashes and width.
# The two effective dimensions are close to each other: the one below is broad and pale.
LINES = {
    "free parameters / 2": ("parameters", 0.5, GREY, ":", 1),
    "effective dimension of the Hessian / 2": ("predicted", 1.0, OKABE_ITO[4], "-", 3),
    "effective dimension of the Jacobian / 2": ("predicted_jacobian", 1.0, OKABE_ITO[0], "--", 1),
    "effective rank of the Jacobian / 2": ("effective_rank", 0.5, OKABE_ITO[1], "-.", 1),
}
AXES = {"noise": "noise σ of an intensity", "localisation": "localisation γ"}
POINT = OKABE_ITO[6]
ROOM = 1.08  # of an axis, above the number of parameters / 2


@styled
def llc_vs_n(table: "pd.DataFrame", names: GaussianNames) -> Figure:
    """Draw half the effective dimension against N: a column per image, recipe, a row per σ, γ.

    Points are hollow where the estimate is not ok, and arrows where one lies beyond the axis. Lines
    are means over seeds. An image and recipe with one N alone is left out.

    Parameters
    ----------
    table
        ``gaussians_llc.csv``; see `lgi.gaussians.llc.estimates.estimate_minimum`.
    names
        What people read in place of names.

    Raises
    ------
    DataError
        If there is no image and recipe with two N and an estimate that is finite.
    """
    table = table[np.isfinite(table["llc"])]
    groups = [
        (name, rows)
        for name, rows in table.groupby(["image", "recipe"], sort=False)
        if rows["n"].nunique() > 1
    ]
    need(len(groups), "effective dimensions at several N")
    settings = table.sort_values(list(AXES), kind="stable")["setting"].unique()
    figure = new_figure(3.3 * len(groups) + 0.6, 2.5 * len(settings) + 0.9)
    panels = figure.subplots(len(settings), len(groups), squeeze=False, sharex="col", sharey="col")
    for row, setting in zip(panels, settings, strict=True):
        for axes, ((image, recipe), rows) in zip(row, groups, strict=True):
            part = rows[rows["setting"] == setting]
            _draw_lines(axes, part, "n")
            _draw_points(axes, part, "n", ROOM * rows["parameters"].max() / 2)
            named = called(names, image, recipe)
            axes.set_title(f"{named}\n{_setting(part)}" if len(part) else named)
    for axes in panels[-1]:
        axes.set_xlabel("number of Gaussians N")
    figure.supylabel("half the effective dimension at (σ, γ)")
    figure.legend(handles=_handles(table, list(LINES)), loc="outside lower center", ncols=2)
    return figure


@styled
def llc_sweep(sweep: "pd.DataFrame", names: GaussianNames) -> Figure:
    """Draw half the effective dimension against noise and localisation, a row for each fit.

    Points are hollow where the estimate is not ok, and arrows where one lies beyond the axis.

    Parameters
    ----------
    sweep
        ``gaussians_llc_sweep.csv``; see `lgi.gaussians.llc.estimates.sweep`.
    names
        What people read in place of names.

    Raises
    ------
    DataError
        If no estimate is finite.
    """
    table = sweep[np.isfinite(sweep["llc"])]
    need(len(table), "effective dimensions with varied settings")
    fits = list(table.groupby(["image", "recipe", "n", "seed"], sort=False))
    figure = new_figure(7.2, 2.3 * len(fits) + 0.9)
    panels = figure.subplots(len(fits), len(AXES), squeeze=False, sharex="col", sharey="row")
    lines = [name for name in LINES if "rank" not in name]
    for row, ((image, recipe, n, seed), rows) in zip(panels, fits, strict=True):
        for axes, varied in zip(row, AXES, strict=True):
            part = rows[rows["varied"] == varied].sort_values("value")
            _draw_lines(axes, part, "value", lines)
            _draw_points(axes, part, "value", ROOM * rows["parameters"].max() / 2)
            axes.set_xscale("log")
            kept = "localisation" if varied == "noise" else "noise"
            named = called(names, image, recipe)
            axes.set_title(f"{named}\nN = {n}, seed {seed}, {_kept(part, kept)}")
    for axes, label in zip(panels[-1], AXES.values(), strict=True):
        axes.set_xlabel(label)
    figure.supylabel("half the effective dimension at (σ, γ)")
    figure.legend(handles=_handles(table, lines), loc="outside lower center", ncols=2)
    return figure


def _setting(part: "pd.DataFrame") -> str:
    return ", ".join(_kept(part, name) for name in AXES)


def _kept(part: "pd.DataFrame", name: str) -> str:
    symbol = AXES[name].removeprefix("noise ").removeprefix("localisation ")[0]
    return f"{symbol} = {_number(part[name].iloc[0])}" if len(part) else ""


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:g}"


def _draw_lines(axes: Axes, part: "pd.DataFrame", x: str, names: "list[str] | None" = None) -> None:
    for name in names or LINES:
        column, factor, colour, dashes, width = LINES[name]
        means = factor * part.groupby(x)[column].mean()
        axes.plot(means.index, means, dashes, color=colour, lw=width)


def _draw_points(axes: Axes, part: "pd.DataFrame", x: str, top: float) -> None:
    """Draw estimates with two standard errors; arrows at the edge for those beyond [0, top]."""
    axes.set_ylim(0, top)
    inside = part[part["llc"].between(0, top)]
    for rows, face in by_quality(inside, inside["status"] == OK, POINT):
        bars = {"fmt": "o", "ms": 3.5, "color": POINT, "mfc": face, "lw": 0.7, "mew": 0.7}
        axes.errorbar(rows[x], rows["llc"], 2 * rows["llc_se"], zorder=3, **bars)
    draw_clipped(axes, part[x], part["llc"], top, ms=4, color=POINT, mew=0.7)


def _handles(table: "pd.DataFrame", lines: list[str]) -> list[Line2D]:
    marks = {"color": POINT, "ls": "", "ms": 3.5, "mew": 0.7}
    handles = [Line2D([], [], marker="o", label="chains ± 2 standard errors", **marks)]
    hollow = int((table["status"] != OK).sum())
    if hollow:
        label = f"not ok ({hollow} of {len(table)}), arrow: beyond the axis"
        handles.append(Line2D([], [], marker="o", mfc=HOLLOW, label=label, **marks))
    return handles + [
        Line2D([], [], color=colour, ls=dashes, lw=width, label=name)
        for name, (_, _, colour, dashes, width) in LINES.items()
        if name in lines
    ]

"""Figure of the known answers: estimates of the LLC beside exact learning coefficients."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from lgi.figures.style import (
    GREY,
    LIGHT_GREY,
    by_quality,
    category_colours,
    need,
    new_figure,
    plain_log_axis,
    styled,
)
from lgi.llc.status import OK

if TYPE_CHECKING:
    import pandas as pd

MARKERS = ("o", "s", "^", "D", "v")


@styled
def known_answers(table: "pd.DataFrame") -> Figure:
    """Draw estimate against truth, and the relative error of each problem in its tolerance.

    A colour is a problem, a marker a sampler; points are hollow where the estimate is not ok. Error
    bars are two standard errors; grey bars on the right reach over what is allowed.

    Parameters
    ----------
    table
        ``llc_known_answers.csv``; see `lgi.llc.known.answers.known_answers`.

    Raises
    ------
    DataError
        If the table has no row with a finite estimate.
    """
    rows = table[np.isfinite(table["estimate"])]
    need(len(rows), "known answers")
    names, samplers = list(rows["problem"].unique()), list(rows["sampler"].unique())
    colours = dict(zip(names, category_colours(len(names)), strict=True))
    markers = dict(zip(samplers, MARKERS, strict=False))
    cases = rows[["problem", "shape", "n"]].drop_duplicates(ignore_index=True)
    figure = new_figure(9.6, max(6, 0.155 * len(cases) + 1.2))
    values, errors = figure.subplots(1, 2, width_ratios=(1, 0.85))
    for (name, sampler), part in rows.groupby(["problem", "sampler"], sort=False):
        look = {"color": colours[name], "marker": markers[sampler]}
        _draw_values(values, part, **look)
        place = part.merge(cases.reset_index(), on=["problem", "shape", "n"])["index"]
        shift = 0.3 * (samplers.index(sampler) / max(1, len(samplers) - 1) - 0.5)
        _draw_errors(errors, part, place.to_numpy() + shift, **look)
    _finish_values(values, rows)
    _finish_errors(errors, cases, colours)
    handles = [
        Line2D([], [], color=c, marker="o", ls="", label=name) for name, c in colours.items()
    ]
    handles += [
        Line2D([], [], color=GREY, marker=markers[sampler], ls="", label=sampler.upper())
        for sampler in samplers
    ]
    # The left panel is square and stands at the top: the legend has the room below it.
    values.set_anchor("N")
    values.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2)
    return figure


def _draw_values(axes: Axes, part: "pd.DataFrame", color: str, marker: str) -> None:
    bars = {"fmt": marker, "color": color, "ms": 4, "lw": 0.8, "alpha": 0.9}
    for rows, face in by_quality(part, part["status"] == OK, color):
        axes.errorbar(rows["truth"], rows["estimate"], 2 * rows["se"], mfc=face, **bars)


def _draw_errors(
    axes: Axes, part: "pd.DataFrame", places: np.ndarray, color: str, marker: str
) -> None:
    bars = {"fmt": marker, "color": color, "ms": 3, "lw": 0.8}
    part = part.assign(place=places)
    spread = 2 * part["tolerance"]
    axes.barh(np.round(places), spread, 0.8, -part["tolerance"], color=LIGHT_GREY, zorder=0)
    for rows, face in by_quality(part, part["status"] == OK, color):
        width = 2 * rows["se"] / rows["truth"]
        axes.errorbar(rows["relative_error"], rows["place"], xerr=width, mfc=face, **bars)


def _finish_values(axes: Axes, rows: "pd.DataFrame") -> None:
    ends = np.array([0.9 * rows["truth"].min(), 1.1 * rows["truth"].max()])
    axes.plot(ends, ends, color=GREY, lw=0.6, zorder=0)
    plain_log_axis(axes, "x")
    plain_log_axis(axes, "y")
    axes.set(xlabel="truth", ylabel="estimate")
    axes.set_box_aspect(1)


def _finish_errors(axes: Axes, cases: "pd.DataFrame", colours: dict[str, str]) -> None:
    axes.axvline(0, color=GREY, lw=0.6)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set(xlabel="relative error", ylim=(len(cases) - 0.4, -0.6))
    labels = [f"{shape}, n = {n:,}" for shape, n in zip(cases["shape"], cases["n"], strict=True)]
    axes.set_yticks(range(len(cases)), labels, size=5.5)
    axes.tick_params(axis="y", length=0)
    for label, name in zip(axes.get_yticklabels(), cases["problem"], strict=True):
        label.set_color(colours[name])

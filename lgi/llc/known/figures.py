"""Figure of the known answers: estimates of the LLC beside exact learning coefficients."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from lgi.figures.style import (
    GREY,
    LIGHT_GREY,
    category_colours,
    need,
    new_figure,
    plain_log_axis,
    styled,
)
from lgi.llc.known.answers import MARGIN, REFUSED, RIGHT, WRONG

if TYPE_CHECKING:
    import pandas as pd

MARKERS = ("o", "s", "^", "D", "v")
CASE = ["problem", "shape", "singular"]


@styled
def known_answers(table: "pd.DataFrame") -> Figure:
    """Draw estimate against truth, and the relative error of each problem.

    A colour is a problem, a marker a number of samples n; points are hollow where the status
    refuses the estimate, and crossed where it is wrong. Error bars are the standard deviation over
    repeats; grey bars on the right reach over what is allowed, the larger of 5 % and the stated
    error.

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
    names, sizes = list(rows["problem"].unique()), list(rows["n"].unique())
    colours = dict(zip(names, category_colours(len(names)), strict=True))
    markers = dict(zip(sizes, MARKERS, strict=False))
    cases = rows[CASE].drop_duplicates(ignore_index=True)
    figure = new_figure(9.6, max(6, 0.19 * len(cases) + 1.2))
    values, errors = figure.subplots(1, 2, width_ratios=(1, 0.85))
    height = 0.8 / len(sizes)
    for (name, n), part in rows.groupby(["problem", "n"], sort=False):
        look = {"color": colours[name], "marker": markers[n]}
        place = part.merge(cases.reset_index(), on=CASE)["index"].to_numpy()
        shift = height * (sizes.index(n) - (len(sizes) - 1) / 2)
        _draw_values(values, part, **look)
        _draw_errors(errors, part, place + shift, height, **look)
    _finish_values(values, rows)
    _finish_errors(errors, cases, colours)
    handles = [
        Line2D([], [], color=c, marker="o", ls="", label=name) for name, c in colours.items()
    ]
    handles += [
        Line2D([], [], color=GREY, marker=markers[n], ls="", label=f"n = {n:,}") for n in sizes
    ]
    handles += [
        Line2D([], [], color=GREY, marker=_marker("o", verdict), mfc=face, ls="", label=label)
        for verdict, face, label in ((REFUSED, "white", "refused"), (WRONG, GREY, "wrong"))
    ]
    # The left panel is square and stands at the top: the legend has the room below it.
    values.set_anchor("N")
    values.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2)
    return figure


def _by_verdict(part: "pd.DataFrame", color: str) -> Iterator[tuple["pd.DataFrame", str, str]]:
    """Yield the rows of each verdict that occurs, the verdict and the colour of their faces."""
    for verdict, face in ((RIGHT, color), (REFUSED, "white"), (WRONG, color)):
        rows = part[part["verdict"] == verdict]
        if len(rows):
            yield rows, verdict, face


def _marker(marker: str, verdict: str) -> str:
    return "x" if verdict == WRONG else marker


def _draw_values(axes: Axes, part: "pd.DataFrame", color: str, marker: str) -> None:
    for rows, verdict, face in _by_verdict(part, color):
        look = {"fmt": _marker(marker, verdict), "mfc": face, "color": color, "ms": 4, "lw": 0.8}
        axes.errorbar(rows["truth"], rows["estimate"], rows["spread"], **look)


def _draw_errors(
    axes: Axes, part: "pd.DataFrame", places: np.ndarray, height: float, color: str, marker: str
) -> None:
    allowed = np.maximum(MARGIN, part["llc_error"] / part["truth"])
    axes.barh(places, 2 * allowed, height, -allowed, color=LIGHT_GREY, zorder=0)
    for rows, verdict, face in _by_verdict(part.assign(place=places), color):
        look = {"fmt": _marker(marker, verdict), "mfc": face, "color": color, "ms": 3, "lw": 0.8}
        width = rows["spread"] / rows["truth"]
        axes.errorbar(rows["relative_error"], rows["place"], xerr=width, **look)


def _finish_values(axes: Axes, rows: "pd.DataFrame") -> None:
    ends = np.array([0.9 * rows["truth"].min(), 1.1 * rows["truth"].max()])
    axes.plot(ends, ends, color=GREY, lw=0.6, zorder=0)
    plain_log_axis(axes, "x")
    plain_log_axis(axes, "y")
    axes.set(xlabel="λ", ylabel="estimate")
    axes.set_box_aspect(1)


def _finish_errors(axes: Axes, cases: "pd.DataFrame", colours: dict[str, str]) -> None:
    axes.axvline(0, color=GREY, lw=0.6)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set(xlabel="relative error", ylim=(len(cases) - 0.4, -0.6))
    labels = [
        f"{case.shape}, {'singular' if case.singular else 'smooth'} w*"
        for case in cases.itertuples()
    ]
    axes.set_yticks(range(len(cases)), labels, size=5.5)
    axes.tick_params(axis="y", length=0)
    for label, name in zip(axes.get_yticklabels(), cases["problem"], strict=True):
        label.set_color(colours[name])

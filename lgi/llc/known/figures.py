"""Figure of the known answers: estimates of the LLC beside exact learning coefficients."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from lgi.figures.style import (
    GREY,
    HOLLOW,
    LIGHT_GREY,
    OKABE_ITO,
    need,
    new_figure,
    percent_axis,
    styled,
)
from lgi.llc.known.answers import MARGIN, REFUSED, RIGHT, WRONG
from lgi.llc.known.summary import CASE, answer, which

if TYPE_CHECKING:
    import pandas as pd

# Marker, colour and face: a verdict is seen by its shape alone too.
VERDICTS = {
    RIGHT: ("o", OKABE_ITO[2], OKABE_ITO[2]),
    REFUSED: ("s", GREY, HOLLOW),
    WRONG: ("X", OKABE_ITO[1], OKABE_ITO[1]),
}
SIZES = (5.0, 3.5, 2.5)
"""Of a marker, for each number of samples from the largest on."""
LINE = 0.2  # inches
FURTHEST = 0.3  # end of the axis of the relative error
PLACES = (0.0, 0.66, 1.0)  # of the columns of the table, in its width


@styled
def known_answers(table: "pd.DataFrame") -> Figure:
    """Draw the relative error of each problem beside its λ and its estimate, family by family.

    Marker and colour are the verdict. Within a line the numbers of samples n stand below each
    other, the largest on top with the largest markers. Error bars are the standard deviation over
    repeats; grey bars reach over what is allowed, the larger of 5 % and the stated error.

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
    sizes = sorted(rows["n"].unique(), reverse=True)
    cases = rows.drop_duplicates(CASE, ignore_index=True)
    places, heads = _places(cases)
    figure = new_figure(7.4, LINE * (max(places) + 1) + 1.4)
    words, errors = figure.subplots(1, 2, sharey=True, width_ratios=(1.5, 1))
    of_case = dict(zip(cases[CASE].itertuples(index=False, name=None), places, strict=True))
    height = 0.8 / len(sizes)
    for n, part in rows.groupby("n"):
        rank = sizes.index(n)
        own = [of_case[case] for case in part[CASE].itertuples(index=False, name=None)]
        lines = np.array(own) + height * (rank - (len(sizes) - 1) / 2)
        _draw_errors(errors, part, lines, height, SIZES[min(rank, len(SIZES) - 1)])
    _write(words, rows[rows["n"] == sizes[0]], of_case, heads, sizes[0])
    errors.axvline(0, color=GREY, lw=0.6)
    percent_axis(errors, "x")
    low = min(-0.25, 1.05 * (rows["relative_error"] - rows["spread"] / rows["truth"]).min())
    errors.set(xlabel="relative error of the estimate", xlim=(low, FURTHEST))
    errors.set_ylim(max(places) + 0.7, -1.6)
    errors.spines["left"].set_visible(False)
    errors.tick_params(left=False)
    figure.legend(handles=_handles(rows, sizes), loc="outside upper center", ncols=3)
    return figure


def _places(cases: "pd.DataFrame") -> tuple[list[int], dict[str, int]]:
    """Return the line of each case, and of the name of each family above its first."""
    places: list[int] = []
    heads: dict[str, int] = {}
    line = 0
    for problem in cases["problem"]:
        if problem not in heads:
            heads[problem] = line
            line += 1
        places.append(line)
        line += 1
    return places, heads


def _write(
    axes: Axes, rows: "pd.DataFrame", of_case: dict, heads: dict[str, int], largest: int
) -> None:
    """Write the problems with λ and the estimate at the largest n, beside the errors."""
    axes.set(xlim=(0, 1))
    axes.set_axis_off()
    titles = ("problem", "λ", f"estimate at n = {largest:,}")
    for x, side, title in zip(PLACES, ("left", "right", "right"), titles, strict=True):
        axes.text(x, -1, title, ha=side, va="center", size=8)
    for problem, line in heads.items():
        axes.text(0, line, problem, va="center", size=8, weight="bold")
    for row in rows.itertuples():
        line = of_case[tuple(getattr(row, name) for name in CASE)]
        texts = (which(row), f"{row.truth:.3g}", answer(row))
        for x, side, text in zip(
            (0.04, *PLACES[1:]), ("left", "right", "right"), texts, strict=True
        ):
            axes.text(x, line, text, ha=side, va="center", size=7.5)


def _draw_errors(
    axes: Axes, part: "pd.DataFrame", lines: np.ndarray, height: float, size: float
) -> None:
    allowed = np.maximum(MARGIN, part["llc_error"] / part["truth"])
    axes.barh(lines, 2 * allowed, height, -allowed, color=LIGHT_GREY, zorder=0)
    for verdict, (marker, colour, face) in VERDICTS.items():
        rows = (part["verdict"] == verdict).to_numpy()
        look = {"fmt": marker, "mfc": face, "color": colour, "ms": size, "lw": 0.8}
        width = (part["spread"] / part["truth"])[rows]
        axes.errorbar(part["relative_error"][rows], lines[rows], xerr=width, **look)


def _handles(rows: "pd.DataFrame", sizes: list[int]) -> list[Line2D | Patch]:
    counts = rows.groupby(["verdict", "n"]).size()
    handles: list[Line2D | Patch] = []
    for verdict, (marker, colour, face) in VERDICTS.items():
        of_each = ", ".join(f"{counts.get((verdict, n), 0)} at n = {n:,}" for n in sizes)
        label = f"{verdict}: {of_each}"
        handles.append(Line2D([], [], color=colour, mfc=face, marker=marker, ls="", label=label))
    handles.append(Patch(color=LIGHT_GREY, label="allowed: 5 % or the stated error"))
    names = [f"n = {n:,}" for n in sizes]
    if len(sizes) > 1:
        handles.append(Line2D([], [], ls="", label=f"from the top: {', '.join(names)}"))
    return handles

"""Figure of blends, edges and starts beside each other."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lgi.display import GaussianNames
from lgi.figures.style import (
    GREY,
    LIGHT_GREY,
    OKABE_ITO,
    need,
    new_figure,
    plain_log_axis,
    styled,
)

if TYPE_CHECKING:
    import pandas as pd

STARTS = {
    "random": "random",
    "grid": "grid",
    "kmeans": "k-means",
    "error_guided": "error-guided",
}
"""Starts in the order in which they are told of: random, by the image, by the error."""

COLOURS = {"mean": OKABE_ITO[0], "sum": OKABE_ITO[1]}
CELLS = [("mean", "hard"), ("mean", "smooth"), ("sum", "hard"), ("sum", "smooth")]
"""Blend and edge of the rows of a panel, from above."""


@styled
def blending(compared: "pd.DataFrame", runs: "pd.DataFrame", names: GaussianNames) -> Figure:
    """Draw best and last loss of every run by blend and edge, a panel per image and start.

    Parameters
    ----------
    compared, runs
        ``gaussians_blending.csv`` and ``gaussians_blending_runs.csv``.
    names
        What people read in place of names.

    Raises
    ------
    DataError
        If there is no run.
    """
    need(len(runs), "runs whose blends could be compared")
    across = list(runs.groupby(["image", "n"]).groups)
    down = sorted(set(zip(runs["start"], runs["rate"], strict=True)), key=_order)
    rates = runs["rate"].nunique()
    figure = new_figure(2.9 * len(across) + 1.6, 0.95 * len(down) + 0.9)
    panels = figure.subplots(len(down), len(across), sharex="col", sharey=True, squeeze=False)
    for line, (start, rate) in zip(panels, down, strict=True):
        for axes, (image, n) in zip(line, across, strict=True):
            here = {"image": image, "n": n, "start": start, "rate": rate}
            _draw(axes, _of(compared, here), _of(runs, here))
        label = f"{STARTS[start]}\nstart"
        line[0].set_ylabel(f"{label}\nrate {rate:g}" if rates > 1 else label)
    for axes, (image, n) in zip(panels[0], across, strict=True):
        axes.set_title(f"{names.of('images', image)}, N = {n}")
    for axes in panels[-1]:
        plain_log_axis(axes, "x")
        axes.set_xlabel("loss")
    cells = [f"{blend}, {edge} edge" for blend, edge in CELLS]
    panels[0, 0].set_yticks(range(len(CELLS)), cells)
    panels[0, 0].set_ylim(len(CELLS) - 0.5, -0.5)
    handles = [
        Line2D(
            [],
            [],
            color=colour,
            marker="o",
            ls="",
            ms=3,
            label=f"best loss of a run, {blend} of colours",
        )
        for blend, colour in COLOURS.items()
    ]
    handles.append(
        Line2D([], [], mec=GREY, mfc="none", marker="o", ls="", ms=4.5, label="its last loss")
    )
    handles.append(Line2D([], [], color="black", lw=1, label="mean best loss, interval"))
    figure.legend(handles=handles, loc="outside upper center", ncols=2)
    return figure


def _draw(axes: Axes, compared: "pd.DataFrame", runs: "pd.DataFrame") -> None:
    for place, (blend, edge) in enumerate(CELLS):
        own = _of(runs, {"blend": blend, "edge": edge})
        whole = _of(compared, {"blend": blend, "edge": edge})
        if own.empty:
            continue
        y = place + (np.linspace(-0.28, 0.28, len(own)) if len(own) > 1 else np.zeros(1))
        axes.hlines(y, own["best_loss"], own["final_loss"], color=LIGHT_GREY, lw=0.6)
        axes.plot(own["final_loss"], y, "o", ms=4, mfc="none", mec=GREY, mew=0.6)
        axes.plot(own["best_loss"], y, "o", ms=2, color=COLOURS[blend])
        axes.hlines(place, whole["low"], whole["high"], color="black", lw=1)
        axes.plot(whole["best_loss"], [place], "|", color="black", ms=7)
        share, seeds = whole["turned"].iloc[0], int(whole["seeds"].iloc[0])
        text = f"{round(share * seeds)} of {seeds} turn"
        style = {"ha": "left", "va": "center", "fontsize": 7.5, "color": GREY}
        axes.annotate(text, (1.01, place), xycoords=("axes fraction", "data"), **style)


def _of(rows: "pd.DataFrame", here: dict) -> "pd.DataFrame":
    return rows[np.logical_and.reduce([rows[key] == value for key, value in here.items()])]


def _order(condition: tuple[str, float]) -> tuple:
    start, rate = condition
    return list(STARTS).index(start), rate

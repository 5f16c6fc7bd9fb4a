"""Figures of what a fit is like, and of what tells how well it does."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, MultipleLocator, PercentFormatter

from lgi.figures.style import (
    GREY,
    LIGHT_GREY,
    OKABE_ITO,
    colour_by,
    need,
    new_figure,
    styled,
)
from lgi.gaussians.fits.view import STATES
from lgi.gaussians.prediction.jacobian import FLAT
from lgi.gaussians.prediction.table import (
    ALL,
    AUC,
    BEYOND,
    CHANGE,
    EACH_N,
    LOSS,
    NO_STATE,
    PREVIOUS,
    REGRESSION,
    SEEDS,
    SKILL,
    TREND,
    VALUE,
)

if TYPE_CHECKING:
    import pandas as pd

STATE_COLOURS = dict(zip(STATES, OKABE_ITO, strict=False))
HEADINGS = {
    NO_STATE: "without features",
    "start": "at the start, known before training",
    "best": "at the best, known after training",
    "end": "at the end, known after training",
}
LABELS = {
    TREND: "N",
    EACH_N: "each N on its own",
    PREVIOUS: "best loss at N − 1",
    "loss": "loss",
    "log10_condition": "condition number, log",
    "log10_condition_equilibrated": "condition number, no units",
    "effective_rank": "effective rank",
    "effective_rank_share": "effective rank per parameter",
    "effective_rank_equilibrated": "effective rank, no units",
    "null_share": "null directions",
    "at_bounds": "parameters at bounds",
    "overlap": "Gaussians per pixel",
    "neighbour_overlap": "overlap of neighbours",
    "spacing": "spacing",
    "spacing_variation": "variation of spacing",
    "uncovered": "uncovered pixels",
    "scale": "scale",
    ALL: "all of these together",
}
SUMMARIES = {
    "log10_condition": "condition number, log₁₀",
    "effective_rank_share": "effective rank per parameter",
    "null_share": "share of null directions",
}
PANELS = (
    ("best loss", LOSS, {"alone": (SKILL, VALUE), "beyond N": (BEYOND, VALUE)}),
    ("worse than at N − 1", REGRESSION, {"value": (SKILL, VALUE), "change": (SKILL, CHANGE)}),
    ("which steps are worse", REGRESSION, {"value": (AUC, VALUE), "change": (AUC, CHANGE)}),
)
"""Title, target, and what is drawn in each colour: measure and form of the predictor."""
REACH = (-0.5, 1.0)
"""What is drawn; a value below it stands at the edge, as an arrow."""


_ABOVE = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}


@styled
def spectra(values: "pd.DataFrame", summary: "pd.DataFrame") -> Figure:
    """Draw singular values of the image's Jacobian at start, best and end.

    Above those of a few runs, in units of the largest and with a line where they count as 0; below
    what becomes of them in many runs, against N: medians, with quartiles.

    Parameters
    ----------
    values, summary
        As from `lgi.gaussians.prediction.spectra.tables`.

    Raises
    ------
    DataError
        If there is nothing of either.
    """
    need(len(values), "singular values")
    need(len(summary), "features")
    figure = new_figure(7.4, 4.8)
    grid = figure.add_gridspec(2, len(STATES))
    axes = None
    for column, state in enumerate(STATES):
        axes = figure.add_subplot(grid[0, column], sharex=axes, sharey=axes)
        _draw_spectra(axes, values[values["state"] == state])
        axes.set_title(state, color=STATE_COLOURS[state], fontweight="bold")
        if column == 0:
            axes.set_ylabel("singular value / largest")
            axes.annotate("counts as 0", (0.02, FLAT), (0, 2), **_ABOVE, fontsize=7, color=GREY)
    axes.legend(loc="upper right")
    for column, (name, label) in enumerate(SUMMARIES.items()):
        axes = figure.add_subplot(grid[1, column])
        for state in STATES:
            rows = summary[(summary["feature"] == name) & (summary["state"] == state)]
            _draw_feature(axes, rows.sort_values("n"), state)
        axes.set(xlabel="number of Gaussians N", ylabel=label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    handles = axes.get_legend_handles_labels()[0]
    note = f"median and quartiles of {summary['seeds'].max()} seeds"
    handles.append(Patch(color=LIGHT_GREY, label=note))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure


def _draw_spectra(axes: Axes, values: "pd.DataFrame") -> None:
    colours = colour_by(values["n"])
    for (n, _), line in values.groupby(["n", "seed"]):
        axes.plot(line["place"], line["share"], color=colours[n], label=f"N = {n}")
    axes.axhline(FLAT, color=GREY, lw=0.8, ls=":")
    axes.set_yscale("log")
    axes.set(ylim=(FLAT / 10, 2), xlabel="place, from the largest")  # what lies below is rounding


def _draw_feature(axes: Axes, rows: "pd.DataFrame", state: str) -> None:
    colour = STATE_COLOURS[state]
    axes.fill_between(rows["n"], rows["low"], rows["high"], color=colour, alpha=0.2, lw=0)
    axes.plot(rows["n"], rows["median"], color=colour, marker="o", ms=2.5, label=state)


@styled
def skills(table: "pd.DataFrame", image: str, recipe: str, *, least: float) -> Figure:
    """Draw how well each predictor does on seeds that it has not seen, by state.

    Points with joint intervals are for unseen seeds, hollow points for unseen seeds at unseen N.

    Parameters
    ----------
    table
        ``gaussians_prediction.csv``.
    image, recipe
        Rows to draw.
    least
        Least skill that counts, drawn as a line.

    Raises
    ------
    DataError
        If there are no finite skills of this image and recipe.
    """
    rows = table[(table["image"] == image) & (table["recipe"] == recipe)]
    rows = rows[np.isfinite(rows["value"])]
    need(len(rows), f"skills of image {image!r} with recipe {recipe!r}")
    places = _places(rows)
    figure = new_figure(8.0, 1.3 + 0.14 * (max(places.values()) + 1))
    panels = figure.subplots(1, len(PANELS), sharey=True)
    for axes, (title, target, series) in zip(panels, PANELS, strict=True):
        here = rows[rows["target"] == target]
        for k, (label, (measure, form)) in enumerate(series.items()):
            chosen = here[(here["measure"] == measure) & (here["form"] == form)]
            _draw_skills(axes, chosen, places, OKABE_ITO[k], 0.36 * (k - 0.5), label)
        _measure_axis(axes, measure, target, least)
        axes.set_title(title, pad=18)
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
    _name_rows(panels[0], places)
    marks = {"ls": "", "marker": "o", "ms": 3, "color": GREY}
    handles = [
        Line2D([], [], **marks, label="seeds not seen, with joint interval"),
        Line2D([], [], **marks, mfc="white", label="nor any run of that N"),
        Line2D([], [], color=GREY, lw=0.8, ls=":", label="least that counts"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure


def _places(rows: "pd.DataFrame") -> dict[tuple[str, str], int]:
    """Return the height of each state and predictor; above each state stands its heading."""
    places, place = {}, 0
    for state in HEADINGS:
        names = set(rows.loc[rows["state"] == state, "predictor"])
        for predictor in ["", *(name for name in LABELS if name in names)] if names else []:
            places[state, predictor] = place
            place += 1
    return places


def _draw_skills(
    axes: Axes,
    rows: "pd.DataFrame",
    places: dict[tuple[str, str], int],
    colour: str,
    shift: float,
    label: str,
) -> None:
    keys = zip(rows["state"], rows["predictor"], strict=True)
    height = np.array([places[key] + shift for key in keys])
    value, seen = rows["value"].to_numpy(), (rows["test"] == SEEDS).to_numpy()
    low, high = (rows[f"joint_{end}"].clip(*REACH).to_numpy() for end in ("low", "high"))
    axes.hlines(height[seen], low[seen], high[seen], color=colour, lw=0.9, alpha=0.6)
    marks = {"ls": "", "ms": 3, "color": colour}
    inside = value >= REACH[0]
    for chosen, face, front in ((seen, colour, 3), (~seen, "white", 2)):
        for drawn, marker in ((chosen & inside, "o"), (chosen & ~inside, "<")):
            at = np.maximum(value[drawn], REACH[0])
            axes.plot(at, height[drawn], marker=marker, mfc=face, mew=0.7, zorder=front, **marks)
    axes.plot([], [], marker="o", label=label, **marks)


def _measure_axis(axes: Axes, measure: str, target: str, least: float) -> None:
    chance = 0.5 if measure == AUC else 0
    axes.axvline(chance, color=GREY, lw=0.8)
    axes.axvline(chance + least, color=GREY, lw=0.8, ls=":")
    axes.set_xlim((-0.02, 1.02) if measure == AUC else (REACH[0] - 0.03, REACH[1] + 0.02))
    skill = "share of squared error saved" if target == LOSS else "Brier skill score"
    axes.set_xlabel("AUC" if measure == AUC else skill)
    axes.xaxis.set_major_locator(MultipleLocator(0.5))
    axes.tick_params(axis="y", length=0)


def _name_rows(axes: Axes, places: dict[tuple[str, str], int]) -> None:
    """Name the rows; a heading is bold."""
    names = [LABELS.get(predictor, HEADINGS[state]) for state, predictor in places]
    axes.set_yticks(list(places.values()), names)
    for label, (_, predictor) in zip(axes.get_yticklabels(), places, strict=True):
        label.set_fontweight("normal" if predictor else "bold")
    axes.set_ylim(max(places.values()) + 0.8, -0.8)

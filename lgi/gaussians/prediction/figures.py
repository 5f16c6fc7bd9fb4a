"""Figures of what a fit is like, and of what tells how well it does."""

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, MultipleLocator

from lgi.display import GaussianNames
from lgi.figures.style import (
    GREY,
    LIGHT_GREY,
    OKABE_ITO,
    colour_by,
    counted_from,
    need,
    new_figure,
    percent_axis,
    styled,
)
from lgi.gaussians.fits.figures import called
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
from lgi.prose import counted

if TYPE_CHECKING:
    import pandas as pd

STATE_COLOURS = dict(zip(STATES, OKABE_ITO, strict=False))
TITLES = {"start": "at the start", "best": "at the best", "end": "at the end"}
HEADINGS = {
    NO_STATE: "without features",
    "start": "before training",
    "best": "after training, at the best",
    "end": "after training, at the end",
}
LABELS = {
    TREND: "N",
    EACH_N: "each N on its own",
    PREVIOUS: "best loss at N − 1",
    "loss": "loss",
    "log10_condition": "log condition number",
    "log10_condition_equilibrated": "condition number without units",
    "effective_rank": "effective rank",
    "effective_rank_share": "effective rank per parameter",
    "effective_rank_equilibrated": "effective rank without units",
    "null_share": "null directions",
    "at_bounds": "parameters at bounds",
    "overlap": "Gaussians per pixel",
    "neighbour_overlap": "overlap of neighbours",
    "spacing": "spacing",
    "spacing_variation": "variation of spacing",
    "uncovered": "uncovered pixels",
    "scale": "scale",
    ALL: "all features",
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
def spectra(
    values: "pd.DataFrame",
    summary: "pd.DataFrame",
    image: str,
    recipe: str,
    names: GaussianNames,
) -> Figure:
    """Draw singular values of the image's Jacobian at start, best and end.

    Above those of a few runs, in units of the largest and with a line where they count as 0; below
    what becomes of them in many runs, against N: medians, with quartiles.

    Parameters
    ----------
    values, summary
        As from `lgi.gaussians.prediction.spectra.tables`.
    image, recipe
        What the runs have in common.
    names
        What people read in place of names.

    Raises
    ------
    DataError
        If there is nothing of either.
    """
    need(len(values), "singular values")
    need(len(summary), "features")
    figure = new_figure(7.4, 5.0)
    figure.suptitle(called(names, image, recipe))
    grid = figure.add_gridspec(2, len(STATES))
    axes = None
    for column, state in enumerate(STATES):
        axes = figure.add_subplot(grid[0, column], sharex=axes, sharey=axes)
        _draw_spectra(axes, values[values["state"] == state])
        axes.set_title(TITLES[state], color=STATE_COLOURS[state], fontweight="bold")
        if column == 0:
            axes.set_ylabel("singular value / largest")
            axes.annotate("counts as 0", (0.02, FLAT), (0, 2), **_ABOVE, fontsize=7.5, color=GREY)
    axes.legend(loc="upper right")
    for column, (name, label) in enumerate(SUMMARIES.items()):
        axes = figure.add_subplot(grid[1, column])
        for state in STATES:
            rows = summary[(summary["feature"] == name) & (summary["state"] == state)]
            _draw_feature(axes, rows.sort_values("n"), state)
        axes.set(xlabel="number of Gaussians N", ylabel=label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    percent_axis(axes, "y")
    handles = axes.get_legend_handles_labels()[0]
    note = f"median and quartiles of {summary['seeds'].max()} seeds"
    handles.append(Patch(color=LIGHT_GREY, label=note))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure


def _draw_spectra(axes: Axes, values: "pd.DataFrame") -> None:
    colours = colour_by(values["n"])
    for (n, seed), line in values.groupby(["n", "seed"]):
        axes.plot(line["place"], line["share"], color=colours[n], label=f"N = {n}, seed {seed}")
    axes.axhline(FLAT, color=GREY, lw=0.8, ls=":")
    axes.set_yscale("log")
    axes.set(ylim=(FLAT / 10, 2), xlabel="place, from the largest")  # what lies below is rounding


def _draw_feature(axes: Axes, rows: "pd.DataFrame", state: str) -> None:
    colour = STATE_COLOURS[state]
    axes.fill_between(rows["n"], rows["low"], rows["high"], color=colour, alpha=0.2, lw=0)
    axes.plot(rows["n"], rows["median"], color=colour, marker="o", ms=2.5, label=TITLES[state])


@styled
def skills(
    table: "pd.DataFrame", image: str, recipe: str, *, least: float, names: GaussianNames
) -> Figure:
    """Draw how well predictors do on seeds that they have not seen, by state.

    A feature is drawn where one of its joint intervals lies above chance; of the others the
    heading says how many there are. What rests on no feature, and all of them together, is drawn.
    Points with joint intervals are for unseen seeds, hollow points for unseen seeds at unseen N.

    Parameters
    ----------
    table
        ``gaussians_prediction.csv``.
    image, recipe
        Rows to draw.
    least
        Least skill that counts, drawn as a line.
    names
        What people read in place of names.

    Raises
    ------
    DataError
        If there are no finite skills of this image and recipe.
    """
    rows = table[(table["image"] == image) & (table["recipe"] == recipe)]
    rows = rows[np.isfinite(rows["value"])]
    need(len(rows), f"skills of image {image!r} with recipe {recipe!r}")
    kept = _telling(rows)
    left_out = {
        state: rows.loc[(rows["state"] == state) & ~kept, "predictor"].nunique()
        for state in HEADINGS
    }
    seeds, rows = counted_from(rows["seeds"]), rows[kept]
    places = _places(rows, [state for state, count in left_out.items() if count])
    figure = new_figure(7.5, 1.9 + 0.19 * (max(places.values()) + 1))
    figure.suptitle(f"{called(names, image, recipe)}, {seeds}")
    panels = figure.subplots(1, len(PANELS), sharey=True)
    for axes, (title, target, series) in zip(panels, PANELS, strict=True):
        here = rows[rows["target"] == target]
        for k, (label, (measure, form)) in enumerate(series.items()):
            chosen = here[(here["measure"] == measure) & (here["form"] == form)]
            _draw_skills(axes, chosen, places, OKABE_ITO[k], 0.36 * (k - 0.5), label)
        _measure_axis(axes, measure, target, least)
        axes.set_title(title, pad=20)
        axes.legend(
            loc="lower center",
            bbox_to_anchor=(0.5, 1),
            ncols=2,
            handletextpad=0.2,
            columnspacing=1,
            borderpad=0.1,
        )
    _name_rows(panels[0], places, left_out)
    marks = {"ls": "", "marker": "o", "ms": 3, "color": GREY}
    handles = [
        Line2D([], [], **marks, label="seeds not seen, with joint interval"),
        Line2D([], [], **marks, mfc="white", label="nor any run of that N"),
        Line2D([], [], color=GREY, lw=0.8, ls=":", label="least that counts"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure


def _telling(rows: "pd.DataFrame") -> "pd.Series":
    """Return which rows are of a predictor that is drawn."""
    chance = np.where(rows["measure"] == AUC, 0.5, 0)
    # One without an interval has not been told from chance, nor found to be no better.
    tells = ~(rows["joint_low"] <= chance) & (rows["test"] == SEEDS)
    state, predictor = rows["state"], rows["predictor"]
    tells = tells.groupby([state, predictor]).transform("any")
    return tells | (state == NO_STATE) | (predictor == ALL)


def _places(rows: "pd.DataFrame", states: Collection[str]) -> dict[tuple[str, str], int]:
    """Return the height of each state and predictor; above each state stands its heading.

    States among `states` have a heading though they may have no row.
    """
    places, place = {}, 0
    for state in HEADINGS:
        known = set(rows.loc[rows["state"] == state, "predictor"])
        heads = bool(known) or state in states
        for predictor in ["", *(name for name in LABELS if name in known)] if heads else []:
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


def _name_rows(axes: Axes, places: dict[tuple[str, str], int], left_out: dict[str, int]) -> None:
    """Name the rows; a heading is bold, and says how many features do not stand below it."""
    labels = [
        _labelled(state, predictor) if predictor else _heading(state, left_out[state])
        for state, predictor in places
    ]
    axes.set_yticks(list(places.values()), labels)
    for label, (_, predictor) in zip(axes.get_yticklabels(), places, strict=True):
        label.set_fontweight("normal" if predictor else "bold")
    axes.set_ylim(max(places.values()) + 0.8, -0.8)


def _labelled(state: str, predictor: str) -> str:
    return LABELS[predictor] if state == NO_STATE else f"{LABELS[predictor]} {TITLES[state]}"


def _heading(state: str, left_out: int) -> str:
    if not left_out:
        return HEADINGS[state]
    return f"{HEADINGS[state]}\n({counted(left_out, 'feature')} not told from chance)"

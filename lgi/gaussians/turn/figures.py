"""Figures of why fits turn, and of what cures it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from lgi.claims import NOT_APPLICABLE
from lgi.display import GaussianNames
from lgi.figures.style import (
    GREY,
    LIGHT_GREY,
    OKABE_ITO,
    colour_by,
    need,
    new_figure,
    percent_axis,
    plain_log_axis,
    styled,
)
from lgi.gaussians.fits.figures import ERROR, ellipses, error_scale, show
from lgi.gaussians.fits.view import RUN, Fit
from lgi.gaussians.turn.cures import CURES, DELAYS, FREEZES, TURNS, UNCLEAR
from lgi.gaussians.turn.table import KEPT, PARTS
from lgi.prose import counted

if TYPE_CHECKING:
    import pandas as pd

COVERED, UNCOVERED = OKABE_ITO[0], OKABE_ITO[1]

DOES = {
    TURNS: "turns",
    DELAYS: "delays",
    UNCLEAR: "undecided",
    FREEZES: "freezes",
    NOT_APPLICABLE: "stops itself",
    CURES: "cures",
}
"""What a recipe does about the turn, in words."""

REFERENCE, SEVERAL = "reference", "several things at once"
CHANGED = {
    "schedule": "learning rate along training",
    "iterations": "learning rate along training",
    "optimiser": "learning rate throughout",
    "initialisation": "start",
    "gradient": "gradient",
    "trained": "what is trained",
    "early_stop": "early stop",
    "cutoff": "edge of a Gaussian",
    "edge": "edge of a Gaussian",
}
"""Headings of recipes by the setting that they change, in the order of the picture."""


@styled
def turn(parts: "pd.DataFrame", uncovered: "pd.DataFrame") -> Figure:
    """Draw error and coverage of many runs along training, each in units of its best.

    Above what the pixel loss has gained since the best, on which pixels (medians over runs, with
    quartiles); then the error of a pixel that is covered both times; below the uncovered share, a
    line per run.

    Parameters
    ----------
    parts, uncovered
        As from `lgi.gaussians.turn.table.curves`.

    Raises
    ------
    DataError
        If there is no run.
    """
    need(len(uncovered), "runs with a finite loss")
    figure = new_figure(6.2, 6.0)
    above, middle, below = figure.subplots(
        3, 1, sharex=True, gridspec_kw={"height_ratios": [1.3, 1, 1]}
    )
    for axes, names, colours in (
        (above, PARTS, ("black", UNCOVERED, COVERED)),
        (middle, (KEPT,), (COVERED,)),
    ):
        for part, colour in zip(names, colours, strict=True):
            rows = parts[parts["part"] == part]
            axes.fill_between(rows["at"], rows["low"], rows["high"], color=colour, alpha=0.15, lw=0)
            axes.plot(rows["at"], rows["median"], color=colour, label=part)
        axes.legend(loc="upper center", title="medians over runs, with quartiles")
    above.axhline(0, color=GREY, lw=0.8, ls=":")
    above.set_ylabel("L1 and L2 parts of the loss,\nminus those at the best")
    middle.set_ylabel("mean absolute error")
    middle.set_ylim(bottom=0)
    colours = colour_by(uncovered["n"])
    lines = uncovered.groupby(RUN)
    for (_, _, n, _), line in lines:
        below.plot(line["at"], line["uncovered"], color=colours[n], lw=0.4, alpha=0.5)
    for axes in (above, middle, below):
        axes.axvline(1, color=GREY, lw=0.8, ls=":")
    below.set_ylabel("uncovered share\nof the image")
    percent_axis(below, "y")
    below.set_xlim(parts["at"].min(), parts["at"].max())
    plain_log_axis(below, "x")
    below.set_xlabel("iteration, in units of that of the best loss")
    ends = sorted({min(colours), max(colours)})
    handles = [Line2D([], [], color=colours[n], label=f"N = {n}") for n in ends]
    below.legend(handles=handles, title=_counted(uncovered, len(lines)), loc="upper left")
    return figure


def _counted(rows: "pd.DataFrame", lines: int) -> str:
    return f"{counted(lines, 'run')}, {counted(rows['seed'].nunique(), 'seed')}"


@styled
def cures(
    table: "pd.DataFrame", runs: "pd.DataFrame", names: GaussianNames, factor: float
) -> Figure:
    """Draw for each recipe the best and the last loss of every run, the turns, and what it does.

    Recipes stand in groups of what they change of the reference, which comes first.

    Parameters
    ----------
    table
        ``gaussians_cures.csv``: recipe, changes, seeds, iterations, turned, turned_low,
        turned_high, kind, best_loss; the reference comes first.
    runs
        ``gaussians_cures_runs.csv``: recipe, best_loss, final_loss.
    names
        What people read in place of names.
    factor
        A run turns where a later loss is this many times the best.

    Raises
    ------
    DataError
        If the table is empty.
    """
    need(len(table), "recipes to compare")
    reference = table["recipe"].iloc[0]
    groups = _grouped(table)
    places, headings, place = {}, {}, 0.0
    for group, recipes in groups.items():
        headings[group], place = -place, place + 1
        for recipe in recipes:
            places[recipe], place = -place, place + 1
        place += 0.3
    seeds = counted(int(table["seeds"].max()), "seed")
    figure = new_figure(7.4, 0.17 * place + 1.2)
    left, right = figure.subplots(1, 2, sharey=True, gridspec_kw={"width_ratios": [2.3, 1]})
    for recipe, rows in runs.groupby("recipe"):
        _draw_losses(left, rows, places[recipe])
    left.axvline(table["best_loss"].iloc[0], color=GREY, lw=0.8, ls=":")
    plain_log_axis(left, "x")
    left.set(xlabel="loss", title=f"best and last loss of {seeds}")
    _name_rows(left, table.set_index("recipe")["iterations"], places, headings, names)
    _draw_shares(right, table, places)
    for recipe, kind in zip(table["recipe"], table["kind"].fillna(""), strict=True):
        if kind in DOES:
            at = {"xy": (1.08, places[recipe]), "xycoords": ("axes fraction", "data")}
            right.annotate(DOES[kind], **at, va="center", fontsize=7.5, annotation_clip=False)
    right.axvline(0.5, color=GREY, lw=0.8, ls=":")
    right.set_xlim(-0.04, 1.04)
    right.set_xticks([0, 0.5, 1])
    percent_axis(right, "x")
    right.tick_params(axis="y", length=0)
    right.set(xlabel=f"share of {seeds} that turn", title="turns, and what the recipe does")
    marks = {"ls": "", "marker": "o"}
    figure.legend(
        handles=[
            Line2D([], [], color=COVERED, ms=2.5, label="best loss of a run", **marks),
            Line2D([], [], mec=UNCOVERED, mfc="none", ms=5, label="its last loss", **marks),
            Line2D(
                [], [], color=GREY, ls=":", label=f"mean best loss {names.of('recipes', reference)}"
            ),
        ],
        title=f"A run turns: a later loss exceeds its best by {factor - 1:.0%} or more. "
        "In brackets: iterations.",
        loc="outside upper center",
        ncols=3,
    )
    return figure


def _grouped(table: "pd.DataFrame") -> dict[str, list[str]]:
    """Return the recipes by what they change, in the order of the picture, best last."""
    others = table.iloc[1:].sort_values("best_loss", ascending=False, kind="stable")
    group = others["changes"].fillna("").map(_changed)
    found = {REFERENCE: [table["recipe"].iloc[0]]}
    for name in dict.fromkeys((*CHANGED.values(), SEVERAL)):
        if (group == name).any():
            found[name] = others.loc[group == name, "recipe"].tolist()
    return found


def _changed(changes: str) -> str:
    """Return what a recipe changes in words: of the rate, also for how long."""
    found = {CHANGED.get(name, name) for name in changes.split(", ")}
    if len(found) > 1:
        found.discard(CHANGED["iterations"])
    return found.pop() if len(found) == 1 and found <= set(CHANGED.values()) else SEVERAL


def _draw_losses(axes: Axes, rows: "pd.DataFrame", place: float) -> None:
    """Draw a dot for the best loss of each run within or before a ring for its last."""
    y = place + (np.linspace(-0.3, 0.3, len(rows)) if len(rows) > 1 else np.zeros(1))
    axes.hlines(y, rows["best_loss"], rows["final_loss"], color=LIGHT_GREY, lw=0.5)
    axes.plot(rows["final_loss"], y, "o", ms=4, mfc="none", mec=UNCOVERED, mew=0.6)
    axes.plot(rows["best_loss"], y, "o", ms=1.8, color=COVERED)


def _name_rows(
    axes: Axes,
    iterations: "pd.Series",
    places: dict[str, float],
    headings: dict[str, float],
    names: GaussianNames,
) -> None:
    """Name the rows, recipes with their iterations; headings are bold."""
    labels = [f"{names.of('recipes', one)} ({iterations[one]:,})" for one in places]
    axes.set_yticks([*headings.values(), *places.values()], [*headings, *labels])
    for label in axes.get_yticklabels()[: len(headings)]:
        label.set_fontweight("bold")
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(min(places.values()) - 0.7, 0.7)


def _draw_shares(axes: Axes, table: "pd.DataFrame", places: dict[str, float]) -> None:
    """Draw the share of seeds that turn; where the recipe's definition decides it, none."""
    drawn = table[table["kind"] != NOT_APPLICABLE]
    y = [places[name] for name in drawn["recipe"]]
    error = np.array(
        [drawn["turned"] - drawn["turned_low"], drawn["turned_high"] - drawn["turned"]]
    ).clip(0)
    axes.errorbar(drawn["turned"], y, xerr=error, fmt="o", color="black", ms=3, lw=0.8)


@styled
def neighbours(fits: Iterable[Fit], names: GaussianNames) -> Figure:
    """Draw fits of neighbouring N at their best: arrangement, parameters at bounds, errors.

    Parameters
    ----------
    fits
        Runs of study 1 on one image, with one recipe and seed.
    names
        What people read in place of names.

    Raises
    ------
    DataError
        If there is no run with a finite best.
    """
    fits = [fit for fit in fits if "best" in fit.states()]
    need(len(fits), "runs with a finite best state")
    side = 1.6
    shape = fits[0].height / fits[0].width
    figure = new_figure(7.4, len(fits) * (side * shape + 0.4) + 0.6)
    first = fits[0]
    named = names.of("images", first.image), names.of("recipes", first.recipe_name)
    figure.suptitle(f"{', '.join(named)}, seed {first.seed}")
    panels = figure.subplots(len(fits), 4, squeeze=False)
    maps = []
    for fit in fits:
        images = [fit.render(fit[state]) for state in ("best", "end")]
        maps.append((images[0], *(np.abs(image - fit["target"]).mean(axis=2) for image in images)))
    scale = error_scale([error for _, *errors in maps for error in errors])
    for row, fit, (image, at_best, at_end) in zip(panels, fits, maps, strict=True):
        show(row[0], image, f"N = {fit.n}\nbest, iteration {fit.best_iteration:,}")
        show(row[1], 0.5 + 0.5 * fit["target"], f"{fit.n} Gaussians\nat the best")
        row[1].add_collection(_arrangement(fit), autolim=False)
        show(row[2], at_best, _titled("error at the best", fit.at_best("loss")), **scale)
        show(row[3], at_end, _titled("error at the end", fit["loss"][-1]), **scale)
    figure.colorbar(panels[0][2].images[0], ax=panels[:, 3], label=ERROR, aspect=30)
    handles = [
        Patch(fc="white", ec="0.2", label="Gaussian, 1 σ"),
        Patch(fc="white", ec=UNCOVERED, lw=1.5, label="a position or scale at its bound"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


def _titled(words: str, loss: float) -> str:
    return f"{words}\nloss {loss:.4f}" if np.isfinite(loss) else words


def _arrangement(fit: Fit) -> PolyCollection:
    """Return the ellipses of the best state; those with a parameter at a bound stand out."""
    parameters = fit.states()["best"]
    stuck = np.zeros(len(parameters), dtype=bool)
    for group, names in (("position", ("x", "y")), ("scale", ("sx", "sy"))):
        values = fit.columns(parameters, *names)
        low, high = np.float32(fit.recipe.bounds(group))
        stuck |= ((values <= low) | (values >= high)).any(axis=1)
    colours = np.clip(fit.columns(parameters, "r", "g", "b"), 0, 1)
    patches = PolyCollection(ellipses(fit, parameters), linewidths=np.where(stuck, 1.5, 0.5))
    patches.set_edgecolor([UNCOVERED if s else "0.2" for s in stuck])
    patches.set_facecolor(np.column_stack([colours, np.full(len(colours), 0.6)]))
    return patches

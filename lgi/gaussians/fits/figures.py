"""Figures of the Gaussian fits: loss against N, loss and coverage, a fit and its animation."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from lgi.display import GaussianNames
from lgi.figures import animation
from lgi.figures.style import (
    GREY,
    OKABE_ITO,
    category_colours,
    colour_by,
    need,
    new_figure,
    percent_axis,
    styled,
)
from lgi.gaussians.fits.view import RUN, Fit
from lgi.prose import counted

if TYPE_CHECKING:
    import pandas as pd

CURVES = ("loss", "uncovered")
ELLIPSE_SIGMA = 1.0
ELLIPSE_POINTS = 49
ERROR = "absolute error, mean over channels\n(intensities from 0 to 1)"
HELD = 10  # frames that the best and, half as long, the first state stay


@styled
def loss_vs_n(rows: "pd.DataFrame", names: GaussianNames) -> Figure:
    """Draw the best loss against the number of Gaussians, a line per seed.

    Seeds that were run at one N alone are grey points.

    Triangles mark the N at which the loss is higher than at the next smaller N of the same seed,
    open diamonds the published losses. The second panel shows the range in which N was raised one
    by one; it is left out where there is no such range or nothing beyond it.

    Parameters
    ----------
    rows
        Runs of one image and recipe: n, seed, best_loss, change_vs_previous_n,
        published_best_loss.
    names
        What people read in place of names.

    Raises
    ------
    DataError
        If no row has a finite loss.
    """
    named = list(rows[["image", "recipe"]].drop_duplicates().itertuples(index=False))
    of = ", ".join(f"image {image!r} with recipe {recipe!r}" for image, recipe in named)
    rows = rows[np.isfinite(rows["best_loss"])].sort_values(["seed", "n"])
    need(len(rows), f"finite best loss of {of or 'any run'}")
    close = _consecutive(rows["n"].unique())
    ranges = [rows]
    if len(close) > 1 and len(close) < rows["n"].nunique():
        ranges.append(rows[rows["n"].isin(close)])
    figure = new_figure(3.6 * len(ranges) + 0.2, 3.7)
    figure.suptitle("; ".join(called(names, *one) for one in named))
    panels = figure.subplots(
        1, len(ranges), squeeze=False, gridspec_kw={"width_ratios": [1, 1.3][: len(ranges)]}
    )[0]
    colours = _seed_colours(rows)
    for axes, part, size in zip(panels, ranges, (0.7, 1.0)[-len(ranges) :], strict=True):
        _draw_range(axes, part, colours, size)
    panels[0].set_ylabel("best loss along training")
    if len(ranges) > 1:
        panels[0].axvspan(min(close) - 0.5, max(close) + 0.5, color="0.94", zorder=0)
    known = rows["published_best_loss"].notna().any()
    figure.legend(handles=_seed_legend(colours, known), loc="outside lower center", ncols=4)
    return figure


def _seed_colours(rows: "pd.DataFrame") -> dict[int, str]:
    """Return the colours of seeds: grey for those of one N, which have no line."""
    several = rows.groupby("seed")["n"].nunique() > 1
    lines = iter(category_colours(max(several.sum(), 1)))
    return {seed: next(lines) if several[seed] else GREY for seed in rows["seed"].unique()}


def called(names: GaussianNames, image: str, recipe: str) -> str:
    """Return what people read in place of an image and a recipe."""
    return f"{names.of('images', image)}, {names.of('recipes', recipe)}"


def titled(names: GaussianNames, fit: Fit) -> str:
    """Return the title of a fit: image, recipe, N and seed."""
    return f"{called(names, fit.image, fit.recipe_name)}, N = {fit.n}, seed {fit.seed}"


def _consecutive(values: np.ndarray) -> list[int]:
    """Return the values that have a neighbour at distance 1."""
    known = set(values)
    return sorted(v for v in known if v - 1 in known or v + 1 in known)


def _draw_range(axes: Axes, rows: "pd.DataFrame", colours: dict[int, str], size: float) -> None:
    for seed, line in rows.groupby("seed"):
        colour, worse = colours[seed], line["change_vs_previous_n"] > 0
        axes.plot(line["n"], line["best_loss"], "-", color=colour, lw=0.9 * size, alpha=0.6)
        for points, mark, width in ((line[~worse], "o", 3), (line[worse], "^", 5)):
            axes.plot(points["n"], points["best_loss"], mark, color=colour, ms=width * size)
    published = rows[rows["published_best_loss"].notna()]
    diamonds = {"ms": 7 * size, "mfc": "none", "mec": "black", "mew": 0.8 * size}
    axes.plot(published["n"], published["published_best_loss"], "D", **diamonds)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=11, steps=[1, 2, 5, 10]))
    axes.set_xlabel("number of Gaussians N")


def _seed_legend(colours: dict[int, str], published: bool) -> list[Line2D]:
    handles = [
        Line2D([], [], color=colour, marker="o", ms=3, label=f"seed {seed}")
        for seed, colour in colours.items()
        if colour != GREY
    ]
    if alone := list(colours.values()).count(GREY):
        label = counted(alone, "further seed" if handles else "seed")
        handles.append(Line2D([], [], color=GREY, marker="o", ls="", ms=3, label=label))
    handles.append(
        Line2D(
            [], [], color="black", marker="^", ls="", ms=5, label="worse than the next smaller N"
        )
    )
    if published:
        handles.append(
            Line2D([], [], color="black", marker="D", mfc="none", ls="", ms=6, label="published")
        )
    return handles


@styled
def loss_and_coverage(fits: Iterable[Fit], names: GaussianNames) -> Figure:
    """Draw the loss and the uncovered share of the image along training, one above the other.

    The iteration of each run's best loss is marked in both panels: the loss turns where coverage
    is lost.

    Parameters
    ----------
    fits
        Runs of study 1.
    names
        What people read in place of names.

    Raises
    ------
    DataError
        If no run has a finite loss.
    """
    fits = [fit for fit in fits if np.isfinite(fit["loss"]).any()]
    need(len(fits), "runs with a finite loss")
    figure = new_figure(6.4, 4.4)
    above, below = figure.subplots(2, 1, sharex=True)
    common, labels = _labels(fits, names)
    figure.suptitle(common)
    for fit, (label, colour) in zip(fits, labels, strict=True):
        best = fit.best_iteration
        for axes, name in ((above, "loss"), (below, "uncovered")):
            axes.plot(fit["iteration"], fit[name], color=colour, label=label)
            axes.plot([best], [fit.at_best(name)], "o", color=colour, ms=5, zorder=3)
            axes.axvline(best, color=colour, lw=0.8, ls=":")
    above.set_ylabel("loss")
    below.set_ylabel("uncovered share of the image")
    percent_axis(below, "y", max(np.nanmax(fit["uncovered"]) for fit in fits))
    below.set_xscale("log")
    below.set_xlabel("iteration")
    handles, _ = above.get_legend_handles_labels()
    handles.append(Line2D([], [], color=GREY, marker="o", ls=":", label="best loss"))
    figure.legend(handles=handles, loc="outside right upper")
    return figure


def _labels(fits: Sequence[Fit], names: GaussianNames) -> tuple[str, list[tuple[str, str]]]:
    """Return what runs have in common, and a label and a colour for each.

    Colours go along N if only N differs, else by category.
    """
    known = [fit.identity() for fit in fits]
    different = [key for key in RUN if len({one[key] for one in known}) > 1] or ["n", "seed"]
    labels = [", ".join(_label(names, key, one[key]) for key in different) for one in known]
    common = [_label(names, key, known[0][key]) for key in RUN if key not in different]
    if different == ["n"]:
        along = colour_by([fit.n for fit in fits])
        colours = [along[fit.n] for fit in fits]
    else:
        colours = category_colours(len(fits))
    return ", ".join(common), list(zip(labels, colours, strict=True))


def _label(names: GaussianNames, key: str, value: Any) -> str:
    if key in ("image", "recipe"):
        return names.of(f"{key}s", value)
    return f"N = {value}" if key == "n" else f"seed {value}"


@styled
def fit(fit: Fit, names: GaussianNames) -> Figure:
    """Draw a fit at its best and at its end: image, error and Gaussians, beside the target.

    A state that is not finite is left out; where the end is the best there is one row. Errors of
    both rows have one scale.

    Parameters
    ----------
    fit
        Run of study 1.
    names
        What people read in place of names.

    Raises
    ------
    DataError
        If neither state is finite.
    """
    target = fit["target"]
    states = _states(fit)
    images = [fit.render(parameters) for _, parameters in states]
    errors = [np.abs(image - target).mean(axis=2) for image in images]
    rows = len(states)
    figure = new_figure(7.4, rows * (1.65 * min(max(fit.height / fit.width, 0.3), 2) + 0.4) + 0.3)
    figure.suptitle(titled(names, fit))
    grid = figure.add_gridspec(rows, 4)
    show(figure.add_subplot(grid[:, 0]), target, "target")
    panels = [
        [figure.add_subplot(grid[row, column]) for column in (1, 2, 3)] for row in range(rows)
    ]
    scale = error_scale(errors)
    for row, (label, parameters), image, error in zip(panels, states, images, errors, strict=True):
        show(row[0], image, label)
        show(row[1], 0.5 + 0.5 * target, f"{len(parameters)} Gaussians, 1 σ")
        row[1].add_collection(_ellipse_patches(fit, parameters), autolim=False)
        show(row[2], error, f"error, mean {error.mean():.4f}", **scale)
    figure.colorbar(panels[0][2].images[0], ax=[row[2] for row in panels], label=ERROR, aspect=30)
    return figure


def error_scale(errors: Sequence[np.ndarray]) -> dict[str, Any]:
    """Return colours for errors [H, W] of several panels: one scale, from 0 to the largest.

    The square root keeps small errors visible beside uncovered pixels.
    """
    worst = max(error.max() for error in errors)
    return {"cmap": "magma", "norm": PowerNorm(0.5, 0, worst or 1)}


def _states(fit: Fit) -> list[tuple[str, np.ndarray]]:
    """Return the finite ones of the two states with a label each; one where they are the same."""
    found = {
        state: (fit.states()[state], iteration, loss)
        for state, iteration, loss in (
            ("best", fit.best_iteration, fit.at_best("loss")),
            ("end", fit["iteration"][-1], fit["loss"][-1]),
        )
        if state in fit.states()
    }
    need(len(found), f"finite parameters in {fit.path}")
    if len(found) == 2 and found["best"][1] == found["end"][1]:
        found = {"the end is the best": found["end"]}
    return [
        (f"{state}, iteration {iteration:,}\n{_loss(loss)}", parameters)
        for state, (parameters, iteration, loss) in found.items()
    ]


def _loss(loss: float) -> str:
    return f"loss {loss:.4f}" if np.isfinite(loss) else "no finite loss"


def show(axes: Axes, image: np.ndarray, title: str, **colours: object) -> None:
    """Show an image [H, W, 3], or one channel [H, W] in `colours`, without axes."""
    if image.ndim == 3:
        image = np.clip(image, 0, 1)
    axes.imshow(image, interpolation="nearest", **colours)
    axes.set_title(title)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)


def _ellipse_patches(fit: Fit, parameters: np.ndarray) -> PolyCollection:
    """Return the 1-sigma ellipses of the Gaussians in pixel coordinates, in their own colours."""
    patches = PolyCollection(ellipses(fit, parameters), edgecolors="0.2", linewidths=0.5)
    patches.set_facecolor(_colours(fit, parameters))
    return patches


def _colours(fit: Fit, parameters: np.ndarray) -> np.ndarray:
    """Return the colours [n, 4] of the Gaussians, half transparent."""
    colours = np.clip(fit.columns(parameters, "r", "g", "b"), 0, 1)
    return np.column_stack([colours, np.full(len(colours), 0.6)])


def ellipses(fit: Fit, parameters: np.ndarray) -> np.ndarray:
    """Return the ellipses [n, points, 2]: rotated in the units of the image, then in pixels."""
    x, y, sx, sy, rotation = fit.columns(parameters, "x", "y", "sx", "sy", "rotation").T
    turn = np.linspace(0, 2 * np.pi, ELLIPSE_POINTS)[:, None]
    u, v = ELLIPSE_SIGMA * sx * np.cos(turn), ELLIPSE_SIGMA * sy * np.sin(turn)
    along_x = x + u * np.cos(rotation) - v * np.sin(rotation)
    along_y = y + u * np.sin(rotation) + v * np.cos(rotation)
    return np.stack([along_x * fit.width, along_y * fit.height], axis=2).transpose(1, 0, 2)


@styled
def fit_frames(fit: Fit, names: GaussianNames) -> np.ndarray:
    """Draw the animation of a fit: image, Gaussians, loss and coverage, a frame per snapshot.

    Snapshots that are not finite are left out. The first one and the one nearest to the best stay
    for a while (`HELD` frames).

    Parameters
    ----------
    fit
        Run of study 1.
    names
        What people read in place of names.

    Returns
    -------
    np.ndarray
        Frames [T, height, width, 4] for `animation.write`.

    Raises
    ------
    DataError
        If no snapshot is finite.
    """
    finite = np.isfinite(fit["snapshots"]).all(axis=(1, 2))
    snapshots, iteration = fit["snapshots"][finite], fit["snapshot_iteration"][finite]
    need(len(snapshots), f"finite snapshots in {fit.path}")
    figure, panels = _fit_panels(fit, names)
    image = panels["fit"].imshow(np.zeros_like(fit["target"]), interpolation="nearest")
    patches = _ellipse_patches(fit, snapshots[0])
    panels["gaussians"].add_collection(patches, autolim=False)
    markers = [panels[name].plot([], [], "o", color="black", ms=4)[0] for name in CURVES]
    clock = panels["fit"].title
    # Snapshots lie between the iterations at which the loss was measured.
    values = [np.interp(iteration, fit["iteration"], fit[name]) for name in CURVES]
    nearest = int(np.abs(iteration - fit.best_iteration).argmin())
    shown = _held(len(snapshots), nearest)

    def update(frame: int) -> None:
        k = shown[frame]
        image.set_data(np.clip(fit.render(snapshots[k]), 0, 1))
        patches.set_verts(ellipses(fit, snapshots[k]))
        patches.set_facecolor(_colours(fit, snapshots[k]))
        for marker, value in zip(markers, values, strict=True):
            marker.set_data([iteration[k]], [value[k]])
        best = ", the best" if k == nearest else ""
        clock.set_text(f"iteration {iteration[k]:,}{best}\nloss {values[0][k]:.4f}")

    return animation.frames(figure, [image, patches, *markers, clock], len(shown), update)


def _held(count: int, best: int) -> list[int]:
    """Return the snapshots in the order of the frames, some of them several times."""
    times = {0: HELD // 2, best: HELD}
    return [k for k in range(count) for _ in range(times.get(k, 1))]


def _fit_panels(fit: Fit, names: GaussianNames) -> tuple[Figure, dict[str, Axes]]:
    """Return the still part of the animation: the target and the two curves."""
    figure = new_figure(7.2, 4.6, layout=None)
    figure.text(0.5, 0.985, titled(names, fit), ha="center", va="top")
    panels = {
        name: figure.add_axes((0.02 + 0.33 * k, 0.41, 0.30, 0.46))
        for k, name in enumerate(("target", "fit", "gaussians"))
    }
    show(panels["target"], fit["target"], "target")
    show(panels["gaussians"], 0.5 + 0.5 * fit["target"], "Gaussians, 1 σ")
    panels["fit"].set(xticks=[], yticks=[])
    panels["fit"].spines[:].set_visible(False)
    for k, (name, label) in enumerate(zip(CURVES, ("loss", "uncovered share"), strict=True)):
        axes = figure.add_axes((0.09 + 0.5 * k, 0.10, 0.39, 0.24))
        axes.plot(fit["iteration"], fit[name], color=OKABE_ITO[k])
        axes.set(xscale="log", xlabel="iteration", ylabel=label)
        if fit.best_iteration:
            axes.axvline(fit.best_iteration, color=GREY, lw=0.8, ls=":", label="best")
        panels[name] = axes
    percent_axis(panels["uncovered"], "y", np.nanmax(fit["uncovered"], initial=0))
    if fit.best_iteration:
        panels["loss"].legend(handles=panels["loss"].lines[1:], loc="lower left")
    return figure, panels

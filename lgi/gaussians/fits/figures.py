"""Figures of the Gaussian fits: loss against N, loss and coverage, a fit and its animation."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter

from lgi.figures import animation
from lgi.figures.style import GREY, OKABE_ITO, category_colours, colour_by, need, new_figure, styled
from lgi.gaussians.fits.view import RUN, Fit

if TYPE_CHECKING:
    import pandas as pd

CURVES = ("loss", "uncovered")
ELLIPSE_SIGMA = 1.0
ELLIPSE_POINTS = 49


@styled
def loss_vs_n(rows: "pd.DataFrame") -> Figure:
    """Draw the best loss against the number of Gaussians, a line per seed.

    Triangles mark the N at which the loss is higher than at the next smaller N of the same seed,
    open diamonds the published losses. The second panel shows the range in which N was raised one
    by one; it is left out where there is no such range or nothing beyond it.

    Parameters
    ----------
    rows
        Runs of one image and recipe: n, seed, best_loss, change_vs_previous_n,
        published_best_loss.

    Raises
    ------
    DataError
        If no row has a finite loss.
    """
    named = rows[["image", "recipe"]].drop_duplicates().itertuples(index=False)
    of = ", ".join(f"image {image!r} with recipe {recipe!r}" for image, recipe in named)
    rows = rows[np.isfinite(rows["best_loss"])].sort_values(["seed", "n"])
    need(len(rows), f"finite best loss of {of or 'any run'}")
    close = _consecutive(rows["n"].unique())
    ranges = [rows]
    if len(close) > 1 and len(close) < rows["n"].nunique():
        ranges.append(rows[rows["n"].isin(close)])
    figure = new_figure(3.6 * len(ranges) + 1.2, 3.2)
    panels = figure.subplots(
        1, len(ranges), squeeze=False, gridspec_kw={"width_ratios": [1, 1.3][: len(ranges)]}
    )[0]
    seeds = rows["seed"].unique()
    colours = dict(zip(seeds, category_colours(len(seeds)), strict=True))
    for axes, part, size in zip(panels, ranges, (0.7, 1.0)[-len(ranges) :], strict=True):
        _draw_range(axes, part, colours, size)
    panels[0].set_ylabel("best loss along training")
    if len(ranges) > 1:
        panels[0].axvspan(min(close) - 0.5, max(close) + 0.5, color="0.94", zorder=0)
    known = rows["published_best_loss"].notna().any()
    figure.legend(handles=_seed_legend(colours, known), loc="outside right upper")
    return figure


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
    ]
    handles.append(
        Line2D([], [], color=GREY, marker="^", ls="", ms=5, label="worse than the next smaller N")
    )
    if published:
        handles.append(
            Line2D([], [], color="black", marker="D", mfc="none", ls="", ms=6, label="published")
        )
    return handles


@styled
def loss_and_coverage(fits: Iterable[Fit]) -> Figure:
    """Draw the loss and the uncovered share of the image along training, one above the other.

    The iteration of each run's best loss is marked in both panels: the loss turns where coverage
    is lost.

    Parameters
    ----------
    fits
        Runs of study 1.

    Raises
    ------
    DataError
        If no run has a finite loss.
    """
    fits = [fit for fit in fits if np.isfinite(fit["loss"]).any()]
    need(len(fits), "runs with a finite loss")
    figure = new_figure(5.6, 4.4)
    above, below = figure.subplots(2, 1, sharex=True)
    for fit, (label, colour) in zip(fits, _labels(fits), strict=True):
        best = fit.best_iteration
        for axes, name in ((above, "loss"), (below, "uncovered")):
            axes.plot(fit["iteration"], fit[name], color=colour, label=label)
            axes.plot([best], [fit.at_best(name)], "o", color=colour, ms=5, zorder=3)
            axes.axvline(best, color=colour, lw=0.8, ls=":")
    above.set_ylabel("loss")
    below.set_ylabel("uncovered share of the image")
    below.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    below.set_xscale("log")
    below.set_xlabel("iteration")
    handles, _ = above.get_legend_handles_labels()
    handles.append(Line2D([], [], color=GREY, marker="o", ls=":", label="best loss"))
    figure.legend(handles=handles, loc="outside right upper")
    return figure


def _labels(fits: Sequence[Fit]) -> list[tuple[str, str]]:
    """Return a label and a colour for each run: along N if only N differs, else by category."""
    names = [fit.identity() for fit in fits]
    different = [key for key in RUN if len({name[key] for name in names}) > 1] or ["n", "seed"]
    labels = [", ".join(_label(key, name[key]) for key in different) for name in names]
    if different == ["n"]:
        along = colour_by([fit.n for fit in fits])
        return [(label, along[fit.n]) for label, fit in zip(labels, fits, strict=True)]
    return list(zip(labels, category_colours(len(fits)), strict=True))


def _label(key: str, value: object) -> str:
    return {"n": f"N = {value}", "seed": f"seed {value}"}.get(key, str(value))


@styled
def fit(fit: Fit) -> Figure:
    """Draw a fit at its best and at its end: image, error and Gaussians, beside the target.

    A state that is not finite is left out; where the end is the best there is one row.

    Parameters
    ----------
    fit
        Run of study 1.

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
    figure = new_figure(8.2, rows * (1.9 * min(max(fit.height / fit.width, 0.3), 2) + 0.3))
    grid = figure.add_gridspec(rows, 4)
    show(figure.add_subplot(grid[:, 0]), target, "target")
    panels = [
        [figure.add_subplot(grid[row, column]) for column in (1, 2, 3)] for row in range(rows)
    ]
    worst = max(error.max() for error in errors)
    # The square root keeps small errors visible beside uncovered pixels.
    scale = {"cmap": "magma", "norm": PowerNorm(0.5, 0, worst or 1)}
    for row, (label, parameters), image, error in zip(panels, states, images, errors, strict=True):
        show(row[0], image, f"fit, {label}")
        show(row[1], 0.5 + 0.5 * target, f"{len(parameters)} Gaussians, 1 σ")
        row[1].add_collection(_ellipse_patches(fit, parameters), autolim=False)
        show(row[2], error, "absolute error", **scale)
    figure.colorbar(
        panels[0][2].images[0], ax=[row[2] for row in panels], label="mean over channels", aspect=30
    )
    return figure


def _states(fit: Fit) -> list[tuple[str, np.ndarray]]:
    """Return the finite ones of the two states with a label each; one where they are the same."""
    iterations, states = {"best": fit.best_iteration, "end": fit["iteration"][-1]}, fit.states()
    finite = [
        (f"{state}: iteration {iteration:,}", states[state])
        for state, iteration in iterations.items()
        if state in states
    ]
    need(len(finite), f"finite parameters in {fit.path}")
    if len(finite) == 2 and iterations["best"] == iterations["end"]:
        return [(f"best = end: iteration {iterations['end']:,}", states["end"])]
    return finite


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
def fit_frames(fit: Fit) -> np.ndarray:
    """Draw the animation of a fit: image, Gaussians, loss and coverage, a frame per snapshot.

    Snapshots that are not finite are left out.

    Parameters
    ----------
    fit
        Run of study 1.

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
    figure, panels = _fit_panels(fit)
    image = panels["fit"].imshow(np.zeros_like(fit["target"]), interpolation="nearest")
    patches = _ellipse_patches(fit, snapshots[0])
    panels["gaussians"].add_collection(patches, autolim=False)
    markers = [panels[name].plot([], [], "o", color="black", ms=4)[0] for name in CURVES]
    clock = panels["fit"].title
    # Snapshots lie between the iterations at which the loss was measured.
    values = [np.interp(iteration, fit["iteration"], fit[name]) for name in CURVES]

    def update(k: int) -> None:
        image.set_data(np.clip(fit.render(snapshots[k]), 0, 1))
        patches.set_verts(ellipses(fit, snapshots[k]))
        patches.set_facecolor(_colours(fit, snapshots[k]))
        for marker, value in zip(markers, values, strict=True):
            marker.set_data([iteration[k]], [value[k]])
        clock.set_text(f"fit, iteration {iteration[k]:,}")

    return animation.frames(figure, [image, patches, *markers, clock], len(snapshots), update)


def _fit_panels(fit: Fit) -> tuple[Figure, dict[str, Axes]]:
    """Return the still part of the animation: the target and the two curves."""
    figure = new_figure(7.2, 4.4, layout=None)
    panels = {
        name: figure.add_axes((0.02 + 0.33 * k, 0.43, 0.30, 0.50))
        for k, name in enumerate(("target", "fit", "gaussians"))
    }
    show(panels["target"], fit["target"], "target")
    show(panels["gaussians"], 0.5 + 0.5 * fit["target"], "Gaussians, 1 σ")
    panels["fit"].set(xticks=[], yticks=[])
    panels["fit"].spines[:].set_visible(False)
    for k, (name, label) in enumerate(zip(CURVES, ("loss", "uncovered share"), strict=True)):
        axes = figure.add_axes((0.09 + 0.5 * k, 0.11, 0.39, 0.24))
        axes.plot(fit["iteration"], fit[name], color=OKABE_ITO[k])
        axes.set(xscale="log", xlabel="iteration", ylabel=label)
        panels[name] = axes
    panels["uncovered"].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    return figure, panels

"""The features of one toy model as a polygon: a strip of snapshots, and the animation."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon

from lgi.display import UNNAMED_MODELS, SuperpositionNames
from lgi.errors import DataError, NothingToDrawError
from lgi.figures import animation
from lgi.figures.style import (
    GREY,
    LIGHT_GREY,
    category_colours,
    epoch_axis,
    kgon_label,
    loss_axis,
    new_figure,
    styled,
)
from lgi.llc.figures import estimate_label
from lgi.runs import Run
from lgi.superposition.geometry.geometry import column_norms, corners, kgon_kinds
from lgi.superposition.training.view import Models

if TYPE_CHECKING:
    import pandas as pd

MOVES = 0.01
"""Of a vector of norm about 1: a model that is never further from its start stays where it is."""

LOSSES = {"train_loss": ("training", "-"), "test_loss": ("test", "--")}


@styled
def snapshots(
    run: Run,
    *,
    seed: int,
    epochs: Sequence[int],
    estimates: "pd.DataFrame | None" = None,
    names: SuperpositionNames = UNNAMED_MODELS,
) -> Figure:
    """Draw one model's polygon with its norms and biases at the snapshots nearest to `epochs`.

    The title names the model, its last loss and its last estimate.

    Parameters
    ----------
    run
        Run file with seed [M], epoch [T], W [M, T, 2, features] and b [M, T, features].
    seed
        Seed of the model.
    epochs
        Epochs to draw; the nearest snapshots that are the same are drawn once.
    estimates
        Estimates of the run: seed, epoch, llc, llc_se, status; without them none is told.
    names
        Display names.

    Raises
    ------
    RunFileError
        If the run has no such seed; the message names the file.
    DataError
        If its hidden dimension is not 2, or no snapshot is finite.
    """
    model = _model(run, seed)
    lines = _title(model, estimates, names)
    places = sorted({int(np.abs(model.epoch - epoch).argmin()) for epoch in epochs})
    model = model.at(places)
    count = len(places)
    figure = new_figure(max(1.4 * count + 0.5, 4.0), 3.8)
    figure.suptitle("\n".join(lines), size=8)
    heights = {"height_ratios": [3, 1, 1]}
    grid = figure.subplots(3, count, sharex="row", sharey="row", squeeze=False, gridspec_kw=heights)
    for k, (plane, norms, biases) in enumerate(grid.T):
        _Picture(plane, norms, biases, model, dot=12).show(k)
        loss = model.losses["train_loss"][k]
        plane.set_title(
            f"epoch {model.epoch[k]:,}\n{kgon_label(model.kind[k])}\nloss {_short(loss)}"
        )
    grid[1, 0].set_ylabel("norm")
    grid[2, 0].set_ylabel("bias")
    for axes in grid[:, 1:].ravel():
        axes.tick_params(left=False)
    figure.supxlabel("feature (dotted circle: norm 1; loss: of training)")
    return figure


@styled
def polygon_frames(
    run: Run,
    *,
    seed: int,
    estimates: "pd.DataFrame | None" = None,
    names: SuperpositionNames = UNNAMED_MODELS,
) -> np.ndarray:
    """Draw the animation of one model's polygon, a frame per finite snapshot, epoch 0 included.

    Beside the polygon stand norms and biases, and the loss curves with a moving marker. A model
    that never moves by `MOVES` is one frame, which says so.

    Parameters
    ----------
    run
        Run file with seed [M], epoch [T], W [M, T, 2, features], b [M, T, features], train_loss
        and test_loss [M, T].
    seed
        Seed of the model.
    estimates
        Estimates of the run: seed, epoch, llc, llc_se, status; without them none is told.
    names
        Display names.

    Returns
    -------
    np.ndarray
        Frames [T, height, width, 4] for `animation.write`.

    Raises
    ------
    RunFileError
        If the run has no such seed; the message names the file.
    DataError
        If its hidden dimension is not 2, or no snapshot is finite.
    """
    model = _model(run, seed)
    figure = new_figure(7.2, 4.2, layout=None)
    figure.suptitle("\n".join(_title(model, estimates, names)), size=8, y=0.985, va="top")
    plane = figure.add_axes((0.05, 0.05, 0.42, 0.72))
    norms = figure.add_axes((0.58, 0.57, 0.16, 0.22))
    biases = figure.add_axes((0.82, 0.57, 0.16, 0.22))
    curves = figure.add_axes((0.58, 0.11, 0.40, 0.30))
    picture = _Picture(plane, norms, biases, model, dot=28)
    norms.set(ylabel="norm", xlabel="feature")
    biases.set(ylabel="bias", xlabel="feature")
    plane.text(0, 0, "dotted: norm 1", transform=plane.transAxes, color=GREY)
    _draw_losses(curves, model)
    loss = model.losses["train_loss"]
    marker = curves.plot([], [], "o", color="black", ms=5)[0]
    clock = plane.text(0, 1.02, "", transform=plane.transAxes, fontsize=9)
    kind = plane.text(1, 1.02, "", transform=plane.transAxes, fontsize=9, ha="right")

    def update(k: int) -> None:
        picture.show(k)
        marker.set_data([model.epoch[k]], [loss[k]])
        clock.set_text(f"epoch {model.epoch[k]:,}")
        kind.set_text(f"{kgon_label(model.kind[k])}, loss {_short(loss[k])}")

    moving = [*picture.artists, marker, clock, kind]
    if model.stays:
        return animation.frames(figure, moving, 1, lambda _: update(len(model.epoch) - 1))
    return animation.frames(figure, moving, len(model.epoch), update)


class _Model:
    """One model at T snapshots.

    Parameters
    ----------
    alone
        The model, as the only one of its run.
    """

    def __init__(self, alone: Models) -> None:
        self.alone = alone
        self.epoch = alone.epochs  # [T]
        self.W, self.b = alone.W[0], alone.b[0]  # [T, 2, features], [T, features]
        self.losses = {name: alone.array(name)[0] for name in LOSSES}  # each [T]
        self.kind = kgon_kinds(self.W, self.b)  # [T]
        self.corner = corners(self.W)  # [T, features]

    @property
    def stays(self) -> bool:
        """Whether neither a feature's vector nor a bias ever is `MOVES` from its start."""
        columns = np.linalg.norm(self.W - self.W[0], axis=1)
        return len(self.epoch) > 1 and max(columns.max(), np.abs(self.b - self.b[0]).max()) < MOVES

    def at(self, places: Sequence[int]) -> "_Model":
        """Return the model at some of its snapshots."""
        return _Model(self.alone.snapshots(places))


def _model(run: Run, seed: int) -> _Model:
    """Return a model at its finite snapshots."""
    alone = Models(run).model(seed)
    W, b = alone.W[0], alone.b[0]
    if W.shape[1] != 2:
        raise DataError(f"{run.path}: polygons need hidden dimension 2; it has {W.shape[1]}")
    finite = np.isfinite(W).all(axis=(1, 2)) & np.isfinite(b).all(axis=1)
    if not finite.any():
        raise NothingToDrawError(
            f"{run.path}: nothing to draw: no snapshot of seed {seed} is finite"
        )
    return _Model(alone.snapshots(finite))


def _title(model: _Model, estimates: "pd.DataFrame | None", names: SuperpositionNames) -> list[str]:
    """Return the lines of a title: the model, its last loss and estimate, and whether it stays."""
    about, seed = model.alone.names, model.alone.seeds[0]
    last, loss = model.epoch[-1], model.losses["train_loss"][-1]
    start = names.of("initialisations", about["init"])
    of_model = f"{start} start, S = {about['sparsity']:.4f}, {about['samples']:,} training samples"
    ends = [f"training loss {_short(loss)} at epoch {last:,}"]
    if estimates is not None:
        own = estimates[(estimates["seed"] == seed) & np.isfinite(estimates["llc"])]
        if len(own):
            one = own.loc[own["epoch"].idxmax()]
            label = estimate_label(one["llc"], one["llc_se"])
            at = "" if one["epoch"] == last else f" at epoch {one['epoch']:,}"
            ends.append(f"{label}{at}, {one['status']}")
    lines = [f"{of_model}, seed {seed}", "; ".join(ends)]
    if model.stays:
        lines.append(f"stays: moves by less than {MOVES:g} in {last:,} epochs")
    return lines


def _short(loss: float) -> str:
    """Return a loss in three digits, a tiny one as a power of ten."""
    if not 0 < loss < 1e-4:
        return f"{loss:.3g}"
    power = int(np.floor(np.log10(loss)))
    return f"{loss / 10.0**power:.1f}·$10^{{{power}}}$"


class _Picture:
    """The artists of one model: hull and columns of W, a bar per norm, a bar per bias."""

    def __init__(
        self, plane: Axes, norms: Axes, biases: Axes, model: _Model, *, dot: float
    ) -> None:
        self.model = model
        self.norms = column_norms(model.W)
        colours = category_colours(model.b.shape[1])
        _prepare_plane(plane, 1.08 * max(self.norms.max(), 1))
        _prepare_bars(norms, self.norms)
        _prepare_bars(biases, model.b)
        hull = Polygon(np.zeros((1, 2)), fc=(0, 0, 0, 0.08), ec="0.3", lw=1)
        self.hull = plane.add_patch(hull)
        self.columns = plane.add_collection(LineCollection([], colors=colours, linewidths=1.5))
        self.tips = plane.scatter(
            [0] * len(colours), [0] * len(colours), c=colours, s=dot, zorder=3
        )
        self.norm_bars = norms.add_collection(PolyCollection([], facecolors=colours))
        self.bias_bars = biases.add_collection(PolyCollection([], facecolors=colours))

    @property
    def artists(self) -> list[Artist]:
        return [self.hull, self.columns, self.tips, self.norm_bars, self.bias_bars]

    def show(self, k: int) -> None:
        """Put all artists into the state of snapshot k."""
        tips = self.model.W[k].T
        self.hull.set_xy(_outline(tips[self.model.corner[k]]))
        self.columns.set_segments(np.stack([np.zeros_like(tips), tips], axis=1))
        self.tips.set_offsets(tips)
        self.norm_bars.set_verts(_bars(self.norms[k]))
        self.bias_bars.set_verts(_bars(self.model.b[k]))


def _prepare_plane(axes: Axes, reach: float) -> None:
    """Give the plane of W its limits, the axes through the origin, and the circle of norm 1."""
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.axhline(0, color=LIGHT_GREY, lw=0.6, zorder=0)
    axes.axvline(0, color=LIGHT_GREY, lw=0.6, zorder=0)
    axes.add_patch(Circle((0, 0), 1, fill=False, ec=GREY, lw=0.6, ls=":", zorder=0))


def _prepare_bars(axes: Axes, values: np.ndarray) -> None:
    low, high = min(values.min(), 0), max(values.max(), 0)
    margin = 0.05 * (high - low or 1)
    axes.set(xlim=(0.4, values.shape[1] + 0.6), ylim=(low - margin * (low < 0), high + margin))
    axes.set_xticks(range(1, values.shape[1] + 1))
    axes.axhline(0, color=GREY, lw=0.6)


def _bars(values: np.ndarray) -> np.ndarray:
    """Return the corners [features, 4, 2] of bars from 0 to `values`."""
    left = np.arange(1, len(values) + 1) - 0.35
    zero = np.zeros_like(values)
    x = np.stack([left, left, left + 0.7, left + 0.7], axis=1)
    return np.stack([x, np.stack([zero, values, values, zero], axis=1)], axis=2)


def _outline(corners: np.ndarray) -> np.ndarray:
    """Return the corners [k, 2] of a convex polygon in the order of going round."""
    if not len(corners):
        return np.zeros((1, 2))
    x, y = (corners - corners.mean(axis=0)).T
    return corners[np.argsort(np.arctan2(y, x))]


def _draw_losses(axes: Axes, model: _Model) -> None:
    for colour, (name, (label, dashes)) in zip(("black", GREY), LOSSES.items(), strict=True):
        axes.plot(model.epoch, model.losses[name], dashes, color=colour, lw=1, label=label)
    loss_axis(axes, np.concatenate([*model.losses.values()]))
    epoch_axis(axes, model.epoch[-1])
    axes.set(xlabel="epoch", ylabel="loss")
    axes.legend(loc="best", borderaxespad=0.2, handlelength=1.6)

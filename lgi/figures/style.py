"""One look for every figure: fonts, colours, axes for epochs, and how a figure is saved."""

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.image import imsave
from matplotlib.lines import Line2D
from matplotlib.ticker import (
    FixedLocator,
    Formatter,
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    NullLocator,
)

from lgi.errors import NothingToDrawError
from lgi.runs import atomic_path

if TYPE_CHECKING:
    import pandas as pd

# Okabe and Ito (2008), "Color Universal Design": told apart with any colour vision. Black comes
# first in their list; here it is kept for text and reference lines, yellow (weak on white) is last.
OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#F0E442")
GREY = "#7F7F7F"
LIGHT_GREY = "#D9D9D9"

HOLLOW = "white"
"""Face of a mark whose value is not to be trusted, such as an estimate that is not ok."""

UNSEEN, MARGIN = 0.02, 0.04
"""Inches over the edge of a figure that cut nothing, and that are left around what was cut."""

ATTEMPTS = 3
"""Times that a figure is enlarged: what hangs on a panel moves with it."""

LOOK = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.formatter.use_mathtext": True,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "legend.fontsize": 7.5,
    "legend.title_fontsize": 7.5,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "figure.dpi": 100,
    "figure.labelsize": 8,
    "figure.titlesize": 8.5,
    "savefig.dpi": 200,
    # A fixed salt makes the identifiers inside an SVG the same in every run.
    "svg.hashsalt": "lgi",
}


def styled(draw: Callable) -> Callable:
    """Run a drawing function under lgi's look, leaving matplotlib's own settings as they are."""

    @wraps(draw)
    def drawn(*args, **kwargs):
        with mpl.rc_context(LOOK):
            return draw(*args, **kwargs)

    return drawn


def new_figure(width: float, height: float, *, layout: str | None = "constrained") -> Figure:
    """Return an empty figure of `width` × `height` inches with an Agg canvas."""
    figure = Figure(figsize=(width, height), layout=layout)
    FigureCanvasAgg(figure)
    return figure


@styled
def save(path: str | Path, figure: Figure) -> None:
    """Write a figure as PNG and, beside it, as SVG; the same figure gives the same bytes.

    Parameters
    ----------
    path
        Path of the PNG; the SVG has the same name with the suffix ``.svg``.
    figure
        The figure.
    """
    path = Path(path)
    with atomic_path(path.with_suffix(".svg")) as svg, atomic_path(path) as png:
        pixels = settled(figure)
        imsave(png, pixels, format="png", dpi=figure.dpi, metadata={"Software": None})
        # The layout was found for the PNG: searching it again would double the time.
        figure.set_layout_engine("none")
        FigureCanvasSVG(figure).print_svg(svg, metadata={"Date": None, "Creator": None})


@styled
def settled(figure: Figure) -> np.ndarray:
    """Lay a figure out as it is saved, and return the pixels [height, width, 4] of its PNG.

    Where the panels are few, a legend or a label may be longer than they are together: the figure
    is enlarged by what reaches over its edges.
    """
    # `Figure.savefig` draws twice, once for nothing.
    pixels = _pixels(figure)
    for _ in range(ATTEMPTS):
        if not _grown(figure):
            break
        pixels = _pixels(figure)
    return pixels


def _pixels(figure: Figure) -> np.ndarray:
    """Return the pixels [height, width, 4] of a figure as its PNG shows it."""
    figure.dpi = mpl.rcParams["savefig.dpi"]
    figure.canvas.draw()
    return np.array(figure.canvas.buffer_rgba())


def _grown(figure: Figure) -> bool:
    """Enlarge a figure by what reaches over its edges as it was drawn; return whether it was."""
    low, high = figure.get_tightbbox().get_points()
    size = figure.get_size_inches()
    beyond = np.maximum(-low, 0) + np.maximum(high - size, 0)
    if (beyond < UNSEEN).all():
        return False
    figure.set_size_inches(size + np.where(beyond < UNSEEN, 0, beyond + 2 * MARGIN))
    return True


def need(found: int, what: str) -> None:
    """Raise NothingToDrawError unless something was found.

    Parameters
    ----------
    found
        Number of rows, runs or points to draw.
    what
        What the figure draws, for the message.

    Raises
    ------
    NothingToDrawError
        If `found` is 0.
    """
    if not found:
        raise NothingToDrawError(f"nothing to draw: no {what}")


@styled
def saying(words: str) -> Figure:
    """Return a figure that says why it shows nothing."""
    figure = new_figure(4, 1.2, layout=None)
    figure.text(0.5, 0.5, fill(words, 60), ha="center", va="center", color=GREY)
    return figure


def category_colours(count: int) -> list[str]:
    """Return `count` colours for things without an order.

    The first eight are those of Okabe and Ito; more are evenly spaced on a map of even lightness.
    """
    if count <= len(OKABE_ITO):
        return list(OKABE_ITO[:count])
    return [to_hex(c) for c in mpl.colormaps["turbo"](np.linspace(0.05, 0.95, count))]


def ordered_colours(count: int) -> list[str]:
    """Return `count` colours for ordered values, evenly spaced to the eye (viridis).

    The map stops before its palest tenth, which is lost on white.
    """
    return [to_hex(c) for c in mpl.colormaps["viridis"](np.linspace(0, 0.9, count))]


def colour_by(values: Sequence[float]) -> dict[float, str]:
    """Return a colour for each different value, in ascending order along viridis."""
    unique = sorted(set(values))
    return dict(zip(unique, ordered_colours(len(unique)), strict=True))


def signed_log_axis(
    axes: Axes, name: str, values: Sequence[float], linear: float, decades: float
) -> None:
    """Make an axis linear within ± `linear` and logarithmic beyond.

    It stays linear altogether where no value lies beyond, or all within a factor of ten.

    Parameters
    ----------
    axes
        The axes.
    name
        ``"x"`` or ``"y"``.
    values
        What is drawn along it.
    linear
        End of the linear part, a power of ten.
    decades
        Length of [0, linear] in decades of the logarithmic part.
    """
    low, high = np.min(values), np.max(values)
    reach = max(high, -low)
    if reach <= linear or (reach < 10 * min(abs(low), abs(high)) and low * high > 0):
        return
    getattr(axes, f"set_{name}scale")("symlog", linthresh=linear, linscale=decades)
    axis = getattr(axes, f"{name}axis")
    steps = 10.0 ** np.arange(_exponent(linear), _exponent(reach) + 1)
    if decades >= 1:
        steps = np.append(linear / 2, steps)
    elif np.sum((steps >= low) & (steps <= high)) < 2:
        steps = np.outer(steps, (1, 2, 5)).ravel()
    ticks = [*-steps[-steps >= 1.2 * low][::-1], 0, *steps[steps <= 1.2 * high]]
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(_power_label))


def plain_log_axis(axes: Axes, name: str) -> None:
    """Make the ``"x"`` or ``"y"`` axis logarithmic, labelled 1, 2, 5, 10, 20 and so on.

    Over many decades powers of ten alone are labelled, within one the numbers of a linear axis.
    """
    getattr(axes, f"set_{name}scale")("log")
    axis = getattr(axes, f"{name}axis")
    axis.set_major_locator(_PlainSteps())
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(_plain_label))


class _PlainSteps(LogLocator):
    """Ticks of a logarithmic axis whose labels are written out."""

    DECADES = ((1.0, (1, 2, 3, 5)), (2.5, (1, 2, 5)), (np.inf, (1,)))

    def tick_values(self, vmin: float, vmax: float) -> np.ndarray:
        low, high = sorted((vmin, vmax))
        decades = np.log10(high / low)
        steps = next(steps for most, steps in self.DECADES if decades <= most)
        powers = 10.0 ** np.arange(_exponent(low), _exponent(high) + 1)
        if (every := int(decades / 7) + 1) > 1:
            powers = powers[::every]
        ticks = np.outer(powers, steps).ravel()
        if np.sum((ticks >= low) & (ticks <= high)) < 3 and decades <= 1:
            ticks = MaxNLocator(4).tick_values(low, high)
        return ticks[ticks > 0]


def count_axis(axes: Axes) -> None:
    """Label the x axis at whole numbers alone, be it one."""
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, min_n_ticks=1))


def percent_axis(axes: Axes, name: str, top: float | None = None) -> None:
    """Label the ``"x"`` or ``"y"`` axis in percent, with the decimals that tell ticks apart.

    Parameters
    ----------
    axes
        The axes.
    name
        ``"x"`` or ``"y"``.
    top
        Largest share that is drawn: the axis then goes from 0 to it, and at least to 1 %, so that
        shares that are all 0 lie on a scale that has a meaning.
    """
    getattr(axes, f"{name}axis").set_major_formatter(Percent())
    if top is not None:
        end = max(top, 0.01)
        getattr(axes, f"set_{name}lim")(-0.04 * end, 1.06 * end)


class Percent(Formatter):
    """Shares as percent, with as many decimals as the ticks of the axis need."""

    decimals = 0

    def set_locs(self, locs: Sequence[float]) -> None:
        """Choose the decimals for the ticks of an axis."""
        values = 100 * np.asarray(locs, float)
        near = 1e-3 * np.min(np.diff(np.unique(values)), initial=1)
        exact = (k for k in range(8) if np.all(np.abs(values - np.round(values, k)) <= near))
        self.decimals = next(exact, 8)

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Return the label of a tick."""
        return f"{100 * x + 0.0:.{self.decimals}f}%".replace("-", "−")


def loss_axis(axes: Axes, values: Sequence[float]) -> None:
    """Give `axes` a logarithmic y axis of losses; below 0.001 it is linear down to 0.

    Some models of the sparsest data have a loss of exactly 0.
    """
    signed_log_axis(axes, "y", values, 1e-3, 0.5)


def epoch_axis(axes: Axes, last: float, first: float = 0) -> None:
    """Give `axes` a logarithmic x axis of epochs that starts at epoch 0, or at a late one.

    Parameters
    ----------
    axes
        The axes.
    last
        Last epoch.
    first
        First epoch; the axis starts at 0 where a hundredth of the last epoch is reached.
    """
    if 100 * first > last > 0:
        axes.set_xlim(first / 1.2, last * 1.2)
        plain_log_axis(axes, "x")
        axes.xaxis.set_major_formatter(FuncFormatter(_power_label))
        return
    last = max(last, 1)
    axes.set_xscale("symlog", linthresh=1, linscale=0.45)
    axes.set_xlim(-0.25, last * 1.3)
    powers = 10.0 ** np.arange(_exponent(last) + 1)
    # Few labels, so that they fit under a small panel: 0, 10² and 10⁴ for 40,000 epochs.
    labelled = powers if len(powers) < 4 else powers[2::2]
    axes.xaxis.set_major_locator(FixedLocator([0, *labelled]))
    axes.xaxis.set_minor_locator(FixedLocator(powers))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(FuncFormatter(_power_label))


def sparsity_handles(colours: dict[float, str], **marks: object) -> list[Line2D]:
    """Return a legend handle for each sparsity, drawn with `marks`."""
    return [
        Line2D([], [], color=colour, label=f"S = {sparsity:.4f}", **marks)
        for sparsity, colour in colours.items()
    ]


def draw_quartiles(axes: Axes, rows: "pd.DataFrame", column: str, colour: str) -> "pd.Series":
    """Draw the median along epochs with a band between the quartiles; return the median."""
    quartiles = rows.groupby("epoch")[column].quantile([0.25, 0.5, 0.75]).unstack()
    named = quartiles.rename(columns={0.25: "low", 0.5: "median", 0.75: "high"})
    draw_band(axes, named, colour)
    return named["median"]


def draw_band(axes: Axes, rows: "pd.DataFrame", colour: str) -> None:
    """Draw the column median along the index, with a band from low to high."""
    axes.fill_between(rows.index, rows["low"], rows["high"], color=colour, alpha=0.2, lw=0)
    axes.plot(rows.index, rows["median"], color=colour, lw=1)


def wrapped(words: str, width: int) -> str:
    """Return words in lines of about `width` letters, broken at a comma where there is one."""
    first, comma, rest = words.partition(", ")
    if len(words) <= width:
        return words
    return f"{first},\n{fill(rest, width)}" if comma else fill(words, width)


def counted_from(counts: Iterable[int], unit: str = "seed") -> str:
    """Return how many there are in words, ``"5 to 20 seeds"`` where it differs."""
    counts = list(counts)
    low, high = int(min(counts)), int(max(counts))
    number = f"{low:,} to {high:,}" if low < high else f"{high:,}"
    return f"{number} {unit}" if high == 1 else f"{number} {unit}s"


def by_quality(
    rows: "pd.DataFrame", good: "pd.Series", colour: str, hollow: str = HOLLOW
) -> list[tuple["pd.DataFrame", str]]:
    """Return the rows to trust with a full face, and the others with a hollow one.

    Parameters
    ----------
    rows
        What is drawn.
    good
        Which of the rows to trust.
    colour
        Full face.
    hollow
        The other; ``"none"`` where marks lie on each other and are seen through.

    Returns
    -------
    list of tuple
        Rows and the colour of their face; parts without rows are left out.
    """
    parts = ((rows[good], colour), (rows[~good], hollow))
    return [(part, face) for part, face in parts if len(part)]


def quality_handles(good: "pd.Series", lost: int) -> list[Line2D]:
    """Return legend handles that say what is hollow, and how many have no value to draw."""
    handles = []
    if not good.all():
        marks = {"marker": "o", "ms": 4, "mfc": "none", "ls": ""}
        handles.append(Line2D([], [], color=GREY, label="hollow: not ok,\nno coefficient", **marks))
    if lost:
        count = "1 estimate" if lost == 1 else f"{lost:,} estimates"
        handles.append(Line2D([], [], ls="", label=f"not drawn: {count}\nwithout a value"))
    return handles


def draw_clipped(axes: Axes, x: "pd.Series", y: "pd.Series", top: float, **marks: object) -> None:
    """Draw an arrow at the edge of the y axis for every value beyond [0, top]."""
    for beyond, place, arrow in ((y < 0, 0.02 * top, "v"), (y > top, 0.98 * top, "^")):
        axes.plot(x[beyond], [place] * beyond.sum(), arrow, mfc=HOLLOW, **marks)


def kgon_label(kind: str) -> str:
    """Return the name of a kind of polygon: ``"5+"`` is a "5+-gon"."""
    return f"{kind}-gon" if kind[0].isdigit() else kind


def _exponent(value: float) -> int:
    return int(np.floor(np.log10(value) + 1e-9))


def _plain_label(value: float, position: int) -> str:
    """Return a number as it is, a large or a small one as a power of ten."""
    return f"{value:g}" if 1e-4 <= abs(value) * 1.001 < 1e5 else _power_label(value, position)


def _power_label(value: float, _position: int) -> str:
    if value == 0:
        return "0"
    sign, size = "−" if value < 0 else "", abs(value)
    if 1e-3 <= size * 1.001 < 100:
        return f"{sign}{size:g}"
    mantissa = f"{size / 10.0 ** _exponent(size):g}"
    times = "" if mantissa == "1" else f"{mantissa}·"
    return f"{sign}{times}$10^{{{_exponent(size)}}}$"

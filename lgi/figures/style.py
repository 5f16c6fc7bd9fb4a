"""One look for every figure: fonts, colours, axes for epochs, and how a figure is saved."""

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

from lgi.errors import DataError
from lgi.runs import atomic_path

if TYPE_CHECKING:
    import pandas as pd

# Okabe and Ito (2008), "Color Universal Design": told apart with any colour vision. Black comes
# first in their list; here it is kept for text and reference lines, yellow (weak on white) is last.
OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#F0E442")
GREY = "#7F7F7F"
LIGHT_GREY = "#D9D9D9"

# The losses of study 2, as axes name them.
LOSSES = {
    "train_loss": "training loss",
    "test_loss": "test loss",
    "population_loss": "population loss",
}

LOOK = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.formatter.use_mathtext": True,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "legend.fontsize": 7,
    "legend.title_fontsize": 7,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "figure.dpi": 100,
    "figure.labelsize": 8,
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
def save(figure: Figure, path: str | Path) -> None:
    """Write a figure as PNG and, beside it, as SVG; the same figure gives the same bytes.

    Parameters
    ----------
    figure
        The figure.
    path
        Path of the PNG; the SVG has the same name with the suffix ``.svg``.
    """
    path = Path(path)
    with atomic_path(path.with_suffix(".svg")) as svg, atomic_path(path) as png:
        figure.savefig(png, metadata={"Software": None})
        # The layout was found for the PNG: searching it again would double the time.
        figure.set_layout_engine("none")
        figure.savefig(svg, metadata={"Date": None, "Creator": None})


def need(found: int, what: str) -> None:
    """Raise DataError unless something was found.

    Parameters
    ----------
    found
        Number of rows, runs or points to draw.
    what
        What the figure draws, for the message.

    Raises
    ------
    DataError
        If `found` is 0.
    """
    if not found:
        raise DataError(f"nothing to draw: no {what}")


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
    """Make the ``"x"`` or ``"y"`` axis logarithmic, labelled 1, 2, 5, 10, 20 and so on."""
    getattr(axes, f"set_{name}scale")("log")
    axis = getattr(axes, f"{name}axis")
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def loss_axis(axes: Axes, values: Sequence[float]) -> None:
    """Give `axes` a logarithmic y axis of losses; below 0.001 it is linear down to 0.

    Some models of the sparsest data have a loss of exactly 0.
    """
    signed_log_axis(axes, "y", values, 1e-3, 0.5)


def epoch_axis(axes: Axes, last: float) -> None:
    """Give `axes` a logarithmic x axis of epochs that starts at epoch 0.

    Parameters
    ----------
    axes
        The axes.
    last
        Last epoch.
    """
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
    band = {"color": colour, "alpha": 0.2, "lw": 0}
    axes.fill_between(quartiles.index, quartiles[0.25], quartiles[0.75], **band)
    axes.plot(quartiles.index, quartiles[0.5], color=colour, lw=1)
    return quartiles[0.5]


def kgon_label(kind: str) -> str:
    """Return the name of a kind of polygon: ``"5+"`` is a "5+-gon"."""
    return f"{kind}-gon" if kind[0].isdigit() else kind


def _exponent(value: float) -> int:
    return int(np.floor(np.log10(value) + 1e-9))


def _power_label(value: float, _position: int) -> str:
    if value == 0:
        return "0"
    sign, size = "−" if value < 0 else "", abs(value)
    if 1e-3 <= size * 1.001 < 100:
        return f"{sign}{size:g}"
    mantissa = f"{size / 10.0 ** _exponent(size):g}"
    times = "" if mantissa == "1" else f"{mantissa}·"
    return f"{sign}{times}$10^{{{_exponent(size)}}}$"

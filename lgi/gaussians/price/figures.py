"""Figures of the best N at a price."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from lgi.display import GaussianNames
from lgi.figures.style import (
    GREY,
    LIGHT_GREY,
    OKABE_ITO,
    counted_from,
    need,
    new_figure,
    plain_log_axis,
    styled,
    wrapped,
)
from lgi.gaussians.price.cost import LEVEL
from lgi.gaussians.price.table import DESCRIPTION, FREE_ENERGY, MEASURED, REGULAR

if TYPE_CHECKING:
    import pandas as pd

ACROSS = 4


@styled
def n_at_a_price(price: "pd.DataFrame", at: "pd.DataFrame", names: GaussianNames) -> Figure:
    """Draw the best N against the price of a parameter, a panel per image and recipe.

    Parameters
    ----------
    price
        ``gaussians_price.csv``.
    at
        ``gaussians_price_at.csv``: the price of one N is marked where it is asked for.
    names
        What people read in place of names.

    Raises
    ------
    DataError
        If the table is empty.
    """
    rows = price[price["score"] == DESCRIPTION]
    need(len(rows), "prices")
    panels = list(rows.groupby(["image", "recipe"], sort=False))
    across = min(ACROSS, len(panels))
    down = -(-len(panels) // across)
    figure = new_figure(1.72 * across + 0.5, 1.95 * down + 0.7)
    grid = figure.subplots(down, across, sharex=True, squeeze=False)
    for axes, ((image, recipe), own) in zip(grid.flat, panels, strict=False):
        _draw_best(axes, own[own["price"] != MEASURED].sort_values("bits"), "bits")
        axes.axvline(own.loc[own["price"] == REGULAR, "bits"].iloc[0], color="k", ls=":", lw=0.8)
        _mark(axes, at[(at["image"] == image) & (at["quantity"] == "bits")])
        axes.set_title(_titled(names, image, recipe, own["pixels"].iloc[0]))
        axes.tick_params(labelbottom=True)
        plain_log_axis(axes, "x")
        plain_log_axis(axes, "y")
    for axes in list(grid.flat)[len(panels) :]:
        axes.remove()
    figure.supxlabel("price of a parameter (bits), noise fitted")
    figure.supylabel("best N")
    handles = [
        *_handles(at),
        Line2D([], [], color="k", ls=":", lw=0.8, label="price of a regular model"),
    ]
    title = f"{counted_from(rows['seeds'])} an image"
    figure.legend(handles=handles, title=title, loc="outside upper center", ncols=3)
    return figure


def _titled(names: GaussianNames, image: str, recipe: str, pixels: int) -> str:
    name = wrapped(names.of("images", image), 24)
    return f"{name}\n{pixels:,} pixels\n{names.of('recipes', recipe)}"


@styled
def free_energy(
    price: "pd.DataFrame", energy: "pd.DataFrame", at: "pd.DataFrame", names: GaussianNames
) -> Figure:
    """Draw the best N against σ, what the fits leave at it, and the free energy of minima.

    Parameters
    ----------
    price, at
        As for `n_at_a_price`.
    energy
        ``gaussians_free_energy.csv``.
    names
        What people read in place of names.

    Raises
    ------
    DataError
        If the table is empty.
    """
    rows = price[price["score"] == FREE_ENERGY]
    need(len(rows), "free energies")
    images = list(dict.fromkeys(rows["image"]))
    image = next((name for name in at["image"]), images[0])
    own = rows[rows["image"] == image].sort_values("sigma")
    figure = new_figure(7.4, 3.3)
    best, left, minima = figure.subplots(1, 3)
    _draw_best(best, own, "sigma")
    _mark(best, at[(at["image"] == image) & (at["quantity"] == "sigma")])
    best.set(xlabel="noise σ (levels of 8 bits)", ylabel="best N", title=names.of("images", image))
    plain_log_axis(best, "y")
    left.plot(own["sigma"], own["residual"], "o-", color=OKABE_ITO[1], ms=2.5, lw=1)
    left.axline((1, 1), slope=1, color=GREY, lw=0.8, ls="--")
    left.text(1.3, 1.2, "= σ", fontsize=7, color=GREY, va="center")
    left.set(
        xlabel="noise σ (levels of 8 bits)",
        ylabel="left at the best N (levels)",
        title="what the fits leave",
    )
    plain_log_axis(left, "y")
    for axes in (best, left):
        plain_log_axis(axes, "x")
    handles = [*_handles(at), *_draw_minima(minima, energy, names)]
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return figure


def _draw_best(axes: Axes, rows: "pd.DataFrame", column: str) -> None:
    """Draw the median N* with its band; hollow where it is an end of the range tried."""
    axes.axhspan(
        rows["least_tried"].iloc[0], rows["most_tried"].iloc[0], color=LIGHT_GREY, lw=0, alpha=0.5
    )
    known = rows.dropna(subset=["low", "high"])
    axes.fill_between(
        known[column], known["low"], known["high"], color=OKABE_ITO[0], alpha=0.25, lw=0
    )
    axes.plot(rows[column], rows["n_star"], color=OKABE_ITO[0], lw=1)
    censored = rows["n_star"].isin([rows["least_tried"].iloc[0], rows["most_tried"].iloc[0]])
    for part, face in ((rows[~censored], OKABE_ITO[0]), (rows[censored], "white")):
        axes.plot(part[column], part["n_star"], "o", color=OKABE_ITO[0], mfc=face, ms=3)


def _mark(axes: Axes, rows: "pd.DataFrame") -> None:
    for row in rows.itertuples():
        error = np.nan_to_num([[row.value - row.low], [row.high - row.value]])
        axes.errorbar(row.value, row.n, xerr=error, fmt="D", color=OKABE_ITO[1], ms=4, capsize=2)


def _draw_minima(axes: Axes, energy: "pd.DataFrame", names: GaussianNames) -> list[Line2D]:
    """Draw both terms at minima, as means over seeds, where σ is largest; return the handles."""
    ok = energy.dropna(subset=["misfit", "measured"])
    ok = ok[ok.groupby("image")["n"].transform("nunique") > 1]
    if ok.empty:
        return []
    setting = ok.loc[ok["noise"].idxmax(), "setting"]
    ok = ok[ok["setting"] == setting]
    styles = {
        "misfit": ("-", "n L, the misfit of minima"),
        "measured": ("--", "λ̂ ln n, as measured"),
        "regular": (":", "½ k N ln n, of a regular model"),
    }
    colours = dict(zip(dict.fromkeys(ok["image"]), OKABE_ITO[2:], strict=False))
    for image, colour in colours.items():
        mean = ok[ok["image"] == image].groupby("n")[list(styles)].mean()
        for name, (style, _) in styles.items():
            axes.plot(mean.index, mean[name], style, color=colour, lw=1)
    axes.set_yscale("log")
    levels = ok["noise"].iloc[0] / LEVEL
    title = f"minima, σ = {levels:.3g} levels"
    axes.set(xlabel="number of Gaussians N", ylabel="free energy (nats)", title=title)
    return [
        *(Line2D([], [], color=c, label=names.of("images", i)) for i, c in colours.items()),
        *(Line2D([], [], color="k", ls=style, label=text) for style, text in styles.values()),
    ]


def _handles(at: "pd.DataFrame") -> list:
    handles: list = [
        Line2D([], [], color=OKABE_ITO[0], marker="o", ms=3, label="best N, median over seeds"),
        Line2D(
            [],
            [],
            color=OKABE_ITO[0],
            marker="o",
            mfc="white",
            ms=3,
            ls="",
            label="an end of the N tried",
        ),
        Patch(color=LIGHT_GREY, label="N tried"),
    ]
    if len(at):
        n = at["n"].iloc[0]
        handles.append(
            Line2D([], [], color=OKABE_ITO[1], marker="D", ms=4, ls="", label=f"N = {n}")
        )
    return handles

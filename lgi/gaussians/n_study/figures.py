"""Figures of the N-study: what the original's seed shows, and what many seeds say of it."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from lgi.figures.style import (
    GREY,
    LIGHT_GREY,
    OKABE_ITO,
    counted_from,
    need,
    new_figure,
    percent_axis,
    styled,
)
from lgi.gaussians.n_study.settings import Tier

if TYPE_CHECKING:
    import pandas as pd

BLUE, ORANGE, GREEN = OKABE_ITO[:3]
LISTS = {"fine": (BLUE, "o"), "gap": (GREEN, "s"), "broad": ("black", "D")}


@styled
def n_study(
    table: "pd.DataFrame", summary: "pd.DataFrame", tiers: Sequence[Tier], seed: int
) -> Figure:
    """Draw best loss, its iteration and the cost of training against N, for the original's seed.

    Losses stand before the tiers; triangles mark N that do worse than one fewer. The dashed line
    joins the broad N, the dotted one is the least-squares line through fine range and gap.

    Parameters
    ----------
    table, summary
        ``gaussians_n_study.csv`` and ``gaussians_n_study_summary.csv``.
    tiers
        Tiers of losses, from low to high.
    seed
        The original's.

    Raises
    ------
    DataError
        If the seed has no run with a finite loss.
    """
    rows = table[(table["seed"] == seed) & np.isfinite(table["best_loss"])]
    need(len(rows), f"finite best loss of seed {seed}")
    figure = new_figure(6.6, 6.2)
    panels = figure.subplots(3, 1, sharex=True, gridspec_kw={"height_ratios": [2.4, 1, 1]})
    losses, iterations, costs = panels
    _draw_tiers(losses, rows["best_loss"], tiers)
    _draw_lines(losses, rows, summary, seed)
    for axes, column in zip(panels, ("best_loss", "best_iteration", "evaluations"), strict=True):
        _draw_lists(axes, rows, column)
    worse = rows[rows["regression"].astype(bool)]
    losses.plot(worse["n"], worse["best_loss"], "^", color=ORANGE, ms=7, mfc="none", mew=1.2)
    losses.set_ylabel("best loss along training")
    iterations.set_ylabel("iteration\nof the best loss")
    costs.set_ylabel("Gaussians × pixels\nper iteration")
    costs.set_xlabel("number of Gaussians N")
    for axes, column in ((iterations, "best_iteration"), (costs, "evaluations")):
        axes.set_ylim(0, 1.1 * (rows[column].max() or 1))
    costs.xaxis.set_major_locator(MaxNLocator(integer=True))
    handles = _study_legend(rows, len(worse))
    title = f"seed {seed} alone"
    figure.legend(handles=handles, title=title, loc="outside upper center", ncols=3)
    return figure


def _draw_tiers(axes: Axes, losses: "pd.Series", tiers: Sequence[Tier]) -> None:
    """Shade every other tier, and name those that losses reach at the right."""
    room = 0.06 * (losses.max() - losses.min() or 1)
    bottom, top = losses.min() - room, losses.max() + room
    axes.set_ylim(bottom, top)
    low = -np.inf
    for k, tier in enumerate(tiers):
        high = np.inf if tier.at_most is None else tier.at_most
        ends = max(low, bottom), min(high, top)
        if ends[0] < ends[1]:
            axes.axhspan(*ends, color="0.93" if k % 2 else "0.98", lw=0, zorder=0)
            place = {"x": 0.99, "y": np.mean(ends), "transform": axes.get_yaxis_transform()}
            axes.text(s=tier.name, ha="right", va="center", color=GREY, size=7.5, **place)
        low = high


def _draw_lines(axes: Axes, rows: "pd.DataFrame", summary: "pd.DataFrame", seed: int) -> None:
    broad = rows[_in_list(rows, "broad")]
    axes.plot(broad["n"], broad["best_loss"], "--", color=GREY, lw=0.9, zorder=1)
    close = rows.loc[_in_list(rows, "fine") | _in_list(rows, "gap"), "n"]
    found = summary[(summary["part"] == "fine and gap") & (summary["seeds"] == str(seed))]
    line = found.set_index("quantity")["value"].reindex(["intercept", "slope"])
    if len(close) and line.notna().all():
        ends = np.array([close.min(), close.max()])
        axes.plot(ends, line["intercept"] + line["slope"] * ends, ":", color="black", zorder=1)


def _draw_lists(axes: Axes, rows: "pd.DataFrame", column: str) -> None:
    """Draw each run once, with the mark of the first of its lists."""
    drawn = np.zeros(len(rows), dtype=bool)
    for name, (colour, mark) in LISTS.items():
        part = _in_list(rows, name).to_numpy() & ~drawn
        axes.plot(rows["n"][part], rows[column][part], mark, color=colour, ms=3.5)
        drawn |= part


def _in_list(rows: "pd.DataFrame", name: str) -> "pd.Series":
    return rows["lists"].str.split().apply(lambda lists: name in lists)


def _study_legend(rows: "pd.DataFrame", worse: int) -> list[Line2D]:
    labels = {"fine": "fine range", "gap": "the gap, filled", "broad": "broad range alone"}
    handles = [
        Line2D([], [], color=colour, marker=mark, ls="", ms=4, label=labels[name])
        for name, (colour, mark) in LISTS.items()
        if _in_list(rows, name).any()
    ]
    if worse:
        mark = {"marker": "^", "mfc": "none", "ls": "", "ms": 7}
        handles.append(Line2D([], [], color=ORANGE, label="worse than one fewer", **mark))
    handles.append(Line2D([], [], color=GREY, ls="--", lw=0.9, label="joins the broad N"))
    handles.append(Line2D([], [], color="black", ls=":", label="line through fine and gap"))
    return handles


@styled
def loss_over_seeds(
    seeds: "pd.DataFrame", summary: "pd.DataFrame", original: int, confidence: float
) -> Figure:
    """Draw best loss against N: a thin line per seed, their mean, and the original's seed.

    Parameters
    ----------
    seeds, summary
        ``gaussians_seeds.csv`` and ``gaussians_seeds_summary.csv``.
    original
        Seed that the original's statements rest on.
    confidence
        Level of the mean's t interval.

    Raises
    ------
    DataError
        If no loss is finite.
    """
    losses = _by_seed(seeds, "best_loss")
    losses = losses.where(np.isfinite(losses)).dropna(how="all")
    need(len(losses), "finite best losses of many seeds")
    n = losses.columns.to_numpy()
    figure = new_figure(5.8, 3.4)
    axes = figure.subplots()
    axes.plot(n, losses.T, color=GREY, lw=0.6, alpha=0.6)
    mean = summary[summary["quantity"] == "mean_loss"]
    at = mean["part"].astype(int)
    axes.fill_between(at, mean["low"], mean["high"], color=BLUE, alpha=0.25, lw=0)
    axes.plot(at, mean["value"], "o-", color=BLUE, ms=4, lw=1.6)
    handles = [
        Line2D([], [], color=GREY, lw=0.6, label="one seed"),
        Line2D([], [], color=BLUE, marker="o", ms=4, label=_mean_label(losses, confidence)),
    ]
    if original in losses.index:
        axes.plot(n, losses.loc[original], "D-", color=ORANGE, ms=3.5, lw=1)
        style = {"color": ORANGE, "marker": "D", "ms": 3.5, "lw": 1}
        handles.append(Line2D([], [], label=f"seed {original}", **style))
    axes.set(xlabel="number of Gaussians N", ylabel="best loss along training")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return figure


def _by_seed(seeds: "pd.DataFrame", column: str) -> "pd.DataFrame":
    """Return a column of the table with a row per seed, in its order, and a column per N."""
    wide = seeds.pivot(index="seed", columns="n", values=column)
    return wide.reindex(seeds["seed"].unique())


def _mean_label(losses: "pd.DataFrame", confidence: float) -> str:
    if len(losses) < 2:
        return "mean"
    return f"mean of {len(losses)} seeds, {confidence:.0%} interval"


@styled
def steps(
    table: "pd.DataFrame",
    seeds: "pd.DataFrame",
    fresh: "pd.DataFrame",
    claimed: Collection[int],
    original: int,
    confidence: float,
) -> Figure:
    """Draw what one more Gaussian does to the best loss: each seed, their mean, and who regresses.

    Thick bars are intervals of a single step, thin ones hold for all steps together. Full marks
    differ from 0 after correction for the number of steps. Shaded are the N that the original says
    do worse than one fewer, diamonds its own seed.

    Parameters
    ----------
    table, seeds, fresh
        ``gaussians_steps.csv``, ``gaussians_seeds.csv`` and ``gaussians_fresh_steps.csv``.
    claimed
        N that the original says do worse than one fewer; none on another image than its own.
    original
        Seed that the original's statements rest on.
    confidence
        Level of the intervals in `table`.

    Raises
    ------
    DataError
        If there is no step.
    """
    table = table.dropna(subset="mean")
    need(len(table), "steps from N - 1 to N")
    figure = new_figure(6.6, 4.8)
    above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [2.2, 1]})
    n = table["n"].to_numpy()
    for axes in (above, below):
        for number in set(claimed) & set(n):
            axes.axvspan(number - 0.45, number + 0.45, color=LIGHT_GREY, alpha=0.5, lw=0, zorder=0)
    above.axhline(0, color=GREY, lw=0.8)
    _draw_seeds(above, _by_seed(seeds, "change")[n])
    above.errorbar(
        n, table["mean"], _bars(table, "mean", "joint_"), fmt="none", ecolor=BLUE, lw=0.8
    )
    above.errorbar(n, table["mean"], _bars(table, "mean", ""), fmt="none", ecolor=BLUE, lw=2.4)
    found = (table["p_holm"] < 1 - confidence).to_numpy()
    for part, face in ((found, BLUE), (~found, "white")):
        above.plot(n[part], table["mean"][part], "o", color=BLUE, mfc=face, ms=5, zorder=4)
    above.plot(n, table["original"], "D", color=ORANGE, ms=4.5, mfc="none", mew=1.2, zorder=5)
    at = fresh["n"] + 0.2
    bars = {"fmt": "s", "color": GREEN, "ms": 4, "lw": 1.6, "zorder": 4}
    above.errorbar(at, fresh["mean"], _bars(fresh, "mean", ""), **bars)
    below.errorbar(at, fresh["share"], _bars(fresh, "share", "share_"), **bars)
    below.errorbar(n, table["share"], _bars(table, "share", "share_"), fmt="o", color=BLUE, ms=4)
    below.plot(n, table["expected_share"], "--", color=GREY, lw=1)
    above.set_ylabel("best loss at N minus\nthat at N − 1")
    below.set_ylabel("share of seeds\nthat do worse")
    below.set(xlabel="number of Gaussians N", ylim=(0, 1))
    percent_axis(below, "y")
    below.xaxis.set_major_locator(MaxNLocator(integer=True))
    handles = _step_legend(confidence, original, any(number in claimed for number in n))
    if len(fresh):
        label = f"mean of {fresh['seeds'].max()} fresh seeds, {confidence:.0%} interval"
        handles.insert(2, Line2D([], [], color=GREEN, marker="s", ms=4, lw=1.6, label=label))
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return figure


def _draw_seeds(axes: Axes, differences: "pd.DataFrame") -> None:
    """Draw a faint point for each seed, side by side at each N."""
    aside = np.linspace(-0.3, 0.3, len(differences)) if len(differences) > 1 else np.zeros(1)
    for number, values in differences.items():
        axes.plot(number + aside, values, "o", color=GREY, ms=2, mew=0, alpha=0.7)


def _bars(table: "pd.DataFrame", centre: str, end: str) -> np.ndarray:
    """Return the lengths of error bars below and above, 0 where there is no interval."""
    below, above = table[centre] - table[f"{end}low"], table[f"{end}high"] - table[centre]
    return np.maximum(np.nan_to_num(np.array([below, above])), 0)


def _step_legend(confidence: float, original: int, claimed: bool) -> list[Line2D]:
    level = f"{confidence:.0%}"
    mean = {"color": BLUE, "marker": "o", "ms": 5}
    shaded = Line2D([], [], color=LIGHT_GREY, lw=7, alpha=0.5, label="said to do worse")
    return [
        Line2D([], [], color=GREY, marker="o", ls="", ms=2, label="a seed"),
        Line2D([], [], lw=2.4, mfc="white", label=f"mean, {level} interval", **mean),
        Line2D([], [], color=BLUE, lw=0.8, label=f"{level} for all steps together"),
        Line2D([], [], color=ORANGE, marker="D", ls="", mfc="none", label=f"seed {original}"),
        *([shaded] if claimed else []),
        Line2D([], [], color=GREY, ls="--", label="share if all steps were alike"),
    ]


@styled
def one_seed(summary: "pd.DataFrame") -> Figure:
    """Draw how often one seed has two N in the right order, and how far it agrees with the others.

    Parameters
    ----------
    summary
        ``gaussians_seeds_summary.csv``.

    Raises
    ------
    DataError
        If there is no order to draw.
    """
    order = summary[summary["quantity"] == "right_order"].dropna(subset="value")
    need(len(order), "order of two N in one seed and the others")
    figure = new_figure(7.2, 3.3)
    figure.suptitle(f"{counted_from(order['n'])}: each one beside the mean of the others")
    left, right = figure.subplots(1, 2, gridspec_kw={"width_ratios": [1, 1.1]})
    distance = order["part"].astype(int).to_numpy()
    left.axhline(0.5, color=GREY, lw=0.8, ls=":")
    left.text(distance.max(), 0.49, "chance", ha="right", va="top", color=GREY, size=7.5)
    left.errorbar(distance, order["value"], _bars(order, "value", ""), fmt="o", color=BLUE, ms=4)
    left.set(xlabel="difference of the two N", ylabel="one seed has two N\nin the right order")
    left.set_ylim(0, 1.03)
    percent_axis(left, "y")
    left.xaxis.set_major_locator(MaxNLocator(integer=True))
    _draw_agreement(right, summary)
    return figure


AGREEMENT = {
    ("rank_correlation", "losses"): "rank correlation with\nthe others, losses",
    ("rank_correlation", "steps"): "rank correlation with\nthe others, steps",
    ("picks_best", ""): "share of seeds\nthat find the best N",
    ("share_of_n", "of one curve"): "share of N in the\nvariance of one curve",
    ("share_of_n", "of one curve beyond its trend"): "the same,\nbeyond its trend",
}


def _draw_agreement(axes: Axes, summary: "pd.DataFrame") -> None:
    """Draw what would be 1 if one seed told as much as all, and 0 if it told nothing."""
    parts = summary["part"].fillna("")
    rows = summary.assign(part=parts).drop_duplicates(["quantity", "part"])
    found = rows.set_index(["quantity", "part"]).reindex(list(AGREEMENT))
    places = -np.arange(len(found))
    axes.axvline(0, color=GREY, lw=0.8, ls=":")
    axes.axvline(1, color=GREY, lw=0.8, ls=":")
    axes.errorbar(found["value"], places, xerr=_bars(found, "value", ""), fmt="o", color=BLUE, ms=4)
    axes.set_yticks(places, list(AGREEMENT.values()))
    axes.set_xlabel("0: one seed tells nothing    1: it tells all")
    axes.set_ylim(places.min() - 0.5, 0.5)
    low = min(np.nanmin(found[["value", "low"]].to_numpy(), initial=0), -0.1)
    axes.set_xlim(low - 0.05, 1.05)

"""Figures of the local learning coefficient: along training, against the loss, and its quality.

Estimates that are not ok are drawn hollow everywhere, and a legend says so and how many have no
value to draw. Initialisations come in the order of the table; sparsity is a colour along viridis.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from lgi.figures.style import (
    GREY,
    HOLLOW,
    LIGHT_GREY,
    LOSSES,
    OKABE_ITO,
    by_quality,
    category_colours,
    colour_by,
    draw_quartiles,
    epoch_axis,
    loss_axis,
    need,
    new_figure,
    quality_handles,
    share_panels,
    signed_log_axis,
    sparsity_handles,
    styled,
)
from lgi.llc.status import BIASED_STEP, DIVERGED, NOT_A_MINIMUM, NOT_CONVERGED, NOT_LOCAL, OK

if TYPE_CHECKING:
    import pandas as pd

    from lgi.llc.inference_data import Trace

KEYS = ["init", "samples", "sparsity", "seed", "epoch"]
# In the order in which figures stack them; ok at the bottom, the worst on top.
STATUSES = {
    OK: OKABE_ITO[2],
    NOT_CONVERGED: OKABE_ITO[4],
    BIASED_STEP: OKABE_ITO[5],
    NOT_LOCAL: OKABE_ITO[3],
    NOT_A_MINIMUM: LIGHT_GREY,
    DIVERGED: OKABE_ITO[6],
}
# Where the axis of the LLC turns from linear to logarithmic, and the length of [0, 10] in decades:
# states far from a minimum go down to -1,000 and less.
LINEAR_LLC = (10.0, 1.5)


@styled
def loss_vs_llc(
    both: "pd.DataFrame",
    *,
    epoch: int,
    samples: int,
    loss: str = "train_loss",
) -> Figure:
    """Draw the loss against the LLC at one epoch: a point per seed, a curve through the medians.

    Points are hollow where the estimate is not ok: such a value is no learning coefficient. A
    median is hollow where half of its seeds or more are not ok.

    Parameters
    ----------
    both
        Losses beside estimates with one setting: init, samples, sparsity, seed, epoch, the loss,
        sigma, n_beta, localisation, llc, status.
    epoch, samples
        Rows to draw.
    loss
        Column of the loss.

    Raises
    ------
    DataError
        If no model of these samples and this epoch has both a finite loss and a finite LLC.
    """
    rows = both[(both["samples"] == samples) & (both["epoch"] == epoch)]
    finite = np.isfinite(rows["llc"]) & np.isfinite(rows[loss])
    lost, rows = int((~finite).sum()), rows[finite]
    need(len(rows), f"loss and LLC at epoch {epoch} with {samples} samples")
    colours = colour_by(rows["sparsity"])
    figure, panels, corner = _panels(rows["init"].unique(), sharex=True, sharey=True)
    for init, axes in panels.items():
        part = rows[rows["init"] == init]
        for sparsity, cloud in part.groupby("sparsity"):
            _draw_cloud(axes, cloud, loss, colours[sparsity])
        _draw_medians(axes, part, loss, colours)
        signed_log_axis(axes, "x", rows["llc"], *LINEAR_LLC)
        loss_axis(axes, rows[loss])
    figure.supxlabel(f"LLC at epoch {epoch:,} ({scale_label(rows)})")
    figure.supylabel(LOSSES[loss])
    handles = [*sparsity_handles(colours, marker="o", ls="", ms=4), _median_handle()]
    corner.legend(handles=[*handles, *quality_handles(rows["status"] == OK, lost)], loc="center")
    return figure


def _draw_cloud(axes: Axes, cloud: "pd.DataFrame", loss: str, colour: str) -> None:
    for points, face in by_quality(cloud, cloud["status"] == OK, colour, hollow="none"):
        axes.scatter(points["llc"], points[loss], s=9, lw=0.5, ec=colour, fc=face, alpha=0.8)


def _draw_medians(axes: Axes, part: "pd.DataFrame", loss: str, colours: dict[float, str]) -> None:
    medians = part.groupby("sparsity")[["llc", loss]].median()
    hollow = _mostly_not_ok(part, "sparsity")
    axes.plot(medians["llc"], medians[loss], color="black", lw=0.8, zorder=3)
    face = [HOLLOW if hollow[s] else colours[s] for s in medians.index]
    edge = [colours[s] if hollow[s] else "black" for s in medians.index]
    axes.scatter(medians["llc"], medians[loss], s=20, marker="s", c=face, ec=edge, lw=1, zorder=4)


def _mostly_not_ok(rows: "pd.DataFrame", key: str) -> "pd.Series":
    return (rows["status"] != OK).groupby(rows[key]).mean() >= 0.5


@styled
def llc_over_training(llc: "pd.DataFrame", *, samples: int) -> Figure:
    """Draw the LLC along training: median and quartiles over seeds, a panel per initialisation.

    A median is hollow where half of its seeds or more are not ok.

    Parameters
    ----------
    llc
        Estimates with one setting: init, samples, sparsity, epoch, sigma, n_beta, localisation,
        llc, status.
    samples
        Rows to draw.

    Raises
    ------
    DataError
        If no row of these samples has a finite LLC.
    """
    rows, lost = _with_value(llc[llc["samples"] == samples], f"LLC with {samples} samples")
    colours = colour_by(rows["sparsity"])
    figure, panels, corner = _panels(rows["init"].unique(), sharex=True, sharey=True)
    for init, axes in panels.items():
        _draw_along_training(axes, rows[rows["init"] == init], colours)
        _training_axes(axes, rows)
    figure.supxlabel("epoch")
    figure.supylabel(f"LLC, median and quartiles over seeds\n({scale_label(rows)})")
    handles = [
        *sparsity_handles(colours, marker="o", ms=3),
        *quality_handles(rows["status"] == OK, lost),
    ]
    corner.legend(handles=handles, loc="center")
    return figure


@styled
def llc_settings(llc: "pd.DataFrame", *, samples: int) -> Figure:
    """Draw the LLC along training for several settings: a row per setting, a column per start.

    Medians and quartiles over seeds; a median is hollow where half of its seeds or more are not ok.

    Parameters
    ----------
    llc
        Estimates: setting, init, samples, sparsity, epoch, sigma, n_beta, localisation, llc,
        status.
    samples
        Rows to draw.

    Raises
    ------
    DataError
        If no row of these samples has a finite LLC.
    """
    rows, lost = _with_value(llc[llc["samples"] == samples], f"LLC with {samples} samples")
    settings, inits = rows["setting"].unique(), rows["init"].unique()
    colours = colour_by(rows["sparsity"])
    figure = new_figure(1.75 * len(inits) + 1.7, 1.9 * len(settings) + 0.4)
    grid = figure.subplots(len(settings), len(inits), sharex=True, sharey=True, squeeze=False)
    for line, setting in zip(grid, settings, strict=True):
        for axes, init in zip(line, inits, strict=True):
            part = rows[(rows["setting"] == setting) & (rows["init"] == init)]
            _draw_along_training(axes, part, colours)
            _training_axes(axes, rows)
        own = scale_label(rows[rows["setting"] == setting], "\n")
        line[0].set_ylabel(f"{setting}\n{own}")
    for axes, init in zip(grid[0], inits, strict=True):
        axes.set_title(init)
    figure.supxlabel("epoch")
    figure.supylabel("LLC, median and quartiles over seeds")
    handles = [
        *sparsity_handles(colours, marker="o", ms=3),
        *quality_handles(rows["status"] == OK, lost),
    ]
    figure.legend(handles=handles, loc="outside right center")
    return figure


def _draw_along_training(axes: Axes, rows: "pd.DataFrame", colours: dict[float, str]) -> None:
    for sparsity, part in rows.groupby("sparsity"):
        median = draw_quartiles(axes, part, "llc", colours[sparsity])
        hollow = _mostly_not_ok(part, "epoch")
        for points, face in by_quality(median, ~hollow, colours[sparsity]):
            axes.plot(points.index, points, "o", color=colours[sparsity], mfc=face, ms=3)


def _training_axes(axes: Axes, rows: "pd.DataFrame") -> None:
    keys = [key for key in ("setting", "init", "sparsity", "epoch") if key in rows]
    epoch_axis(axes, rows["epoch"].max(), rows["epoch"].min())
    signed_log_axis(axes, "y", rows.groupby(keys)["llc"].quantile([0.25, 0.75]), *LINEAR_LLC)


@styled
def llc_status(shares: "pd.DataFrame", *, samples: int) -> Figure:
    """Draw the share of each status at every epoch, a panel per initialisation and sparsity.

    Parameters
    ----------
    shares
        Of one setting: sigma, n_beta, localisation, init, samples, sparsity, epoch, status, share;
        see `lgi.llc.tables.status_shares`.
    samples
        Rows to draw.

    Raises
    ------
    DataError
        If there is no row with these samples.
    """
    rows = shares[shares["samples"] == samples]
    need(len(rows), f"estimates with {samples} samples")
    colours = {name: colour for name, colour in STATUSES.items() if name in set(rows["status"])}
    epochs = sorted(rows["epoch"].unique())
    figure, panels = share_panels(rows, colours, {name: name for name in colours}, foot=0.9)
    for axes, part in panels:
        wide = part.pivot(index="epoch", columns="status", values="share")
        _stack(axes, wide.reindex(epochs, columns=list(colours)).fillna(0), colours)
        axes.set_xticks(range(len(epochs)), [f"{epoch:,}" for epoch in epochs], rotation=90)
    figure.supxlabel(f"epoch (status at {scale_label(rows)})")
    return figure


def _stack(axes: Axes, shares: "pd.DataFrame", colours: Mapping[str, str]) -> None:
    """Draw a bar for each epoch, cut into the shares of the statuses."""
    bottom = np.zeros(len(shares))
    for status, colour in colours.items():
        axes.bar(range(len(shares)), shares[status], 0.8, bottom, color=colour)
        bottom += shares[status].to_numpy()
    axes.set_ylim(0, 1)


@styled
def llc_calibration(table: "pd.DataFrame") -> Figure:
    """Draw the estimate, its bias and its acceptance against the settings of the estimator.

    Above what the step size does, for each sampler: the estimate beside that of long unbiased
    chains, its difference from them, and the acceptance. Below the estimate of the unbiased
    sampler against localisation, nβ and n; dotted lines stand at the values in use. On the right
    its bias and effective sample size against the length of the chains. A colour is a model, error
    bars are standard errors, hollow points are not ok.

    Parameters
    ----------
    table
        From `lgi.superposition.llc.calibration.calibrate`.

    Raises
    ------
    DataError
        If there are no rows.
    """
    need(len(table), "calibration of the LLC")
    rows = table.assign(model=[_model_label(*row) for row in table[KEYS].itertuples(index=False)])
    colours = dict(
        zip(rows["model"].unique(), category_colours(rows["model"].nunique()), strict=True)
    )
    figure = new_figure(10.6, 5.0)
    grid = figure.subplots(2, 4)
    samplers = rows.loc[rows["varied"] == "step_size", "sampler"].unique()
    marks = dict(zip(samplers, ("o-", "^--", "s:"), strict=False))
    for model, part in rows.groupby("model", sort=False):
        steps = part[part["varied"] == "step_size"]
        reference = part.loc[part["varied"] == "reference", "llc"].iloc[0]
        grid[0, 0].axhline(reference, color=colours[model], lw=0.6)
        for sampler, line in steps.groupby("sampler"):
            look = {"color": colours[model], "mark": marks[sampler]}
            _draw_sweep(grid[0, 0], line, "llc", "llc_se", **look)
            _draw_sweep(grid[0, 1], line, "bias", "bias_se", **look)
            _draw_sweep(grid[0, 2], line, "acceptance", None, **look)
        sampler = part.loc[part["varied"] == "reference", "sampler"].iloc[0]
        of_reference = {"color": colours[model], "mark": marks[sampler]}
        for axes, varied in zip(grid[1, :3], ("localisation", "n_beta", "n"), strict=True):
            line = part[part["varied"] == varied]
            _draw_sweep(axes, line, "llc", "llc_se", **of_reference)
        lengths = part[part["varied"] == "draws"]
        _draw_sweep(grid[0, 3], lengths, "bias", "bias_se", **of_reference)
        _draw_sweep(grid[1, 3], lengths, "ess", None, **of_reference)
    _calibration_axes(grid, rows)
    handles = [Line2D([], [], color=colour, lw=2, label=model) for model, colour in colours.items()]
    handles += [
        Line2D([], [], color=GREY, marker=mark[0], ls=mark[1:], ms=4, label=sampler)
        for sampler, mark in marks.items()
    ]
    handles.append(Line2D([], [], color=GREY, lw=0.6, label="long unbiased chains"))
    handles.append(Line2D([], [], color=GREY, lw=0.8, ls=":", label="in use"))
    handles += quality_handles(rows["status"] == OK, int((~np.isfinite(rows["llc"])).sum()))
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure


def _model_label(init: str, samples: int, sparsity: float, seed: int, epoch: int) -> str:
    return f"{init}, {samples:,} samples, S = {sparsity:.4f}, seed {seed}, epoch {epoch:,}"


def _draw_sweep(
    axes: Axes, rows: "pd.DataFrame", column: str, error: str | None, *, color: str, mark: str
) -> None:
    """Draw one column along the values of a sweep, hollow where the estimate is not ok."""
    rows = rows[np.isfinite(rows[column])].sort_values("value")
    axes.plot(rows["value"], rows[column], color=color, ls=mark[1:], lw=0.8)
    if error:
        axes.errorbar(rows["value"], rows[column], rows[error], color=color, ls="", lw=0.8)
    for points, face in by_quality(rows, rows["status"] == OK, color):
        axes.plot(points["value"], points[column], mark[0], color=color, mfc=face, ms=4)


def _calibration_axes(grid: np.ndarray, rows: "pd.DataFrame") -> None:
    reference = rows[rows["varied"] == "reference"]
    for axes in grid[0, :3]:
        axes.set_xlabel("step size ε")
    for axes, name in zip(
        grid[1, :3],
        ("localisation γ", "nβ", "n in nβ = n / ln n"),
        strict=True,
    ):
        axes.set_xlabel(name)
    for axes in grid[:, 3]:
        axes.set_xlabel("chain length / the setting's")
    for axes in grid.flat:
        axes.set_xscale("log")
    for axes in (grid[0, 0], *grid[1, :3]):
        axes.set_ylabel("LLC")
    for axes in (grid[0, 1], grid[0, 3]):
        axes.set_ylabel("LLC − long chains' LLC")
        axes.axhline(0, color=GREY, lw=0.6)
    grid[1, 3].set(ylabel="effective sample size", yscale="log")
    grid[0, 2].set(ylabel="mean acceptance", ylim=(0, 1.02))
    # Steps that are far too large may lead anywhere; what matters is where they start to.
    reach = reference["llc"].abs().max()
    for axes in (grid[0, 0], *grid[1, :3]):
        low, high = axes.get_ylim()
        axes.set_ylim(max(min(low, 0), -reach), min(high, 2 * reach))
    low, high = grid[0, 1].get_ylim()
    grid[0, 1].set_ylim(max(low, -reach), min(high, reach))
    for axes, name in zip(grid[1], ("localisation", "n_beta"), strict=False):
        for value in reference[name].unique():
            axes.axvline(value, color=GREY, lw=0.8, ls=":", zorder=0)


@styled
def llc_trace(trace: "Trace") -> Figure:
    """Draw the chains of one estimate, and the estimate that each gives as its draws come in.

    Parameters
    ----------
    trace
        The chains; ``record`` names the setting, and of study 2 the model (init, samples, sparsity,
        seed, epoch).

    Raises
    ------
    DataError
        If there are no draws after the burn-in.
    """
    draws, burn_in = trace.llc, trace.burn_in
    need(max(0, draws.shape[1] - burn_in), "draws after the burn-in")
    figure = new_figure(7.4, 3.4)
    above, below = figure.subplots(2, 1, sharex=True)
    steps = trace.thin * np.arange(1, draws.shape[1] + 1)
    kept = draws[:, burn_in:]
    count = np.arange(1, kept.shape[1] + 1)
    for chain, colour in zip(draws, category_colours(len(draws)), strict=True):
        above.plot(steps, chain, color=colour, lw=0.4)
        below.plot(steps[burn_in:], np.cumsum(chain[burn_in:]) / count, color=colour, lw=0.9)
    together = np.cumsum(kept.mean(axis=0)) / count
    below.plot(steps[burn_in:], together, color="black", lw=1.4)
    for axes in (above, below):
        axes.axvspan(0, trace.thin * burn_in, color=LIGHT_GREY, lw=0, zorder=0)
    title = trace.record["setting"]["sampler"]["kind"]
    if "status" in trace.record:
        title += f", {trace.record['status']}"
    if all(key in trace.record for key in KEYS):  # not of a model of one's own
        title = f"{_model_label(*(trace.record[key] for key in KEYS))}: {title}"
    above.set(ylabel="nβ (L − L(w*))", title=title)
    below.set(xlabel="step of the chain", ylabel="running mean", xlim=(0, steps[-1]))
    handles = [
        Line2D([], [], color=OKABE_ITO[0], lw=0.9, label="a colour per chain"),
        Line2D([], [], color="black", lw=1.4, label="all chains"),
        Patch(color=LIGHT_GREY, label="burn-in, left out"),
    ]
    figure.legend(handles=handles, loc="outside right center")
    return figure


@styled
def llc_resolution(curve: "pd.DataFrame") -> Figure:
    """Draw λ̂ of one model against nβ with γ in proportion, with two standard errors.

    Parameters
    ----------
    curve
        From `lgi.llc.library.curve.resolution_curve`.

    Raises
    ------
    DataError
        If no estimate has a value.
    """
    rows, lost = _with_value(curve, "LLC at any scale")
    figure = new_figure(5.2, 2.8)
    axes, colour = figure.subplots(), OKABE_ITO[0]
    axes.plot(rows["n_beta"], rows["llc"], color=colour, lw=0.8)
    axes.errorbar(rows["n_beta"], rows["llc"], 2 * rows["llc_se"], color=colour, ls="", lw=0.8)
    for points, face in by_quality(rows, rows["status"] == OK, colour):
        axes.plot(points["n_beta"], points["llc"], "o", color=colour, mfc=face, ms=4)
    rings = rows[rows["stable"]]
    ring = {"marker": "o", "color": "black", "mfc": "none", "ms": 8, "mew": 0.6, "ls": ""}
    axes.plot(rings["n_beta"], rings["llc"], **ring)
    gamma = rows["localisation"].iloc[0] / rows["n_beta"].iloc[0]
    axes.set(xscale="log", xlabel=f"nβ, with γ = {gamma:.2g} nβ", ylabel="LLC, ± 2 se")
    handles = [
        Line2D([], [], color=colour, marker="o", ms=4, lw=0.8, label="estimate"),
        Line2D([], [], label="stable: stays over\na decade both ways", **ring),
        *quality_handles(rows["status"] == OK, lost),
    ]
    figure.legend(handles=handles, loc="outside right center")
    return figure


def scale_label(rows: "pd.DataFrame", between: str = ", ") -> str:
    """Return nβ, γ and σ of some estimates, for an axis or a legend.

    Parameters
    ----------
    rows
        Columns n_beta, localisation and sigma; where a value differs among them, all are listed.
    between
        What stands between the three.
    """
    names = {"n_beta": "nβ", "localisation": "γ", "sigma": "σ"}
    found = {
        sign: sorted({f"{v:.4g}" for v in rows[name]}, key=float) for name, sign in names.items()
    }
    return between.join(f"{sign} = {' or '.join(values)}" for sign, values in found.items())


def _with_value(rows: "pd.DataFrame", what: str) -> tuple["pd.DataFrame", int]:
    """Return the rows with a finite LLC and how many have none; none at all is an error."""
    finite = np.isfinite(rows["llc"])
    need(int(finite.sum()), what)
    return rows[finite], int((~finite).sum())


def _panels(names: Sequence[str], **share: bool) -> tuple[Figure, dict[str, Axes], Axes]:
    """Return a figure with a titled panel for each name, and one more, empty, for the legend."""
    columns = min(3, len(names) + 1)
    rows = -(-(len(names) + 1) // columns)
    figure = new_figure(2.5 * columns, 2.2 * rows + 0.2)
    grid = figure.subplots(rows, columns, squeeze=False, **share).ravel()
    panels = dict(zip(names, grid, strict=False))
    for name, axes in panels.items():
        axes.set_title(name)
        axes.tick_params(labelbottom=True, labelleft=True)
    for axes in grid[len(names) :]:
        axes.set_axis_off()
    return figure, panels, grid[len(names)]


def _median_handle() -> Line2D:
    marks = {"marker": "s", "ms": 4, "mfc": "none", "lw": 0.8}
    return Line2D([], [], color="black", label="median over seeds", **marks)

"""Figures of the local learning coefficient: along training, against the loss, and its quality.

Estimates that are not ok are drawn hollow everywhere, and a legend says so and how many have no
value to draw. The LLC has one axis in all figures of a study (`llc_limits`). Initialisations come
in the order of the table; sparsity is a colour along viridis.
"""

from collections.abc import Mapping
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from lgi.display import LOSSES, UNNAMED_MODELS, SuperpositionNames
from lgi.figures.style import (
    GREY,
    HOLLOW,
    LIGHT_GREY,
    OKABE_ITO,
    by_quality,
    category_colours,
    colour_by,
    loss_axis,
    need,
    new_figure,
    plain_log_axis,
    quality_handles,
    sparsity_handles,
    styled,
)
from lgi.intervals import rank_correlation
from lgi.llc.status import BIASED_STEP, DIVERGED, NOT_A_MINIMUM, NOT_CONVERGED, NOT_LOCAL, OK

if TYPE_CHECKING:
    import pandas as pd

    from lgi.llc.inference_data import Trace

KEYS = ["init", "samples", "sparsity", "seed", "epoch"]
STATUSES = (OK, NOT_CONVERGED, BIASED_STEP, NOT_LOCAL, NOT_A_MINIMUM, DIVERGED)
# Where the axis of an LLC turns from linear to logarithmic, and the length of [0, 10] in decades.
LINEAR_LLC = (10.0, 1.5)
FEW = 5  # seeds with an estimate that is ok: of fewer no median is drawn as one
MOST_LOSS = 3  # end of the axis of losses, in units of 1 - S at the lowest sparsity
BIAS = 2 / 3  # of the highest coefficient: ends of the axis of a bias
REFERENCE = "reference"  # the long chains of a calibration
SWEEPS = (
    ("step_size", "llc", "llc_se", "step size ε"),
    ("step_size", "bias", "bias_se", "step size ε"),
    ("step_size", "acceptance", None, "step size ε"),
    ("localisation", "llc", "llc_se", "localisation γ"),
    ("n_beta", "llc", "llc_se", "nβ"),
    ("n", "llc", "llc_se", "n in nβ = n / ln n"),
    ("draws", "bias", "bias_se", "chain length / the setting's"),
    ("draws", "ess", None, "chain length / the setting's"),
)
"""Panels of a calibration: what is varied, what is drawn with which error, and the x axis."""
OF_SWEEPS = {
    "llc": "LLC",
    "bias": "LLC − long chains' LLC",
    "acceptance": "mean acceptance",
    "ess": "effective sample size",
}
LINES = 9  # for which the table beside a panel has room
AT_EDGE = 0.02  # of an axis: how far from its end an arrow stands


def llc_limits(highest: float) -> tuple[float, float]:
    """Return the ends of the axis of the LLC that all figures of a model have.

    A learning coefficient lies between 0 and `highest`; a quarter of that is left on both sides.
    What lies beyond is none, and is drawn as an arrow at the edge.

    Parameters
    ----------
    highest
        Half the number of parameters.
    """
    return -0.25 * highest, 1.25 * highest


@styled
def loss_vs_llc(
    both: "pd.DataFrame",
    *,
    epoch: int,
    samples: int,
    highest: float,
    loss: str = "train_loss",
    names: SuperpositionNames = UNNAMED_MODELS,
) -> Figure:
    """Draw the loss against the LLC at one epoch: a point per seed, a curve through the medians.

    Points are hollow where the estimate is not ok: such a value is no learning coefficient, and
    neither the medians nor the correlations count it. The axes are those of every epoch; what lies
    beyond is an arrow at the edge, counted in the title.

    Parameters
    ----------
    both
        Losses beside estimates with one setting: init, samples, sparsity, seed, epoch, the loss,
        sigma, n_beta, localisation, llc, status.
    epoch, samples
        Rows to draw.
    highest
        Half the number of parameters.
    loss
        Column of the loss.
    names
        Display names.

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
    inits = list(rows["init"].unique())
    figure, places = scatter_panels(len(inits))
    for init, (axes, beside) in zip(inits, places, strict=True):
        part = rows[rows["init"] == init]
        good = part["status"] == OK
        beyond = draw_losses(axes, part, loss, colours, highest)
        _draw_medians(axes, part[good], loss, colours)
        title = f"{names.of('initialisations', init)} start"
        axes.set_title("\n".join([title, f"{good.sum():,} of {len(part):,} ok", *beyond]))
        write_correlations(beside, part[good], loss, colours, "ok")
    figure.supxlabel(f"LLC at epoch {epoch:,} ({scale_label(rows)}); {samples:,} training samples")
    figure.supylabel(LOSSES[loss])
    line = {"marker": "s", "ms": 4, "mec": "black", "mfc": GREY, "lw": 0.8}
    label = f"medians of the ok, where {FEW} are"
    handles = [Line2D([], [], color="black", label=label, **line)]
    handles += [*beyond_handles(), *quality_handles(rows["status"] == OK, lost)]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
    return figure


def scatter_panels(count: int) -> tuple[Figure, list[tuple[Axes, Axes]]]:
    """Return a figure and its panels, two in a line, each with room for a small table beside it."""
    columns = min(2, count)
    lines = -(-count // columns)
    figure = new_figure(3.9 * columns, 2.9 * lines + 0.7)
    grid = figure.subplots(lines, 2 * columns, squeeze=False, width_ratios=(2, 1) * columns)
    places = [(line[k], line[k + 1]) for line in grid for k in range(0, 2 * columns, 2)]
    for axes in grid[:, 1::2].ravel():
        axes.set_axis_off()
    for axes, _ in places[count:]:
        axes.set_axis_off()
    return figure, places[:count]


def draw_losses(
    axes: Axes, rows: "pd.DataFrame", loss: str, colours: Mapping[float, str], highest: float
) -> list[str]:
    """Draw loss against LLC on the axes that every epoch has; return what is beyond, in words.

    Parameters
    ----------
    axes
        The panel.
    rows
        Columns sparsity, llc, status and the loss, all finite.
    loss
        Column of the loss.
    colours
        By sparsity.
    highest
        Half the number of parameters.
    """
    low, high = llc_limits(highest)
    top = MOST_LOSS * (1 - min(colours))
    loss_axis(axes, [0, top])
    axes.set(xlim=(low, high), ylim=(-1e-4, top))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    for place in (0, highest):
        axes.axvline(place, color=GREY, lw=0.6, ls=":", zorder=0)
    edge = AT_EDGE * (high - low)
    x, y = rows["llc"].clip(low + edge, high - edge), rows[loss].clip(upper=0.9 * top)
    ways = (
        ("<", "below", rows["llc"] < low),
        (">", "above", rows["llc"] > high),
        ("^", "higher losses", rows["llc"].between(low, high) & (rows[loss] > top)),
    )
    seen = ~np.logical_or.reduce([beyond for _, _, beyond in ways])
    shades = rows["sparsity"].map(colours)
    for points, face in by_quality(rows[seen], rows["status"][seen] == OK, "ok", hollow="none"):
        own = shades[points.index]
        full = own if face == "ok" else face
        axes.scatter(points["llc"], points[loss], s=9, lw=0.5, ec=own, fc=full, alpha=0.8)
    said = []
    for mark, words, beyond in ways:
        if beyond.any():
            look = {"marker": mark, "s": 12, "lw": 0.5, "fc": "none", "alpha": 0.8}
            axes.scatter(x[beyond], y[beyond], ec=shades[beyond], **look)
            said.append(f"{beyond.sum():,} {words}")
    return [f"beyond the axes: {', '.join(said)}"] if said else []


def beyond_handles() -> list[Line2D]:
    """Return a legend handle that says what an arrow is."""
    marks = {"marker": "<", "ms": 4, "mfc": "none", "ls": ""}
    return [Line2D([], [], color=GREY, label="arrow: beyond the axes,\nno coefficient", **marks)]


def write_correlations(
    axes: Axes, rows: "pd.DataFrame", loss: str, colours: Mapping[float, str], which: str = ""
) -> None:
    """Write Spearman's correlation of loss and LLC over seeds, a line per sparsity.

    Parameters
    ----------
    axes
        Where: a panel that is switched off.
    rows
        Columns sparsity, llc and the loss, all finite.
    loss
        Column of the loss.
    colours
        By sparsity.
    which
        Which seeds are counted, for the head of their column.
    """
    axes.set(xlim=(0, 1), ylim=(max(len(colours), LINES) + 0.5, -0.7))
    columns = (0.38, "right"), (0.72, "right"), (1.0, "right")
    lines = [("S", "ρ", f"n {which}".strip())]
    for sparsity in colours:
        part = rows[rows["sparsity"] == sparsity]
        x = rank_correlation(part[["llc", loss]].to_numpy()) if len(part) >= FEW else np.nan
        rho = f"{x:.2f}".replace("-", "−") if np.isfinite(x) else "–"
        lines.append((f"{sparsity:.4f}", rho, f"{len(part)}"))
    for place, words in enumerate(lines):
        for (x, side), text in zip(columns, words, strict=True):
            axes.text(x, place, text, ha=side, va="center", size=7.5)
    marks = {"s": 16, "c": list(colours.values()), "lw": 0, "clip_on": False}
    axes.scatter([-0.03] * len(colours), range(1, len(colours) + 1), **marks)


def _draw_medians(axes: Axes, good: "pd.DataFrame", loss: str, colours: dict[float, str]) -> None:
    groups = good.groupby("sparsity")
    medians = groups[["llc", loss]].median()[groups.size() >= FEW]
    axes.plot(medians["llc"], medians[loss], color="black", lw=0.8, zorder=3)
    face = [colours[sparsity] for sparsity in medians.index]
    axes.scatter(medians["llc"], medians[loss], s=20, marker="s", c=face, ec="black", zorder=4)


@styled
def llc_over_training(
    llc: "pd.DataFrame", *, samples: int, highest: float, names: SuperpositionNames = UNNAMED_MODELS
) -> Figure:
    """Draw the LLC along training: median and quartiles over seeds, a panel per initialisation.

    See `llc_settings`, of which it is one row.

    Parameters
    ----------
    llc
        Estimates with one setting: init, samples, sparsity, epoch, sigma, n_beta, localisation,
        llc, status.
    samples
        Rows to draw.
    highest
        Half the number of parameters.
    names
        Display names.

    Raises
    ------
    DataError
        If no row of these samples has a finite LLC.
    """
    rows, lost = _with_value(llc[llc["samples"] == samples], f"LLC with {samples} samples")
    colours = colour_by(rows["sparsity"])
    inits = rows["init"].unique()
    figure = new_figure(1.4 * len(inits) + 2.3, 3.0)
    panels = figure.subplots(1, len(inits), sharey=True, squeeze=False)[0]
    for axes, init in zip(panels, inits, strict=True):
        hidden = _draw_along_training(axes, rows, rows[rows["init"] == init], colours, highest)
        axes.set_title("\n".join([f"{names.of('initialisations', init)} start", *hidden]))
    figure.supxlabel("epoch")
    panels[0].set_ylabel(f"LLC, {samples:,} training samples\n{scale_label(rows)}")
    figure.legend(handles=_training_handles(colours, lost), loc="outside right center")
    return figure


@styled
def llc_settings(
    llc: "pd.DataFrame", *, samples: int, highest: float, names: SuperpositionNames = UNNAMED_MODELS
) -> Figure:
    """Draw the LLC along training for several settings: a row per setting, a column per start.

    Medians and quartiles are those of the seeds whose estimate is ok, where `FEW` are. Where fewer
    are, the median over all seeds stands hollow: it is no coefficient, and an arrow beyond the
    axis, which is that of `llc_limits`. Epochs stand side by side.

    Parameters
    ----------
    llc
        Estimates: setting, init, samples, sparsity, epoch, sigma, n_beta, localisation, llc,
        status.
    samples
        Rows to draw.
    highest
        Half the number of parameters.
    names
        Display names.

    Raises
    ------
    DataError
        If no row of these samples has a finite LLC.
    """
    rows, lost = _with_value(llc[llc["samples"] == samples], f"LLC with {samples} samples")
    settings, inits = rows["setting"].unique(), rows["init"].unique()
    colours = colour_by(rows["sparsity"])
    figure = new_figure(1.4 * len(inits) + 2.3, 2.2 * len(settings) + 0.4)
    grid = figure.subplots(len(settings), len(inits), sharex="row", sharey=True, squeeze=False)
    for line, setting in zip(grid, settings, strict=True):
        of_setting = rows[rows["setting"] == setting]
        for axes, init in zip(line, inits, strict=True):
            part = of_setting[of_setting["init"] == init]
            title = [f"{names.of('initialisations', init)} start"] if setting == settings[0] else []
            title += _draw_along_training(axes, of_setting, part, colours, highest)
            axes.set_title("\n".join(title))
        words = [
            fill(names.of("settings", setting), 22),
            *scale_label(of_setting, "\n").split("\n"),
        ]
        line[0].set_ylabel("\n".join(dict.fromkeys(words)))  # a name may be its σ
    figure.supxlabel("epoch")
    figure.supylabel(f"LLC, {samples:,} training samples")
    figure.legend(handles=_training_handles(colours, lost), loc="outside right center")
    return figure


def _draw_along_training(
    axes: Axes,
    setting: "pd.DataFrame",
    rows: "pd.DataFrame",
    colours: dict[float, str],
    highest: float,
) -> list[str]:
    """Draw the medians of some rows of a setting; return what is beyond the axis, in words."""
    low, high = llc_limits(highest)
    epochs = sorted(setting["epoch"].unique())
    count, hidden = len(colours), 0
    for rank, (sparsity, colour) in enumerate(colours.items()):
        part = rows[rows["sparsity"] == sparsity]
        good = part[part["status"] == OK].groupby("epoch")["llc"]
        quartiles = good.quantile([0.25, 0.5, 0.75]).unstack()[good.size() >= FEW]
        others = part.groupby("epoch")["llc"].median().drop(quartiles.index)
        # Beside each other instead of on top of each other.
        aside = 0.7 * ((rank + 0.5) / count - 0.5)
        where = {epoch: place + aside for place, epoch in enumerate(epochs)}
        look = {"color": colour, "ls": "", "ms": 3}
        if len(quartiles):
            x, y = quartiles.index.map(where), quartiles[0.5]
            axes.vlines(x, quartiles[0.25], quartiles[0.75], color=colour, lw=0.8)
            axes.plot(x, y, color=colour, marker="o", ms=3, lw=0.8)
        seen = others[others.between(low, high)]
        axes.plot(seen.index.map(where), seen, "o", mfc=HOLLOW, **look)
        hidden += draw_beyond(axes, others.index.map(where), others, (low, high), **look)
    for end in (0, highest):
        axes.axhline(end, color=GREY, lw=0.6, ls=":", zorder=0)
    axes.set(ylim=(low, high), xlim=(-0.5, len(epochs) - 0.5))
    axes.set_xticks(range(len(epochs)), [f"{epoch:,}" for epoch in epochs], rotation=90)
    return [f"medians beyond: {hidden}"] if hidden else []


def _training_handles(colours: dict[float, str], lost: int) -> list[Line2D]:
    marks = {"color": GREY, "ls": "", "ms": 4, "mfc": "none"}
    return [
        *sparsity_handles(colours, marker="o", ms=3),
        Line2D(
            [], [], color=GREY, marker="o", ms=4, ls="", label="median and quartiles\nof the ok"
        ),
        Line2D([], [], marker="o", label=f"median of all: fewer\nthan {FEW} are ok", **marks),
        Line2D([], [], marker="v", label="the same, beyond\nthe axis", **marks),
        Line2D([], [], color=GREY, lw=0.6, ls=":", label="0 and half the\nnumber of parameters"),
        *quality_handles(np.array([True]), lost),
    ]


@styled
def llc_status(
    shares: "pd.DataFrame", *, samples: int, drawn: str, names: SuperpositionNames = UNNAMED_MODELS
) -> Figure:
    """Draw the share of each status by setting and epoch, and which of a setting's models are ok.

    Parameters
    ----------
    shares
        Columns setting, sigma, n_beta, localisation, init, samples, sparsity, epoch, status, share
        and seeds; see `lgi.llc.tables.status_shares`.
    samples
        Rows to draw.
    drawn
        The setting whose share of ok is drawn by start and sparsity, at its last epoch.
    names
        Display names.

    Raises
    ------
    DataError
        If there is no row with these samples.
    """
    rows = shares[shares["samples"] == samples]
    need(len(rows), f"estimates with {samples} samples")
    rows = rows.assign(models=rows["share"] * rows["seeds"])
    counts = rows.pivot_table(
        index=["setting", "epoch"], columns="status", values="models", aggfunc="sum", fill_value=0
    )
    counts = counts.reindex(columns=[s for s in STATUSES if s == OK or s in counts], fill_value=0)
    models = counts.sum(axis=1).round().astype(int)
    own = rows[rows["setting"] == drawn]
    last = own[own["epoch"] == own["epoch"].max()]
    last = last.assign(share=last["share"].where(last["status"] == OK, 0))
    sparsities = sorted(rows["sparsity"].unique())
    figure = new_figure(4.5 + 0.62 * len(counts.columns), 0.25 * len(counts) + 1.5)
    whole, single = figure.subplots(1, 2, width_ratios=(0.62 * len(counts.columns), 1.9))
    _draw_heat(whole, counts.div(models, axis=0))
    settings = counts.index.get_level_values("setting")
    lines = [f"{names.of('settings', setting)}, epoch {epoch:,}" for setting, epoch in counts.index]
    whole.set_yticks(range(len(counts)), lines)
    for place in np.flatnonzero(settings[1:] != settings[:-1]) + 1:
        whole.axhline(place - 0.5, color="black", lw=0.8)
    whole.set_xticks(range(len(counts.columns)), [fill(name, 9) for name in counts.columns])
    each = sorted(models.unique())
    of_each = " to ".join(f"{n:,}" for n in each[:: max(len(each) - 1, 1)])
    whole.set_title(f"share of the {of_each} models of a line, {samples:,} training samples")
    if len(last):
        wide = last.groupby(["sparsity", "init"])["share"].sum().unstack().reindex(sparsities)
        _draw_heat(single, wide)
        single.set_yticks(range(len(wide)), [f"S = {s:.4f}" for s in wide.index])
        heads = [fill(names.of("initialisations", init), 8) for init in wide.columns]
        single.set_xticks(range(len(wide.columns)), heads)
        seeds = last["seeds"].max()
        title = f"{names.of('settings', drawn)}, epoch {last['epoch'].max():,}:"
        single.set_title(f"{title}\nok, of {seeds} models each")
    else:
        single.set_axis_off()
    return figure


def _draw_heat(axes: Axes, shares: "pd.DataFrame") -> None:
    """Draw shares [lines, columns] as shades with their number in each cell."""
    axes.imshow(shares, aspect="auto", cmap="Blues", vmin=0, vmax=1)
    for (line, column), share in np.ndenumerate(shares.to_numpy()):
        if np.isfinite(share):
            shade = "white" if share > 0.6 else "black"
            words = f"{100 * share:.0f} %" if share == 0 or share >= 0.005 else "< 1 %"
            axes.text(column, line, words, ha="center", va="center", size=7.5, color=shade)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


@styled
def llc_calibration(
    table: "pd.DataFrame", *, highest: float, names: SuperpositionNames = UNNAMED_MODELS
) -> Figure:
    """Draw the estimate, its bias and its acceptance against the settings of the estimator.

    First what the step size does, for each sampler: the estimate beside that of long unbiased
    chains, its difference from them, and the acceptance. Then the estimate of the unbiased
    sampler against localisation, nβ and n; dotted lines stand at the values in use. At last its
    bias and effective sample size against the length of the chains. A colour is a model, error
    bars are standard errors, hollow points are not ok, arrows lie beyond the axis.

    Parameters
    ----------
    table
        From `lgi.superposition.llc.calibration.calibrate`.
    highest
        Half the number of parameters.
    names
        Display names.

    Raises
    ------
    DataError
        If there are no rows.
    """
    need(len(table), "calibration of the LLC")
    models = table[KEYS].itertuples(index=False)
    rows = table.assign(model=[_model_label(*model, names=names) for model in models])
    reference = rows[rows["varied"] == REFERENCE]
    colours = dict(
        zip(rows["model"].unique(), category_colours(rows["model"].nunique()), strict=True)
    )
    figure = new_figure(7.4, 9.0)
    grid = figure.subplots(4, 2).ravel()
    samplers = rows.loc[rows["varied"] == "step_size", "sampler"].unique()
    marks = dict(zip(samplers, ("o-", "^--", "s:"), strict=False))
    for axes, (varied, column, error, xlabel) in zip(grid, SWEEPS, strict=True):
        ends = {"llc": llc_limits(highest), "bias": (-BIAS * highest, BIAS * highest)}.get(column)
        some = rows[rows["varied"] == varied]
        for (model, sampler), line in some.groupby(["model", "sampler"], sort=False):
            look = {"color": colours[model], "mark": marks.get(sampler, "o-")}
            _draw_sweep(axes, line, column, error, ends, **look)
        if ends:
            axes.set_ylim(ends)
        if column == "llc":
            for row in reference.itertuples():
                axes.axhline(row.llc, color=colours[row.model], lw=0.6, zorder=0)
        if column == "bias":
            axes.axhline(0, color=GREY, lw=0.6, zorder=0)
        if varied in reference:
            for value in reference[varied].unique():
                axes.axvline(value, color=GREY, lw=0.8, ls=":", zorder=0)
        axes.set(xscale="log", xlabel=xlabel, ylabel=OF_SWEEPS[column])
    grid[2].set_ylim(0, 1.02)
    if (rows.loc[rows["varied"] == "draws", "ess"] > 0).any():
        plain_log_axis(grid[7], "y")
    handles = [Line2D([], [], color=colour, lw=2, label=model) for model, colour in colours.items()]
    handles += [
        Line2D([], [], color=GREY, marker=mark[0], ls=mark[1:], ms=4, label=sampler.upper())
        for sampler, mark in marks.items()
    ]
    arrow = {"marker": "v", "ms": 4, "mfc": "none", "ls": ""}
    handles.append(Line2D([], [], color=GREY, lw=0.6, label="long unbiased chains"))
    handles.append(Line2D([], [], color=GREY, lw=0.8, ls=":", label="in use"))
    handles.append(Line2D([], [], color=GREY, label="beyond the axis", **arrow))
    handles += quality_handles(rows["status"] == OK, int((~np.isfinite(rows["llc"])).sum()))
    figure.legend(handles=handles, loc="outside upper center", ncols=2)
    return figure


def _model_label(
    init: str, samples: int, sparsity: float, seed: int, epoch: int, names: SuperpositionNames
) -> str:
    start = names.of("initialisations", init)
    return f"{start} start, {samples:,} samples, S = {sparsity:.4f}, seed {seed}, epoch {epoch:,}"


def _draw_sweep(
    axes: Axes,
    rows: "pd.DataFrame",
    column: str,
    error: str | None,
    ends: tuple[float, float] | None,
    *,
    color: str,
    mark: str,
) -> None:
    """Draw one column along the values of a sweep, hollow where the estimate is not ok.

    What lies beyond the ends of the axis is an arrow, and no line leads there.
    """
    rows = rows[np.isfinite(rows[column])].sort_values("value")
    low, high = ends or (-np.inf, np.inf)
    seen = rows[column].between(low, high)
    axes.plot(rows["value"], rows[column].where(seen), color=color, ls=mark[1:], lw=0.8)
    if error:
        bars = rows[seen]
        axes.errorbar(bars["value"], bars[column], bars[error], color=color, ls="", lw=0.8)
    good = rows["status"] == OK
    for points, face in by_quality(rows[seen], good[seen], color):
        axes.plot(points["value"], points[column], mark[0], color=color, mfc=face, ms=4)
    draw_beyond(axes, rows["value"], rows[column], (low, high), color=color, ls="", ms=4)


def draw_beyond(
    axes: Axes, x: "pd.Series", y: "pd.Series", ends: tuple[float, float], **marks: object
) -> int:
    """Draw an arrow at the edge of the y axis for what is beyond its ends; return how many."""
    low, high = ends
    x, y = np.asarray(x), np.asarray(y)
    for edge, mark, beyond in ((AT_EDGE, "v", y < low), (1 - AT_EDGE, "^", y > high)):
        if beyond.any():
            place = low + edge * (high - low)
            axes.plot(x[beyond], [place] * beyond.sum(), mark, mfc=HOLLOW, **marks)
    return int(((y < low) | (y > high)).sum())


@styled
def llc_trace(
    trace: "Trace",
    estimates: "pd.DataFrame | None" = None,
    names: SuperpositionNames = UNNAMED_MODELS,
    setting: str = "",
) -> Figure:
    """Draw the chains of one estimate, and the estimate that each gives as its draws come in.

    The title says of which model, at which scale, and what is made of it.

    Parameters
    ----------
    trace
        The chains; ``record`` names the setting, and of study 2 the model (init, samples, sparsity,
        seed, epoch).
    estimates
        Estimates of the run with this setting, which have the standard error and the status: seed,
        epoch, llc, llc_se, status.
    names, setting
        Display names, and the name of the setting.

    Raises
    ------
    DataError
        If there are no draws after the burn-in.
    """
    draws, burn_in = trace.llc, trace.burn_in
    need(max(0, draws.shape[1] - burn_in), "draws after the burn-in")
    figure = new_figure(7.4, 3.8)
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
    title = _trace_title(trace, kept.mean(), estimates, names, setting)
    above.set(ylabel="nβ (L − L(w*))", title="\n".join(title))
    below.set(xlabel="step of the chain", ylabel="running mean", xlim=(0, steps[-1]))
    below.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    handles = [
        Line2D([], [], color=OKABE_ITO[0], lw=0.9, label="a colour per chain"),
        Line2D([], [], color="black", lw=1.4, label="all chains"),
        Patch(color=LIGHT_GREY, label="burn-in, left out"),
    ]
    figure.legend(handles=handles, loc="outside right center")
    return figure


def _trace_title(
    trace: "Trace",
    mean: float,
    estimates: "pd.DataFrame | None",
    names: SuperpositionNames,
    setting: str,
) -> list[str]:
    """Return the lines of a title: the model, the setting, the estimate and its status."""
    record, own = trace.record, trace.record["setting"]
    lines = []
    if all(key in record for key in KEYS):  # not of a model of one's own
        lines.append(_model_label(*(record[key] for key in KEYS), names=names))
    status, error, n_beta = record.get("status", ""), np.nan, trace.n_beta
    if estimates is not None:  # their nβ is that of the likelihood, not of the squared error
        at = (estimates["seed"] == record["seed"]) & (estimates["epoch"] == record["epoch"])
        status, error, n_beta = estimates.loc[at, ["status", "llc_se", "n_beta"]].iloc[0]
    named = [names.of("settings", setting)] if setting else []
    scale = f"{own['sampler']['kind'].upper()}, nβ = {n_beta:,.1f}"
    lines.append(", ".join([*named, f"{scale}, γ = {own['localisation']:g}"]))
    lines.append(", ".join(filter(None, (estimate_label(mean, error), status))))
    return lines


def estimate_label(llc: float, error: float) -> str:
    """Return an estimate with its standard error, where that is known, for a title."""
    words = f"λ̂ = {llc:.2f}" + (f" ± {error:.2f} (s.e.)" if np.isfinite(error) else "")
    return words.replace("-", "−")


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

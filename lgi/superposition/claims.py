"""The statements of the study, each with a computed verdict.

Every claim says that a statistic lies in a region: a rank correlation below 0, a ratio above 1, or,
where it says that nothing happens, a value within a margin around 0 that the configuration states.
A bootstrap gives the statistic its interval, and one rule turns the interval into a verdict:

- ``supported``: the interval lies inside the region;
- ``not supported``: it lies outside altogether;
- ``undecided``: it does neither, or there are too few models to tell.

Most claims speak of several parts, such as sparsities or initialisations. Each part has a row of
its own, and the claim as a whole one more, for the mean of the statistic over its parts. The whole
is not supported if one of its parts is not; it is supported if the interval of the mean lies inside
the region and, where the claim says "every", each part is supported as well.

Multiple testing: the intervals of k parts are at the level 1 - (1 - confidence) / k (Bonferroni),
so that they hold together at the stated confidence. Several losses, numbers of samples and choices
of states show how firm a claim is. They are all reported, none is picked, and their intervals are
not widened for each other.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from scipy import stats

from lgi.errors import DataError
from lgi.randomness import generator
from lgi.superposition.analysis import LOSSES, RUN
from lgi.superposition.settings import ClaimSettings
from lgi.verdicts import (
    ABOVE_0,
    ABOVE_1,
    BELOW_0,
    BELOW_1,
    NOT_SUPPORTED,
    ORIGINAL,
    OURS,
    SUPPORTED,
    UNDECIDED,
    WHOLE,
    Region,
    verdict,
)

OK = "ok"  # the verdict of an estimate that is a coefficient
ALL_STATES, OK_STATES = "all", "ok"
COLUMNS = (
    "claim",
    "source",
    "samples",
    "loss",
    "states",
    "part",
    "measure",
    "statistic",
    "low",
    "high",
    "n",
    "verdict",
    "differs",
    "differs_by_samples",
    "differs_by_loss",
    "reason",
)


@dataclass(frozen=True)
class Part:
    """What a claim says of one initialisation or sparsity."""

    name: str
    groups: tuple[np.ndarray, ...]  # each [models, columns]; models are resampled within a group
    statistic: Callable[..., np.ndarray]  # of the groups, each [..., models, columns], to [...]


@dataclass(frozen=True)
class Claim:
    """A statement about the states of all models."""

    text: str
    source: str
    measure: str  # what the statistic is
    region: Region  # where it lies if the claim holds
    parts: Callable[[pd.DataFrame, str], Iterator[Part]]  # of the states and the column of a loss
    of_loss: bool  # whether a loss enters
    every: bool = False  # whether each part must be supported


@dataclass(frozen=True)
class _Judged:
    """A part with its statistic and the interval's replicates."""

    name: str
    n: int
    statistic: float
    replicates: np.ndarray
    reason: str


def claims(table: pd.DataFrame, llc: pd.DataFrame, settings: ClaimSettings) -> pd.DataFrame:
    """Judge every claim, with each loss, number of samples and choice of states.

    Parameters
    ----------
    table
        The table of study 2 (`lgi.superposition.analysis.table`).
    llc
        The table of the LLC for one setting: init, samples, sparsity, seed, epoch, llc, verdict.
    settings
        Confidence, margins, and what counts as low and high sparsity.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`. ``states`` is "all", or "ok" for the states whose estimate is ok alone;
        ``loss`` is empty where no loss enters; ``part`` is "together" for the claim as a whole;
        ``n`` counts models (where a model has a first and a last state it counts once);
        ``differs``, ``differs_by_samples`` and ``differs_by_loss`` say whether the verdict of this
        row changes with the states, the number of samples, or the loss; ``reason`` says why there
        is no interval.

    Raises
    ------
    DataError
        If the tables have no model and epoch in common.
    """
    keys = [*RUN, "seed", "epoch"]
    known = [loss for loss in LOSSES if table[loss].notna().any()]
    states = table[[*keys, *known]].merge(llc[[*keys, "llc", "verdict"]], on=keys)
    if states.empty:
        raise DataError("the tables of losses and LLC have no model and epoch in common")
    rows = [
        {"samples": samples, "states": name, "loss": loss, **row}
        for samples, of_samples in states.groupby("samples")
        for name, chosen in _choices(of_samples)
        for claim in statements(sorted(states["init"].unique()), settings)
        for loss in (known if claim.of_loss else [""])
        for row in _judge(claim, chosen, loss, samples, settings)
    ]
    result = pd.DataFrame(rows)
    for column, key in (
        ("differs", "states"),
        ("differs_by_samples", "samples"),
        ("differs_by_loss", "loss"),
    ):
        others = [name for name in ("claim", "samples", "loss", "states", "part") if name != key]
        result[column] = result.groupby(others)["verdict"].transform("nunique") > 1
    return result[list(COLUMNS)]


def statements(inits: list[str], settings: ClaimSettings) -> list[Claim]:
    """Return the claims.

    Parameters
    ----------
    inits
        Initialisations that there are; what the original study says of six-gon starts is asked of
        each of them.
    settings
        Margins, and what counts as low and high sparsity.
    """
    margin = settings.correlation_margin
    no_correlation = [
        Claim(
            f"no correlation of loss and LLC within a sparsity, from {init}",
            ORIGINAL if init == "kgon6" else OURS,
            "Spearman correlation of final loss and LLC",
            (-margin, margin),
            partial(_correlations, init=init),
            of_loss=True,
        )
        for init in sorted({*inits, "kgon6"})
    ]
    low = partial(_changes, init="optimal", settings=settings, low=True)
    high = partial(_changes, init="optimal", settings=settings, low=False)
    starts = partial(_start_ratios, inits=("kgon4", "kgon6"), settings=settings)
    return [
        *no_correlation,
        Claim(
            "lower sparsity, higher final loss, for every start",
            ORIGINAL,
            "Spearman correlation of sparsity and final loss",
            BELOW_0,
            _trends,
            of_loss=True,
            every=True,
        ),
        Claim(
            "lower sparsity, higher final LLC, for every start",
            ORIGINAL,
            "Spearman correlation of sparsity and final LLC",
            BELOW_0,
            lambda states, _: _trends(states, "llc"),
            of_loss=False,
            every=True,
        ),
        Claim(
            "from the optimal start low-sparsity runs begin at a lower LLC than high-sparsity runs",
            ORIGINAL,
            "first LLC minus that of high sparsity, medians",
            BELOW_0,
            lambda states, _: _beginnings(states, "optimal", settings),
            of_loss=False,
            every=True,
        ),
        Claim(
            "from the optimal start the LLC of low-sparsity runs rises",
            ORIGINAL,
            "last LLC minus first, median",
            ABOVE_0,
            lambda states, _: low(states, "llc", absolute=False),
            of_loss=False,
            every=True,
        ),
        Claim(
            "from the optimal start the LLC of high-sparsity runs stays where it is",
            ORIGINAL,
            "|last LLC minus first|, median",
            (-np.inf, settings.llc_margin),
            lambda states, _: high(states, "llc", absolute=True),
            of_loss=False,
            every=True,
        ),
        Claim(
            "from the optimal start the loss of high-sparsity runs stays where it is",
            ORIGINAL,
            "|last loss minus first| / (1 - S), median",
            (-np.inf, settings.loss_margin),
            partial(high, absolute=True),
            of_loss=True,
            every=True,
        ),
        Claim(
            "at low sparsity four-gon starts end worse than six-gon starts on average",
            ORIGINAL,
            "ratio of mean final losses, kgon4 / kgon6",
            ABOVE_1,
            partial(starts, summary=_mean),
            of_loss=True,
        ),
        Claim(
            "at low sparsity the best four-gon starts end better than the best six-gon starts",
            ORIGINAL,
            f"ratio of the {settings.best:g} quantiles of final losses, kgon4 / kgon6",
            BELOW_1,
            partial(starts, summary=partial(_quantile, share=settings.best)),
            of_loss=True,
        ),
    ]


def _choices(states: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield all states with a value, and those alone whose estimate is a coefficient."""
    finite = states[np.isfinite(states["llc"])]
    yield ALL_STATES, finite
    yield OK_STATES, finite[finite["verdict"] == OK]


def _judge(
    claim: Claim, states: pd.DataFrame, loss: str, samples: int, settings: ClaimSettings
) -> Iterator[dict]:
    """Yield the row of the claim as a whole, then those of its parts."""
    parts = [
        # The same resamples for every loss and choice of states, so that they can be compared.
        _bootstrap(part, settings, generator(settings.seed, "claims", claim.text, samples, i))
        for i, part in enumerate(claim.parts(states, loss))
    ]
    alpha = (1 - settings.confidence) / max(len(parts), 1)
    rows = [_row(part, alpha, claim.region) for part in parts]
    whole = _row(_together(parts), 1 - settings.confidence, claim.region)
    found = [row["verdict"] for row in rows]
    if NOT_SUPPORTED in found:
        whole["verdict"] = NOT_SUPPORTED
    elif claim.every and set(found) != {SUPPORTED}:
        whole["verdict"] = UNDECIDED
    if not whole["reason"] and any(part.reason for part in parts):
        whole["reason"] = "without " + ", ".join(part.name for part in parts if part.reason)
    same = {"claim": claim.text, "source": claim.source, "measure": claim.measure}
    for row in (whole, *rows):
        yield same | row


def _row(part: _Judged, alpha: float, region: Region) -> dict:
    low, high = np.nan, np.nan
    if not part.reason:
        low, high = np.nanquantile(part.replicates, [alpha / 2, 1 - alpha / 2])
    return {
        "part": part.name,
        "statistic": part.statistic,
        "low": low,
        "high": high,
        "n": part.n,
        "verdict": verdict(low, high, region),
        "reason": part.reason,
    }


def _bootstrap(part: Part, settings: ClaimSettings, random: np.random.Generator) -> _Judged:
    """Resample the models of each group with replacement (Efron 1979); percentile intervals."""
    n = sum(map(len, part.groups))
    if min(map(len, part.groups)) < settings.least:
        return _Judged(part.name, n, np.nan, np.empty(0), f"fewer than {settings.least} models")
    statistic = float(part.statistic(*part.groups))
    if not np.isfinite(statistic):
        return _Judged(part.name, n, np.nan, np.empty(0), "the values do not vary or are 0")
    resampled = [
        group[random.integers(len(group), size=(settings.resamples, len(group)))]
        for group in part.groups
    ]
    return _Judged(part.name, n, statistic, part.statistic(*resampled), "")


def _together(parts: list[_Judged]) -> _Judged:
    """Return the mean over the parts that have an interval."""
    n = sum(part.n for part in parts)
    usable = [part for part in parts if not part.reason]
    if not usable:
        reason = "no part has enough models" if parts else "there are no such runs"
        return _Judged(WHOLE, n, np.nan, np.empty(0), reason)
    statistic = float(np.mean([part.statistic for part in usable]))
    replicates = np.mean([part.replicates for part in usable], axis=0)
    return _Judged(WHOLE, n, statistic, replicates, "")


def _correlations(states: pd.DataFrame, loss: str, *, init: str) -> Iterator[Part]:
    """Yield for each sparsity the correlation of loss and LLC over the seeds at the last epoch."""
    final = _last_epoch(states[(states["init"] == init) & np.isfinite(states[loss])])
    for sparsity, rows in final.groupby("sparsity"):
        yield Part(_sparsity(sparsity), (rows[[loss, "llc"]].to_numpy(),), _spearman)


def _trends(states: pd.DataFrame, column: str) -> Iterator[Part]:
    """Yield for each initialisation the correlation of sparsity with a column, last epoch."""
    for init, rows in _last_epoch(states[np.isfinite(states[column])]).groupby("init"):
        yield Part(init, (rows[["sparsity", column]].to_numpy(),), _spearman)


def _beginnings(states: pd.DataFrame, init: str, settings: ClaimSettings) -> Iterator[Part]:
    """Yield for each low sparsity how far the first LLC lies from that of the high sparsities."""
    first = _first_and_last(states[states["init"] == init])[0]
    high = first.loc[first["sparsity"] >= settings.high_sparsity, ["llc"]].to_numpy()
    for sparsity, rows in first[first["sparsity"] <= settings.low_sparsity].groupby("sparsity"):
        yield Part(
            _sparsity(sparsity),
            (rows[["llc"]].to_numpy(), high),
            lambda low, high: _median(low) - _median(high),
        )


def _changes(
    states: pd.DataFrame,
    column: str,
    *,
    init: str,
    settings: ClaimSettings,
    low: bool,
    absolute: bool,
) -> Iterator[Part]:
    """Yield for each low, or high, sparsity how a column changes from first to last state."""
    states = states[(states["init"] == init) & np.isfinite(states[column])]
    first, last = _first_and_last(states)
    change = (last[column] - first[column]).to_numpy()
    if column != "llc":
        change = change / (1 - first["sparsity"].to_numpy())
    # A model with one state only says nothing of a change.
    moved = first.assign(change=np.abs(change) if absolute else change)
    moved = moved[last["epoch"].to_numpy() > first["epoch"].to_numpy()]
    sparsity = moved["sparsity"]
    wanted = sparsity <= settings.low_sparsity if low else sparsity >= settings.high_sparsity
    for sparsity, rows in moved[wanted].groupby("sparsity"):
        yield Part(_sparsity(sparsity), (rows[["change"]].to_numpy(),), _median)


def _start_ratios(
    states: pd.DataFrame,
    loss: str,
    *,
    inits: tuple[str, str],
    settings: ClaimSettings,
    summary: Callable[[np.ndarray], np.ndarray],
) -> Iterator[Part]:
    """Yield for each low sparsity the ratio of two starts' final losses, paired by seed.

    The same seed has the same data from both starts.
    """
    rows = _last_epoch(states[states["init"].isin(inits)])
    rows = rows[rows["sparsity"] <= settings.low_sparsity]
    wide = rows.pivot(index=["sparsity", "seed"], columns="init", values=loss).dropna()
    if not set(inits) <= set(wide):
        return
    for sparsity, pairs in wide.groupby(level="sparsity"):
        yield Part(
            _sparsity(sparsity),
            (pairs[list(inits)].to_numpy(),),
            lambda pairs: _ratio(summary(pairs)),
        )


def _last_epoch(states: pd.DataFrame) -> pd.DataFrame:
    return states[states["epoch"] == states["epoch"].max()]


def _first_and_last(states: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return each model's first and its last state among those given, in the same order."""
    models = states.sort_values("epoch").groupby([*RUN, "seed"])
    first, last = models.nth(0), models.nth(-1)
    order = [*RUN, "seed"]
    return tuple(part.sort_values(order, ignore_index=True) for part in (first, last))


def _sparsity(sparsity: float) -> str:
    return f"S = {sparsity:.4f}"


def _spearman(pairs: np.ndarray) -> np.ndarray:
    """Return the rank correlation of two columns, NaN where one does not vary.

    Differences up to 1e-12 of the largest value are rounding, not variation.
    """
    size = np.abs(pairs).max(axis=-2, keepdims=True)
    ranks = stats.rankdata(np.round(pairs / np.where(size > 0, size, 1), 12), axis=-2)
    ranks -= ranks.mean(axis=-2, keepdims=True)
    x, y = ranks[..., 0], ranks[..., 1]
    spread = np.sqrt((x**2).sum(axis=-1) * (y**2).sum(axis=-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return (x * y).sum(axis=-1) / spread


def _ratio(values: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return values[..., 0] / values[..., 1]


def _mean(values: np.ndarray) -> np.ndarray:
    return values.mean(axis=-2)


def _quantile(values: np.ndarray, share: float) -> np.ndarray:
    return np.quantile(values, share, axis=-2)


def _median(values: np.ndarray) -> np.ndarray:
    return np.median(values[..., 0], axis=-1)

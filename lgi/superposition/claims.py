"""The statements of study 2, each with a computed verdict and the sentence that it allows.

Every claim says that a statistic lies in a region: a rank correlation below 0, a ratio above 1, or,
where it says that nothing happens, a value within a margin around 0 that the configuration states.
A bootstrap gives the statistic its interval, and `lgi.claims` turns intervals into verdicts.

Most claims speak of several parts, such as sparsities or initialisations. Each part has a row of
its own, and the claim as a whole one more, for the mean of the statistic over its parts. The
intervals of parts hold together (Bonferroni). Several losses, numbers of samples and choices of
states show how firm a claim is. They are all reported, none is picked, and their intervals are not
widened for each other.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lgi.claims import (
    ABOVE_0,
    ABOVE_1,
    BELOW_0,
    BELOW_1,
    ORIGINAL,
    OURS,
    WHOLE,
    Claim,
    Part,
    Sentences,
    claim_table,
    judge,
)
from lgi.errors import DataError
from lgi.intervals import Interval, joint_level, rank_correlation
from lgi.llc.status import OK
from lgi.randomness import generator
from lgi.superposition.selection import sparsity_name
from lgi.superposition.training.view import LOSSES, RUN

if TYPE_CHECKING:
    from lgi.superposition.settings import ClaimSettings, Original


ALL_STATES, OK_STATES = "all", "ok"
ALSO = ("samples", "loss", "states")
DIFFERS = {"differs": "states", "differs_by_samples": "samples", "differs_by_loss": "loss"}


@dataclass(frozen=True)
class Sample:
    """What one part of a claim rests on."""

    name: str
    groups: tuple[np.ndarray, ...]  # each [models, columns]; models are resampled within a group
    statistic: Callable[..., np.ndarray]  # of the groups, each [..., models, columns], to [...]


@dataclass(frozen=True)
class Statement:
    """A claim about the states of all models, and where its parts come from."""

    claim: Claim
    # Of the states, and the column that it is about: that of a loss, or llc.
    parts: Callable[[pd.DataFrame, str], Iterator[Sample]]
    of_loss: bool


def claims(
    table: pd.DataFrame,
    llc: Iterable[pd.DataFrame],
    settings: "ClaimSettings",
    original: "Original",
) -> pd.DataFrame:
    """Judge every claim, with each loss, number of samples and choice of states.

    Parameters
    ----------
    table
        The table of study 2 (`lgi.superposition.training.table.table`).
    llc
        Tables of estimates of one setting: init, samples, sparsity, seed, epoch, llc, status.
    settings
        Confidence, margins, and what counts as low and high sparsity.
    original
        The starts of which the statements of the original study speak.

    Returns
    -------
    pandas.DataFrame
        Columns of `lgi.claims.claim_table` with `ALSO`, and those of `DIFFERS`. ``states`` is
        "all", or "ok" for the states whose estimate is ok alone; ``loss`` is empty where no loss
        enters; ``n`` counts models (where a model has a first and a last state it counts once);
        ``differs``, ``differs_by_samples`` and ``differs_by_loss`` say whether the verdict of this
        row changes with the states, the number of samples, or the loss.

    Raises
    ------
    DataError
        If the tables have no model and epoch in common.
    """
    keys = [*RUN, "seed", "epoch"]
    known = [loss for loss in LOSSES if table[loss].notna().any()]
    estimates = pd.concat([part[[*keys, "llc", "status"]] for part in llc])
    states = table[[*keys, *known]].merge(estimates, on=keys)
    if states.empty:
        raise DataError("the tables of losses and LLC have no model and epoch in common")
    rows = (
        row | {"samples": samples, "states": name, "loss": loss}
        for samples, of_samples in states.groupby("samples")
        for name, chosen in _choices(of_samples)
        for statement in statements(sorted(states["init"].unique()), settings, original)
        for loss in (known if statement.of_loss else [""])
        for row in _judge(statement, chosen, loss or "llc", samples, settings)
    )
    result = claim_table(rows, ALSO)
    for column, key in DIFFERS.items():
        others = [name for name in ("id", *ALSO, "part") if name != key]
        result[column] = result.groupby(others)["verdict"].transform("nunique") > 1
    return result


def statements(
    inits: list[str], settings: "ClaimSettings", original: "Original"
) -> list[Statement]:
    """Return the claims.

    Parameters
    ----------
    inits
        Initialisations that there are; what the original study says of six-gon starts is asked of
        each of them.
    settings
        Margins, and what counts as low and high sparsity.
    original
        The starts of which the statements of the original study speak.
    """
    return [
        *(
            _no_correlation(init, settings, ORIGINAL if init == original.kgon6 else OURS)
            for init in sorted({*inits, original.kgon6})
        ),
        *_trends_of_sparsity(),
        *_fates_of_optimal(original.optimal, settings),
        *_four_against_six(original.kgon4, original.kgon6, settings),
    ]


def _no_correlation(init: str, settings: "ClaimSettings", source: str) -> Statement:
    margin = settings.correlation_margin
    return Statement(
        Claim(
            f"superposition.no_correlation.{init}",
            f"no correlation of loss and LLC within a sparsity, from {init}",
            source,
            "Spearman correlation of final loss and LLC",
            (-margin, margin),
            Sentences(
                supported=f"Within a sparsity, final loss and LLC of models that start from {init} "
                "do not go together (rank correlation {estimate}).",
                not_supported=f"Within a sparsity, final loss and LLC of models that start from "
                f"{init} do go together (rank correlation {{estimate}}).",
                undecided=f"Whether final loss and LLC of models that start from {init} go "
                "together within a sparsity is undecided.",
            ),
            follows="mean",
        ),
        partial(_correlations, init=init),
        of_loss=True,
    )


def _trends_of_sparsity() -> Iterator[Statement]:
    for name in ("loss", "LLC"):
        yield Statement(
            Claim(
                f"superposition.trend_of_{name.lower()}",
                f"lower sparsity, higher final {name}, for every start",
                ORIGINAL,
                f"Spearman correlation of sparsity and final {name}",
                BELOW_0,
                Sentences(
                    supported=f"The lower the sparsity, the higher the final {name}, for every "
                    "start (mean rank correlation {estimate}).",
                    not_supported=f"It is not so for every start that a lower sparsity means a "
                    f"higher final {name} (mean rank correlation {{estimate}}).",
                    undecided=f"Whether a lower sparsity means a higher final {name} for every "
                    "start is undecided.",
                ),
            ),
            _trends,
            of_loss=name == "loss",
        )


def _fates_of_optimal(init: str, settings: "ClaimSettings") -> Iterator[Statement]:
    yield Statement(
        Claim(
            "superposition.optimal_begins_low",
            f"from the {init} start low-sparsity runs begin at a lower LLC than high-sparsity runs",
            ORIGINAL,
            "first LLC minus that of high sparsity, medians",
            BELOW_0,
            Sentences(
                supported=f"From the {init} start, low-sparsity runs begin at a lower LLC than "
                "high-sparsity runs (by {estimate}).",
                not_supported=f"From the {init} start, low-sparsity runs do not begin at a lower "
                "LLC than high-sparsity runs (difference {estimate}).",
                undecided=f"Whether low-sparsity runs from the {init} start begin at a lower LLC "
                "than high-sparsity runs is undecided.",
            ),
        ),
        partial(_beginnings, init=init, settings=settings),
        of_loss=False,
    )
    yield Statement(
        Claim(
            "superposition.optimal_rises",
            f"from the {init} start the LLC of low-sparsity runs rises",
            ORIGINAL,
            "last LLC minus first, median",
            ABOVE_0,
            Sentences(
                supported=f"From the {init} start, the LLC of low-sparsity runs rises (by "
                "{estimate}).",
                not_supported=f"From the {init} start, the LLC of low-sparsity runs does not rise "
                "(change {estimate}).",
                undecided=f"Whether the LLC of low-sparsity runs from the {init} start rises is "
                "undecided.",
            ),
        ),
        partial(_changes, init=init, settings=settings, low=True, absolute=False),
        of_loss=False,
    )
    for name, margin, share in (
        ("LLC", settings.llc_margin, ""),
        ("loss", settings.loss_margin, " / (1 - S)"),
    ):
        yield Statement(
            Claim(
                f"superposition.optimal_{name.lower()}_stays",
                f"from the {init} start the {name} of high-sparsity runs stays where it is",
                ORIGINAL,
                f"|last {name} minus first|{share}, median",
                (-np.inf, margin),
                Sentences(
                    supported=f"From the {init} start, the {name} of high-sparsity runs stays "
                    f"where it is (it moves by {{estimate}}{share}).",
                    not_supported=f"From the {init} start, the {name} of high-sparsity runs does "
                    f"not stay where it is (it moves by {{estimate}}{share}).",
                    undecided=f"Whether the {name} of high-sparsity runs from the {init} start "
                    "stays where it is is undecided.",
                ),
            ),
            partial(_changes, init=init, settings=settings, low=False, absolute=True),
            of_loss=name == "loss",
        )


def _four_against_six(four: str, six: str, settings: "ClaimSettings") -> Iterator[Statement]:
    starts = partial(_start_ratios, inits=(four, six), settings=settings)
    yield Statement(
        Claim(
            "superposition.kgon4_worse_on_average",
            "at low sparsity four-gon starts end worse than six-gon starts on average",
            ORIGINAL,
            f"ratio of mean final losses, {four} / {six}",
            ABOVE_1,
            Sentences(
                supported="At low sparsity four-gon starts end worse than six-gon starts on "
                "average (ratio of losses {estimate}).",
                not_supported="At low sparsity four-gon starts do not end worse than six-gon "
                "starts on average (ratio of losses {estimate}).",
                undecided="Whether four-gon starts end worse than six-gon starts on average at low "
                "sparsity is undecided.",
            ),
            follows="mean",
        ),
        partial(starts, summary=_mean),
        of_loss=True,
    )
    yield Statement(
        Claim(
            "superposition.kgon4_best_better",
            "at low sparsity the best four-gon starts end better than the best six-gon starts",
            ORIGINAL,
            f"ratio of the {settings.best:g} quantiles of final losses, {four} / {six}",
            BELOW_1,
            Sentences(
                supported="At low sparsity the best four-gon starts end better than the best "
                "six-gon starts (ratio of losses {estimate}).",
                not_supported="At low sparsity the best four-gon starts do not end better than the "
                "best six-gon starts (ratio of losses {estimate}).",
                undecided="Whether the best four-gon starts end better than the best six-gon "
                "starts at low sparsity is undecided.",
            ),
            follows="mean",
        ),
        partial(starts, summary=partial(_quantile, share=settings.best)),
        of_loss=True,
    )


def _choices(states: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield all states with a value, and those alone whose estimate is a coefficient."""
    finite = states[np.isfinite(states["llc"])]
    yield ALL_STATES, finite
    yield OK_STATES, finite[finite["status"] == OK]


def _judge(
    statement: Statement, states: pd.DataFrame, column: str, samples: int, settings: "ClaimSettings"
) -> list[dict]:
    """Return the rows of a claim: as a whole, then its parts."""
    # The same resamples for every loss and choice of states, so that they can be compared.
    streams = (settings.seed, "claims", statement.claim.id, samples)
    found = [
        _bootstrap(sample, settings, generator(*streams, i))
        for i, sample in enumerate(statement.parts(states, column))
    ]
    level = joint_level(settings.confidence, len(found))
    parts = [part.at(level) for part in found]
    return judge(statement.claim, parts, _together(found).at(settings.confidence))


@dataclass(frozen=True)
class _Resampled:
    """A part with its statistic, and that of resamples."""

    name: str
    n: int
    statistic: float
    replicates: np.ndarray
    reason: str

    def at(self, level: float) -> Part:
        """Return the part with the percentile interval at a level."""
        low, high = np.nan, np.nan
        if not self.reason:
            low, high = np.nanquantile(self.replicates, [(1 - level) / 2, (1 + level) / 2])
        return Part(self.name, Interval(self.statistic, low, high, self.n), reason=self.reason)


def _bootstrap(
    sample: Sample, settings: "ClaimSettings", random: np.random.Generator
) -> _Resampled:
    """Resample the models of each group with replacement (Efron 1979)."""
    n = sum(map(len, sample.groups))
    if min(map(len, sample.groups)) < settings.least:
        reason = f"fewer than {settings.least} models"
        return _Resampled(sample.name, n, np.nan, np.empty(0), reason)
    statistic = float(sample.statistic(*sample.groups))
    if not np.isfinite(statistic):
        reason = "the values do not vary or are 0"
        return _Resampled(sample.name, n, np.nan, np.empty(0), reason)
    resampled = [
        group[random.integers(len(group), size=(settings.resamples, len(group)))]
        for group in sample.groups
    ]
    return _Resampled(sample.name, n, statistic, sample.statistic(*resampled), "")


def _together(parts: list[_Resampled]) -> _Resampled:
    """Return the mean over the parts that have an interval."""
    n = sum(part.n for part in parts)
    usable = [part for part in parts if not part.reason]
    if not usable:
        reason = "no part has enough models" if parts else "there are no such runs"
        return _Resampled(WHOLE, n, np.nan, np.empty(0), reason)
    statistic = float(np.mean([part.statistic for part in usable]))
    replicates = np.mean([part.replicates for part in usable], axis=0)
    return _Resampled(WHOLE, n, statistic, replicates, "")


def _correlations(states: pd.DataFrame, loss: str, *, init: str) -> Iterator[Sample]:
    """Yield for each sparsity the correlation of loss and LLC over the seeds at the last epoch."""
    final = _last_epoch(states[(states["init"] == init) & np.isfinite(states[loss])])
    for sparsity, rows in final.groupby("sparsity"):
        yield Sample(_sparsity(sparsity), (rows[[loss, "llc"]].to_numpy(),), rank_correlation)


def _trends(states: pd.DataFrame, column: str) -> Iterator[Sample]:
    """Yield for each initialisation the correlation of sparsity with a column, last epoch."""
    for init, rows in _last_epoch(states[np.isfinite(states[column])]).groupby("init"):
        yield Sample(init, (rows[["sparsity", column]].to_numpy(),), rank_correlation)


def _beginnings(
    states: pd.DataFrame, column: str, *, init: str, settings: "ClaimSettings"
) -> Iterator[Sample]:
    """Yield for each low sparsity how far the first value lies from that of high sparsities."""
    first = _first_and_last(states[states["init"] == init])[0]
    high = first.loc[first["sparsity"] >= settings.high_sparsity, [column]].to_numpy()
    for sparsity, rows in first[first["sparsity"] <= settings.low_sparsity].groupby("sparsity"):
        yield Sample(
            _sparsity(sparsity),
            (rows[[column]].to_numpy(), high),
            lambda low, high: _median(low) - _median(high),
        )


def _changes(
    states: pd.DataFrame,
    column: str,
    *,
    init: str,
    settings: "ClaimSettings",
    low: bool,
    absolute: bool,
) -> Iterator[Sample]:
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
        yield Sample(_sparsity(sparsity), (rows[["change"]].to_numpy(),), _median)


def _start_ratios(
    states: pd.DataFrame,
    loss: str,
    *,
    inits: tuple[str, str],
    settings: "ClaimSettings",
    summary: Callable[[np.ndarray], np.ndarray],
) -> Iterator[Sample]:
    """Yield for each low sparsity the ratio of two starts' final losses, paired by seed.

    The same seed has the same data from both starts.
    """
    rows = _last_epoch(states[states["init"].isin(inits)])
    rows = rows[rows["sparsity"] <= settings.low_sparsity]
    wide = rows.pivot(index=["sparsity", "seed"], columns="init", values=loss).dropna()
    if not set(inits) <= set(wide):
        return
    for sparsity, pairs in wide.groupby(level="sparsity"):
        yield Sample(
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
    return f"S = {sparsity_name(sparsity)}"


def _ratio(values: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return values[..., 0] / values[..., 1]


def _mean(values: np.ndarray) -> np.ndarray:
    return values.mean(axis=-2)


def _quantile(values: np.ndarray, share: float) -> np.ndarray:
    return np.quantile(values, share, axis=-2)


def _median(values: np.ndarray) -> np.ndarray:
    return np.median(values[..., 0], axis=-1)

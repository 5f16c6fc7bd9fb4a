"""The statements of study 2, each with a computed verdict and the sentence that it allows.

Every claim says that a statistic lies in a region: a rank correlation below 0, a ratio above 1, or,
where it says that nothing happens, a value within a margin around 0 that the configuration states.
A bootstrap gives the statistic its interval, and `lgi.claims` turns intervals into verdicts; what
lies beyond the margin on the other side contradicts a claim, what is smaller is no effect.

Most claims speak of several parts, such as sparsities or initialisations. Each part has a row of
its own, and the claim as a whole one more, for the mean of the statistic over its parts. The
intervals of parts hold together (Bonferroni). Several losses, numbers of samples, settings of the
LLC and choices of states show how firm a claim is. They are all reported, and their intervals are
not widened for each other; the summary names the one that it shows by a rule that looks at no
value.

Where sparsities are compared losses are divided by 1 - S, the loss of a model that always answers
0. An estimate λ̂ contains -nβ L(w*) by construction, so what is said of it is also asked of the
Hessian and of the number of its directions, which do not.
"""

from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lgi import claims as of_claims
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
from lgi.intervals import Interval, joint_level, rank_correlation, rank_correlations
from lgi.llc.status import OK
from lgi.prose import listed, number
from lgi.randomness import generator
from lgi.superposition.selection import sparsity_name
from lgi.superposition.training.view import LOSSES, RUN
from lgi.superposition.tried import alternatives

if TYPE_CHECKING:
    from lgi.display import SuperpositionNames
    from lgi.superposition.settings import ClaimSettings, Original, Panel


ALL_STATES, OK_STATES = "all", "ok"
ALSO = ("samples", "loss", "states", "setting")
DIFFERS = {
    "differs": "states",
    "differs_by_samples": "samples",
    "differs_by_loss": "loss",
    "differs_by_setting": "setting",
}
MEASURES = {
    "llc": "LLC",
    "hessian_llc": "Hessian LLC",
    "directions": "number of directions",
}
"""What stands beside the loss, by its column among the estimates."""
LOSS, SCALED = "loss", "scaled_loss"
"""Columns of the loss that is asked about, and of the same divided by 1 - S."""


@dataclass(frozen=True)
class Sample:
    """What one part of a claim rests on."""

    name: str
    groups: tuple[np.ndarray, ...]  # each [models, columns]; models are resampled within a group
    statistic: Callable[..., np.ndarray]  # of the groups, each [..., models, columns], to [...]


@dataclass(frozen=True)
class Statement:
    """A claim about the states of all models, and where its parts come from."""

    claim: Callable[[float], Claim]  # of the margin
    margin: float
    parts: Callable[[pd.DataFrame], Iterator[Sample]]  # of the states
    losses: bool  # whether it speaks of a loss
    llc: bool  # whether it speaks of estimates
    early: bool = False  # whether it speaks of first states, which not every setting estimates
    samples: int | None = None  # number of samples of which it was said
    apart: bool = False  # whether it compares models of different numbers of samples


@dataclass(frozen=True)
class Scales:
    """Which settings of the LLC there are, and which of them speak first."""

    drawn: str  # of late states
    published: str  # of early ones, which the drawn one may leave out


def claims(
    table: pd.DataFrame,
    llc: Iterable[pd.DataFrame],
    names: Sequence[str],
    settings: "ClaimSettings",
    original: "Original",
    panels: Sequence["Panel"],
    scales: Mapping[str, str],
    samples: int,
    display: "SuperpositionNames",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Judge every claim, with each loss, number of samples, setting and choice of states.

    Parameters
    ----------
    table
        The table of study 2 (`lgi.superposition.training.table.table`).
    llc
        Tables of estimates: init, samples, sparsity, seed, epoch, status and `MEASURES`.
    names
        Name of the setting of each.
    settings
        Confidence, margins, and what counts as low and high sparsity.
    original
        The starts of which the statements of the original study speak.
    panels
        Its pictures: each start with the number of samples that it had there.
    scales
        ``drawn`` and ``published``: the setting of which the summary speaks, and the one for claims
        about early states.
    samples
        Number of samples of which the summary speaks where nothing else was said.
    display
        What claims and sentences call the starts; ids and columns have their own names.

    Returns
    -------
    claims : DataFrame
        Columns of `lgi.claims.claim_table` with `ALSO`, and `DIFFERS`, margin, flips and
        shown. ``states`` is "all", or "ok"
        for the states whose estimate is ok alone; ``loss`` is empty where no loss enters, and
        ``setting`` where no estimate does; ``samples`` is missing where models of different numbers
        are compared; ``n`` counts models (where a model has a first and a last state it counts
        once). ``differs`` and so on say whether the verdict of this row changes with the states,
        the number of samples, the loss, or the setting. Rows of a claim as a whole have the
        ``margin`` in use, at which margins the verdict ``flips`` and to what, and whether the
        summary has it ``shown``.
    summary : DataFrame
        As from `lgi.claims.summary`, with `ALSO`, changes_with, margin and flips. It shows the
        number of samples of which the statement was made, training loss, and of estimates those of
        the drawn setting that are ok alone; for claims about early states, which are no minima, all
        of the published setting.
        ``changes_with`` says which other choice, one at a time, leads to which other verdict;
        settings are listed with all and with ok states.

    Raises
    ------
    DataError
        If the tables have no model and epoch in common.
    """
    known = [loss for loss in LOSSES if table[loss].notna().any()]
    estimates = _by_setting(table, llc, names)
    asked = statements(sorted(table["init"].unique()), settings, original, panels, display)
    sizes = sorted(table["samples"].unique())
    rows = [
        row | {"samples": size, "loss": loss, "states": chosen, "setting": setting}
        for statement in asked
        for setting, states in _judged_at(statement, estimates, table).items()
        for size in ([None] if statement.apart else sizes)
        for chosen, part in _choices(_of_size(states, size), estimated=statement.llc)
        for loss in (known if statement.losses else [""])
        for row in _judge(statement, _with_loss(part, loss), size, settings)
    ]
    result = claim_table(rows, ALSO)
    result["samples"] = result["samples"].astype("Int64")
    for column, key in DIFFERS.items():
        others = [name for name in ("id", *ALSO, "part") if name != key]
        groups = result.groupby(others, dropna=False)
        result[column] = groups["verdict"].transform("nunique") > 1
    for column, missing in (("margin", np.nan), ("flips", "")):
        result[column] = [row.get(column, missing) for row in rows]
    result["shown"] = result.index.isin(_shown(result, asked, Scales(**scales), samples))
    return result, _summary(result)


def statements(
    inits: Iterable[str],
    settings: "ClaimSettings",
    original: "Original",
    panels: Sequence["Panel"],
    display: "SuperpositionNames",
) -> list[Statement]:
    """Return the claims.

    Parameters
    ----------
    inits
        Initialisations that there are; what the original study says of its starts is asked of the
        others as well.
    settings
        Margins, and what counts as low and high sparsity.
    original
        The starts of which the statements of the original study speak.
    panels
        Its pictures: each start with the number of samples that it had there.
    display
        What people read in place of the names of starts.
    """
    say = partial(_start, display)
    said = {panel.init: panel.samples for panel in panels}
    theirs = [original.kgon4, original.optimal]
    others = [init for init in inits if init not in theirs]
    sixes = dict.fromkeys([original.optimal, original.kgon6])
    return [
        *(
            _no_correlation(init, say(init), column, settings, original, said)
            for init in sorted({*inits, original.optimal})
            for column in MEASURES
        ),
        *_trends(theirs, display, "", ORIGINAL, settings),
        *(_trends(others, display, ".further_starts", OURS, settings) if others else ()),
        *_fates_of_optimal(original.optimal, say, settings, said.get(original.optimal)),
        *_as_compared(original.kgon4, original.optimal, say, settings, said),
        *(each for six in sixes for each in _at_equal_samples(original.kgon4, six, say, settings)),
    ]


def _start(display: "SuperpositionNames", init: str) -> str:
    return f"the {display.of('initialisations', init)} start"


def _no_correlation(
    init: str,
    start: str,
    column: str,
    settings: "ClaimSettings",
    original: "Original",
    said: Mapping[str, int],
) -> Statement:
    measure = MEASURES[column]
    six = init == original.optimal
    theirs = six and column == "llc"
    further = "" if column == "llc" else f".{column}"
    both = f"final loss and {measure} of models from {start}"
    return Statement(
        lambda margin: Claim(
            f"superposition.no_correlation.{init}{further}",
            f"no correlation of loss and {measure} within a sparsity, from {start}",
            ORIGINAL if theirs else OURS,
            f"Spearman correlation of final loss and {measure}",
            (-margin, margin),
            Sentences(
                supported=f"Within a sparsity, {both} do not go together (mean rank "
                "correlation {estimate}).",
                not_supported=f"At one sparsity or more, {both} do go together (mean rank "
                "correlation {estimate}).",
                undecided=f"Whether {both} go together within a sparsity is undecided.",
            ),
            follows="mean",
            margin=0.0,
        ),
        settings.correlation_margin,
        partial(_correlations, init=init, column=column),
        losses=True,
        llc=True,
        samples=said.get(init) if six else None,
    )


def _trends(
    inits: Sequence[str],
    display: "SuperpositionNames",
    further: str,
    source: str,
    settings: "ClaimSettings",
) -> Iterator[Statement]:
    which = listed(display.several("initialisations", inits))
    which = f"the {which} {'start' if len(inits) == 1 else 'starts'}"
    for id, name, column in (
        ("trend_of_undivided_loss", "loss", LOSS),
        ("trend_of_loss", "loss / (1 - S)", SCALED),
        *((f"trend_of_{column}", name, column) for column, name in MEASURES.items()),
    ):
        yield Statement(
            partial(_trend, id + further, name, which, source if column in _SAID else OURS),
            settings.correlation_margin,
            partial(_by_start, inits=inits, column=column),
            losses=column in (LOSS, SCALED),
            llc=column in MEASURES,
        )


_SAID = (LOSS, SCALED, "llc")


def _trend(id: str, name: str, which: str, source: str, margin: float) -> Claim:
    return Claim(
        f"superposition.{id}",
        f"lower sparsity, higher final {name}, from {which}",
        source,
        f"Spearman correlation of sparsity and final {name}",
        BELOW_0,
        Sentences(
            supported=f"The lower the sparsity, the higher the final {name}, from {which} (mean "
            "rank correlation {estimate}).",
            not_supported=f"It is not so that a lower sparsity means a higher final {name} from "
            f"{which} (mean rank correlation {{estimate}}).",
            undecided=f"Whether a lower sparsity means a higher final {name} from {which} is "
            "undecided.",
        ),
        margin=margin,
    )


def _fates_of_optimal(
    init: str, say: Callable[[str], str], settings: "ClaimSettings", said: int | None
) -> Iterator[Statement]:
    where = f"from {say(init)}"
    start = f"From {say(init)}"
    low = {"low": True, "absolute": False}
    high = {"low": False, "absolute": True}
    caution = "which at early states is no coefficient"
    yield Statement(
        lambda margin: Claim(
            "superposition.optimal_begins_low",
            f"{where} low-sparsity runs begin at a lower LLC than high-sparsity runs",
            ORIGINAL,
            "first LLC minus that of high sparsity, medians",
            BELOW_0,
            Sentences(
                supported=f"{start}, low-sparsity runs begin at a lower LLC than high-sparsity "
                f"runs (by {{estimate}}), {caution}.",
                not_supported=f"{start}, low-sparsity runs do not begin at a lower LLC than "
                f"high-sparsity runs (difference {{estimate}}), {caution}.",
                undecided=f"{start}, whether low-sparsity runs begin at a lower LLC than "
                "high-sparsity runs is undecided.",
            ),
            margin=margin,
        ),
        settings.llc_margin,
        partial(_beginnings, init=init, settings=settings),
        losses=False,
        llc=True,
        early=True,
        samples=said,
    )
    yield Statement(
        lambda margin: Claim(
            "superposition.optimal_rises",
            f"{where} the LLC of low-sparsity runs rises",
            ORIGINAL,
            "last LLC minus first, median",
            ABOVE_0,
            Sentences(
                supported=f"{start}, the LLC of low-sparsity runs rises (by {{estimate}}), "
                f"{caution}.",
                not_supported=f"{start}, the LLC of low-sparsity runs does not rise (change "
                f"{{estimate}}), {caution}.",
                undecided=f"{start}, whether the LLC of low-sparsity runs rises is undecided.",
            ),
            margin=margin,
        ),
        settings.llc_margin,
        partial(_changes, init=init, column="llc", settings=settings, **low),
        losses=False,
        llc=True,
        early=True,
        samples=said,
    )
    for name, margin, share, column in (
        ("LLC", settings.llc_margin, "", "llc"),
        ("loss", settings.loss_margin, " / (1 - S)", SCALED),
    ):
        yield Statement(
            partial(_stays, say(init), name, share),
            margin,
            partial(_changes, init=init, column=column, settings=settings, **high),
            losses=column == SCALED,
            llc=column == "llc",
            early=column == "llc",
            samples=said,
        )


def _stays(where: str, name: str, share: str, margin: float) -> Claim:
    start, runs = f"From {where}", f"the {name} of high-sparsity runs"
    return Claim(
        f"superposition.optimal_{name.lower()}_stays",
        f"from {where} {runs} stays where it is",
        ORIGINAL,
        f"|last {name} minus first|{share}, median",
        (-np.inf, margin),
        Sentences(
            supported=f"{start}, {runs} stays where it is (it moves by {{estimate}}{share}).",
            not_supported=f"{start}, {runs} does not stay where it is (it moves by "
            f"{{estimate}}{share}).",
            undecided=f"{start}, whether {runs} stays is undecided.",
        ),
        margin=0.0,
    )


def _as_compared(
    four: str,
    six: str,
    say: Callable[[str], str],
    settings: "ClaimSettings",
    said: Mapping[str, int],
) -> Iterator[Statement]:
    """Yield the comparison of four- with six-gons as it was made: of what the panels show."""
    groups = [(init, said.get(init)) for init in (four, six)]
    names = [f"{say(init)} with {size:,} samples" if size else say(init) for init, size in groups]
    parts = partial(_panel_ratios, groups=groups, settings=settings)
    yield from _four_against_six(names, "", ORIGINAL, settings, parts, apart=True)


def _at_equal_samples(
    four: str, six: str, say: Callable[[str], str], settings: "ClaimSettings"
) -> Iterator[Statement]:
    """Yield the same at equal numbers of samples, paired by seed: same data for both starts."""
    parts = partial(_start_ratios, inits=(four, six), settings=settings)
    names = [say(four), f"{say(six)} with as many samples"]
    yield from _four_against_six(names, f".{six}", OURS, settings, parts, apart=False)


def _four_against_six(
    names: Sequence[str],
    further: str,
    source: str,
    settings: "ClaimSettings",
    parts: Callable[..., Iterator[Sample]],
    *,
    apart: bool,
) -> Iterator[Statement]:
    for id, best, worse, region, summary in (
        ("kgon4_worse_on_average", False, "worse", ABOVE_1, _mean),
        ("kgon4_best_better", True, "better", BELOW_1, _best(settings.best)),
    ):
        average = "" if best else " on average"
        measure = f"the {settings.best:g} quantiles of" if best else "mean"
        these, those = ("the best models", "the best") if best else ("models", "those")
        these, those = f"{these} from {names[0]}", f"{those} from {names[1]}"
        text = f"{these} end {worse}{average} than {those}"
        yield Statement(
            partial(
                _ratio_claim,
                f"superposition.{id}{further}",
                f"at low sparsity {text}",
                source,
                f"ratio of {measure} final losses",
                region,
                Sentences(
                    supported=f"At low sparsity, {text} (ratio of losses {{estimate}}).",
                    not_supported=f"It is not so that at low sparsity {text} (ratio of losses "
                    "{estimate}).",
                    undecided=f"Whether at low sparsity {text} is undecided (ratio of losses "
                    "{estimate}).",
                    within=f"At low sparsity, {these} end as well{average} as {those}, within "
                    "the margin (ratio of losses {estimate}).",
                ),
            ),
            settings.ratio_margin,
            partial(parts, summary=summary),
            losses=True,
            llc=False,
            apart=apart,
        )


def _ratio_claim(
    id: str,
    text: str,
    source: str,
    measure: str,
    region: tuple[float, float],
    sentences: Sentences,
    margin: float,
) -> Claim:
    return Claim(id, text, source, measure, region, sentences, follows="mean", margin=margin)


def _by_setting(
    table: pd.DataFrame, llc: Iterable[pd.DataFrame], names: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Return the states that have an estimate, with it, by its setting."""
    keys = [*RUN, "seed", "epoch"]
    parts: dict[str, list[pd.DataFrame]] = {}
    for name, part in zip(names, llc, strict=True):
        parts.setdefault(name, []).append(part[[*keys, *MEASURES, "status"]])
    found = {name: table.merge(pd.concat(part), on=keys) for name, part in parts.items()}
    if any(states.empty for states in found.values()):
        raise DataError("the tables of losses and LLC have no model and epoch in common")
    return found


def _judged_at(
    statement: Statement, estimates: Mapping[str, pd.DataFrame], table: pd.DataFrame
) -> Mapping[str, pd.DataFrame]:
    """Return the states of each setting that can say something; none of no setting if none can."""
    if not statement.llc:
        return {"": table}
    if not statement.early:
        return estimates
    first = table["epoch"].min()
    found = {name: states for name, states in estimates.items() if states["epoch"].min() == first}
    return found or {"": next(iter(estimates.values())).iloc[:0]}


def _of_size(states: pd.DataFrame, samples: int | None) -> pd.DataFrame:
    return states if samples is None else states[states["samples"] == samples]


def _with_loss(states: pd.DataFrame, loss: str) -> pd.DataFrame:
    """Return the states whose loss is finite, with it by the names that statements know."""
    if not loss:
        return states
    states = states[np.isfinite(states[loss])]
    scaled = states[loss] / (1 - states["sparsity"])
    return states.assign(**{LOSS: states[loss], SCALED: scaled})


def _choices(states: pd.DataFrame, *, estimated: bool) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield all states with a value, and those alone whose estimate is a coefficient."""
    if not estimated:
        yield ALL_STATES, states
        return
    finite = states[np.isfinite(states["llc"])]
    yield ALL_STATES, finite
    yield OK_STATES, finite[finite["status"] == OK]


def _judge(
    statement: Statement, states: pd.DataFrame, samples: int | None, settings: "ClaimSettings"
) -> list[dict]:
    """Return the rows of a claim: as a whole, then its parts."""
    claim = statement.claim(statement.margin)
    # The same resamples for every loss, setting and choice of states, so that they can be compared.
    streams = (settings.seed, "claims", claim.id, *([] if samples is None else [int(samples)]))
    found = [
        _bootstrap(sample, settings, generator(*streams, i))
        for i, sample in enumerate(statement.parts(states))
    ]
    level = joint_level(settings.confidence, len(found))
    parts = [part.at(level) for part in found]
    whole = _together(found).at(settings.confidence)
    first, *rows = judge(claim, parts, whole)
    flips = _flips(statement, parts, whole)
    return [first | {"margin": statement.margin, "flips": flips}, *rows]


def _flips(statement: Statement, parts: Sequence[Part], whole: Part) -> str:
    """Return the margins next to the one in use at which the verdict changes, and to what."""
    centre = next(end for end in statement.claim(0.0).region if np.isfinite(end))
    ends = [end for part in (*parts, whole) for end in part.interval[1:3] if np.isfinite(end)]
    places = sorted({abs(end - centre) for end in ends} | {0.0})
    if places == [0.0]:
        return ""
    # Between two places no interval's end changes sides, and nor does the verdict change.
    places.append(2 * places[-1])
    middles = [(low + high) / 2 for low, high in pairwise(places)]
    own, *verdicts = (
        judge(statement.claim(margin), parts, whole)[0]["verdict"]
        for margin in (statement.margin, *middles)
    )
    here = min(bisect(places, statement.margin) - 1, len(middles) - 1)
    below = next((i for i in range(here)[::-1] if verdicts[i] != own), None)
    above = next((i for i in range(here + 1, len(middles)) if verdicts[i] != own), None)
    found = []
    if below is not None:
        found.append(f"below {number(places[below + 1])}: {verdicts[below]}")
    if above is not None:
        found.append(f"above {number(places[above])}: {verdicts[above]}")
    return "; ".join(found)


def _shown(
    table: pd.DataFrame, asked: Sequence[Statement], scales: Scales, samples: int
) -> list[int]:
    """Return the rows that the summary shows, one for each claim; no value has a say in it."""
    wholes = table[table["part"] == WHOLE]
    found = []
    for statement in asked:
        rows = wholes[wholes["id"] == statement.claim(statement.margin).id]
        if rows.empty:
            continue
        wanted = {
            "setting": scales.published if statement.early else scales.drawn,
            "samples": statement.samples or samples,
            "states": ALL_STATES if statement.early else OK_STATES,
            "loss": next(iter(LOSSES)),
        }
        misses = pd.DataFrame({key: rows[key].ne(value) for key, value in wanted.items()})
        found.append(misses.fillna(False).sort_values(list(wanted), kind="stable").index[0])
    return found


def _summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that are shown, each with what else would change its verdict."""
    keys, wholes = ["id", *ALSO], table[table["part"] == WHOLE]
    shown = table.merge(wholes.loc[wholes["shown"], keys], on=keys)
    changes = {
        row["id"]: _changes_with(row, wholes) for row in wholes[wholes["shown"]].to_dict("records")
    }
    return of_claims.summary(
        shown.assign(changes_with=shown["id"].map(changes)),
        ALSO,
        ("changes_with", "margin", "flips"),
    )


def _changes_with(row: Mapping, wholes: pd.DataFrame) -> str:
    """Return which other choice leads to which other verdict.

    One choice at a time, but that settings are listed with either choice of states: few states are
    ok with some of them.
    """
    found = []
    for keys, others in alternatives(row, wholes):
        if others["verdict"].nunique() > 1:
            each = (
                f"{' '.join(map(str, names))}: {word}"
                for *names, word in others[[*keys, "verdict"]].to_numpy()
            )
            found.append(f"{keys[0]} ({'; '.join(each)})")
    return ", ".join(found)


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
    chosen = [
        random.integers(len(group), size=(settings.resamples, len(group)))
        for group in sample.groups
    ]
    if sample.statistic is rank_correlation:
        replicates = rank_correlations(*sample.groups, *chosen)
    else:
        pairs = zip(sample.groups, chosen, strict=True)
        replicates = sample.statistic(*(group[places] for group, places in pairs))
    # Where one model alone differs, resamples without it say nothing, and the others not the truth.
    if np.isnan(replicates).mean() > 1 - settings.confidence:
        return _Resampled(sample.name, n, np.nan, np.empty(0), "the values hardly vary")
    return _Resampled(sample.name, n, statistic, replicates, "")


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


def _correlations(states: pd.DataFrame, *, init: str, column: str) -> Iterator[Sample]:
    """Yield for each sparsity the correlation of loss and a column over seeds, last epoch."""
    final = _last_epoch(states)
    final = final[(final["init"] == init) & np.isfinite(final[column])]
    for sparsity, rows in final.groupby("sparsity"):
        yield Sample(_sparsity(sparsity), (rows[[LOSS, column]].to_numpy(),), rank_correlation)


def _by_start(states: pd.DataFrame, *, inits: Sequence[str], column: str) -> Iterator[Sample]:
    """Yield for each initialisation the correlation of sparsity with a column, last epoch."""
    final = _last_epoch(states)
    final = final[final["init"].isin(inits) & np.isfinite(final[column])]
    for init, rows in final.groupby("init"):
        yield Sample(init, (rows[["sparsity", column]].to_numpy(),), rank_correlation)


def _beginnings(states: pd.DataFrame, *, init: str, settings: "ClaimSettings") -> Iterator[Sample]:
    """Yield for each low sparsity how far the first value lies from that of high sparsities."""
    first = _first_and_last(states[states["init"] == init])[0]
    high = first.loc[first["sparsity"] >= settings.high_sparsity, ["llc"]].to_numpy()
    for sparsity, rows in first[first["sparsity"] <= settings.low_sparsity].groupby("sparsity"):
        yield Sample(
            _sparsity(sparsity),
            (rows[["llc"]].to_numpy(), high),
            lambda low, high: _median(low) - _median(high),
        )


def _changes(
    states: pd.DataFrame,
    *,
    init: str,
    column: str,
    settings: "ClaimSettings",
    low: bool,
    absolute: bool,
) -> Iterator[Sample]:
    """Yield for each low, or high, sparsity how a column changes from first to last state."""
    states = states[states["init"] == init]
    first, last = _first_and_last(states)
    change = (last[column] - first[column]).to_numpy()
    # A model with one state only says nothing of a change.
    moved = first.assign(change=np.abs(change) if absolute else change)
    moved = moved[last["epoch"].to_numpy() > first["epoch"].to_numpy()]
    sparsity = moved["sparsity"]
    wanted = sparsity <= settings.low_sparsity if low else sparsity >= settings.high_sparsity
    for sparsity, rows in moved[wanted].groupby("sparsity"):
        yield Sample(_sparsity(sparsity), (rows[["change"]].to_numpy(),), _median)


def _panel_ratios(
    states: pd.DataFrame,
    *,
    groups: Sequence[tuple[str, int | None]],
    settings: "ClaimSettings",
    summary: Callable[[np.ndarray], np.ndarray],
) -> Iterator[Sample]:
    """Yield for each low sparsity the ratio of final losses of two starts, of any samples each.

    A start whose number of samples is not known is compared with none.
    """
    final = _last_epoch(states)
    final = final[final["sparsity"] <= settings.low_sparsity]
    for sparsity, rows in final.groupby("sparsity"):
        found = [
            rows.loc[(rows["init"] == init) & (rows["samples"] == size), [LOSS]].to_numpy()
            for init, size in groups
        ]
        if all(map(len, found)):
            yield Sample(
                _sparsity(sparsity),
                tuple(found),
                lambda four, six: summary(four)[..., 0] / summary(six)[..., 0],
            )


def _start_ratios(
    states: pd.DataFrame,
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
    wide = rows.pivot(index=["sparsity", "seed"], columns="init", values=LOSS).dropna()
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


def _best(share: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda values: np.quantile(values, share, axis=-2)


def _median(values: np.ndarray) -> np.ndarray:
    return np.median(values[..., 0], axis=-1)

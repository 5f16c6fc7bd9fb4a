"""What study 2 found, a few findings first: `lgi.findings` of its tables and verdicts.

Headlines and sentences follow from the verdicts and numbers, so that other data give others. A
finding whose table a small study does not make is left out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from lgi.catalogue import ROOT
from lgi.claims import (
    CONTRADICTED,
    NOT_SUPPORTED,
    SUPPORTED,
    UNDECIDED,
    WITHIN,
    Claims,
)
from lgi.findings import Finding, findings_table
from lgi.intervals import mean
from lgi.llc.status import BIASED_STEP, DIVERGED, NOT_A_MINIMUM, NOT_CONVERGED, NOT_LOCAL, OK
from lgi.prose import capital, counted, estimate, listed, number, span
from lgi.superposition.phases.table import ONE_ACTIVE
from lgi.superposition.selection import sparsity_name
from lgi.superposition.tried import changes

if TYPE_CHECKING:
    from lgi.superposition.settings import Superposition

QUANTITIES = {"loss": "training loss", "llc": "learning coefficient"}
"""What was published, by its name in the table that compares it."""
SEVERAL = {"loss": "training losses", "llc": "learning coefficients"}
_NO_COEFFICIENT = {
    NOT_A_MINIMUM: "are at no minimum",
    NOT_LOCAL: "have chains that do not stay at theirs",
    NOT_CONVERGED: "have chains that have not mixed",
    BIASED_STEP: "have too large a step",
    DIVERGED: "have chains that diverged",
}
_CORRELATION = "superposition.no_correlation."
_TREND = "superposition.trend_of_llc"


class Segment(NamedTuple):
    """A stretch of sparsities over which one polygon has the lowest population loss."""

    kgon: str  # or several, where their losses are equal
    low: float
    high: float


def findings(
    claims: pd.DataFrame,
    *,
    settings: "Superposition",
    figures: Mapping[str, str],
    published: pd.DataFrame | None = None,
    estimates: Iterable[pd.DataFrame] = (),
    phases: pd.DataFrame | None = None,
    tables: Mapping[str, str],
) -> pd.DataFrame:
    """Return the findings of study 2.

    Parameters
    ----------
    claims
        ``superposition_claims.csv``.
    settings
        The section of study 2.
    figures
        Paths of pictures by the names of `lgi.superposition.results.SHOWN`, as far as they are
        made.
    published, phases
        ``superposition_published.csv`` and ``superposition_phases.csv``, as far as they are made.
    estimates
        Tables of the estimates with the setting that is drawn.
    tables
        Paths of the tables to link: ``claims``, ``published``, ``llc`` and ``phases``.

    Returns
    -------
    DataFrame
        As from `lgi.findings.findings_table`.
    """
    study = _Study(claims, settings, _below_results(figures), _below_results(tables))
    found = [
        *(_published(study, published) if published is not None else ()),
        *_late_states(study, list(estimates)),
        *_correlation(study),
        *(_phases(study, phases) if phases is not None else ()),
        *_trend(study),
    ]
    return findings_table(found)


class _Study:
    """What findings are written from."""

    def __init__(
        self,
        claims: pd.DataFrame,
        settings: "Superposition",
        figures: Mapping[str, str],
        tables: Mapping[str, str],
    ) -> None:
        self.claims = claims
        self.shown = Claims(claims[claims["shown"].astype(bool)])
        self.settings, self.tables = settings, tables
        self.figure = lambda *names: next((figures[n] for n in names if n in figures), "")
        self.start = lambda init: settings.names.of("initialisations", init)
        self.scale = f"“{settings.names.of('settings', settings.llc.drawn)}”"

    def starts(self, inits: Sequence[str]) -> str:
        """Return several starts in a sentence."""
        return f"the {listed([self.start(init) for init in inits])} {_plural('start', inits)}"


def panel_name(settings: "Superposition", title: str) -> str:
    """Return what people read in place of the title of a published panel."""
    for panel in settings.published.panels:
        if panel.title == title:
            start = settings.names.of("initialisations", panel.init)
            return f"{start}, {counted(panel.samples, 'sample')}"
    return title


def sparsity_text(sparsity: float) -> str:
    """Return a sparsity as a text has it: up to four decimals."""
    return sparsity_name(sparsity).rstrip("0").rstrip(".")


def polygon(kgon: str) -> str:
    """Return the name of a polygon: that of 5+ is "5+-gon"."""
    return f"{kgon}-gon" if kgon[:1].isdigit() else kgon


def segments(phases: pd.DataFrame) -> list[Segment]:
    """Return which polygons are lowest over which stretch of sparsities, from low to high.

    Parameters
    ----------
    phases
        ``superposition_phases.csv``; rows of one active feature do not count.
    """
    lowest = phases[(phases["data"] != ONE_ACTIVE) & phases["lowest"].astype(bool)]
    named = [
        (sparsity, " or ".join(map(polygon, sorted(set(part["kgon"].astype(str))))))
        for sparsity, part in lowest.sort_values("sparsity").groupby("sparsity")
    ]
    found = []
    for kgon, part in groupby(named, key=lambda item: item[1]):
        places = [sparsity for sparsity, _ in part]
        found.append(Segment(kgon, places[0], places[-1]))
    return found


def segments_text(found: Sequence[Segment]) -> str:
    """Return the stretches as a list in a sentence."""
    return listed([f"the {each.kgon} at S = {_stretch(each)}" for each in found])


def _stretch(segment: Segment) -> str:
    return span(segment.low, segment.high, sparsity_text)


def _below_results(paths: Mapping[str, str]) -> dict[str, str]:
    return {name: str(PurePath(path).relative_to(ROOT)) for name, path in paths.items()}


def _published(study: _Study, rows: pd.DataFrame) -> Iterator[Finding]:
    if rows.empty:
        return
    cells = rows.drop_duplicates(["panel", "epoch", "quantity"])
    agree, every = int(cells["agreeing"].sum()), int(cells["cells"].sum())
    sums = cells.groupby("quantity")[["agreeing", "cells", "expected"]].sum()
    each = {
        name: (int(sums.loc[name, "agreeing"]), int(sums.loc[name, "cells"]))
        for name in QUANTITIES
        if name in sums.index
    }
    named = {SEVERAL[name]: numbers for name, numbers in each.items()}
    counts = listed([f"{hits} of {n} {word}" for word, (hits, n) in named.items()])
    if agree == every:
        headline = f"What was published comes out again: all {every} medians agree"
    elif agree < every / 2:
        headline = f"Most of what was published does not come out again: {agree} of {every} agree"
    else:
        headline = "What was published comes out again for " + listed(
            [f"{hits} of {n} {word}" for word, (hits, n) in named.items()]
        )
    worst = cells.loc[(cells["agreeing"] / cells["cells"]).idxmin()]
    least = (
        f"Fewest agree for the {QUANTITIES[worst['quantity']]} at epoch {worst['epoch']:,} "
        f"({panel_name(study.settings, worst['panel'])}), {worst['agreeing']} of {worst['cells']}."
        if agree < every
        else "No epoch, start or sparsity stands out."
    )
    yield Finding(
        id="published",
        headline=headline,
        text=f"Of the medians over seeds that can be read off the published pictures ours agree "
        f"within two standard errors with {counts}, together {agree} of {every}, where chance "
        f"alone would leave {sums['expected'].sum():.0f}. {least}",
        measure="share of the published medians that ours agree with",
        value=agree / every,
        low=np.nan,
        high=np.nan,
        n=int(rows["seeds"].max()),
        unit="seeds in each median",
        figure=study.figure("published", "loss against LLC, as published"),
        alt="our medians of loss and learning coefficient less the published ones, in standard "
        "errors, by epoch and sparsity",
        table=study.tables["published"],
    )


def _late_states(study: _Study, estimates: Sequence[pd.DataFrame]) -> Iterator[Finding]:
    if not estimates:
        return
    rows = pd.concat([each[["seed", "epoch", "status"]] for each in estimates])
    rows = rows[rows["epoch"] == rows["epoch"].max()]
    counts = rows["status"].value_counts()
    ok, every = int(counts.get(OK, 0)), len(rows)
    these = f"{ok:,} of {every:,}"
    sizes = listed([f"{size:,}" for size in sorted(study.settings.runs.samples)])
    of_seeds = (rows["status"] == OK).groupby(rows["seed"]).mean()
    share = mean(of_seeds.to_numpy(), study.settings.claims.confidence)
    if of_seeds.nunique() == 1:  # seeds that do not vary say nothing about others
        share = share._replace(low=np.nan, high=np.nan)
    others = counts.drop(OK, errors="ignore").items()
    reasons = [f"{count:,} {_NO_COEFFICIENT.get(status, status)}" for status, count in others]
    if share.high < 0.5:
        headline = f"Most trained states have no learning coefficient at all: {these} do"
    elif share.low > 0.5:
        headline = f"Most trained states have a learning coefficient: {these}"
    else:
        headline = f"{these} trained states have a learning coefficient"
    yield Finding(
        id="late_states",
        headline=headline,
        text=f"Of {counted(every, 'model')} with {sizes} samples at epoch "
        f"{rows['epoch'].max():,} the estimates of {ok:,} have the status ok with the setting "
        f"{study.scale}"
        + (f"; of the others {listed(reasons)}. " if reasons else ". ")
        + "Where the status is another, the number is no coefficient, however small its error.",
        measure="share of late states whose estimate is ok",
        value=share.value,
        low=share.low,
        high=share.high,
        n=share.n,
        unit="seeds",
        figure=study.figure("status"),
        alt="share of each status of the estimates along training",
        table=study.tables["llc"],
    )


def _correlation(study: _Study) -> Iterator[Finding]:
    optimal = study.settings.original.optimal
    inits = [optimal, *(init for init in study.settings.runs.init if init != optimal)]
    rows = {init: study.shown.whole(_CORRELATION + init) for init in inits}
    rows = {init: row for init, row in rows.items() if row["n"]}
    if not rows:
        return
    by = {
        word: [init for init, row in rows.items() if row["verdict"] in verdicts]
        for word, verdicts in (
            ("none", (SUPPORTED, WITHIN)),
            ("some", (CONTRADICTED, NOT_SUPPORTED)),
            ("open", (UNDECIDED,)),
        )
    }
    values = [
        f"{estimate(row, 2)} from the {study.start(init)} start (n = {number(row['n'])})"
        for init, row in rows.items()
        if init in (optimal, study.settings.original.kgon4) and np.isfinite(row["statistic"])
    ]
    about, row = next(iter(rows.items()))
    mean_of = f"The rank correlation, a mean over sparsities, is {listed(values)}. "
    spoke = ", of which the original spoke," if about == optimal else ""
    yield Finding(
        id="correlation",
        headline=_correlate(study, by),
        text=(mean_of if values else "")
        + f"The verdict on the {study.start(about)} start{spoke} is “{row['verdict']}”, and "
        f"changes with {changes(row, study.claims, counts=False)}.",
        measure=f"rank correlation of final loss and learning coefficient within a sparsity, "
        f"{study.start(about)} start",
        value=row["statistic"],
        low=row["low"],
        high=row["high"],
        n=int(row["n"]),
        unit="models",
        figure=study.figure("loss against LLC", "loss against LLC, as published"),
        alt="loss against learning coefficient at the last epoch, a panel per start, a colour per "
        "sparsity",
        table=study.tables["claims"],
        claim=row["id"],
    )


def _correlate(study: _Study, by: Mapping[str, Sequence[str]]) -> str:
    both = "Within a sparsity, loss and learning coefficient"
    told = []
    if by["none"]:
        told.append(f"{both} do not correlate from {study.starts(by['none'])}")
    if by["some"]:
        some = study.starts(by["some"])
        told.append(f"but do from {some}" if told else f"{both} correlate from {some}")
    if by["open"]:
        starts = study.starts(by["open"])
        told.append(
            f"from {starts} it is undecided"
            if told
            else f"Whether loss and learning coefficient correlate within a sparsity is undecided, "
            f"from {starts}"
        )
    return ", ".join(told)


def _phases(study: _Study, phases: pd.DataFrame) -> Iterator[Finding]:
    found = segments(phases)
    if not found:
        return
    binary = phases[phases["data"] != ONE_ACTIVE]
    count = binary["sparsity"].nunique()
    tried = counted(count, "sparsity", "sparsities")
    between = span(found[0].low, found[-1].high, sparsity_text)
    lowest = binary[binary["lowest"].astype(bool)]
    shares = span(lowest["live_dimensionality"].max(), lowest["live_dimensionality"].min())
    if len(found) > 1:
        before, after = found[-2], found[-1]
        headline = "Which polygon is best depends on the sparsity, from low to high: " + listed(
            [each.kgon for each in found]
        )
        measure = (
            f"sparsity at which the {after.kgon} takes over from the {before.kgon}, in the middle "
            "of the two tried that stand in brackets"
        )
        low, high = before.high, after.low
        value = (low + high) / 2
    else:
        headline = f"The {found[0].kgon} is the best polygon at every sparsity that was tried"
        measure, value, low, high = "sparsities tried at which it is", count, np.nan, np.nan
    yield Finding(
        id="phases",
        headline=headline,
        text=f"Of {tried} tried, S = {between}, the exact population loss is lowest for "
        f"{segments_text(found)}. On average a feature that is not dropped has {shares} of a "
        "dimension there.",
        measure=measure,
        value=value,
        low=low,
        high=high,
        n=count,
        unit="sparsities",
        figure=study.figure("phases"),
        alt="lowest population loss of each polygon against sparsity, and the dimensionality of "
        "the features of the lowest",
        table=study.tables["phases"],
    )


def _trend(study: _Study) -> Iterator[Finding]:
    row = study.shown.whole(_TREND)
    if not row["n"]:
        return
    headline = {
        SUPPORTED: "Lower sparsity goes with a higher learning coefficient",
        WITHIN: "Sparsity and learning coefficient hardly go together",
        UNDECIDED: "Whether lower sparsity means a higher learning coefficient is undecided",
    }.get(row["verdict"], "Lower sparsity does not mean a higher learning coefficient")
    parts = [
        f"from the {study.start(part['part'])} start it is {part['verdict']}, "
        f"{estimate(part, 2)} with n = {number(part['n'])}"
        for part in _parts(study, row).to_dict("records")
    ]
    yield Finding(
        id="trend",
        headline=headline,
        text=f"{capital('; '.join(parts))}. The statement counts as supported only if it is from "
        f"each start, and the verdict changes with {changes(row, study.claims, counts=False)}.",
        measure="rank correlation of sparsity and final learning coefficient, a mean over starts",
        value=row["statistic"],
        low=row["low"],
        high=row["high"],
        n=int(row["n"]),
        unit="models",
        figure=study.figure("LLC over training"),
        alt="learning coefficient along training, a panel per start, a colour per sparsity",
        table=study.tables["claims"],
        claim=row["id"],
    )


def parts_of(row: Mapping, table: pd.DataFrame) -> pd.DataFrame:
    """Return the parts that a row of the claims, judged as a whole, rests on."""
    rows = table[(table["id"] == row["id"]) & (table["part"] != row["part"])]
    for name in ("samples", "loss", "states", "setting"):
        if not pd.isna(row[name]):
            rows = rows[rows[name] == row[name]]
    return rows


def _parts(study: _Study, row: Mapping) -> pd.DataFrame:
    rows = parts_of(row, study.claims)
    return rows[np.isfinite(rows["statistic"])]


def _plural(word: str, items: Sequence) -> str:
    return word if len(items) == 1 else f"{word}s"

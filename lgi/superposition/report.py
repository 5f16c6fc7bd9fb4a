"""The written analysis of study 2: what the original said and asked for, what was found, limits.

Every number comes from a table, and every sentence that states a finding is the one that a claim
allows, so that other data give another text. What a small study does not make is left out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import pandas as pd

from lgi.claims import UNDECIDED, Claims
from lgi.llc.status import OK
from lgi.prose import MISSING, counted, estimate, interval, listed, number, percent, table
from lgi.superposition.phases.table import ONE_ACTIVE
from lgi.superposition.selection import sparsity_name
from lgi.superposition.settings import Superposition
from lgi.superposition.training.view import LOSSES, RUN

_ID = "superposition."


@dataclass(frozen=True)
class Study:
    """What the analysis is written from."""

    claims: Claims  # the rows that the summary shows
    summary: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    settings: Superposition
    links: Mapping[str, str]  # figures by name, as paths from where the text lies

    def figure(self, name: str, text: str) -> Iterator[str]:
        """Yield a figure as Markdown, if it is made."""
        if name in self.links:
            yield ""
            yield f"![{text}]({self.links[name]})"

    def link(self, *names: str) -> str:
        """Return links to figures for a cell of a table, of those that are made."""
        return ", ".join(f"[{name}]({self.links[name]})" for name in names if name in self.links)


def write(
    *,
    claims: pd.DataFrame,
    summary: pd.DataFrame,
    settings: Superposition,
    links: Mapping[str, str],
    figures: Iterable = (),
    **tables: pd.DataFrame,
) -> str:
    """Return the analysis as Markdown.

    Parameters
    ----------
    claims, summary
        ``superposition_claims.csv`` and ``superposition_claims_summary.csv``.
    settings
        The section of study 2.
    links
        Figures by name, as paths from where the text lies.
    figures
        What they show; the text needs no more than that they are there.
    **tables
        Further tables by name, each with a section of its own; one that is not made has none:
        ``status``, ``published``, ``known``, ``resolution``, ``locality``, ``stability``,
        ``phases``, ``limit_llc``, ``limit_transitions``, ``gap``, ``epochs`` and ``departures``.

    Raises
    ------
    DataError
        If a claim that the text speaks of is not among the claims.
    """
    shown = Claims(claims[claims["shown"].astype(bool)])
    summary = summary.assign(changes_with=summary["changes_with"].astype(object).fillna(""))
    study = Study(shown, summary, tables, settings, links)
    parts = [_title(), _answers(study), _verdicts(study), ["## What was found"]]
    for name, section in SECTIONS.items():
        if not name or name in tables:
            parts.append(section(study))
    parts.append(_limits(study))
    return "\n".join(line for part in parts for line in (*part, ""))


def _title() -> Iterator[str]:
    yield "# Study 2: toy models of superposition, loss and learning coefficient"
    yield ""
    yield (
        "Written by the workflow from its tables: every number stands in `results/tables/`, and "
        "which sentence is written depends on the verdicts."
    )


def _answers(study: Study) -> Iterator[str]:
    """Yield the table of each sentence and each wish of the original document."""
    yield "## What the original said and asked for"
    yield ""
    columns = {name: (name, str) for name in ("the original", "answer", "number", "figure")}
    rows = [*_sentences(study), *_wishes(study)]
    yield from table(pd.DataFrame(rows, columns=list(columns)), columns)
    yield ""
    yield (
        "Estimates at early states are of states that are no minima: whatever they are, they are "
        "no learning coefficients."
    )


def _sentences(study: Study) -> Iterator[tuple[str, ...]]:
    optimal = study.settings.original.optimal
    for said, names, figures in (
        (
            "Within a sparsity loss and LLC do not correlate (six-gons)",
            [f"no_correlation.{optimal}"],
            ["loss against LLC"],
        ),
        (
            "Lower sparsity, higher final loss",
            ["trend_of_undivided_loss", "trend_of_loss"],
            ["loss over training"],
        ),
        (
            "Lower sparsity, higher final LLC",
            ["trend_of_llc", "trend_of_hessian_llc"],
            ["LLC over training"],
        ),
        (
            "From the optimal start low-sparsity runs begin at a low LLC",
            ["optimal_begins_low"],
            ["settings side by side"],
        ),
        ("and rise", ["optimal_rises"], ["settings side by side"]),
        (
            "At high sparsity they stay",
            ["optimal_llc_stays", "optimal_loss_stays"],
            ["settings side by side", "departures"],
        ),
        (
            "Four-gon starts are worse on average",
            ["kgon4_worse_on_average", f"kgon4_worse_on_average.{optimal}"],
            ["four-gons and six-gons"],
        ),
        (
            "their best ones are better",
            ["kgon4_best_better", f"kgon4_best_better.{optimal}"],
            ["four-gons and six-gons"],
        ),
    ):
        wholes = [study.claims.whole(_ID + name) for name in names]
        answers = [f"{row['claim']}: **{row['verdict']}**" for row in wholes]
        numbers = [f"{estimate(row)}, n = {number(row['n'])} ({_shown_at(row)})" for row in wholes]
        yield f"“{said}”", "; ".join(answers), "; ".join(numbers), study.link(*figures)


def _wishes(study: Study) -> Iterator[tuple[str, ...]]:
    runs, training = study.settings.runs, study.settings.training
    tables = study.tables
    unasked = "not asked in this study", MISSING
    answer = unasked
    if "epochs" in tables and len(tables["epochs"]):
        rows = _of_best_loss(tables["epochs"])
        answer = (
            f"trained for {training.epochs:,}; models whose {_loss(rows)} fell by more than the "
            f"margin from epoch {rows['first_epoch'].iloc[0]:,} to {rows['last_epoch'].iloc[0]:,}",
            f"{_models(rows, 'improved')} of {rows['seeds'].sum():,} better, "
            f"{_models(rows, 'worsened')} worse",
        )
    yield "Wish: 40,000 epochs", *answer, study.link("gap")
    answer = unasked
    if "gap" in tables:
        rows = _last(_of_best_loss(tables["gap"]))
        answer = (
            f"{_loss(rows)} less training loss, / (1 - S), medians of cells",
            f"{number(rows['median'].min())} to {number(rows['median'].max())}",
        )
    yield "Wish: train against test", *answer, study.link("gap")
    answer = unasked
    if "phases" in tables:
        rows = _binary(tables["phases"])
        answer = "lowest population loss by sparsity", _segments(rows)
    yield "Wish: phases by sparsity (the open box)", *answer, study.link("phases")
    answer = unasked
    if "phases" in tables:
        rows = tables["phases"][tables["phases"]["data"] == ONE_ACTIVE]
        rows = rows[rows["lowest"].astype(bool)]
        if len(rows):
            answer = (
                f"lowest with one active feature: {listed(sorted(set(rows['kgon'].astype(str))))}",
                f"loss {number(rows['loss'].min())}",
            )
    yield "Wish: the limit of one active feature", *answer, study.link("limit", "phases")
    answer = unasked
    if "polygons" in study.links:
        answer = "animated, as are all starts", f"{training.epochs:,} epochs"
    yield "Wish: animations of the optimal start", *answer, study.link("polygons")
    cells = len(runs.runs())
    yield (
        "Wish: more seeds",
        f"{len(runs.seeds)} in each of {cells} cells",
        f"{cells * len(runs.seeds):,} models",
        "",
    )


def _verdicts(study: Study) -> Iterator[str]:
    yield "## The claims and their verdicts"
    yield ""
    yield from table(
        study.summary,
        {
            "claim": ("claim", str),
            "whose": ("source", str),
            "verdict": ("verdict", lambda verdict: f"**{verdict}**"),
            "value [interval]": (("value", "low", "high"), interval),
            "n": ("n", number),
            "shown at": (("setting", "samples", "states", "loss"), _at),
            "changes with": ("changes_with", lambda text: text or "nothing tried"),
            "margin": (("margin", "flips"), _margin),
        },
    )
    yield ""
    yield (
        "A claim says that a value lies in a region. It is supported where the whole interval of "
        "the value does, contradicted where all of it lies on the other side and beyond the "
        "margin, within the margin where the effect is smaller than that, not supported where the "
        "other side is sure but not how far, undecided otherwise. What the table shows of several "
        "settings, losses and sizes is chosen by a rule that looks at no value; all of them stand "
        "in `superposition_claims.csv`. An estimate contains -nβ L(w*) by construction, so the "
        "Hessian and its rank are asked beside it."
    )


def _claims(study: Study) -> Iterator[str]:
    # What is undecided stands in the table above.
    decided = study.summary[study.summary["verdict"] != UNDECIDED]
    yield "### What is decided"
    yield ""
    for claim in decided["id"]:
        yield f"- {study.claims.sentence(claim)}"
    yield from study.figure("loss against LLC", "loss against LLC, as published")


def _published(study: Study) -> Iterator[str]:
    rows = study.tables["published"]
    yield "### What was published, reproduced"
    yield ""
    yield (
        f"Setting `{study.settings.published.setting}` on the published starts and sizes. Medians "
        "that agree with the published ones within two standard errors, reading error included:"
    )
    yield ""
    cells = rows.drop_duplicates(["panel", "epoch", "quantity"])
    yield from table(
        cells,
        {
            "panel": ("panel", str),
            "epoch": ("epoch", number),
            "quantity": ("quantity", str),
            "agree": (("agreeing", "cells"), lambda agreeing, cells: f"{agreeing} of {cells}"),
            "expected by chance alone": ("expected", number),
        },
    )
    yield from study.figure("published", "ours less the published, in standard errors")


def _scale(study: Study) -> Iterator[str]:
    llc = study.settings.llc
    yield "### Scale"
    yield ""
    yield (
        "A temperature means something for the negative log likelihood of a stated model. The "
        f"settings here; `{llc.drawn}` is the one that figures show:"
    )
    yield ""
    rows = []
    for name in llc.runs:
        setting = llc.settings[name]
        sigma = getattr(setting.likelihood, "sigma", None)
        model = f"Gaussian, σ = {sigma:g}" if sigma else "mean squared error, no likelihood"
        sizes = [setting.data.samples] if setting.data else study.settings.runs.samples
        n_beta = ", ".join(number(setting.n_beta(n)) for n in sizes)
        at = "minimum near the state" if setting.minimum else "the state itself"
        rows.append((name, model, n_beta, f"{setting.localisation:g}", at))
    names = ["setting", "likelihood", "nβ", "γ", "w*"]
    yield from table(pd.DataFrame(rows, columns=names), {name: (name, str) for name in names})


def _known(study: Study) -> Iterator[str]:
    rows = study.tables["known"]
    yield "### Known answers"
    yield ""
    yield (
        f"Setting `{study.settings.llc.drawn}`, one and the same for all, on problems whose "
        "coefficient is known exactly:"
    )
    yield ""
    counts = pd.crosstab([rows["n"], rows["problem"]], rows["verdict"]).reset_index()
    words = [name for name in counts if name not in ("n", "problem")]
    yield from table(
        counts,
        {"problem": ("problem", str), "n": ("n", number)}
        | {word: (word, number) for word in words},
    )
    yield from study.figure("known answers", "estimates of known coefficients")


def _status(study: Study) -> Iterator[str]:
    rows = study.tables["status"].copy()
    rows["count"] = rows["share"] * rows["seeds"]
    yield "### Where an estimate is a coefficient"
    yield ""
    yield "Estimates that are ok, and what most of the others are, by setting and epoch:"
    yield ""
    found = []
    for (setting, epoch), part in rows.groupby(["setting", "epoch"]):
        counts = part.groupby("status")["count"].sum()
        others = counts.drop(OK, errors="ignore")
        most = f"{others.idxmax()}, {percent(others.max() / counts.sum())}" if others.sum() else ""
        found.append((setting, epoch, counts.sum(), counts.get(OK, 0) / counts.sum(), most))
    frame = pd.DataFrame(found, columns=["setting", "epoch", "estimates", "ok", "most"])
    yield from table(
        frame,
        {
            "setting": ("setting", str),
            "epoch": ("epoch", number),
            "estimates": ("estimates", lambda count: number(round(count))),
            "ok": ("ok", percent),
            "most frequent other status": ("most", str),
        },
    )
    yield from study.figure("status", "share of each status along training")


def _resolution(study: Study) -> Iterator[str]:
    rows = study.tables["resolution"]
    drawn = rows[rows["factor"] == 1]
    models = [*RUN, "seed", "epoch"]
    stable = int(drawn["stable"].astype(bool).sum())
    somewhere = int(rows.groupby(models)["stable"].any().sum())
    yield "### Resolution"
    yield ""
    yield (
        f"Of {counted(rows.groupby(models).ngroups, 'state')} seen at many scales {somewhere} have "
        f"an estimate that stays over a decade of nβ in both directions; at the scale in use "
        f"{stable} do."
    )
    yield from study.figure("resolution", "estimate against nβ, γ in proportion")


def _locality(study: Study) -> Iterator[str]:
    rows = _last(study.tables["locality"])
    yield "### Do chains from other models agree?"
    yield ""
    yield (
        "Pairs of models on the same data whose minima lie far apart, and the share of them whose "
        "chains have the same E[L], which chains that stay at their minima have not; at epoch "
        f"{rows['epoch'].max():,}, means over cells weighted by pairs:"
    )
    yield ""
    found = [
        (setting, part["far"].sum(), _weighted(part, "agree", "far"))
        for setting, part in rows.groupby("setting")
    ]
    yield from table(
        pd.DataFrame(found, columns=["setting", "far", "agree"]),
        {
            "setting": ("setting", str),
            "pairs far apart": ("far", number),
            "with the same E[L]": ("agree", percent),
        },
    )
    yield from study.figure("locality", "agreement of chains between models")


def _stability(study: Study) -> Iterator[str]:
    rows = study.tables["stability"]
    rows = _last(rows[rows["setting"] == study.settings.llc.drawn])
    yield "### Where chains go"
    yield ""
    yield (
        f"Setting `{study.settings.llc.drawn}`, last epoch: chains whose lowest draw, quenched, is "
        "a lower minimum on another polygon."
    )
    yield ""
    found = [
        (kgon, part["states"].sum(), _weighted(part, "left", "states"))
        for kgon, part in rows.groupby(rows["kgon"].astype(str))
    ]
    yield from table(
        pd.DataFrame(found, columns=["kgon", "states", "left"]),
        {
            "polygon of w*": ("kgon", str),
            "states": ("states", number),
            "left it": ("left", percent),
        },
    )
    yield from study.figure("stability", "polygons that chains leave")


def _phases(study: Study) -> Iterator[str]:
    rows = _binary(study.tables["phases"])
    yield "### Phases by sparsity"
    yield ""
    yield f"The polygon of lowest population loss: {_segments(rows)}."
    lowest = rows[rows["lowest"].astype(bool)]
    yield (
        "The mean dimensionality of its live features lies between "
        f"{number(lowest['live_dimensionality'].min())} and "
        f"{number(lowest['live_dimensionality'].max())}."
    )
    yield from study.figure("phases", "lowest population loss of each polygon")


def _limit(study: Study) -> Iterator[str]:
    rows = study.tables["limit_llc"]
    yield "### One active feature"
    yield ""
    yield from table(
        rows,
        {
            "polygon": ("kgon", str),
            "n": ("samples", number),
            "loss": ("loss", lambda loss: number(loss, 4)),
            "λ": ("truth", number),
            "λ̂": (("llc", "llc_se"), lambda llc, se: f"{number(llc)} ± {number(se, 2)}"),
            "status": ("status", str),
        },
    )
    if "limit_transitions" in study.tables:
        moves = study.tables["limit_transitions"]
        each = [f"{row.method} {number(row.n)}" for row in moves.itertuples()]
        yield ""
        yield f"n at which the 6-gon gets the posterior weight of the 5-gon: {listed(each)}."
    yield from study.figure("limit", "plateaus, coefficients and posterior")


def _gap(study: Study) -> Iterator[str]:
    rows = _last(_of_best_loss(study.tables["gap"]))
    yield "### Train against test, and longer training"
    yield ""
    yield (
        f"How far the {_loss(rows)} lies above the training loss at epoch "
        f"{rows['epoch'].max():,}, / (1 - S), medians over seeds:"
    )
    yield ""
    found = []
    for (init, samples), part in rows.groupby(["init", "samples"]):
        low, high = part.loc[part["median"].idxmin()], part.loc[part["median"].idxmax()]
        found.append((init, samples, _median_at(low), _median_at(high)))
    yield from table(
        pd.DataFrame(found, columns=["init", "samples", "least", "most"]),
        {
            "start": ("init", str),
            "samples": ("samples", number),
            "least": ("least", str),
            "most": ("most", str),
        },
    )
    yield from study.figure("gap", "gap, and what longer training changes")


def _longer(study: Study) -> Iterator[str]:
    rows = _of_best_loss(study.tables["epochs"])
    if rows.empty:
        return
    yield (
        f"From epoch {rows['first_epoch'].iloc[0]:,} to {rows['last_epoch'].iloc[0]:,} the "
        f"{_loss(rows)} changes by more than {study.settings.generalisation.improved:g} (1 - S):"
    )
    yield ""
    found = [
        (*names, _models(part, "improved"), _models(part, "worsened"), part["seeds"].sum())
        for names, part in rows.groupby(["init", "samples"])
    ]
    columns = {"init": "start", "samples": "samples", "better": "better", "worse": "worse"}
    columns |= {"models": "models"}
    yield from table(
        pd.DataFrame(found, columns=list(columns)),
        {heading: (name, str) for name, heading in columns.items()},
    )


def _departures(study: Study) -> Iterator[str]:
    rows, claims = study.tables["departures"], study.settings.claims
    yield "### Who leaves its polygon"
    yield ""
    yield (
        "Models that leave their first polygon for good, of those that have one, at low "
        f"(S ≤ {claims.low_sparsity:g}) and high (S ≥ {claims.high_sparsity:g}) sparsity:"
    )
    yield ""
    found = []
    for names, part in rows.groupby(["init", "samples"]):
        low = part[part["sparsity"] <= claims.low_sparsity]
        high = part[part["sparsity"] >= claims.high_sparsity]
        found.append((*names, *map(_left, (low, high, part))))
    columns = {"init": "start", "samples": "samples", "low": "low", "high": "high", "all": "all"}
    yield from table(
        pd.DataFrame(found, columns=list(columns)),
        {heading: (name, str) for name, heading in columns.items()},
    )
    yield from study.figure("departures", "who leaves, when, and for which polygon")


def _limits(study: Study) -> Iterator[str]:
    settings = study.settings.claims
    seeds = len(study.settings.runs.seeds)
    yield "## Limits"
    yield ""
    yield (
        f"- *n.* {counted(seeds, 'seed')} in each cell, and seeds are what is independent: starts "
        "of one seed share their data. Intervals are percentiles of "
        f"{settings.resamples:,} bootstrap samples at {percent(settings.confidence)}, those of "
        "the parts of one claim widened to hold together (Bonferroni); not for the number of "
        f"claims. Cells of fewer than {settings.least} models decide nothing."
    )
    yield (
        "- *ok states alone* are a selection: which models have a minimum that the chains stay at "
        "depends on start, sparsity and loss. Claims are therefore also judged of all states, "
        "whose values are no coefficients where the status is another."
    )
    yield (
        "- *Margins* are choices. The table of claims says at which margin each verdict would be "
        "another."
    )
    yield (
        "- *What was published* is known as quantiles read off pictures, of other seeds than ours; "
        "no single model can be compared."
    )
    yield (
        "- *One architecture.* "
        f"{study.settings.data.features} features in {study.settings.hidden} dimensions, "
        f"{study.settings.data.kind} data; docs/superposition.md defines all of it."
    )


SECTIONS = {
    "published": _published,
    "": lambda study: (*_scale(study), "", *_claims(study)),
    "known": _known,
    "status": _status,
    "resolution": _resolution,
    "locality": _locality,
    "stability": _stability,
    "phases": _phases,
    "limit_llc": _limit,
    "gap": _gap,
    "epochs": _longer,
    "departures": _departures,
}
"""What was found, in this order, by the table that a section needs."""


def _of_best_loss(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the loss that has no noise of its own, where it is known."""
    best = next((name for name in LOSSES[::-1] if (rows["loss"] == name).any()), "")
    return rows[rows["loss"] == best]


def _loss(rows: pd.DataFrame) -> str:
    return rows["loss"].iloc[0].replace("_", " ")


def _models(rows: pd.DataFrame, share: str) -> int:
    return round((rows[share] * rows["seeds"]).sum())


def _last(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["epoch"] == rows["epoch"].max()]


def _weighted(rows: pd.DataFrame, column: str, weight: str) -> float:
    known = rows.dropna(subset=[column])
    total = known[weight].sum()
    return (known[column] * known[weight]).sum() / total if total else float("nan")


def _median_at(row: pd.Series) -> str:
    return f"{estimate({**row, 'value': row['median']})} at S = {sparsity_name(row['sparsity'])}"


def _left(rows: pd.DataFrame) -> str:
    return f"{rows['left_n'].sum()} of {rows['housed'].sum()}" if len(rows) else MISSING


def _binary(phases: pd.DataFrame) -> pd.DataFrame:
    return phases[phases["data"] != ONE_ACTIVE]


def _segments(rows: pd.DataFrame) -> str:
    """Return which polygons are lowest over which stretch of sparsities."""
    lowest = rows[rows["lowest"].astype(bool)].sort_values("sparsity")
    named = [
        (sparsity, listed(sorted(set(part["kgon"].astype(str)))))
        for sparsity, part in lowest.groupby("sparsity")
    ]
    found = []
    for kgon, part in groupby(named, key=lambda item: item[1]):
        places: Sequence[float] = [sparsity for sparsity, _ in part]
        first, last = number(places[0], 4), number(places[-1], 4)
        found.append(
            f"{kgon} from S = {first} to {last}" if len(places) > 1 else f"{kgon} at {first}"
        )
    return ", ".join(found)


def _shown_at(row: Mapping) -> str:
    return _at(*(row[name] for name in ("setting", "samples", "states", "loss")))


def _at(setting: str, samples: float, states: str, loss: str) -> str:
    words = [setting, "" if pd.isna(samples) else number(samples), f"{states} states", loss]
    return ", ".join(str(word) for word in words if isinstance(word, str) and word)


def _margin(margin: float, flips: str) -> str:
    return f"{number(margin)}; {flips}" if isinstance(flips, str) and flips else number(margin)

"""The written analysis of study 2: findings, what is open, what the original asked, and the rest.

Every number comes from a table, and every sentence that states a finding is the one that a claim
allows, so that other data give another text. What a small study does not make is left out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from lgi.analysis import Folded, analysis, link
from lgi.claims import ORIGINAL, UNDECIDED, Claim, Claims, verdict
from lgi.findings import read_findings
from lgi.prose import (
    MISSING,
    capital,
    counted,
    estimate,
    interval,
    listed,
    number,
    percent,
    span,
    table,
)
from lgi.superposition.claims import ALL_STATES, OK_STATES, statements
from lgi.superposition.findings import (
    QUANTITIES,
    panel_name,
    parts_of,
    polygon,
    segments,
    segments_text,
)
from lgi.superposition.phases.table import ONE_ACTIVE
from lgi.superposition.sections import (
    Study,
    last,
    loss_name,
    models,
    of_best_loss,
    sections,
)
from lgi.superposition.settings import Superposition
from lgi.superposition.training.view import LOSSES
from lgi.superposition.tried import changes

_ID = "superposition."
HOPELESS = 20.0
"""So many times as many models, and more, decide nothing that anyone will run."""


def write(
    *,
    claims: pd.DataFrame,
    findings: pd.DataFrame,
    settings: Superposition,
    links: Mapping[str, str],
    films: Sequence[str] = (),
    figures: Iterable = (),
    **tables: pd.DataFrame,
) -> str:
    """Return the analysis as Markdown.

    Parameters
    ----------
    claims, findings
        ``superposition_claims.csv`` and ``superposition_findings.csv``.
    settings
        The section of study 2.
    links
        Pictures by name, as paths from where the text lies.
    films
        Names of those that are animations of single models.
    figures
        What they show; the text needs no more than that they are there.
    **tables
        Further tables by name, each with a part of its own; one that is not made has none:
        ``status``, ``published``, ``known``, ``resolution``, ``locality``, ``stability``,
        ``phases``, ``limit_llc``, ``limit_transitions``, ``gap``, ``epochs`` and ``departures``.

    Raises
    ------
    DataError
        If a claim that the text speaks of is not among the claims.
    """
    texts = ("loss", "setting", "flips")
    claims = claims.assign(**{name: claims[name].astype(object).fillna("") for name in texts})
    asked = statements(
        sorted(settings.runs.init),
        settings.claims,
        settings.original,
        settings.published.panels,
        settings.names,
    )
    study = Study(
        claims=Claims(claims[claims["shown"].astype(bool)]),
        judged=claims,
        asked={claim.id: claim for claim in (one.claim(one.margin) for one in asked)},
        tables=tables,
        settings=settings,
        links=links,
        films=films,
    )
    return analysis(
        study=2,
        title="Study 2: toy models of superposition, loss and learning coefficient",
        lead=list(_lead(study)),
        findings=read_findings(findings),
        undecided=list(_open(study)),
        answers=[*_answers(study), *_films(study)],
        parts=[*_claims(study), *sections(study), Folded("Limits", list(_limits(study)))],
    )


def _lead(study: Study) -> Iterator[str]:
    settings = study.settings
    runs = settings.runs
    cells = len(runs.runs())
    several = counted(len(runs.sparsity), "sparsity", "sparsities")
    sizes = listed([f"{size:,}" for size in sorted(runs.samples)])
    yield (
        f"A toy model squeezes {settings.data.features} features, each 0 with the chance S, the "
        f"sparsity, through {counted(settings.hidden, 'dimension')} and restores them: "
        "x̂ = ReLU(Wᵀ W x + b), trained on the squared error (Elhage et al. 2022). Its features, "
        "the columns of W, come to stand as the corners of a polygon, a k-gon. The local learning "
        "coefficient, LLC, measures how sharply the loss holds the parameters around a minimum; "
        "chains that sample around a state estimate it. “The original” is the study whose "
        "statements are asked again here."
    )
    yield (
        f"{counted(cells * len(runs.seeds), 'model')} were trained for "
        f"{settings.training.epochs:,} epochs: {_starts(study, runs.init)}, {several}, {sizes} "
        f"samples, {counted(len(runs.seeds), 'seed')} each. Unless said otherwise what follows is "
        f"about {settings.drawn:,} samples, the last epoch, the {LOSSES['train_loss']}, and "
        f"estimates with the setting {study.scale} whose status is ok. n counts models, one a seed "
        "for each start and sparsity, and brackets hold intervals at "
        f"{percent(settings.claims.confidence)}."
    )


def _starts(study: Study, inits: Sequence[str]) -> str:
    names = listed([study.start(init) for init in inits])
    return f"starts {names}" if len(inits) > 1 else f"start {names}"


def _open(study: Study) -> Iterator[str]:
    """Yield what is undecided in the original's statements, and in what was published."""
    rows = _shown(study)
    undecided = rows[rows["verdict"] == UNDECIDED]
    theirs = undecided[undecided["source"] == ORIGINAL]
    for row in theirs[theirs["n"] > 0].to_dict("records"):
        yield f"{row['sentence']} What would decide it: {_deciding(study, row)}."
    if lacking := int((theirs["n"] == 0).sum()):
        yield (
            f"Of {counted(lacking, 'further statement')} of the original there are no runs here, "
            "or no estimates whose status is ok."
        )
    if "published" in study.tables:
        yield from _not_reproduced(study)
    ours = len(undecided) - len(theirs)
    if ours:
        further = "further claim" if len(theirs) else "claim"
        yield (
            f"{counted(ours, further)} of this study {'is' if ours == 1 else 'are'} undecided too; "
            "the table of undecided claims below says what would decide each."
        )


def _not_reproduced(study: Study) -> Iterator[str]:
    rows = study.tables["published"].drop_duplicates(["panel", "epoch", "quantity"])
    rows = rows[rows["agreeing"] < rows["cells"] / 2]
    each = [
        f"the {QUANTITIES[row.quantity]} at epoch {row.epoch:,} "
        f"({panel_name(study.settings, row.panel)}), {row.agreeing} of {row.cells}"
        for row in rows.itertuples()
    ]
    if each:
        yield (
            "Why fewer than half of the published medians come out again in some pictures is not "
            f"known: {listed(each)}."
        )


def _shown(study: Study) -> pd.DataFrame:
    """Return the claims as a whole that the summary shows."""
    rows = study.claims.table
    return rows[rows["id"].isin(study.asked)]


def _deciding(study: Study, row: Mapping) -> str:
    """Return what would decide an undecided claim."""
    claim = study.asked[row["id"]]
    if not row["n"]:
        ok = row["states"] == OK_STATES
        return (
            f"{'estimates whose status is ok' if ok else 'runs of which it speaks'}: there are none"
        )
    if not np.isfinite(row["low"]):
        return f"more models, since {row['reason']}"
    own = verdict(row["low"], row["high"], claim.region, claim.margin)
    if own == UNDECIDED:
        return _more(row, claim)
    parts = parts_of(row, study.judged)
    parts = parts[parts["verdict"] == UNDECIDED].to_dict("records")
    few = [_part(study, part) for part in parts if not np.isfinite(part["low"])]
    told = [
        f"{_part(study, part)}, {_more(part, claim)}" for part in parts if np.isfinite(part["low"])
    ]
    told += [f"{listed(few)}, more models: there are too few, or they hardly vary"] if few else []
    return "; ".join(told)


def _part(study: Study, part: Mapping) -> str:
    name = part["part"]
    of_start = name in study.settings.runs.init
    return f"from the {study.start(name)} start" if of_start else f"at {name}"


def _more(row: Mapping, claim: Claim) -> str:
    """Return how many more models would decide what an interval leaves open.

    Its width goes as one over the root of their number.
    """
    value, low, high = row["statistic"], row["low"], row["high"]
    ends = [end for end in claim.region if low <= end <= high]
    far = max(ends, key=lambda end: _times(value, low, high, end))
    times = _times(value, low, high, far)
    now = f"now {interval(value, low, high, 2)} with n = {number(row['n'])}"
    if times > HOPELESS:
        line = f"the value lies next to {far:.3g}"
        return f"where the line is drawn rather than more models, since {line} ({now})"
    more = f"{times:.2g}" if times < 10 else f"{times:.0f}"
    return f"about {more} times as many models, to tell the value from {far:.3g} ({now})"


def _times(value: float, low: float, high: float, end: float) -> float:
    reach = high - value if end >= value else value - low
    return float((reach / (end - value)) ** 2) if end != value else np.inf


def _answers(study: Study) -> Iterator[str]:
    """Yield the table of each sentence and each wish of the original document."""
    yield "## What the original said and asked for"
    yield ""
    columns = {"it said, or wished for": "said", "answer": "answer", "pictures": "pictures"}
    rows = [*_sentences(study), *_wishes(study)]
    frame = pd.DataFrame(rows, columns=list(columns.values()))
    yield from table(frame, {heading: (name, str) for heading, name in columns.items()})
    yield ""
    yield (
        "Estimates at early states are of states that are no minima: whatever they are, they are "
        "no learning coefficients."
    )


def _sentences(study: Study) -> Iterator[tuple[str, ...]]:
    original = study.settings.original
    optimal = original.optimal
    sizes = {panel.init: panel.samples for panel in study.settings.published.panels}
    compared = [sizes.get(init) for init in (original.kgon4, optimal)]
    pictured = "as pictured"
    if all(compared):
        pictured += ", {:,} against {:,} samples".format(*compared)
    for said, claims, pictures in (
        (
            "Within a sparsity loss and LLC do not correlate (six-gons)",
            {f"no_correlation.{optimal}": ""},
            ["loss against LLC", "loss against LLC, as published"],
        ),
        (
            "Lower sparsity, higher final loss",
            {
                "trend_of_undivided_loss": "",
                "trend_of_loss": "over 1 − S, what answering 0 loses",
            },
            ["loss over training"],
        ),
        (
            "Lower sparsity, higher final LLC",
            {"trend_of_llc": "", "trend_of_hessian_llc": "for the Hessian LLC"},
            ["LLC over training"],
        ),
        (
            "From the optimal start low-sparsity runs begin at a low LLC",
            {"optimal_begins_low": ""},
            ["settings side by side"],
        ),
        ("and rise", {"optimal_rises": ""}, ["settings side by side"]),
        (
            "At high sparsity they stay",
            {"optimal_llc_stays": "for the LLC", "optimal_loss_stays": "for the loss"},
            ["settings side by side", "departures"],
        ),
        (
            "Four-gon starts are worse on average",
            {
                "kgon4_worse_on_average": pictured,
                f"kgon4_worse_on_average.{optimal}": "with as many samples",
            },
            ["four-gons and six-gons"],
        ),
        (
            "their best ones are better",
            {
                "kgon4_best_better": pictured,
                f"kgon4_best_better.{optimal}": "with as many samples",
            },
            ["four-gons and six-gons"],
        ),
    ):
        answers = [_answer(study, _ID + name, which) for name, which in claims.items()]
        yield f"“{said}”", " ".join(answers), study.link(*pictures)


def _answer(study: Study, id: str, which: str) -> str:
    row = study.claims.whole(id)
    about = ", ".join(word for word in (which, _about(study, row)) if word)
    told = f"**{capital(row['verdict'])}**{f' ({about})' if about else ''}: "
    if not row["n"]:
        return f"{told}there are no such runs."
    return f"{told}{_measure(row)} = {estimate(row)}, n = {number(row['n'])}."


def _measure(row: Mapping) -> str:
    return row["measure"].replace(" / (1 - S)", " / (1 − S)")


def _about(study: Study, row: Mapping) -> str:
    """Return of which choices a row is, where they are not those that the text is about."""
    settings = study.settings
    told = []
    if row["setting"] and row["setting"] != settings.llc.drawn:
        told.append(f"setting “{study.setting(row['setting'])}”")
    if row["states"] == ALL_STATES and row["setting"]:
        told.append("whatever the status")
    if not pd.isna(row["samples"]) and row["samples"] != settings.drawn:
        told.append(f"{row['samples']:,.0f} samples")
    if row["loss"] and row["loss"] != next(iter(LOSSES)):
        told.append(LOSSES[row["loss"]])
    return ", ".join(told)


def _wishes(study: Study) -> Iterator[tuple[str, ...]]:
    runs, training = study.settings.runs, study.settings.training
    tables = study.tables
    unasked = "Not asked in this study."
    answer = unasked
    if "epochs" in tables and len(tables["epochs"]):
        rows = of_best_loss(tables["epochs"])
        answer = (
            f"Trained for {training.epochs:,}. From epoch {rows['first_epoch'].iloc[0]:,} on the "
            f"{loss_name(rows)} of {models(rows, 'improved'):,} of {rows['seeds'].sum():,} models "
            f"falls by more than {study.settings.generalisation.improved:g} of 1 − S, and that of "
            f"{models(rows, 'worsened'):,} rises by as much."
        )
    yield "Wish: 40,000 epochs", answer, study.link("gap")
    answer = unasked
    if "gap" in tables:
        rows = last(of_best_loss(tables["gap"]))
        answer = (
            f"The {loss_name(rows)} lies above the training loss by "
            f"{span(rows['median'].min(), rows['median'].max())} of 1 − S, medians of "
            f"{counted(len(rows), 'cell')}."
        )
    yield "Wish: train against test", answer, study.link("gap")
    answer = unasked
    if "phases" in tables:
        answer = f"The population loss is lowest for {segments_text(segments(tables['phases']))}."
    yield "Wish: phases by sparsity (the open box)", answer, study.link("phases")
    answer = unasked
    if "phases" in tables:
        rows = tables["phases"][tables["phases"]["data"] == ONE_ACTIVE]
        rows = rows[rows["lowest"].astype(bool)]
        if len(rows):
            kgons = listed([polygon(kgon) for kgon in sorted(set(rows["kgon"].astype(str)))])
            answer = f"Lowest is the {kgons}, with a loss of {_to_rounding(rows['loss'].min())}."
    yield "Wish: the limit of one active feature", answer, study.link("limit", "phases")
    films = study.link(*study.films)
    yield (
        "Wish: animations of the optimal start",
        "Below, and of all starts." if films else unasked,
        films,
    )
    cells = len(runs.runs())
    yield (
        "Wish: more seeds",
        f"{len(runs.seeds)} in each of {counted(cells, 'cell')} of start, sparsity and number of "
        f"samples: {counted(cells * len(runs.seeds), 'model')}.",
        "",
    )


def _to_rounding(loss: float) -> str:
    return "0 to rounding" if abs(loss) < 1e-20 else number(loss)


def _films(study: Study) -> Iterator[str]:
    if study.films:
        yield ""
        yield "The polygon, norms, biases and loss of one model along training:"
    for name in study.films:
        yield ""
        yield f"{capital(name)}:"
        yield from study.figure(name, f"the polygon along training, {name}")


def _claims(study: Study) -> Iterator[Folded]:
    """Yield the claims in three groups."""
    rows = _shown(study)
    decided, theirs = rows["verdict"] != UNDECIDED, rows["source"] == ORIGINAL
    yield Folded("How claims are judged", [_reading()])
    for title, part in (
        ("Claims of the original, decided", rows[decided & theirs]),
        ("Claims of this study, decided", rows[decided & ~theirs]),
    ):
        if len(part):
            yield Folded(f"{title} ({len(part)})", _table(study, part))
    undecided = rows[~decided]
    if len(undecided):
        title = f"Undecided claims, and what would decide them ({len(undecided)})"
        yield Folded(title, _table(study, undecided, open=True))


def _table(study: Study, rows: pd.DataFrame, *, open: bool = False) -> list[str]:
    records = rows.to_dict("records")
    frame = rows.assign(
        about=[_about(study, row) or MISSING for row in records],
        changing=[changes(row, study.judged) for row in records],
        deciding=[_deciding(study, row) if open else "" for row in records],
    )
    columns = {
        "claim": ("claim", capital),
        "verdict": ("verdict", lambda word: f"**{word}**"),
        "value [interval]": (("statistic", "low", "high"), interval),
        "n": ("n", number),
        "of": ("about", str),
        "changes with": ("changing", str),
        "margin": (("margin", "flips"), _margin),
    }
    if open:
        columns = {
            "claim": ("claim", capital),
            "whose": ("source", str),
            "what would decide it": ("deciding", str),
            "changes with": ("changing", str),
        }
    return table(frame, columns)


def _reading() -> str:
    claims, summary = (link(f"tables/superposition_claims{end}.csv") for end in ("", "_summary"))
    return (
        "A claim says that a value lies in a region: it is supported where the whole interval "
        "does, contradicted where all of it lies on the other side and beyond the margin, within "
        "the margin where the effect is smaller than that, not supported where the other side is "
        "sure but not how far, undecided otherwise. “Changes with” says which other choice, one "
        "at a time, leads to another verdict, and in how many the verdict is the same; scales and "
        "states (all, or those alone whose status is ok) are tried together. The choice that is "
        f"shown follows from a rule that looks at no value; all stand in [the table]({claims}), "
        f"and [a shorter one]({summary}) names them. An estimate contains −nβ L(w*) by "
        "construction, so that what is said of it is also asked of the Hessian and of its rank, "
        "the number of directions."
    )


def _margin(margin: float, flips: str) -> str:
    if not np.isfinite(margin):
        return MISSING
    told = [f"{word} {place}" for place, word in (each.split(": ") for each in _split(flips))]
    return "; ".join([f"{margin:g}", *told])


def _split(flips: str) -> list[str]:
    return flips.split("; ") if isinstance(flips, str) and flips else []


def _limits(study: Study) -> Iterator[str]:
    settings = study.settings.claims
    seeds = len(study.settings.runs.seeds)
    yield (
        f"- *n.* {counted(seeds, 'seed')} in each cell, and seeds are what is independent: starts "
        "of one seed share their data. Intervals are percentiles of "
        f"{settings.resamples:,} bootstrap samples at {percent(settings.confidence)}, those of "
        "the parts of one claim widened to hold together (Bonferroni); not for the number of "
        f"claims. Cells of fewer than {settings.least} models decide nothing."
    )
    yield (
        "- *States whose status is ok* are a selection: which models have a minimum that the "
        "chains stay at depends on start, sparsity and loss. Claims are therefore also judged of "
        "all states, whose values are no coefficients where the status is another."
    )
    yield (
        "- *Margins* are choices. The tables of claims say at which margin each verdict would be "
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

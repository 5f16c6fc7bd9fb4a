"""Results of study 2 that rest on all of its rooms."""

import os
from pathlib import PurePath
from typing import Any

from lgi.catalogue import FIGURES, REPORTS, TABLES, Result
from lgi.llc.known import results as known
from lgi.superposition.departures import results as departures
from lgi.superposition.generalisation import results as generalisation
from lgi.superposition.geometry import results as geometry
from lgi.superposition.limit import results as limit
from lgi.superposition.llc import results as llc
from lgi.superposition.phases import results as phases
from lgi.superposition.published import results as published
from lgi.superposition.selection import Model
from lgi.superposition.training import results as training

CLAIMS = TABLES + "superposition_claims.csv"
SUMMARY = TABLES + "superposition_claims_summary.csv"
FINDINGS = TABLES + "superposition_findings.csv"

REPORT = REPORTS + "superposition.md"
ROOMS = (
    training,
    geometry,
    generalisation,
    departures,
    phases,
    limit,
    llc,
    published,
    known,
)
"""Rooms of which the written analysis tells, as far as they make something."""
TOLD = {
    "status": llc.STATUS,
    "published": published.COMPARISON,
    "known": known.TABLE,
    "resolution": llc.RESOLUTION,
    "locality": TABLES + "superposition_llc_locality.csv",
    "stability": TABLES + "superposition_llc_stability.csv",
    "phases": phases.PHASES,
    "limit_llc": limit.COEFFICIENTS,
    "limit_transitions": limit.TRANSITIONS,
    "gap": TABLES + "superposition_gap.csv",
    "epochs": TABLES + "superposition_epochs.csv",
    "departures": TABLES + "superposition_departures.csv",
}
"""Its tables, by what its sections call them."""
SHOWN = {
    "loss against LLC, as published": FIGURES + "loss_vs_llc_epoch_{published_epoch}.png",
    "loss against LLC": FIGURES + "llc_and_loss_epoch_{last_epoch}.png",
    "published": FIGURES + "superposition_published.png",
    "loss over training": FIGURES + "loss_over_training.png",
    "LLC over training": FIGURES + "llc_over_training.png",
    "settings side by side": FIGURES + "llc_settings.png",
    "status": FIGURES + "llc_status.png",
    "four-gons and six-gons": FIGURES + "kgon4_vs_kgon6.png",
    "known answers": FIGURES + "llc_known_answers.png",
    "resolution": FIGURES + "superposition_llc_resolution.png",
    "locality": FIGURES + "superposition_llc_locality.png",
    "stability": FIGURES + "superposition_llc_stability.png",
    "phases": FIGURES + "superposition_phases.png",
    "limit": FIGURES + "superposition_limit.png",
    "gap": FIGURES + "superposition_gap.png",
    "departures": FIGURES + "superposition_departures.png",
}
"""Its figures, by what its sections call them."""


def told(config: Any) -> dict[str, str]:
    """Return the tables of the written analysis that this study makes, by name."""
    made = _made(config)
    return {name: path for name, path in TOLD.items() if path in made}


def shown(config: Any) -> dict[str, str]:
    """Return the figures of the written analysis that this study makes, by name."""
    study, made = config.superposition, _made(config)
    published = study.published_epochs if study.published_panels else [""]
    epochs = {"published_epoch": published[-1], "last_epoch": study.llc.epochs(config)[-1]}
    paths = {name: path.format_map(epochs) for name, path in SHOWN.items()} | films(config)
    return {name: path for name, path in paths.items() if path in made}


def films(config: Any) -> dict[str, str]:
    """Return the animations of the optimal start at its lowest and its highest sparsity."""
    study, made = config.superposition, _made(config)
    films = {
        f"the {study.names.of('initialisations', model.init)} start at S = {model.sparsity}": path
        for model in sorted(study.models(study.geometry.polygons), key=_sparsity)
        if model.init == study.original.optimal
        and (path := geometry.POLYGONS.format_map(model._asdict())) in made
    }
    names = list(films)
    return {name: films[name] for name in names[:1] + names[1:][-1:]}


def _sparsity(model: Model) -> float:
    return float(model.sparsity)


def links(config: Any) -> dict[str, str]:
    """Return the same paths as seen from where the text lies."""
    folder = PurePath(REPORT).parent
    return {name: os.path.relpath(path, folder) for name, path in shown(config).items()}


def _made(config: Any) -> set[str]:
    rooms = [room for room in ROOMS if room is not known or config.llc]
    results = (result for room in rooms for result in room.RESULTS)
    return {path for result in results for path in result.paths(config)}


def _written_from(config: Any, wildcards: Any) -> dict:
    figures = list(shown(config).values())
    return {"claims": CLAIMS, "findings": FINDINGS, "figures": figures} | told(config)


def _found_in(config: Any, wildcards: Any) -> dict:
    paths = told(config)
    drawn = {"estimates": llc.estimates(config, config.superposition.llc.drawn)}
    tables = {name: paths[name] for name in ("published", "phases") if name in paths}
    return {"claims": CLAIMS} | drawn | tables


def _finding(config: Any, wildcards: Any) -> dict:
    return {
        "settings": config.superposition,
        "figures": shown(config),
        "tables": {"claims": CLAIMS, "llc": llc.LLC} | told(config),
    }


def _judged(config: Any, wildcards: Any) -> dict:
    study = config.superposition
    return {
        "names": [name for name in study.llc.runs for _ in llc.estimates(config, name)],
        "settings": study.claims,
        "original": study.original,
        "panels": study.published.panels,
        "scales": {"drawn": study.llc.drawn, "published": study.published.setting},
        "samples": study.drawn,
        "display": study.names,
    }


RESULTS = (
    Result(
        rule="judge_superposition_claims",
        seconds=lambda *_: 25.0,
        output={"claims": CLAIMS, "summary": SUMMARY},
        purpose="Give each statement of study 2 its verdict, with the numbers behind it.",
        make="lgi.superposition.claims:claims",
        inputs=lambda config, wildcards: {
            "table": training.TABLE,
            "llc": llc.estimates(config, *config.superposition.llc.runs),
        },
        settings=_judged,
        groups=("llc",),
        labels={"what": "statements of the study, with verdicts"},
        caption="The statements of the study, each with a computed verdict: the statistic, its "
        "bootstrap interval, and whether all states or those alone whose estimate is ok, other "
        "settings, losses and numbers of samples lead to another verdict. The summary has a row "
        "for each.",
    ),
    Result(
        rule="find_superposition",
        output=FINDINGS,
        purpose="Say what study 2 found, a few findings with their numbers, from its tables.",
        make="lgi.superposition.findings:findings",
        inputs=_found_in,
        settings=_finding,
        groups=("llc",),
        labels={"what": "what study 2 found"},
        caption="What study 2 found, most important first: a headline that the verdict of a claim "
        "or a count allows, two sentences, and a number with its n.",
    ),
    Result(
        rule="write_superposition_report",
        output=REPORT,
        purpose="Write the analysis of study 2 from its tables: findings, answers, claims.",
        make="lgi.superposition.report:write",
        inputs=_written_from,
        settings=lambda config, wildcards: {
            "settings": config.superposition,
            "links": links(config),
            "films": list(films(config)),
        },
        groups=("llc",),
        labels={"what": "the written analysis"},
        caption="The analysis of study 2 as text, made from its tables: five findings with their "
        "pictures first, then what is open and what the original said and asked for with answers; "
        "folded, the claims with their verdicts, what every table holds, and the limits.",
    ),
)

"""Results of study 1 that rest on all of its rooms."""

import os
from pathlib import PurePath
from typing import Any

from lgi.catalogue import REPORTS, ROOT, TABLES, Result
from lgi.gaussians.blending import results as blending
from lgi.gaussians.elsewhere import results as elsewhere
from lgi.gaussians.fits.results import FIT_ANIMATION, PUBLISHED, REPRODUCIBILITY, TABLE
from lgi.gaussians.llc import results as llc
from lgi.gaussians.n_study import results as n_study
from lgi.gaussians.prediction import results as prediction
from lgi.gaussians.price import results as price
from lgi.gaussians.sizes import results as sizes
from lgi.gaussians.turn import results as turn

CLAIMS = TABLES + "gaussians_claims.csv"
FINDINGS = TABLES + "gaussians_findings.csv"
SUMMARY = TABLES + "gaussians_claims_summary.csv"
ROOMS = ("n_study", "turn", "blending", "elsewhere", "prediction", "llc")
"""Rooms whose section says what a claim asks for."""

REPORT = REPORTS + "gaussians.md"
SHOWN = {
    "n_study": n_study.N_STUDY_FIGURE,
    "steps": n_study.STEPS_FIGURE,
    "one_seed": n_study.ONE_SEED_FIGURE,
    "turn": turn.TURN_FIGURE,
    "cures": turn.CURES_FIGURE,
    "neighbours": turn.NEIGHBOURS_FIGURE,
    "blending": blending.FIGURE,
    "elsewhere": elsewhere.FIGURE,
    "llc": llc.FIGURE,
    "llc_sweep": llc.SWEEP_FIGURE,
}
"""Figures of the written analysis, by what its sections call them."""


def shown(config: Any) -> dict[str, str]:
    """Return the paths of the figures of the written analysis, by what its sections call them."""
    detail, study = config.gaussians.turn.neighbours, config.gaussians
    middle = next(fit for fit in study.select(detail.fits) if fit.n == detail.middle)
    film = FIT_ANIMATION.format(**middle._replace(recipe=detail.film)._asdict())
    return SHOWN | {"film": film} | price.shown(config) | sizes.shown(config)


def links(config: Any) -> dict[str, str]:
    """Return the same paths as seen from where the text lies."""
    folder = PurePath(REPORT).parent
    return {name: os.path.relpath(path, folder) for name, path in shown(config).items()}


def _told(config: Any, wildcards: Any) -> dict:
    return {
        "claims": CLAIMS,
        "findings": FINDINGS,
        "n_study": n_study.N_STUDY,
        "n_study_summary": n_study.N_STUDY_SUMMARY,
        "discrepancies": n_study.DISCREPANCIES,
        "reproducibility": REPRODUCIBILITY,
        "steps": n_study.STEPS,
        "seeds_summary": n_study.SEEDS_SUMMARY,
        "turn": turn.TURN,
        "cures": turn.CURES,
        "blending": blending.COMPARED,
        "elsewhere": elsewhere.ELSEWHERE,
        "features": prediction.FEATURES,
        "llc": llc.LLC,
        **price.told(config),
        **sizes.told(config),
        "figures": list(shown(config).values()),
    }


def _found(config: Any, wildcards: Any) -> dict:
    priced = {"price": price.PRICE} if config.gaussians.price else {}
    return {"claims": CLAIMS, "cures": turn.CURES, **priced}


def finding(config: Any, wildcards: Any) -> dict:
    """Return the settings of the findings."""
    study = config.gaussians
    return {
        "names": study.names,
        "original": study.original,
        "of_the_original": study.of_the_original,
        "image": study.run_list(study.n_study.fine).image[0],
        "reference": study.turn.cures.reference,
        "turning": sorted({fit.recipe for fit in study.select(study.turn.fits)}),
        "factor": study.turn.factor,
        "figures": {name: path.removeprefix(ROOT) for name, path in shown(config).items()},
        "tables": {
            "cures": turn.CURES.removeprefix(ROOT),
            "price": price.PRICE.removeprefix(ROOT),
        },
    }


RESULTS = (
    Result(
        "gaussians_claims",
        CLAIMS,
        "Give each statement about study 1 its verdict, with the numbers behind it.",
        "lgi.gaussians.claims:claims",
        inputs=lambda config, _: {
            "table": TABLE,
            "reproducibility": REPRODUCIBILITY,
            "published": PUBLISHED,
            "turn": turn.TURN,
            "cures": turn.CURES,
            "blending": blending.RUNS,
            "prediction": prediction.PREDICTION,
            "planted": prediction.PLANTED,
            "llc": llc.LLC,
            "pictures": price.pictures(config),
        },
        settings=lambda config, _: {
            "settings": {room: getattr(config.gaussians, room) for room in ROOMS},
            "original": config.gaussians.original,
            "of_the_original": config.gaussians.of_the_original,
            "lists": config.gaussians.runs,
            "names": config.gaussians.names,
            "priced": price.asked(config),
            "sized": sizes.asked(config),
        },
        labels={"what": "statements about study 1, with verdicts"},
        caption="The statements about study 1, each with a computed verdict: the statistic, its "
        "interval, the number of seeds it rests on, and the verdict that both give. Statements "
        "that the original made from one seed are tried on others, and of its image alone.",
    ),
    Result(
        "find_gaussians",
        FINDINGS,
        "Say what study 1 found, a few findings with their numbers, from its claims and tables.",
        "lgi.gaussians.findings:findings",
        inputs=_found,
        settings=finding,
        labels={"what": "what study 1 found"},
        caption="What study 1 found, most important first: a headline that the verdict of a claim "
        "allows, two sentences, and a number with its interval and n.",
    ),
    Result(
        "summarise_gaussians_claims",
        SUMMARY,
        "Tabulate each statement about study 1 as a whole, with what it rests on.",
        "lgi.claims:summary",
        inputs={"claims": CLAIMS},
        labels={"what": "statements about study 1 in short"},
        caption="The statements about study 1, a row for each: its verdict, its value with the "
        "interval or the range of its parts, and the number of seeds that it rests on.",
    ),
    Result(
        "write_gaussians_report",
        REPORT,
        "Write the analysis of study 1 from its tables: findings first, then what they rest on.",
        "lgi.gaussians.report:write",
        inputs=_told,
        settings=lambda config, _: {"settings": config.gaussians, "links": links(config)},
        labels={"what": "the written analysis"},
        caption="The analysis of study 1 as text, made from its tables: first a page of findings, "
        "each with its number, and what is open; folded below, the claims with their verdicts, all "
        "that the findings rest on, and the methods.",
    ),
)

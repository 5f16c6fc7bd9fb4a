"""Results of study 2 that rest on all of its rooms."""

from typing import Any

from lgi.catalogue import TABLES, Result
from lgi.superposition.llc import results as llc
from lgi.superposition.training.results import TABLE

CLAIMS = TABLES + "superposition_claims.csv"
SUMMARY = TABLES + "superposition_claims_summary.csv"


def _judged(config: Any, wildcards: Any) -> dict:
    study = config.superposition
    return {
        "names": [name for name in study.llc.runs for _ in llc.estimates(config, name)],
        "settings": study.claims,
        "original": study.original,
        "panels": study.published.panels,
        "scales": {"drawn": study.llc.drawn, "published": study.published.setting},
        "samples": study.drawn,
    }


RESULTS = (
    Result(
        rule="judge_superposition_claims",
        output={"claims": CLAIMS, "summary": SUMMARY},
        purpose="Give each statement of study 2 its verdict, with the numbers behind it.",
        make="lgi.superposition.claims:claims",
        inputs=lambda config, wildcards: {
            "table": TABLE,
            "llc": llc.estimates(config, *config.superposition.llc.runs),
        },
        settings=_judged,
        groups=("llc",),
        labels={"table": "statements of the study, with verdicts"},
        caption="The statements of the study, each with a computed verdict: the statistic, its "
        "bootstrap interval, and whether all states or those alone whose estimate is ok, other "
        "settings, losses and numbers of samples lead to another verdict. The summary has a row "
        "for each.",
    ),
)

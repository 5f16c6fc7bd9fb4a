"""Results of study 2 that rest on all of its rooms."""

from lgi.catalogue import TABLES, Result
from lgi.superposition.llc import results as llc
from lgi.superposition.training.results import TABLE

RESULTS = (
    Result(
        rule="judge_superposition_claims",
        output=TABLES + "superposition_claims.csv",
        purpose="Give each statement of study 2 its verdict, with the numbers behind it.",
        make="lgi.superposition.claims:claims",
        inputs=lambda config, wildcards: {
            "table": TABLE,
            "llc": llc.estimates(config, config.superposition.llc.drawn),
        },
        settings=lambda config, wildcards: {
            "settings": config.superposition.claims,
            "original": config.superposition.original,
        },
        groups=("llc",),
        labels={"table": "statements of the study, with verdicts"},
        caption="The statements of the study, each with a computed verdict: the statistic, its "
        "bootstrap interval, and whether all states or those alone whose estimate is ok, other "
        "losses and other numbers of samples lead to another verdict.",
    ),
)

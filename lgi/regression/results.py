"""What the workflow makes of the study."""

from lgi.catalogue import FIGURES, ROOT, TABLES, Result

RUN = ROOT + "regression/rank{rank}.npz"
LLC = ROOT + "llc/regression/rank{rank}.csv"
CLAIMS = TABLES + "regression_claims.csv"


def ranks(config):
    """Return the wildcards of every run."""
    return [{"rank": rank} for rank in config.regression.runs.ranks]


def trained(config, _):
    """Return what the record of a run file says; its rank stands in its path."""
    study = config.regression
    return {"data": study.data, "training": study.training, "seeds": study.runs.seeds}


RESULTS = (
    Result(
        "train_regression",
        RUN,
        "Train a regression for each seed.",
        record={"": trained},
        wanted=ranks,
    ),
    Result(
        "estimate_regression",
        LLC,
        "Estimate the LLC of every regression of one run file.",
        record={"": lambda config, _: {"setting": config.regression.llc}},
        wanted=ranks,
        groups=("llc",),
    ),
    Result(
        "gather_regression",
        {"table": TABLES + "regression_llc.csv", "claims": CLAIMS},
        "Gather the LLC of all regressions, judge and draw it.",
        make="lgi.regression.llc:tables",
        draw={FIGURES + "regression_llc.png": "lgi.regression.figures:llc_over_training"},
        inputs=lambda config, _: {"estimates": [LLC.format(**run) for run in ranks(config)]},
        settings=lambda config, _: {"settings": config.regression.claims},
        groups=("llc",),
        labels={"what": "LLC along training"},
        caption="Local learning coefficient of a linear regression along gradient descent, a line "
        "per seed. Dotted is half the rank of the inputs, which it must reach; hollow points are "
        "not ok: before the end of training w is no minimum.",
    ),
    Result(
        "summarise_regression_claims",
        TABLES + "regression_claims_summary.csv",
        "Tabulate what the study claims, with what it rests on.",
        make="lgi.claims:summary",
        inputs={"claims": CLAIMS},
        groups=("llc",),
    ),
)

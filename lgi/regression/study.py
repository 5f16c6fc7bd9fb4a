"""The study as the workflow sees it."""

from lgi.catalogue import Study
from lgi.regression.results import RESULTS
from lgi.regression.settings import Regression

STUDY = Study(
    "regression",
    "Regression",
    "An example of a study: the LLC of a one-layer regression.",
    Regression,
    RESULTS,
    lambda config: {"rank": config.regression.runs.ranks},
)

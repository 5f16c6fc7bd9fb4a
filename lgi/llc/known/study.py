"""The estimator against learning coefficients that are known exactly, as the workflow sees it."""

from lgi.catalogue import Study
from lgi.llc.known.results import RESULTS
from lgi.llc.known.settings import LLC

STUDY = Study(
    name="llc",
    title="LLC",
    purpose="Every estimate of the local learning coefficient, its tables and figures.",
    settings=LLC,
    results=RESULTS,
    wildcards=lambda config: {},
)

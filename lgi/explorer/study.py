"""The explorer as the workflow sees it: a page of its own, with a section of the configuration."""

from lgi.catalogue import Study
from lgi.explorer.results import RESULTS
from lgi.explorer.settings import Explorer

STUDY = Study(
    name="explorer",
    title="Explorer",
    purpose="One page in which runs of both studies are looked at from all sides.",
    settings=Explorer,
    results=RESULTS,
    wildcards=lambda config: {},
)

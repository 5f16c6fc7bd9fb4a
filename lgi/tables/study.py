"""The columns of tables as the workflow sees them: a page, with a section of the configuration."""

from lgi.catalogue import Study
from lgi.tables.results import RESULTS
from lgi.tables.settings import Tables

STUDY = Study(
    name="tables",
    title="Tables",
    purpose="Every gathered table.",
    settings=Tables,
    results=RESULTS,
    wildcards=lambda config: {},
)

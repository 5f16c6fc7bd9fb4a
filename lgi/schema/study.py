"""The columns of tables as the workflow sees them: a page, with a section of the configuration."""

from lgi.catalogue import Study
from lgi.schema.results import RESULTS
from lgi.schema.settings import Tables

STUDY = Study(
    name="tables",
    title="Tables",
    purpose="Every gathered table.",
    settings=Tables,
    results=RESULTS,
    wildcards=lambda config: {},
)

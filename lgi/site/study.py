"""The site as the workflow sees it: pages of its own, with a section of the configuration."""

from lgi.catalogue import Study
from lgi.site.results import RESULTS, analyses
from lgi.site.settings import Site

STUDY = Study(
    name="site",
    title="Report",
    purpose="Pages that show what was found, and one file of them for sending.",
    settings=Site,
    results=RESULTS,
    wildcards=lambda config: {"study": list(analyses(config))},
    run_reader="lgi.site.media:read",
)

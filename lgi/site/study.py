"""The site as the workflow sees it: pages of its own, with a section of the configuration."""

from typing import Any

from lgi.catalogue import Study
from lgi.site.results import RESULTS, analyses
from lgi.site.settings import Site


def display(config: Any, wildcard: str, value: str) -> str:
    """Return what people read in place of the value of a wildcard."""
    return analyses(config)[value] if wildcard == "study" else value


STUDY = Study(
    name="site",
    title="Report",
    purpose="Pages that show what was found, and one file of them for sending.",
    settings=Site,
    results=RESULTS,
    wildcards=lambda config: {"study": list(analyses(config))},
    display=display,
    run_reader="lgi.site.media:read",
)

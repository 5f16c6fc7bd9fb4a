"""The studies of the laboratory. A further one is registered here; docs/extending.md shows how."""

from lgi.catalogue import Study
from lgi.explorer.study import STUDY as EXPLORER
from lgi.gaussians.study import STUDY as GAUSSIANS
from lgi.llc.known.study import STUDY as KNOWN_ANSWERS
from lgi.regression.study import STUDY as REGRESSION
from lgi.site.study import STUDY as SITE
from lgi.superposition.study import STUDY as SUPERPOSITION
from lgi.tables.study import STUDY as TABLES

STUDIES: tuple[Study, ...] = (
    GAUSSIANS,
    SUPERPOSITION,
    KNOWN_ANSWERS,
    REGRESSION,
    EXPLORER,
    TABLES,
    SITE,
)

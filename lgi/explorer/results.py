"""The page of the explorer as a result of the workflow."""

from typing import Any

from lgi.catalogue import REPORTS, Result
from lgi.gaussians.fits.results import TABLE, fit_path
from lgi.gaussians.results import CLAIMS as GAUSSIANS_CLAIMS
from lgi.superposition.results import CLAIMS as SUPERPOSITION_CLAIMS

PAGE = REPORTS + "explorer.html"


def _shown(config: Any, wildcards: Any) -> dict:
    """Return the run files and tables that the page shows, of the studies that run."""
    found: dict = {}
    if config.gaussians is not None:
        found |= {"gaussians_claims": GAUSSIANS_CLAIMS}
        if config.explorer.gaussians is not None:
            fits = config.gaussians.select(*config.explorer.gaussians.fits)
            found |= {"fits": [fit_path(fit) for fit in fits], "gaussians_runs": TABLE}
    if config.superposition is not None:
        found |= {"superposition_claims": SUPERPOSITION_CLAIMS}
    return found


def _settings(config: Any, wildcards: Any) -> dict:
    return {"settings": {n: getattr(config, n) for n in ("explorer", "gaussians", "superposition")}}


RESULTS = (
    Result(
        rule="write_explorer",
        output=PAGE,
        purpose="Write the explorer: runs of both studies in one page that renders them anew.",
        make="lgi.explorer.page:write",
        inputs=_shown,
        settings=_settings,
    ),
)

"""The page of the explorer as a result of the workflow."""

from pathlib import PurePath
from typing import Any

from lgi import assets
from lgi.catalogue import FIGURES, REPORTS, TABLES, WHAT, Catalogue, Result
from lgi.gaussians.fits.results import TABLE, fit_path
from lgi.gaussians.results import CLAIMS as GAUSSIANS_CLAIMS
from lgi.gaussians.study import STUDY as GAUSSIANS
from lgi.superposition.llc.results import LLC, RESOLUTION
from lgi.superposition.results import CLAIMS as SUPERPOSITION_CLAIMS
from lgi.superposition.study import STUDY as SUPERPOSITION
from lgi.superposition.training.results import run_files

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
        if config.explorer.superposition is not None:
            found |= {
                "models": run_files(config),
                "superposition_llc": LLC,
                "superposition_llc_resolution": RESOLUTION,
            }
    return found


def _settings(config: Any, wildcards: Any) -> dict:
    sections = {n: getattr(config, n) for n in ("explorer", "gaussians", "superposition")}
    # Named, so that another script in the page makes it anew.
    sections["assets"] = assets.fingerprint("lgi.explorer")
    return {"settings": sections, "made": _made(config)}


def _made(config: Any) -> dict[str, str]:
    """Return the figures and tables of both studies, and what each is called."""
    return {
        one.path: one.labels.get(WHAT) or PurePath(one.path).stem.replace("_", " ")
        for one in Catalogue((GAUSSIANS, SUPERPOSITION), config).gathered()
        if one.result.first.startswith((FIGURES, TABLES))
    }


RESULTS = (
    Result(
        rule="write_explorer",
        seconds=lambda *_: 10.0,
        output=PAGE,
        purpose="Write the explorer: runs of both studies in one page that renders them anew.",
        make="lgi.explorer.page:write",
        inputs=_shown,
        settings=_settings,
    ),
)

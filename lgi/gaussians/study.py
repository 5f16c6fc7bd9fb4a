"""Study 1, fitting N Gaussians to an image, as the workflow sees it."""

import re
from typing import Any

from lgi.catalogue import Study
from lgi.gaussians import results as whole
from lgi.gaussians.blending import results as blending
from lgi.gaussians.elsewhere import results as elsewhere
from lgi.gaussians.fits import results as fits
from lgi.gaussians.llc import results as llc
from lgi.gaussians.n_study import results as n_study
from lgi.gaussians.prediction import results as prediction
from lgi.gaussians.price import results as price
from lgi.gaussians.settings import Gaussians
from lgi.gaussians.sizes import results as sizes
from lgi.gaussians.turn import results as turn


def wildcards(config: Any) -> dict:
    """Return the legal values of the wildcards."""
    study = config.gaussians
    return {
        "image": list(study.images),
        "recipe": list(study.recipes),
        "n": (re.compile(r"[1-9][0-9]{0,11}"), "any number from 1 to 12 digits"),
        "seed": (re.compile(r"(?:0|[1-9][0-9]{0,19})"), "any number from 0 to 2^64 - 1"),
    }


def display(config: Any, wildcard: str, value: str) -> str:
    """Return what people read in place of the value of a wildcard."""
    kinds = {"image": "images", "recipe": "recipes"}
    return config.gaussians.names.of(kinds[wildcard], value) if wildcard in kinds else value


STUDY = Study(
    "gaussians",
    "Gaussians",
    "Study 1: every fit, table, figure and animation of it.",
    Gaussians,
    tuple(
        result
        for part in (fits, n_study, turn, blending, elsewhere, prediction, llc, price, sizes, whole)
        for result in part.RESULTS
    ),
    wildcards,
    run_reader="lgi.gaussians.fits.view:read_fit",
    inherits=(("recipes",), ("llc", "settings")),
    files=(("images", "path"),),
    display=display,
    removed={"gaussians.llc.settings": {"far": "sharp", "near": "sharp"}},
)

"""Results of study 1 that say whether an optimal ratio holds for other images."""

from typing import Any

from lgi.catalogue import FIGURES, TABLES, Result
from lgi.gaussians.fits.results import fit_path

ELSEWHERE = TABLES + "gaussians_elsewhere.csv"
FIGURE = FIGURES + "gaussians_elsewhere.png"


def _fits(config: Any, wildcards: Any) -> dict:
    study = config.gaussians
    return {"fits": [fit_path(fit) for fit in study.select(study.elsewhere.fits)]}


def _ratio(config: Any, wildcards: Any) -> dict:
    return {"ratio": config.gaussians.original.ratio}


def _settings(config: Any, wildcards: Any) -> dict:
    return _ratio(config, wildcards) | {
        "confidence": config.gaussians.elsewhere.confidence,
        "names": config.gaussians.names,
    }


RESULTS = (
    Result(
        "compare_images",
        {"table": ELSEWHERE},
        "Tabulate best loss against N / pixels for every image and resolution.",
        make="lgi.gaussians.elsewhere.table:table",
        draw={FIGURE: "lgi.gaussians.elsewhere.figures:elsewhere"},
        inputs=_fits,
        settings=_settings,
        labels={"figure": "images and resolutions"},
        caption="Whether a curve has its lowest loss, the star, in the shaded range, which was "
        "called optimal for the original's image. Best loss against N / pixels, mean over seeds "
        "with its interval, for images of different kinds and for two other resolutions of the "
        "published image; all panels have the same scales.",
    ),
)

"""Results of study 1 on pictures of real size."""

from typing import Any

from lgi.catalogue import FIGURES, TABLES, Result
from lgi.gaussians.fits.results import TABLE

SIZES = TABLES + "gaussians_sizes.csv"
GROWTH = TABLES + "gaussians_sizes_growth.csv"
FIGURE = FIGURES + "gaussians_sizes.png"


def asked(config: Any) -> dict:
    """Return what is asked of the runs; nothing where the configuration has no such pictures."""
    study = config.gaussians
    return {"settings": study.sizes, "lists": study.runs} if study.sizes else {}


def told(config: Any) -> dict[str, str]:
    """Return the tables of the written analysis that are made here, by name."""
    return {"sizes": SIZES, "sizes_growth": GROWTH} if config.gaussians.sizes else {}


def shown(config: Any) -> dict[str, str]:
    """Return the figures of the written analysis that are made here, by name."""
    return {"sizes": FIGURE} if config.gaussians.sizes else {}


def _settings(config: Any, wildcards: Any) -> dict:
    study = config.gaussians
    return asked(config) | {
        "parameters": study.parameters(study.sizes.fits),
        "names": study.names,
    }


RESULTS = (
    Result(
        "measure_sizes",
        {"sizes": SIZES, "growth": GROWTH},
        "Tabulate how well pictures of real size are fitted, and how the work grows with N.",
        make="lgi.gaussians.sizes.table:tables",
        draw={FIGURE: "lgi.gaussians.sizes.figures:sizes"},
        inputs={"table": TABLE},
        settings=_settings,
        wanted=lambda config: [{}] if config.gaussians.sizes else [],
        labels={"figure": "pictures of real size"},
        caption="What more Gaussians gain, and what they cost. PSNR, SSIM and MS-SSIM of fits to "
        "pictures of real size against the bits per pixel of their parameters, means over seeds "
        "with intervals; and the pixels that Gaussians reach in an iteration, which is what it "
        "costs, against N.",
    ),
)

"""Results of study 1 that compare blends, edges and starts."""

from typing import Any

from lgi.catalogue import FIGURES, TABLES, Result
from lgi.gaussians.fits.results import TABLE
from lgi.gaussians.turn.results import TURN

COMPARED = TABLES + "gaussians_blending.csv"
RUNS = TABLES + "gaussians_blending_runs.csv"
FIGURE = FIGURES + "gaussians_blending.png"


def _settings(config: Any, wildcards: Any) -> dict:
    study = config.gaussians
    fits = study.select(study.blending.fits)
    return {
        "fits": fits,
        "recipes": {name: study.recipes[name] for name in sorted({fit.recipe for fit in fits})},
        "confidence": study.blending.confidence,
        "names": study.names,
    }


RESULTS = (
    Result(
        "compare_blends",
        {"compared": COMPARED, "runs": RUNS},
        "Compare fits that average colours with fits that add them, by edge and start.",
        make="lgi.gaussians.blending.table:tables",
        draw={FIGURE: "lgi.gaussians.blending.figures:blending"},
        inputs={"table": TABLE, "turn": TURN},
        settings=_settings,
        labels={"figure": "blends and edges compared"},
        caption="Which fits turn, and which are better at their best. Fits whose colours are "
        "averaged, as published, and fits whose colours are added, as in GaussianImage and its "
        "followers; with a hard edge and with a smooth one; from three starts, with the same N, "
        "seeds and iterations. Dots are best losses, a dot per seed, rings the last ones; the "
        "black line is the interval of the mean over seeds.",
    ),
)

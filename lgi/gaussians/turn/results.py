"""Results of study 1 that say why training turns, and what keeps a fit from it."""

from typing import Any

from lgi.catalogue import FIGURES, TABLES, Result
from lgi.gaussians.fits.results import fit_path

TURN = TABLES + "gaussians_turn.csv"
CURVES = {
    "parts": TABLES + "gaussians_turn_parts.csv",
    "uncovered": TABLES + "gaussians_turn_uncovered.csv",
}
CURES = TABLES + "gaussians_cures.csv"
COMPARED = TABLES + "gaussians_cures_runs.csv"
TURN_FIGURE = FIGURES + "gaussians_turn.png"
CURES_FIGURE = FIGURES + "gaussians_cures.png"
NEIGHBOURS_FIGURE = FIGURES + "gaussians_neighbours.png"


def _listed(config: Any, wildcards: Any) -> dict:
    return {"fits": [fit_path(fit) for fit in config.gaussians.listed()]}


def _definition(config: Any, wildcards: Any) -> dict:
    turn = config.gaussians.turn
    return {"factor": turn.factor, "uncovered": turn.uncovered}


def _fits(config: Any, wildcards: Any) -> dict:
    study = config.gaussians
    return {"fits": [fit_path(fit) for fit in study.select(study.turn.fits)]}


def _compared(config: Any, wildcards: Any) -> dict:
    study = config.gaussians
    return {"fits": [fit_path(fit) for fit in study.turn.cures.fits(study.runs)]}


def _comparison(config: Any, wildcards: Any) -> dict:
    study, cures = config.gaussians, config.gaussians.turn.cures
    return _definition(config, wildcards) | {
        "recipes": {name: study.recipes[name] for name in cures.recipes(study.runs)},
        "reference": cures.reference,
        "spent": cures.spent,
        "confidence": cures.confidence,
        "names": study.names,
    }


def _neighbours(config: Any, wildcards: Any) -> dict:
    study = config.gaussians
    return {"fits": [fit_path(fit) for fit in study.select(study.turn.neighbours.fits)]}


RESULTS = (
    Result(
        "tabulate_turns",
        TURN,
        "Tabulate how loss and coverage move once the best of a fit is behind it.",
        make="lgi.gaussians.turn.table:table",
        inputs=_listed,
        settings=_definition,
        labels={"table": "turns of all fits"},
    ),
    Result(
        "turn_curves",
        CURVES,
        "Tabulate error and coverage along training, in units of the best.",
        make="lgi.gaussians.turn.table:curves",
        draw={TURN_FIGURE: "lgi.gaussians.turn.figures:turn"},
        seconds=lambda *_: 6.0,
        inputs=_fits,
        labels={"figure": "what pixels add to the loss of all runs"},
        caption="On which pixels the loss grows after the best: on those that lose their "
        "Gaussians, or on those that keep them. Error and coverage of every run that the "
        "statements on turning speak of, iterations in units of that of the best loss. Above, how "
        "the L1 and L2 parts of the loss differ from those at the best, and what pixels add to "
        "this that were covered at the best and have lost their Gaussians, and those that are "
        "covered both times. In the middle, the mean absolute error of the latter. Lines are "
        "medians over runs, bands quartiles. Below, the uncovered share of the image, a line per "
        "run.",
    ),
    Result(
        "compare_recipes",
        {"table": CURES, "runs": COMPARED},
        "Compare recipes with the reference, run by run.",
        make="lgi.gaussians.turn.cures:tables",
        draw={CURES_FIGURE: "lgi.gaussians.turn.figures:cures"},
        inputs=_compared,
        settings=_comparison,
        labels={"figure": "recipes compared"},
        caption="Which changes keep a fit from turning, and at what loss. Recipes beside the "
        "reference, grouped by what they change of it, at the same N and seeds, with their "
        "numbers of iterations: best and last loss of every run, and the share of seeds that turn "
        "(a later loss exceeds the best by the configured factor) with its exact interval, "
        "corrected for the number of recipes. Where a run ends at its best, the dot lies in the "
        "ring. Delay: most seeds turn, but later. Freeze: most do not turn, but the rate is spent "
        "and the best loss is higher. Cure: most do not turn, the best loss is lower, and "
        "coverage is kept. Where a recipe's own early stop ends its runs at or before a turn, the "
        "share says nothing and is not drawn.",
    ),
    Result(
        "plot_neighbours",
        NEIGHBOURS_FIGURE,
        "Draw fits of neighbouring N beside each other: arrangement, bounds and errors.",
        make="lgi.gaussians.turn.figures:neighbours",
        inputs=_neighbours,
        settings=lambda config, _: {"names": config.gaussians.names},
        labels={"figure": "neighbouring N"},
        caption="Whether one more Gaussian refines a fit or gives another one. Fits of "
        "neighbouring N at their best: the image, the Gaussians at 1 sigma (framed where a "
        "position or a scale is at its bound), the absolute error there, and the error at the end "
        "of training, where black pixels are those that no Gaussian reaches.",
    ),
)

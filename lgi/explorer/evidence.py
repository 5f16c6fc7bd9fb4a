"""Where the evidence of a claim is seen: a state of the explorer's views, figures and tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lgi.catalogue import FIGURES
from lgi.gaussians.blending import results as blending
from lgi.gaussians.elsewhere import results as elsewhere
from lgi.gaussians.fits.results import REPRODUCIBILITY
from lgi.gaussians.fits.results import TABLE as FITS
from lgi.gaussians.llc import results as minima
from lgi.gaussians.n_study import results as n_study
from lgi.gaussians.prediction import results as prediction
from lgi.gaussians.price import results as price
from lgi.gaussians.sizes import results as sizes
from lgi.gaussians.turn import results as turn
from lgi.superposition.claims import MEASURES, OK_STATES
from lgi.superposition.llc import results as llc
from lgi.superposition.training import results as training

State = dict[str, object]
"""Keys and values of the explorer's hash, ``view`` among them; empty for no view."""


@dataclass(frozen=True)
class Evidence:
    """What shows the evidence of claims."""

    # Figures and tables, a pattern each; the first is the one to see.
    paths: tuple[str, ...]
    # Function of a claim's row as a whole and the sections of the configuration.
    state: Callable[[Mapping, Mapping[str, Any]], State] = lambda row, settings: {}


def evidence(id: str) -> Evidence:
    """Return the evidence of a claim: that of the longest beginning of its id that has one.

    Raises
    ------
    KeyError
        If none has.
    """
    names = id.split(".")
    for count in range(len(names), 0, -1):
        if (found := EVIDENCE.get(".".join(names[:count]))) is not None:
            return found
    raise KeyError(id)


def paths(row: Mapping, settings: Mapping[str, Any]) -> list[str]:
    """Return the figures and tables that show the evidence of a claim, as far as there is one."""
    values = _wildcards(row, settings)
    return [
        path.format_map(values)
        for path in evidence(row["id"]).paths
        if all(f"{{{name}}}" not in path or values[name] is not None for name in values)
    ]


def state(row: Mapping, settings: Mapping[str, Any]) -> State:
    """Return the state in which the explorer shows the evidence of a claim, empty for none."""
    return {
        key: value
        for key, value in evidence(row["id"]).state(row, settings).items()
        if value is not None
    }


def _wildcards(row: Mapping, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what stands for the wildcards of paths, None for those without a value."""
    values: dict[str, Any] = dict.fromkeys(
        ("epoch", "published_epoch", "variant", "image", "recipe")
    )
    if (study := settings.get("superposition")) is not None:
        by_samples = {samples: variant for variant, samples in study.variants.items()}
        values["variant"] = by_samples.get(row.get("samples"), "")
        values["epoch"] = _last(study, study.llc.drawn)
        if study.published_panels:
            values["published_epoch"] = study.published_epochs[-1]
    if (study := settings.get("gaussians")) is not None:
        first = study.prediction.fits(study.runs)[0]
        values |= {"image": first.image, "recipe": first.recipe}
    return values


def _last(study: Any, setting: str) -> int:
    return max(study.llc.settings[setting].epochs.among(study.training.snapshot_epochs()))


def _first(study: Any, setting: str) -> int:
    return min(study.llc.settings[setting].epochs.among(study.training.snapshot_epochs()))


# ------------------------------------------------------------------------------ study 1


def _curves(**state: object) -> Callable:
    """Return the state of loss against N, of the list that the page shows first."""

    def found(row: Mapping, settings: Mapping[str, Any]) -> State:
        views = settings["explorer"].gaussians
        return {"view": "loss_vs_n", "runs": views.loss_vs_n[0]} | state if views else {}

    return found


def _at_the_turn(row: Mapping, settings: Mapping[str, Any]) -> State:
    """Return the state of a fit at its turn; of a claim about a recipe, both side by side."""
    views, study = settings["explorer"].gaussians, settings["gaussians"]
    if views is None:
        return {}
    reference, (_, *names) = study.turn.cures.reference, row["id"].split(".")
    wanted = {reference, *(name for name in names[:1] if name in study.recipes)}
    middle = study.turn.neighbours.middle
    found: dict[tuple, set[str]] = {}
    for fit in study.select(*views.fits):
        found.setdefault((fit.image, fit.n, fit.seed), set()).add(fit.recipe)
    here = [key for key, recipes in found.items() if wanted <= recipes]
    if not here:
        return {}
    spoken_of = {fit.image for fit in study.select(study.turn.fits)}
    image, n, seed = min(here, key=lambda key: (key[0] not in spoken_of, abs(key[1] - middle)))
    other = next(iter(wanted - {reference}), None)
    return {
        "view": "fits",
        "image": image,
        "n": n,
        "seed": seed,
        "left": reference,
        "right": other,
        "iteration": "turn",
        "uncovered": 1,
    }


# ------------------------------------------------------------------------------ study 2


def _scatter(
    starts: Callable[[Any, list[str]], list[str]],
    *,
    trails: str | None = None,
    early: bool = False,
    apart: bool = False,
) -> Callable:
    """Return the state of loss against LLC with some starts, and what a claim's row is about.

    Parameters
    ----------
    starts
        Function of the study and the words of the id to the starts.
    trails
        Which trails are drawn; those of ok estimates if not given.
    early
        Whether it is about the first epoch with an estimate.
    apart
        Whether a row without a number of samples compares two, which one view cannot show.
    """

    def found(row: Mapping, settings: Mapping[str, Any]) -> State:
        study = settings["superposition"]
        if settings["explorer"].superposition is None or (apart and pd.isna(row["samples"])):
            return {}
        shown = [init for init in starts(study, row["id"].split(".")) if init in study.runs.init]
        if not shown:
            return {}
        setting = row["setting"] if row["setting"] in study.llc.runs else study.llc.drawn
        measure = next((name for name in BESIDE_LLC if name in row["id"]), None)
        return {
            "view": "superposition",
            "setting": setting,
            "samples": study.drawn if pd.isna(row["samples"]) else int(row["samples"]),
            "epoch": (_first if early else _last)(study, setting),
            "starts": "-".join(shown),
            "measure": measure,
            "loss": "population_loss" if row["loss"] == "population_loss" else None,
            "only": "ok" if row["states"] == OK_STATES else None,
            "trails": trails,
        }

    return found


def _named(study: Any, names: list[str]) -> list[str]:
    """Return the start that an id ends in, or names before a measure."""
    return [name for name in names if name in study.initialisations]


def _originals(study: Any, names: list[str]) -> list[str]:
    theirs = [study.original.kgon4, study.original.optimal]
    if "further_starts" in names:
        return [init for init in study.runs.init if init not in theirs]
    return theirs


def _optimal(study: Any, names: list[str]) -> list[str]:
    return [study.original.optimal]


def _compared(study: Any, names: list[str]) -> list[str]:
    return [study.original.kgon4, *(_named(study, names) or [study.original.optimal])]


BESIDE_LLC = [name for name in MEASURES if name != "llc"]
LLC_AND_LOSS = FIGURES + "llc_and_loss_epoch_{epoch}{variant}.png"
AS_PUBLISHED = FIGURES + "loss_vs_llc_epoch_{published_epoch}.png"
LOSSES = (FIGURES + training.LOSS_OVER_TRAINING + ".png", training.STARTS)
OVER_TRAINING = (FIGURES + "llc_over_training{variant}.png", llc.LLC)
CURVES = (n_study.N_STUDY_FIGURE, n_study.N_STUDY)
STEPS = (n_study.STEPS_FIGURE, n_study.STEPS)
ONE_SEED = (n_study.ONE_SEED_FIGURE, n_study.SEEDS)

STARTS_COMPARED = Evidence((training.STARTS,), _scatter(_compared, apart=True))

EVIDENCE: dict[str, Evidence] = {
    "n_study": Evidence(CURVES, _curves()),
    "n_study.as_bad_as_printed": Evidence(STEPS, _curves(every=1)),
    "n_study.other_steps": Evidence(STEPS, _curves(every=1)),
    "n_study.worse": Evidence(STEPS, _curves(every=1)),
    "n_study.worse_by_seed": Evidence(STEPS, _curves(every=1)),
    "n_study.not_monotone": Evidence(STEPS, _curves(every=1)),
    "n_study.one_seed_ranks": Evidence(ONE_SEED, _curves(draw=1)),
    "n_study.one_seed_tells_steps": Evidence(ONE_SEED, _curves(draw=1)),
    "n_study.one_seed_finds_best": Evidence(ONE_SEED, _curves(draw=1)),
    "n_study.structure": Evidence(
        (n_study.LOSS_OVER_SEEDS_FIGURE, n_study.SEEDS_SUMMARY), _curves(every=1)
    ),
    "n_study.seed_matters": Evidence(
        (n_study.LOSS_OVER_SEEDS_FIGURE, n_study.SEEDS_SUMMARY), _curves(every=1)
    ),
    "n_study.reproducible": Evidence((REPRODUCIBILITY,)),
    "n_study.timing": Evidence((FITS,)),
    "turn": Evidence((turn.TURN_FIGURE, turn.TURN), _at_the_turn),
    "cures": Evidence((turn.CURES_FIGURE, turn.CURES), _at_the_turn),
    "blending": Evidence((blending.FIGURE, blending.RUNS)),
    "elsewhere": Evidence((elsewhere.FIGURE, elsewhere.ELSEWHERE)),
    "prediction": Evidence((prediction.FIGURE, prediction.PREDICTION)),
    "llc": Evidence((minima.FIGURE, minima.LLC)),
    "price": Evidence((price.FIGURE, price.AT)),
    "sizes": Evidence((sizes.FIGURE, sizes.GROWTH)),
    "superposition.no_correlation": Evidence((LLC_AND_LOSS, llc.CORRELATION), _scatter(_named)),
    "superposition.trend_of_undivided_loss": Evidence(LOSSES, _scatter(_originals, trails="all")),
    "superposition.trend_of_loss": Evidence(LOSSES, _scatter(_originals, trails="all")),
    "superposition.trend_of_llc": Evidence((LLC_AND_LOSS, llc.LLC), _scatter(_originals)),
    "superposition.trend_of_hessian_llc": Evidence((llc.LLC,), _scatter(_originals)),
    "superposition.trend_of_directions": Evidence((llc.LLC,), _scatter(_originals)),
    "superposition.optimal_begins_low": Evidence(
        (AS_PUBLISHED, llc.LLC), _scatter(_optimal, early=True, trails="all")
    ),
    "superposition.optimal_rises": Evidence(
        (AS_PUBLISHED, llc.LLC), _scatter(_optimal, trails="all")
    ),
    "superposition.optimal_llc_stays": Evidence(
        (AS_PUBLISHED, llc.LLC), _scatter(_optimal, trails="all")
    ),
    "superposition.optimal_loss_stays": Evidence(LOSSES, _scatter(_optimal, trails="all")),
    "superposition.kgon4_worse_on_average": STARTS_COMPARED,
    "superposition.kgon4_best_better": STARTS_COMPARED,
}
"""Evidence by the beginning of a claim's id."""

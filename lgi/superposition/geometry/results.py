"""Results of geometry: k-gons and features as tables and figures, and single models as polygons."""

from collections.abc import Callable, Mapping
from typing import Any

from lgi.catalogue import ANIMATIONS, FIGURES, TABLES, Result
from lgi.superposition.llc.results import ESTIMATE
from lgi.superposition.training.results import RUN_FILE, each_variant, run_files_drawn

KGONS_OVER_TRAINING = "kgons_over_training{variant}"
_DRAW = "lgi.superposition.geometry.figures:"
DIMENSIONALITY_VS_SPARSITY = "dimensionality_vs_sparsity{variant}"
MODEL = "{init}/samples{samples}/sparsity{sparsity}_seed{seed}"
SNAPSHOTS = f"{FIGURES}superposition/snapshots/{MODEL}.png"
POLYGONS = f"{ANIMATIONS}superposition/polygons/{MODEL}.gif"


def in_a_plane(wanted: Callable[[Any], list[dict]]) -> Callable[[Any], list[dict]]:
    """Ask only where the features of a model lie in a plane: elsewhere there are no polygons."""
    return lambda config: wanted(config) if config.superposition.hidden == 2 else []


def polygons(config: Any) -> list[dict]:
    """Ask for the models that are drawn as polygons."""
    study = config.superposition
    return [model._asdict() for model in study.models(study.geometry.polygons)]


def _model_files(config: Any, wildcards: Mapping[str, str]) -> dict[str, str]:
    """Return the run of a model, and the estimates that its pictures tell."""
    return {
        "run": RUN_FILE,
        "estimates": ESTIMATE.replace("{setting}", config.superposition.llc.drawn),
    }


RESULTS = (
    Result(
        rule="kgons_over_training",
        output={"shares": f"{TABLES}{KGONS_OVER_TRAINING}.csv"},
        purpose="Tabulate and draw the share of each k-gon along training.",
        make="lgi.superposition.geometry.table:kgon_shares",
        draw={f"{FIGURES}{KGONS_OVER_TRAINING}.png": _DRAW + "kgons_over_training"},
        inputs=run_files_drawn,
        settings=lambda config, wildcards: {"names": config.superposition.names},
        wanted=in_a_plane(each_variant),
        labels={"what": "k-gons over training", "variant": "{variant}"},
        caption="At which sparsities models leave the polygon of their start, and when: the share "
        "of the models whose feature vectors span each kind of k-gon, along training, a row per "
        "start and a column per sparsity.",
    ),
    Result(
        rule="dimensionality_vs_sparsity",
        output={"features": f"{TABLES}{DIMENSIONALITY_VS_SPARSITY}.csv"},
        purpose="Tabulate every feature at the last epoch; draw its dimensionality.",
        make="lgi.superposition.geometry.table:final_features",
        draw={f"{FIGURES}{DIMENSIONALITY_VS_SPARSITY}.png": _DRAW + "dimensionality_vs_sparsity"},
        inputs=run_files_drawn,
        settings=lambda config, wildcards: {"names": config.superposition.names},
        wanted=each_variant,
        labels={"what": "feature dimensionality", "variant": "{variant}"},
        caption="On which plateaus the features lie: the dimensionality of every feature at the "
        "last epoch against 1/(1 - S), a panel per start; dotted at 2/k, where those of a regular "
        "k-gon lie (Elhage et al. 2022), and at 1. The curve is the median of the represented "
        "features.",
    ),
    Result(
        rule="plot_snapshots",
        output=SNAPSHOTS,
        purpose="Draw the polygon of one model at a few snapshots.",
        make="lgi.superposition.geometry.polygons:snapshots",
        inputs=_model_files,
        settings=lambda config, wildcards: {
            "seed": int(wildcards["seed"]),
            "names": config.superposition.names,
            "epochs": config.superposition.geometry.strip_epochs,
        },
        wanted=in_a_plane(polygons),
        labels={
            "what": "strip",
            "start": "{init}",
            "samples": "{samples}",
            "sparsity": "{sparsity}",
            "seed": "{seed}",
        },
        reported=False,
        caption="Which polygon the feature vectors (columns of W) of one model span, and whether "
        "it changes: at a few epochs with its training loss, and below the vectors' norms and the "
        "biases. The title has the last loss and the last estimate of the coefficient.",
    ),
    Result(
        rule="animate_polygons",
        output=POLYGONS,
        purpose="Animate the polygon of one model along training.",
        make="lgi.superposition.geometry.polygons:polygon_frames",
        inputs=_model_files,
        settings=lambda config, wildcards: {
            "seed": int(wildcards["seed"]),
            "names": config.superposition.names,
        },
        wanted=in_a_plane(polygons),
        labels={
            "what": "animation",
            "start": "{init}",
            "samples": "{samples}",
            "sparsity": "{sparsity}",
            "seed": "{seed}",
        },
        caption="When one model changes its polygon, and how its loss falls with it: feature "
        "vectors with their convex hull, norms, biases and loss, one frame per snapshot. A model "
        "that never moves is a single frame that says so.",
    ),
)

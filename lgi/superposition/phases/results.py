"""Results of phases: minima of the population loss as a table and a figure."""

from collections.abc import Mapping
from typing import Any

from lgi.catalogue import FIGURES, TABLES, Result
from lgi.superposition.training.results import run_files

PHASES = TABLES + "superposition_phases.csv"
TRAINED = TABLES + "superposition_phases_trained.csv"


def _settings(config: Any, wildcards: Mapping[str, str]) -> dict[str, Any]:
    study = config.superposition
    return {
        "data": study.data,
        "sparsities": study.phases.sparsities(config),
        "settings": study.phases,
    }


def _asked(config: Any) -> list[dict]:
    return [{}] if config.superposition.phases else []


RESULTS = (
    Result(
        rule="superposition_phases",
        seconds=lambda *_: 30.0,
        output={"minima": PHASES, "trained": TRAINED},
        purpose="Minimise the population loss from many starts, by polygon and sparsity; draw it.",
        make="lgi.superposition.phases.table:phases",
        draw={FIGURES + "superposition_phases.png": "lgi.superposition.phases.figures:phases"},
        inputs=lambda config, wildcards: {"runs": run_files(config)},
        settings=_settings,
        wanted=_asked,
        labels={"what": "phases by sparsity"},
        caption="Which polygon is best at which sparsity: the lowest curve. Lowest exact "
        "population loss of each polygon against 1/(1 - S), in units of the loss of a model that "
        "always answers 0, from many starts, with the trained models beside; and the "
        "dimensionality of the features of the lowest minimum.",
    ),
)

"""Study 2 as the workflow sees it."""

from typing import Any

from lgi.catalogue import Study
from lgi.superposition import results as whole
from lgi.superposition.departures.results import RESULTS as DEPARTURES
from lgi.superposition.generalisation.results import RESULTS as GENERALISATION
from lgi.superposition.geometry.results import RESULTS as GEOMETRY
from lgi.superposition.limit import results as limit
from lgi.superposition.llc import results as llc
from lgi.superposition.phases.results import RESULTS as PHASES
from lgi.superposition.published.results import RESULTS as PUBLISHED
from lgi.superposition.settings import REMOVED, Superposition
from lgi.superposition.training.results import RESULTS as TRAINING


def wildcards(config: Any) -> dict:
    """Return the legal values of each wildcard."""
    study = config.superposition
    return {
        "init": study.runs.init,
        "samples": study.runs.samples,
        "sparsity": list(study.runs.exact),
        "seed": study.runs.seeds,
        "variant": list(study.variants),
        "published_epoch": study.published_epochs,
        **limit.wildcards(config),
        **llc.wildcards(config),
    }


def display(config: Any, wildcard: str, value: str) -> str:
    """Return what people read in place of the value of a wildcard."""
    study, kinds = config.superposition, {"init": "initialisations", "setting": "settings"}
    if wildcard == "variant":
        return f"{study.variants[value]:,} samples"
    return study.names.of(kinds[wildcard], value) if wildcard in kinds else value


STUDY = Study(
    name="superposition",
    title="Toy models of superposition",
    purpose="Study 2: every training run, estimate, table, figure and animation of it.",
    settings=Superposition,
    results=(
        *TRAINING,
        *GEOMETRY,
        *GENERALISATION,
        *DEPARTURES,
        *PHASES,
        *limit.RESULTS,
        *llc.RESULTS,
        *PUBLISHED,
        *whole.RESULTS,
    ),
    wildcards=wildcards,
    inherits=(("llc", "settings"),),
    removed=REMOVED,
    display=display,
)

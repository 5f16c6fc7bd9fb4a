"""Results of the limit of one active feature: run files, tables and their figure."""

from typing import Any

from lgi.catalogue import FIGURES, ROOT, TABLES, Result
from lgi.superposition.limit.settings import HIDDEN
from lgi.superposition.training.results import (
    started,
    trained,
    training_run,
    training_seconds,
)

RUN_FILE = ROOT + "superposition/limit/{limit_init}/samples{limit_samples}.npz"
PLATEAUS = TABLES + "superposition_limit.csv"
COEFFICIENTS = TABLES + "superposition_limit_llc.csv"
WEIGHTS = TABLES + "superposition_limit_weights.csv"
TRANSITIONS = TABLES + "superposition_limit_transitions.csv"
_MAKE = "lgi.superposition.limit.table:"


def wildcards(config: Any) -> dict[str, list]:
    """Return the legal values of each wildcard."""
    limit = config.superposition.limit
    return {
        "limit_init": limit.runs.init if limit else [],
        "limit_samples": limit.runs.samples if limit else [],
    }


def runs(config: Any) -> list[dict]:
    """Return the wildcards of every run file."""
    limit = config.superposition.limit
    named = limit.runs.runs() if limit else []
    return [{"limit_init": run["init"], "limit_samples": run["samples"]} for run in named]


def training(config: Any, wildcards: Any) -> dict:
    """Return the arguments of `train_run` for one start and sample size."""
    limit = config.superposition.limit
    names = wildcards.limit_init, wildcards.limit_samples
    return training_run(config, limit, *names, hidden=HIDDEN, sparsity=1.0)  # the limit


def _seconds(config: Any, wildcards: Any) -> float:
    return training_seconds(config.superposition.limit, int(wildcards.limit_samples))


def _asked(config: Any) -> list[dict]:
    return [{}] if config.superposition.limit else []


RESULTS = (
    Result(
        rule="train_superposition_limit",
        output={"run": RUN_FILE},
        purpose="Train the models of all seeds on one active feature, for one start and size.",
        record={
            "": lambda config, _: trained(config, config.superposition.limit),
            "limit_init": started,
            "limit_samples": lambda config, samples: {"samples": int(samples)},
        },
        wanted=runs,
        seconds=_seconds,
        on_card=True,
    ),
    Result(
        rule="superposition_limit_plateaus",
        output=PLATEAUS,
        purpose="Tabulate the minima that training on one active feature ends at.",
        make=_MAKE + "plateaus",
        inputs=lambda config, _: {"runs": [RUN_FILE.format(**run) for run in runs(config)]},
        wanted=_asked,
        labels={"what": "one active feature: plateaus"},
    ),
    Result(
        rule="superposition_limit_llc",
        seconds=lambda *_: 10.0,
        output=COEFFICIENTS,
        purpose="Estimate the coefficient at the exact minima of one active feature.",
        make=_MAKE + "coefficients",
        settings=lambda config, _: {"settings": config.superposition.limit.llc},
        wanted=_asked,
        groups=("llc",),
        labels={"what": "one active feature: coefficients"},
    ),
    Result(
        rule="superposition_limit_posterior",
        seconds=lambda *_: 100.0,
        output={"weights": WEIGHTS, "transitions": TRANSITIONS},
        purpose="Find at which n the posterior moves between polygons, by four methods.",
        make=_MAKE + "posterior",
        settings=lambda config, _: {"settings": config.superposition.limit.posterior},
        wanted=_asked,
        labels={"what": "one active feature: the posterior"},
    ),
    Result(
        rule="superposition_limit",
        output=FIGURES + "superposition_limit.png",
        purpose="Draw plateaus, coefficients and posterior of one active feature.",
        make="lgi.superposition.limit.figures:limit",
        inputs={
            "plateaus": PLATEAUS,
            "coefficients": COEFFICIENTS,
            "weights": WEIGHTS,
            "transitions": TRANSITIONS,
        },
        settings=lambda config, wildcards: {"names": config.superposition.names},
        wanted=_asked,
        labels={"what": "one active feature"},
        caption="With one active feature from U[0, 1] few polygons are minima, and with more "
        "samples the posterior moves from one to the next: the minima that training ends at; the "
        "learning coefficient at the exact minima, with the truth; and the weight of the polygons "
        "in the posterior of n samples, by sampling and by thermodynamic integration.",
    ),
)

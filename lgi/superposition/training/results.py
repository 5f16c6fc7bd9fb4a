"""Results of training: run files, tables of losses, and their figures."""

import math
from collections.abc import Iterable, Mapping, Sized
from typing import Any

from lgi.catalogue import FIGURES, ROOT, TABLES, Result

RUN_FILE = ROOT + "superposition/{init}/samples{samples}/sparsity{sparsity}.npz"
TABLE = TABLES + "superposition.csv"
STARTS = TABLES + "superposition_starts.csv"
# {variant} is empty for the number of samples that figures draw, else _samples{n}
_DRAW = "lgi.superposition.training.figures:"
LOSS_OVER_TRAINING = "loss_over_training{variant}"
KGON4_VS_KGON6 = "kgon4_vs_kgon6{variant}"
EPOCH = 1.1e-4
"""Seconds of an epoch of one seed at 10,000 samples, the most of config.yaml."""


def training_minutes(training: Any, seeds: Sized) -> int:
    """Return how many minutes a scheduler is asked for: four times what training takes, and ten.

    Parameters
    ----------
    training
        Settings of the training, of which `epochs` counts.
    seeds
        Seeds that one job trains.
    """
    return 10 + math.ceil(4 * len(seeds) * training.epochs * EPOCH / 60)


def run_files(
    config: Any, samples: int | None = None, inits: Iterable[str] | None = None
) -> list[str]:
    """Return the run files, or those of one number of samples, or of some starts, alone."""
    return [
        RUN_FILE.format(**run._asdict())
        for run in config.superposition.runs.runs()
        if samples in (None, run.samples) and (inits is None or run.init in inits)
    ]


def run_files_drawn(config: Any, wildcards: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the run files of the number of samples that a variant shows, as ``runs``."""
    return {"runs": run_files(config, config.superposition.variants[wildcards["variant"]])}


def each_variant(config: Any) -> list[dict]:
    """Ask for a result for every number of samples."""
    return [{"variant": variant} for variant in config.superposition.variants]


def _starts_compared(config: Any) -> Mapping[str, str]:
    original = config.superposition.original
    return {"first": original.kgon4, "second": original.kgon6}


def _both_starts(config: Any) -> list[dict]:
    compared = set(_starts_compared(config).values())
    return each_variant(config) if compared <= set(config.superposition.runs.init) else []


def started(config: Any, init: str) -> dict:
    """Return what a run file says of its start."""
    return {"init": init, "initialisation": config.superposition.initialisations[init]}


def sparsity(config: Any, sparsity: str) -> dict:
    """Return what a run file says of its sparsity, of which a path holds four decimals."""
    return {"sparsity": config.superposition.runs.exact[sparsity]}


def trained(config: Any, study: Any) -> dict:
    """Return what a run file says of the training that the settings of a study ask for."""
    return {
        "data": study.data,
        "training": study.training,
        "seeds": study.runs.seeds,
        "provenance.device": config.device,
    }


RESULTS = (
    Result(
        rule="train_superposition",
        output={"run": RUN_FILE},
        purpose="Train the models of all seeds for one start, sample size and sparsity.",
        record={
            "": lambda config, _: (
                trained(config, config.superposition) | {"hidden": config.superposition.hidden}
            ),
            "init": started,
            "sparsity": sparsity,
        },
        wanted=lambda config: [run._asdict() for run in config.superposition.runs.runs()],
    ),
    Result(
        rule="collect_superposition",
        output={"table": TABLE, "starts": STARTS},
        purpose="Gather all snapshots of all models, and compare starts by their final loss.",
        make="lgi.superposition.training.table:tables",
        inputs=lambda config, wildcards: {"runs": run_files(config)},
        labels={"table": "all snapshots, and final loss by start"},
    ),
    Result(
        rule="loss_over_training",
        output={"losses": f"{TABLES}{LOSS_OVER_TRAINING}.csv"},
        purpose="Tabulate and draw median and quartiles of the losses along training.",
        make="lgi.superposition.training.table:losses_over_training",
        draw={f"{FIGURES}{LOSS_OVER_TRAINING}.png": _DRAW + "loss_over_training"},
        inputs=run_files_drawn,
        wanted=each_variant,
        labels={"figure": "loss over training", "variant": "{variant}"},
        caption="Training, test and population loss along training: median and quartiles over "
        "seeds, per initialisation and sparsity.",
    ),
    Result(
        rule="kgon4_vs_kgon6",
        output={"starts": f"{TABLES}{KGON4_VS_KGON6}.csv"},
        purpose="Compare the final losses of four-gon and six-gon starts, and draw them.",
        make="lgi.superposition.training.table:head_to_head",
        draw={f"{FIGURES}{KGON4_VS_KGON6}.png": _DRAW + "kgon4_vs_kgon6"},
        inputs=lambda config, wildcards: {
            "runs": run_files(
                config,
                config.superposition.variants[wildcards["variant"]],
                _starts_compared(config).values(),
            )
        },
        settings=lambda config, wildcards: _starts_compared(config),
        wanted=_both_starts,
        labels={"figure": "four-gon and six-gon starts", "variant": "{variant}"},
        caption="Mean and best final loss of models that start from a four-gon and from a six-gon, "
        "per sparsity.",
    ),
)

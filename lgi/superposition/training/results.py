"""Results of training: run files, tables of losses, and their figures."""

from collections.abc import Iterable, Mapping
from typing import Any

from lgi.catalogue import FIGURES, ROOT, TABLES, Result
from lgi.superposition.training.data import possible_patterns

RUN_FILE = ROOT + "superposition/{init}/samples{samples}/sparsity{sparsity}.npz"
TABLE = TABLES + "superposition.csv"
STARTS = TABLES + "superposition_starts.csv"
# {variant} is empty for the number of samples that figures draw, else _samples{n}
_DRAW = "lgi.superposition.training.figures:"
LOSS_OVER_TRAINING = "loss_over_training{variant}"
KGON4_VS_KGON6 = "kgon4_vs_kgon6{variant}"
EPOCH = 1.1e-8
"""Seconds of an epoch for a distinct sample of a seed."""


def training_seconds(study: Any, samples: int) -> float:
    """Return about how long a training lasts on one core.

    Parameters
    ----------
    study
        Settings of the study that trains: its data, epochs and seeds count.
    samples
        Training samples of each seed.
    """
    distinct = min(samples, possible_patterns(study.data))
    return len(study.runs.seeds) * study.training.epochs * distinct * EPOCH


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
    }


def training_run(config: Any, study: Any, init: str, samples: int, **model: Any) -> dict:
    """Return what a training depends on besides its source: the arguments of `train_run`.

    Parameters
    ----------
    config, study
        The configuration, and the settings of the study that trains.
    init
        Name of the start.
    samples
        Training samples of a seed.
    **model
        ``hidden`` and ``sparsity``.
    """
    named = {"init_name": init, "init": config.superposition.initialisations[init]}
    return named | {"samples": int(samples)} | model | trained(config, study)


def training(config: Any, wildcards: Any) -> dict:
    """Return the arguments of `train_run` for one start, sample size and sparsity."""
    study = config.superposition
    model = {"hidden": study.hidden} | sparsity(config, wildcards.sparsity)
    return training_run(config, study, wildcards.init, wildcards.samples, **model)


def _seconds(config: Any, wildcards: Any) -> float:
    return training_seconds(config.superposition, int(wildcards.samples))


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
        seconds=_seconds,
        on_card=True,
    ),
    Result(
        rule="collect_superposition",
        output={"table": TABLE, "starts": STARTS},
        purpose="Gather all snapshots of all models, and compare starts by their final loss.",
        make="lgi.superposition.training.table:tables",
        inputs=lambda config, wildcards: {"runs": run_files(config)},
        labels={"what": "all snapshots, and final loss by start"},
    ),
    Result(
        rule="loss_over_training",
        output={"losses": f"{TABLES}{LOSS_OVER_TRAINING}.csv"},
        purpose="Tabulate and draw median and quartiles of the losses along training.",
        make="lgi.superposition.training.table:losses_over_training",
        draw={f"{FIGURES}{LOSS_OVER_TRAINING}.png": _DRAW + "loss_over_training"},
        inputs=run_files_drawn,
        settings=lambda config, wildcards: {"names": config.superposition.names},
        wanted=each_variant,
        labels={"what": "loss over training", "variant": "{variant}"},
        caption="How the training loss falls (above), and how far the loss on other data comes to "
        "lie above it (below): the population loss where it is known, else the test loss, less the "
        "training loss of the same model, in units of 1 - S. Median and quartiles over seeds, a "
        "column per start, a colour per sparsity.",
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
        settings=lambda config, wildcards: (
            _starts_compared(config) | {"names": config.superposition.names}
        ),
        wanted=_both_starts,
        labels={"what": "four-gon and six-gon starts", "variant": "{variant}"},
        caption="Which of two starts that are alike but for their polygon ends at the lower loss. "
        "Left: mean and best final training loss of each, a band where the mean's 95 % interval "
        "is. Right: the first start's as a multiple of the second's; above the dotted line the "
        "second is better.",
    ),
)

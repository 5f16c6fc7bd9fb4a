"""The work of config.yaml as the engines take it, and small samples of every kind of it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lgi.gaussians.fits.images import planned
from lgi.gaussians.fits.run import fit_runs
from lgi.gaussians.selection import FitName
from lgi.llc.known.answers import known_answers
from lgi.llc.known.results import settings as known_settings
from lgi.runs import Run
from lgi.superposition.llc.estimates import estimate_each
from lgi.superposition.training.data import count_patterns
from lgi.superposition.training.run import train_runs, training_data
from lgi.superposition.training.settings import OneActiveData, UniformData

SOURCE = "benchmark"
PUBLISHED = ("fine", "gap", "broad")
"""Lists of runs that the published table of fits holds."""
EXTRA_START = "kgon5"
"""A start that config.yaml names and does not run: with it there are 4,500 models."""

Made = tuple[dict[str, np.ndarray], dict]
"""Arrays and record of a run file."""


def published_fits(config: Any) -> list[dict]:
    """Return the 73 published fits; four are in two lists."""
    lists = {entry.name: entry for entry in config.gaussians.runs}
    return [_fit(config, fit) for name in PUBLISHED for fit in lists[name].fits()]


def all_fits(config: Any) -> list[dict]:
    """Return every fit that config.yaml lists, once."""
    return [_fit(config, fit) for fit in config.gaussians.listed()]


def _fit(config: Any, fit: FitName) -> dict:
    section = config.gaussians
    return {
        "image_name": fit.image,
        "image": planned(section.images[fit.image]),
        "recipe_name": fit.recipe,
        "recipe": section.recipes[fit.recipe],
        "n": fit.n,
        "seed": fit.seed,
    }


def sample_of_fits(config: Any, iterations: int, n: int = 12) -> list[dict]:
    """Return a short fit by every recipe, and of every image by one of them.

    Parameters
    ----------
    config
        The configuration.
    iterations
        Of each.
    n
        Number of Gaussians.
    """
    section = config.gaussians
    first, *_ = section.images
    kinds = [(first, recipe) for recipe in section.recipes]
    kinds += [(image, "published_3000") for image in section.images if image != first]
    return [
        _fit(config, FitName(image, recipe, n, 42))
        | {"recipe": _shortened(section.recipes[recipe], iterations)}
        for image, recipe in kinds
    ]


def _shortened(recipe, iterations: int):
    return recipe.model_copy(update={"iterations": iterations, "snapshots": 3})


def fit(runs: Sequence[Mapping], threads: int = 1) -> list[Made]:
    """Fit on the device in use."""
    return list(fit_runs(runs, SOURCE, threads))


def all_models(config: Any) -> list[dict]:
    """Return the runs whose models are trained: 90 of 50 each."""
    study = config.superposition
    cells = [
        (init, samples, sparsity)
        for init in dict.fromkeys([*study.runs.init, EXTRA_START])
        for samples in study.runs.samples
        for sparsity in study.runs.exact.values()
    ]
    return [cell(study, *names) for names in cells]


def cell(study: Any, init: str, samples: int, sparsity: float, **changed) -> dict:
    """Return a run of study 2 with what is said, all else as config.yaml has it."""
    return {
        "init_name": init,
        "init": study.initialisations[init],
        "hidden": study.hidden,
        "samples": samples,
        "sparsity": sparsity,
        "data": study.data,
        "training": study.training,
        "seeds": list(study.runs.seeds),
    } | changed


def sample_of_models(config: Any, epochs: int, seeds: int) -> list[dict]:
    """Return a short training on counted patterns, on values that do not repeat, in mini-batches.

    Parameters
    ----------
    config
        The configuration.
    epochs, seeds
        Of each.
    """
    study = config.superposition
    training = study.training.model_copy(update={"epochs": epochs})
    small = training.model_copy(update={"batch_size": 32})
    uniform = UniformData(kind="uniform", features=study.data.features, test_samples=100)
    one = OneActiveData(kind="one_active", features=study.data.features, test_samples=100)
    common = {"seeds": list(range(seeds)), "training": training}
    return [
        cell(study, "kgon4", 1_000, 0.4, **common),
        cell(study, "optimal", 100, 0.9, **common),
        cell(study, "random", 100, 0.8, **common | {"data": uniform}),
        cell(study, "kgon6", 90, 0.5, **common | {"data": one}),
        cell(study, "kgon6", 100, 0.8, **common | {"training": small}),
        cell(study, "random", 50, 0.8, **common | {"training": small, "data": uniform}),
    ]


def train(runs: Sequence[Mapping]) -> list[Made]:
    """Train on the device in use."""
    return list(train_runs(runs, SOURCE))


def as_run(made: Made) -> Run:
    """Return a run file in memory."""
    return Run(Path("benchmark.npz"), *made)


def all_estimates(config: Any, trained: Sequence[Made]) -> list[tuple[Run, Any]]:
    """Return every default estimate of runs that config.yaml lists: four settings of each."""
    settings = config.superposition.llc.estimated(config)
    listed = [made for made in trained if made[1]["init"] in config.superposition.runs.init]
    return [(as_run(made), setting) for setting in settings.values() for made in listed]


def sample_of_estimates(
    config: Any, trained: Sequence[Made], draws: int, chains: int
) -> list[tuple[Run, Any]]:
    """Return short estimates by every sampler, of models at their first and last snapshot.

    Parameters
    ----------
    config
        The configuration.
    trained
        Runs of `sample_of_models`.
    draws
        Of a chain; a quarter is burn-in.
    chains
        Of an estimate.
    """
    named = config.superposition.llc.settings
    short = {"draws": draws, "burn_in": draws // 4, "chains": chains}
    mala = {"kind": "hmc", "step_size": 0.001, "leapfrog_steps": 1, "target_acceptance": 0.574}
    rmsprop = {"kind": "rmsprop_sgld", "step_size": 1e-4, "decay": 0.99, "stability": 0.1}
    plain = named["raw_mse"].model_dump() | {"coordinates": "parameters"}
    kinds = [
        *(named[name] for name in ("fine", "raw_mse", "published", "sgld")),
        _checked(named["raw_mse"], plain | {"sampler": mala}),
        _checked(named["raw_mse"], plain | {"sampler": rmsprop}),
    ]
    ends = [{"epochs": {"at": [0, int(made[0]["epoch"][-1])]}} for made in trained]
    return [
        (as_run(made), _checked(kind, kind.model_dump() | short | epochs))
        for kind in kinds
        for made, epochs in zip(trained, ends, strict=True)
    ]


def _checked(like: Any, values: Mapping) -> Any:
    return type(like).model_validate(values)


def estimate(cases: Sequence[tuple[Run, Any]]) -> list:
    """Estimate on the device in use."""
    return estimate_each(cases)


def known(config: Any, **changed) -> dict:
    """Return what the table of known answers is made with."""
    return known_settings(config) | changed


def sample_of_known(config: Any, draws: int, repeats: int) -> dict:
    """Return a short table of known answers, of every problem."""
    setting = known_settings(config)["setting"]
    short = {"draws": draws, "burn_in": draws // 4}
    return known(config, setting=setting.model_copy(update=short), repeats=repeats, n=[1_000])


def answer(settings: Mapping):
    """Make a table of known answers on the device in use."""
    return known_answers(**settings)


def patterns_of(run: Mapping | Run) -> np.ndarray:
    """Return how many distinct patterns the data of each model of a run have [M].

    Parameters
    ----------
    run
        Its record, or the run.
    """
    record = run.record if isinstance(run, Run) else run
    return np.count_nonzero(count_patterns(training_data(record))[1], axis=1)


def columns(made: Any) -> Iterator[tuple[str, Any]]:
    """Yield name and values of everything that a task made, but where it was made.

    Parameters
    ----------
    made
        Arrays and record, or a table.
    """
    if isinstance(made, tuple):
        arrays, record = made
        yield from arrays.items()
        # The record says which device it was.
        yield "record", {name: value for name, value in record.items() if name != "provenance"}
    else:
        yield from ((name, made[name].to_numpy()) for name in made)

"""How an estimate of the LLC depends on the settings of the estimator, for chosen models."""

import math
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from lgi.errors import RunFileError
from lgi.llc.settings import LLCSettings
from lgi.runs import Run
from lgi.superposition.llc import estimate_run
from lgi.superposition.settings import CalibrationSettings

REFERENCE, STEP_SIZE = "reference", "step_size"
LOCALISATION, INVERSE_TEMPERATURE, N = "localisation", "inverse_temperature", "n"
MODEL = ["init", "samples", "sparsity", "seed", "epoch"]


def calibrate(
    models: Iterable[tuple[Run, int, int]], setting: LLCSettings, sweep: CalibrationSettings
) -> pd.DataFrame:
    """Estimate the LLC of some models while one value of the setting varies at a time.

    Parameters
    ----------
    models
        For each model its run file, its seed and the epoch of its snapshot.
    setting
        An unbiased setting, from which one value departs at a time.
    sweep
        The values, and the length of the chains.

    Returns
    -------
    pandas.DataFrame
        A row per estimate: ``varied`` (reference, step_size, localisation, inverse_temperature or
        n), ``value``, ``sampler`` and the columns of `estimate_run`. ``value`` is ε, γ, β in units
        of 1 / ln of the number of samples, or the n that stands in nβ = n / ln n in place of that
        number; NaN for the reference, which is the setting as it is. ``bias`` is the difference
        from the reference and ``bias_se`` its standard error, both NaN where the posterior is not
        that of the reference.

    Raises
    ------
    RunFileError
        If a run has no such seed or no snapshot at such an epoch; the message names it.
    """
    rows = [
        estimate_run(_one_model(run, seed), varied).assign(
            varied=name, value=value, sampler=varied.sampler
        )
        for run, seed, epoch in models
        for name, value, varied in _variations(setting, sweep, run.record["samples"], epoch)
    ]
    table = pd.concat(rows, ignore_index=True)
    reference = table[table["varied"] == REFERENCE].set_index(MODEL)
    reference = reference.loc[pd.MultiIndex.from_frame(table[MODEL])]
    same = table["varied"].isin([REFERENCE, STEP_SIZE])
    other = table["varied"] == STEP_SIZE
    table["bias"] = (table["llc"] - reference["llc"].to_numpy()).where(same)
    table["bias_se"] = np.hypot(table["llc_se"], reference["llc_se"].to_numpy()).where(other)
    columns = [*MODEL, "varied", "value", "sampler"]
    return table[[*columns, *(name for name in table if name not in columns)]]


def _variations(
    setting: LLCSettings, sweep: CalibrationSettings, samples: int, epoch: int
) -> Iterator[tuple[str, float, LLCSettings]]:
    """Yield what is varied, its value, and the setting with this value."""
    base = setting.model_dump() | sweep.chains.model_dump() | {"epochs": (epoch,)}
    beta = 1 / math.log(samples)
    yield REFERENCE, math.nan, LLCSettings.model_validate(base)
    for sampler, values in sweep.step_size.items():
        for value in values:
            changes = {"sampler": sampler, "step_size": value, "target_acceptance": None}
            if sampler != setting.sampler:
                changes |= {"leapfrog_steps": None, "rmsprop": None}
            yield STEP_SIZE, value, LLCSettings.model_validate(base | changes)
    for value in sweep.localisation:
        yield LOCALISATION, value, LLCSettings.model_validate(base | {"localisation": value})
    for value in sweep.inverse_temperature:
        changes = {"inverse_temperature": value * beta}
        yield INVERSE_TEMPERATURE, value, LLCSettings.model_validate(base | changes)
    for n in sweep.n:
        changes = {"inverse_temperature": n / math.log(n) / samples}
        yield N, float(n), LLCSettings.model_validate(base | changes)


def _one_model(run: Run, seed: int) -> Run:
    """Return the part of a run file that belongs to one seed."""
    places = np.flatnonzero(run["seed"] == seed)
    if not len(places):
        raise RunFileError(f"{run.path}: no seed {seed}; it has {', '.join(map(str, run['seed']))}")
    arrays = {name: run[name] if name == "epoch" else run[name][places] for name in run.arrays}
    return Run(run.path, arrays, {**run.record, "seeds": [seed]})

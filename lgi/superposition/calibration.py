"""How an estimate of the LLC depends on the settings of the estimator, for chosen models."""

import math
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd

from lgi.errors import RunFileError
from lgi.llc.settings import LLCSettings
from lgi.runs import Run
from lgi.superposition.llc import estimate_run
from lgi.superposition.settings import CalibrationSettings

REFERENCE, STEP_SIZE = "reference", "step_size"
LOCALISATION, N_BETA, N = "localisation", "n_beta", "n"
ESTIMATE = ["varied", "value", "setting", "sampler", "localisation", "n_beta"]
MODEL = ["init", "samples", "sparsity", "seed", "epoch"]


def calibrate(
    models: Iterable[tuple[Run, int, int]],
    settings: Mapping[str, LLCSettings],
    reference: str,
    sweep: CalibrationSettings,
) -> pd.DataFrame:
    """Estimate the LLC of some models while one value of the setting varies at a time.

    Parameters
    ----------
    models
        For each model its run file, its seed and the epoch of its snapshot.
    settings
        Settings by name. Chains are as long as the sweep says; where the step varies it does not
        adapt.
    reference
        Name of the one, an unbiased one, that is the truth for bias, and from which localisation,
        nβ and n depart. Step sizes of all settings are tried at its localisation and nβ.
    sweep
        The values, the step sizes by the name of their setting, and the length of the chains.

    Returns
    -------
    pandas.DataFrame
        A row per estimate: ``varied`` (reference, step_size, localisation, n_beta or n); ``value``
        (ε, γ, nβ, or n in nβ = n / ln n; NaN for the reference as it is); ``setting``,
        ``sampler``, ``localisation`` and ``n_beta`` of the estimate, and the columns of
        `estimate_run`. ``bias`` is the difference from the reference and ``bias_se`` its standard
        error, both NaN where the posterior is not that of the reference.

    Raises
    ------
    RunFileError
        If a run has no such seed or no snapshot at such an epoch; the message names it.
    """
    rows = [
        estimate_run(_one_model(run, seed), setting).assign(
            varied=varied,
            value=value,
            setting=name,
            sampler=setting.sampler,
            localisation=setting.localisation,
            n_beta=setting.n_beta(run.record["samples"]),
        )
        for run, seed, epoch in models
        for varied, value, name, setting in _variations(
            settings, reference, sweep, run.record["samples"], epoch
        )
    ]
    table = pd.concat(rows, ignore_index=True)
    truth = table[table["varied"] == REFERENCE].set_index(MODEL)
    truth = truth.loc[pd.MultiIndex.from_frame(table[MODEL])]
    same = table["varied"].isin([REFERENCE, STEP_SIZE])
    other = table["varied"] == STEP_SIZE
    table["bias"] = (table["llc"] - truth["llc"].to_numpy()).where(same)
    table["bias_se"] = np.hypot(table["llc_se"], truth["llc_se"].to_numpy()).where(other)
    columns = [*MODEL, *ESTIMATE]
    return table[[*columns, *(name for name in table if name not in columns)]]


def _variations(
    settings: Mapping[str, LLCSettings],
    reference: str,
    sweep: CalibrationSettings,
    samples: int,
    epoch: int,
) -> Iterator[tuple[str, float, str, LLCSettings]]:
    """Yield what is varied, its value, the name of the setting, and the setting with this value."""

    def changed(name: str, **changes) -> LLCSettings:
        base = settings[name].model_dump() | sweep.chains.model_dump() | {"epochs": (epoch,)}
        return LLCSettings.model_validate(base | changes)

    posterior = {
        name: getattr(settings[reference], name) for name in ("localisation", "inverse_temperature")
    }
    yield REFERENCE, math.nan, reference, changed(reference)
    for name, values in sweep.step_size.items():
        for value in values:
            fixed = changed(name, **posterior, step_size=value, target_acceptance=None)
            yield STEP_SIZE, value, name, fixed
    for value in sweep.localisation:
        yield LOCALISATION, value, reference, changed(reference, localisation=value)
    for value in sweep.n_beta:
        beta = value / samples
        yield N_BETA, value, reference, changed(reference, inverse_temperature=beta)
    for n in sweep.n:
        beta = n / math.log(n) / samples
        yield N, float(n), reference, changed(reference, inverse_temperature=beta)


def _one_model(run: Run, seed: int) -> Run:
    """Return the part of a run file that belongs to one seed."""
    places = np.flatnonzero(run["seed"] == seed)
    if not len(places):
        raise RunFileError(f"{run.path}: no seed {seed}; it has {', '.join(map(str, run['seed']))}")
    arrays = {name: run[name] if name == "epoch" else run[name][places] for name in run.arrays}
    return Run(run.path, arrays, {**run.record, "seeds": [seed]})

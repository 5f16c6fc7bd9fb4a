"""How an estimate of the LLC depends on the settings of the estimator, for chosen models."""

import math
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd

from lgi.llc.sweep import LOCALISATION, N_BETA, STEP_SIZE, N, Variation, sweep, variations
from lgi.runs import Run
from lgi.superposition.llc.estimates import COLUMNS, estimate_run
from lgi.superposition.llc.settings import Calibration, Epochs, SuperpositionEstimate
from lgi.superposition.training.view import Models

REFERENCE = "reference"
MODEL = ["init", "samples", "sparsity", "seed", "epoch"]
ESTIMATE = ["varied", "value", "setting", "sampler", "localisation", "n_beta"]


def calibrate(
    models: Iterable[tuple[Run, int, int]],
    settings: Mapping[str, SuperpositionEstimate],
    calibration: Calibration,
) -> pd.DataFrame:
    """Estimate the LLC of some models while one value of the setting varies at a time.

    Parameters
    ----------
    models
        For each model its run file, its seed and the epoch of its snapshot.
    settings
        Settings by name. Chains are as long as the calibration says; where the step varies it does
        not adapt.
    calibration
        Values, by the name of their setting for step sizes, and the length of the chains. Its
        reference, an unbiased setting, is the truth for bias, and the one from which localisation,
        nβ and n depart; step sizes of all settings are tried at its localisation and nβ.

    Returns
    -------
    pandas.DataFrame
        A row per estimate: `MODEL`; ``varied`` (reference, step_size, localisation, n_beta or n);
        ``value`` (ε, γ, nβ, or n in nβ = n / ln n; NaN for the reference as it is); ``setting``,
        ``sampler``, ``localisation`` and ``n_beta`` of the estimate, and the columns of
        `estimate_run`. ``bias`` is the difference from the reference and ``bias_se`` its standard
        error, both NaN where the posterior is not that of the reference.

    Raises
    ------
    RunFileError
        If a run has no such seed or no snapshot at such an epoch; the message names it.
    """
    rows = []
    for run, seed, epoch in models:
        one, samples = Models(run).model(seed).run, run.record["samples"]

        def estimate(varied: Variation, one=one) -> Mapping:
            return estimate_run(one, varied.setting).iloc[0].to_dict()

        rows += sweep(_variations(settings, calibration, samples, epoch), estimate, samples)
    table = pd.DataFrame(rows)[[*MODEL, *ESTIMATE, *COLUMNS[len(MODEL) :]]]
    truth = table[table["varied"] == REFERENCE].set_index(MODEL)
    truth = truth.loc[pd.MultiIndex.from_frame(table[MODEL])]
    same = table["varied"].isin([REFERENCE, STEP_SIZE])
    other = table["varied"] == STEP_SIZE
    table["bias"] = (table["llc"] - truth["llc"].to_numpy()).where(same)
    table["bias_se"] = np.hypot(table["llc_se"], truth["llc_se"].to_numpy()).where(other)
    return table


def _variations(
    settings: Mapping[str, SuperpositionEstimate],
    calibration: Calibration,
    samples: int,
    epoch: int,
) -> Iterator[Variation]:
    """Yield the reference as it is, and each setting with each of its values."""
    short = {"epochs": Epochs(at=[epoch]), **dict(calibration.chains)}
    name = calibration.reference
    reference = settings[name].model_copy(update=short)
    posterior = {key: getattr(reference, key) for key in ("localisation", "inverse_temperature")}
    yield Variation(REFERENCE, math.nan, name, reference)
    for other, values in calibration.step_size.items():
        there = settings[other].model_copy(update=short | posterior)
        yield from variations(other, there, {STEP_SIZE: values}, samples)
    values = {key: getattr(calibration, key) for key in (LOCALISATION, N_BETA, N)}
    yield from variations(name, reference, values, samples)

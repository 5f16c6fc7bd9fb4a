"""How an estimate of the LLC depends on the settings of the estimator, for chosen models."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

from lgi.llc.sweep import (
    DRAWS,
    STEP_SIZE,
    Variation,
    described,
)
from lgi.runs import Run
from lgi.superposition.llc.estimates import COLUMNS, estimate_each
from lgi.superposition.llc.settings import REFERENCE, Calibration, SuperpositionEstimate
from lgi.superposition.training.view import Models

MODEL = ["init", "samples", "sparsity", "seed", "epoch"]
ESTIMATE = ["varied", "value", "setting", "sampler", "localisation", "n_beta"]
OF_POSTERIOR = (REFERENCE, STEP_SIZE, DRAWS)  # what is varied where it stays the reference's


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
        Settings by name. Chains are as long as the calibration says, but where their length
        varies; where the step varies it does not adapt.
    calibration
        Values, by the name of their setting for step sizes, and the length of the chains. Its
        reference, an unbiased setting, is the truth for bias, and the one from which localisation,
        nβ, n and the length of the setting's own chains depart; step sizes of all settings are
        tried at its posterior.

    Returns
    -------
    pandas.DataFrame
        A row per estimate: `MODEL`; ``varied`` (reference, step_size, localisation, n_beta, n or
        draws); ``value`` (ε, γ, nβ, n in nβ = n / ln n, or how many times as long as the setting's
        own the chains are; NaN for the reference as it is); ``setting``, ``sampler``,
        ``localisation`` and ``n_beta`` of the estimate, and the columns of `estimate_run`.
        ``bias`` is the difference from the reference and ``bias_se`` its standard error, both NaN
        where the posterior is not that of the reference.

    Raises
    ------
    RunFileError
        If a run has no such seed or no snapshot at such an epoch; the message names it.
    """
    table = varied(models, lambda samples, epoch: calibration.variations(settings, samples, epoch))
    truth = table[table["varied"] == REFERENCE].set_index(MODEL)
    truth = truth.loc[pd.MultiIndex.from_frame(table[MODEL])]
    same = table["varied"].isin(OF_POSTERIOR)
    other = same & (table["varied"] != REFERENCE)
    table["bias"] = (table["llc"] - truth["llc"].to_numpy()).where(same)
    table["bias_se"] = np.hypot(table["llc_se"], truth["llc_se"].to_numpy()).where(other)
    return table


def varied(
    models: Iterable[tuple[Run, int, int]],
    variations: Callable[[int, int], Iterable[Variation]],
) -> pd.DataFrame:
    """Estimate the LLC of some models with every variation of a setting.

    Parameters
    ----------
    models
        As for `calibrate`.
    variations
        Of the number of samples and the epoch to the variations.

    Returns
    -------
    pandas.DataFrame
        A row per estimate: `MODEL`, `ESTIMATE` and the other columns of `estimate_run`.
    """
    wanted, cases = [], {}
    for place, (run, seed, epoch) in enumerate(models):
        one, samples = Models(run).model(seed).run, run.record["samples"]
        for variation in variations(samples, epoch):
            # Settings that are the same are estimated once.
            key = place, variation.setting.model_dump_json()
            cases.setdefault(key, (one, variation.setting))
            wanted.append((key, variation, samples))
    found = dict(zip(cases, estimate_each(cases.values()), strict=True))
    rows = [
        found[key].iloc[0].to_dict() | described(variation, samples)
        for key, variation, samples in wanted
    ]
    rest = [column for column in COLUMNS if column not in (*MODEL, *ESTIMATE)]
    return pd.DataFrame(rows)[[*MODEL, *ESTIMATE, *rest]]

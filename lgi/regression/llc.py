"""Runs of the study as problems of the estimator, and their table."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from lgi.claims import claim_table
from lgi.jit import njit
from lgi.llc.estimate import estimate
from lgi.llc.lane_loss import lane_loss
from lgi.llc.problem import Problem
from lgi.llc.settings import EstimateSettings
from lgi.llc.tables import gathered
from lgi.regression.claims import claims
from lgi.regression.settings import Claims, Data
from lgi.regression.training import data
from lgi.runs import Run

COLUMNS = ("rank", "seed", "epoch", "loss", "llc", "llc_se", "rhat", "ess", "status", "reason")


def estimate_run(run: Run, setting: EstimateSettings) -> pd.DataFrame:
    """Estimate the coefficient of every seed and epoch of a run.

    The loss is -log of the likelihood per sample: half the mean squared error over σ².

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, a row per seed and epoch.
    """
    settings, rank = Data.model_validate(run.record["data"]), run.record["rank"]
    epochs = run["epoch"].tolist()
    sets = [data(settings, rank, seed) for seed in run["seed"].tolist()]
    scale = settings.samples * settings.noise**2
    moments = (
        np.stack([x.T @ x / scale for x, _ in sets], axis=-1),
        np.stack([y @ x / scale for x, y in sets], axis=-1),
        np.array([y @ y / scale for _, y in sets]),
    )
    problem = Problem(
        squared_error,
        run["w"].reshape(-1, settings.features).T,
        samples=settings.samples,
        per_model=tuple(np.repeat(moment, len(epochs), axis=-1) for moment in moments),
        streams=[(seed, "regression", "llc", e) for seed in run["seed"].tolist() for e in epochs],
    )
    rows = pd.MultiIndex.from_product([run["seed"], epochs], names=["seed", "epoch"])
    found = pd.DataFrame(estimate(problem, setting), index=rows).reset_index()
    return found.assign(rank=rank, loss=run["loss"].ravel())[list(COLUMNS)]


def tables(
    estimates: Iterable[pd.DataFrame], settings: Claims
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return tables of `estimate_run` as one, by rank, seed and epoch, and what they say."""
    table = gathered(estimates, COLUMNS, ["rank", "seed", "epoch"])
    return table, claim_table(claims(table, settings))


@lane_loss()
@njit
def squared_error(parameters, gram, cross, square, work, gradient, loss):
    """½ (Σ y² - 2 w·(Σ y x) + wᵀ (Σ x xᵀ) w) for each lane, sums over n σ² already divided."""
    size, lanes = parameters.shape
    for lane in range(lanes):
        loss[lane] = 0.5 * square[lane]
    for p in range(size):
        for lane in range(lanes):
            slope = -cross[p, lane]
            for q in range(size):
                slope += gram[p, q, lane] * parameters[q, lane]
            gradient[p, lane] = slope
            loss[lane] += 0.5 * parameters[p, lane] * (slope - cross[p, lane])

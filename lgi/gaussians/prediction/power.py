"""What skill would have been found: predictors of known skill, planted in the data's own losses.

A planted predictor is √s r + √(1 - s) r', where r is what a line through N leaves of the best
losses, r' the same with the seeds exchanged, and s the planted share. So its signal and its noise
vary within and between seeds as the losses themselves do.
"""

from functools import partial

import numpy as np
import pandas as pd

from lgi import intervals
from lgi.claims import SUPPORTED, verdict
from lgi.gaussians.prediction.cross_validation import folds, predictions, skill
from lgi.gaussians.prediction.features import STATES
from lgi.gaussians.prediction.table import BEYOND, LOSS, SEEDS, region
from lgi.gaussians.prediction.table import table as predicted
from lgi.randomness import generator

COLUMNS = ("image", "recipe", "planted", "skill", "found", "repeats", "seeds")
PLANTED = np.arange(10) / 10  # 0: what says nothing


def tables(
    features: pd.DataFrame,
    *,
    confidence: float,
    ridge: float,
    least: float,
    planted: int,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return how well each feature predicts, and how often planted predictors are found.

    Parameters
    ----------
    features, confidence, ridge, least
        As for `lgi.gaussians.prediction.table.table`.
    planted, seed
        Number of planted predictors of each share, and the seed of their exchanges.

    Returns
    -------
    tuple of DataFrame
        From `lgi.gaussians.prediction.table.table`, and from `found` for as many predictors as are
        known of a start.
    """
    alike = {"confidence": confidence, "ridge": ridge, "least": least}
    table = predicted(features, **alike)
    wanted = {"target": LOSS, "test": SEEDS, "measure": BEYOND, "state": STATES[0]}
    tests = table[(table[list(wanted)] == pd.Series(wanted)).all(axis=1)]["predictor"].nunique()
    return table, found(features, tests=tests, repeats=planted, seed=seed, **alike)


def found(
    features: pd.DataFrame,
    *,
    tests: int,
    confidence: float,
    ridge: float,
    least: float,
    repeats: int,
    seed: int,
) -> pd.DataFrame:
    """Return how often a predictor of known skill is found to tell the best loss beyond N.

    Parameters
    ----------
    features
        Features of runs (`lgi.gaussians.prediction.features.table`).
    tests
        How many predictors are tried beside each other; their intervals hold together.
    confidence, ridge, least
        As for `lgi.gaussians.prediction.table.table`.
    repeats
        Planted predictors of each share.
    seed
        Of the exchanges of seeds.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, a row per image, recipe and planted share: the mean ``skill`` beyond N of
        unseen seeds, and the share of the predictors that are ``found``, their verdict being
        supported. Seeds that lack an N are left out.
    """
    level = intervals.joint_level(confidence, tests)
    rows = []
    for (image, recipe), runs in features.groupby(["image", "recipe"]):
        one = runs[runs["state"] == STATES[0]]
        losses = one.pivot(index="seed", columns="n", values="best_loss")
        losses = losses[np.isfinite(losses).all(axis=1)]
        if len(losses) < 3:
            continue
        random = generator(seed, "gaussians", "planted", image, recipe)
        for share in PLANTED:
            skills = [_skill(losses, share, ridge, level, random) for _ in range(repeats)]
            sure = [verdict(s.low, s.high, region(BEYOND, least)) == SUPPORTED for s in skills]
            rows.append(
                {
                    "image": image,
                    "recipe": recipe,
                    "planted": share,
                    "skill": np.mean([s.value for s in skills]),
                    "found": np.mean(sure),
                    "repeats": repeats,
                    "seeds": len(losses),
                }
            )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def detectable(table: pd.DataFrame, power: float) -> float:
    """Return the skill that is found with a chance of `power`; NaN where none is.

    Parameters
    ----------
    table
        As from `found`, of one image and recipe.
    power
        Chance, 0 to 1.
    """
    rows = table.sort_values("planted")
    shares, skills = rows["found"].to_numpy(float), rows["skill"].to_numpy(float)
    enough = shares >= power
    if not enough.any():
        return np.nan
    first = int(np.argmax(enough))
    ends = slice(max(first - 1, 0), first + 1)
    return float(np.interp(power, shares[ends], skills[ends]))


def _skill(
    losses: pd.DataFrame, share: float, ridge: float, level: float, random: np.random.Generator
) -> intervals.Interval:
    """Return the skill of a planted predictor, with its jackknife interval over seeds."""
    n = losses.columns.to_numpy(float)
    values = losses.to_numpy()
    line = np.polynomial.Polynomial.fit(np.tile(n, len(values)), values.ravel(), 1)
    rest = values - line(n)
    other = rest[random.permutation(len(rest))]
    x = np.sqrt(share) * rest + np.sqrt(1 - share) * other
    return intervals.jackknife(
        partial(_of_seeds, x=x, y=values, n=n, ridge=ridge), np.arange(len(values)), level
    )


def _of_seeds(kept: np.ndarray, x: np.ndarray, y: np.ndarray, n: np.ndarray, ridge: float) -> float:
    """Return the skill beyond N on some rows of predictor and losses [seeds, N]."""
    numbers, seeds = np.tile(n, len(kept)), np.repeat(kept, len(n))
    target, apart = y[kept].ravel(), folds([seeds])
    line = predictions(numbers[:, None], target, apart, ridge)
    both = predictions(np.column_stack([numbers, x[kept].ravel()]), target, apart, ridge)
    return skill(target, both, line)

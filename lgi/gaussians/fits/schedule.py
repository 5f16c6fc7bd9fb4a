"""The learning rate of every iteration, in NumPy: what the CPU engine follows, and its sum."""

import numpy as np

from lgi.gaussians.fits.settings import RecipeSettings


def rates(recipe: RecipeSettings, first: int, last: int) -> np.ndarray:
    """Return the learning rates of the iterations `first` to `last`, float32."""
    schedule = recipe.schedule
    done = np.arange(first - 1, last)  # updates before each iteration
    match schedule.kind:
        case "constant":
            factor = np.ones(len(done))
        case "cosine":
            factor = _cosine(done / recipe.iterations, schedule.final)
        case "exponential":
            factor = schedule.final ** (done / recipe.iterations)
        case "step":
            factor = schedule.factor ** (done // schedule.every).astype(float)
        case "warm_restarts":
            factor = _cosine(_restart_phase(done, schedule.period, schedule.growth), schedule.final)
    return (recipe.optimiser.rate * factor).astype(np.float32)


def _cosine(phase: np.ndarray, final: float) -> np.ndarray:
    """Fall from 1 to `final` while `phase` goes from 0 to 1."""
    return final + (1 - final) * (1 + np.cos(np.pi * phase)) / 2


def _restart_phase(done: np.ndarray, period: int, growth: int) -> np.ndarray:
    """Return how far, 0 to 1, each iteration is into its cosine."""
    starts, length = [0], period
    while starts[-1] + length <= done[-1]:
        starts.append(starts[-1] + length)
        length *= growth
    cycle = np.searchsorted(starts, done, side="right") - 1
    return (done - np.array(starts)[cycle]) / (period * float(growth) ** cycle)

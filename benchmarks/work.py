"""Operations and bytes of each task, by formula: what the roofline asks.

Additions, subtractions, multiplications, divisions and square roots count one each; comparisons,
integers, random numbers and measurements are not counted. Formulas say what the arithmetic needs,
not what an engine does: time over these is a bound from below.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

CHANNELS = 3
EXPONENTIAL = 12
"""Operations in float64 of an exponential (`lgi.gaussians.fits.expf`)."""
ADAM = 14
"""Operations of an update of a parameter."""
SGD = 5
"""Operations of an update of a parameter by SGD with momentum: scaling, 2 × (product, sum)."""
LEAPFROG = 12
"""Operations of a leapfrog step for each parameter: two kicks, a move, posterior and its slope."""
LANGEVIN = 10
"""Operations of a Langevin step for each parameter, its acceptance included."""


class Work(NamedTuple):
    """What a task needs at least."""

    fp32: float = 0.0  # operations in float32
    fp64: float = 0.0  # operations in float64
    bytes: float = 0.0  # inputs read once, outputs written once

    def __add__(self, other: "Work") -> "Work":
        return Work(*(a + b for a, b in zip(self, other, strict=True)))

    def floor(self, ceilings: Mapping[str, float]) -> float:
        """Return the seconds below which no engine comes: the largest of three quotients.

        Parameters
        ----------
        ceilings
            Operations and bytes per second, by the names of the fields.
        """
        return max(value / ceilings[name] for name, value in self._asdict().items())


FORMULAS = {
    "fits": "an evaluation (Gaussian × reached pixel): painting 9 (turned 15; smooth edge +4) and "
    "12 in float64, slopes 28 (turned 55; colours added −7); a pixel: 9, with SSIM 273; a trained "
    "parameter: 14. Evaluations are the measured overlap × pixels, between measurements by the "
    "trapezoidal rule. Bytes: target, start, and what the run file holds",
    "training": "for each model, epoch and pattern of its own: 10 h f + 5 f + 1; a parameter: 5. "
    "Bytes: patterns, their shares, and what the run file holds",
    "estimates": "in float64, for each gradient and pattern of the model's own: 10 h f + 5 f + 1; "
    "a parameter: 12 for a leapfrog step, 10 for a Langevin step; noise not counted. Bytes: "
    "patterns, their shares, L and γ |w − w*|² of each draw",
}
"""The formulas in words."""


def evaluation(*, turned: bool, smooth: bool, added: bool) -> Work:
    """Return what it takes to paint a Gaussian at a pixel, and to find its slopes there.

    Parameters
    ----------
    turned
        Whether its axes are turned.
    smooth
        Whether its edge is smooth.
    added
        Whether colours are added, not averaged.
    """
    distance = 7 if turned else 1
    painted = distance + 1 + (4 if smooth else 0) + 7  # exponent, edge, w and w c into sums
    felt = 10 if added else 17
    # Slopes into sums: of three colours, two places, two scales, and one turn where it is trained.
    slopes = 30 + 8 if turned else 4 + 7
    return Work(fp32=painted + felt + slopes, fp64=EXPONENTIAL)


def pixel(*, reported: bool, added: bool) -> float:
    """Return the operations of a pixel: its colour, and the slope of the loss by it.

    Parameters
    ----------
    reported
        Whether the slope is that of the reported loss, SSIM included.
    added
        Whether colours are added, not averaged.
    """
    sums, windows = 3 + 2 * 3 * 6, 39  # moments; two sums over windows, by doubling; coefficients
    slope = sums + windows + 5 + 7 if reported else 2
    return CHANNELS * (slope + (0 if added else 1))


def fit(arrays: Mapping[str, np.ndarray], record: Mapping) -> Work:
    """Return the work of a fit, from its run file.

    Parameters
    ----------
    arrays, record
        What `lgi.gaussians.fits.run.fit_run` returns.
    """
    recipe, target = record["recipe"], arrays["target"]
    pixels = target.shape[0] * target.shape[1]
    iterations = arrays["iteration"]
    if not len(iterations):
        return Work()
    # Before the first measurement as at it.
    places = np.concatenate([[0], iterations])
    overlap = np.concatenate([arrays["overlap"][:1], arrays["overlap"]])
    evaluations = pixels * float(np.trapezoid(overlap, places))
    added = recipe["blend"] == "sum"
    each = evaluation(
        turned="rotation" in recipe["trained"],
        smooth=recipe["edge"]["kind"] == "smooth",
        added=added,
    )
    trained = len(arrays["start"]) * sum(
        {"position": 2, "scale": 2, "rotation": 1, "colour": 3}[group]
        for group in recipe["trained"]
    )
    of_pixels = pixels * pixel(reported=recipe["gradient"] == "reported", added=added)
    return Work(
        evaluations * each.fp32 + float(iterations[-1]) * (of_pixels + ADAM * trained),
        evaluations * each.fp64,
        sum(array.nbytes for array in arrays.values()),
    )


def pattern(hidden: int, features: int) -> int:
    """Return the operations of loss and gradient of one model at one pattern."""
    return 10 * hidden * features + 5 * features + 1


def training(arrays: Mapping[str, np.ndarray], record: Mapping, patterns: np.ndarray) -> Work:
    """Return the work of training the models of a run file on patterns.

    Parameters
    ----------
    arrays, record
        What `lgi.superposition.training.run.train_run` returns.
    patterns
        How many distinct patterns each model's data have [M].
    """
    hidden, features = arrays["W"].shape[2:]
    each = patterns.sum() * pattern(hidden, features)
    each += len(patterns) * SGD * features * (hidden + 1)
    moved = sum(array.nbytes for array in arrays.values()) + 4 * patterns.sum() * (1 + features)
    return Work(fp32=float(record["training"]["epochs"] * each), bytes=float(moved))


def gradients_of_a_draw(sampler) -> float:
    """Return how many gradients a sampler takes for a draw, on average."""
    return float(np.mean(sampler.leapfrog_steps)) if sampler.kind == "hmc" else 1.0


def estimates(setting, patterns: np.ndarray, hidden: int, features: int) -> Work:
    """Return the work of the chains of some models.

    Parameters
    ----------
    setting
        Settings of the estimate.
    patterns
        How many distinct patterns each model's data have [models].
    hidden, features
        Size of the models.
    """
    of_parameter = LEAPFROG if setting.sampler.kind == "hmc" else LANGEVIN
    of_models = patterns.sum() * pattern(hidden, features)
    of_models += len(patterns) * of_parameter * features * (hidden + 1)
    gradients = setting.chains * setting.draws * gradients_of_a_draw(setting.sampler)
    kept = 2 * 8 * len(patterns) * setting.chains * (setting.draws // setting.thin)
    return Work(
        fp64=float(of_models * gradients), bytes=float(kept + 8 * patterns.sum() * (1 + features))
    )

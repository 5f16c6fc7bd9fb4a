"""CPU engine: fits Gaussians in compiled code, float32 and bit for bit as published.

`lgi.gaussians.fits.raster_cpu` renders and differentiates, `lgi.gaussians.fits.loss_cpu` measures;
here the parameters move. `lgi.gaussians.fits.fit` says the same in readable form.
"""

import math
from typing import NamedTuple

import numpy as np

from lgi.gaussians.fits import loss_cpu, raster_cpu
from lgi.gaussians.fits.edge import COVERED
from lgi.gaussians.fits.history import History, Measurement
from lgi.gaussians.fits.initial import COLUMNS, PARAMETERS
from lgi.gaussians.fits.loss_cpu import differentiate_loss, objective_of, target_windows
from lgi.gaussians.fits.raster_cpu import (
    LANES,
    differentiate,
    edge32_of,
    image_of,
    no_blocks,
)
from lgi.gaussians.fits.schedule import rates
from lgi.gaussians.fits.settings import EdgeSettings, RecipeSettings
from lgi.jit import njit

_ONE = np.float32(1)


class _Adam(NamedTuple):
    """Settings and state of the optimiser."""

    beta1: np.float32
    beta2: np.float32
    epsilon: np.float32
    trained: np.ndarray  # rows of the parameters that are trained
    low: np.ndarray  # [P]
    high: np.ndarray  # [P]
    m: np.ndarray  # [P, n]
    v: np.ndarray  # [P, n]
    moved: np.ndarray  # [P, n] parameters before they are clamped


def fit(
    target: np.ndarray,  # [height, width, 3]
    start: np.ndarray,  # [n, P]
    recipe: RecipeSettings,
) -> tuple[History, np.ndarray]:
    """Fit Gaussians to an image.

    Parameters
    ----------
    target
        float32 image in [0, 1].
    start
        float32 start parameters, columns as in `lgi.gaussians.fits.initial.PARAMETERS`.
    recipe
        How to fit.

    Returns
    -------
    History
        Measurements, kept parameters and how the fit ended.
    ndarray
        Parameters [n, P] after the last update.
    """
    history = History(recipe, start)
    edge, objective, image = (
        edge32_of(recipe.cutoff, recipe.edge),
        objective_of(recipe),
        image_of(target),
    )
    blocks, adam, windows = (
        no_blocks(len(start), 0),
        _adam(recipe, len(start)),
        target_windows(image),
    )
    parameters = np.ascontiguousarray(start.T)
    gradient = np.zeros_like(parameters)

    done = 0
    for pause in history.pauses():
        steps = rates(recipe, done + 1, pause)
        blocks, failed = _advance(
            parameters,
            gradient,
            image,
            blocks,
            adam,
            edge,
            objective,
            windows,
            steps[:-1],
            done + 1,
        )
        if failed:
            history.diverge(failed)
            break
        blocks = _differentiate(parameters, gradient, image, blocks, edge, objective, windows)
        history.keep_snapshot(pause, parameters.T)
        if history.measures_at(pause):
            measurement = _measure(parameters, gradient, image, blocks, edge, windows, recipe)
            if not history.measure(pause, measurement, parameters.T):
                break
        if not _update(parameters, gradient, adam, pause, steps[-1]):
            history.diverge(pause)
            break
        done = pause
    return history, parameters.T.copy()


def render(
    parameters: np.ndarray,  # [n, P]
    width: int,
    height: int,
    cutoff: float,
    edge: EdgeSettings,
) -> tuple[np.ndarray, np.ndarray]:
    """Render Gaussians as they are fitted.

    Parameters
    ----------
    parameters
        float32, columns as in `lgi.gaussians.fits.initial.PARAMETERS`.
    width, height
        Size of the image in pixels.
    cutoff
        A Gaussian counts up to this many sigma from its centre.
    edge
        How its weight ends there.

    Returns
    -------
    image : ndarray
        float32 [height, width, 3]; uncovered pixels are black.
    weight : ndarray
        float32 [height, width], sum of the weights of all Gaussians and of black.
    """
    image = image_of(np.zeros((height, width, 3), dtype=np.float32))
    columns = np.ascontiguousarray(parameters.T)
    raster_cpu.render(columns, image, no_blocks(len(parameters), 0), edge32_of(cutoff, edge))
    size = width * height
    rendered = image.rendered[:, :size].T.reshape(height, width, 3)
    return np.ascontiguousarray(rendered), image.weight[:size].reshape(height, width)


def gradient(
    parameters: np.ndarray,  # [n, P]
    target: np.ndarray,  # [height, width, 3]
    recipe: RecipeSettings,
) -> np.ndarray:
    """Return the gradient that a fit follows, blind to a hard cut-off, float32 [n, P]."""
    image, columns = image_of(target), np.ascontiguousarray(parameters.T)
    slopes = np.zeros_like(columns)
    edge, blocks = edge32_of(recipe.cutoff, recipe.edge), no_blocks(len(parameters), 0)
    _differentiate(
        columns, slopes, image, blocks, edge, objective_of(recipe), target_windows(image)
    )
    return np.ascontiguousarray(slopes.T)


def _adam(recipe: RecipeSettings, n: int) -> _Adam:
    low = np.full(len(PARAMETERS), -np.inf, dtype=np.float32)
    high = np.full(len(PARAMETERS), np.inf, dtype=np.float32)
    for group in recipe.trained:
        columns = list(COLUMNS[group])
        low[columns], high[columns] = recipe.bounds(group)
    optimiser = recipe.optimiser
    return _Adam(
        *np.float32([optimiser.beta1, optimiser.beta2, optimiser.epsilon]),
        np.array([row for group in recipe.trained for row in COLUMNS[group]]),
        low,
        high,
        *(np.zeros((len(PARAMETERS), n), dtype=np.float32) for _ in range(3)),
    )


def _measure(parameters, gradient, image, blocks, edge, windows, recipe) -> Measurement:
    """Measure the image that was rendered last, and the parameters with their gradient."""
    size = image.width * image.height
    losses = loss_cpu.measure(image, image.rendered, windows, recipe.loss)
    uncovered = image.weight[:size] <= max(COVERED, edge.background)
    covered = losses
    if uncovered.any():
        painted = image.rendered.copy()
        painted[:, :size][:, uncovered] = image.target[:, :size][:, uncovered]
        covered = loss_cpu.measure(image, painted, windows, recipe.loss)
    groups = [np.array(COLUMNS[group]) for group in recipe.trained]
    bounds = [np.float32(recipe.bounds(group)) for group in recipe.trained]
    sides = list(zip(groups, bounds, strict=True))
    counted = blocks.weight[: blocks.first[-1] * LANES] > 0
    return Measurement(
        loss=float(losses.loss),
        l1=float(losses.l1),
        l2=float(losses.l2),
        ssim=float(losses.ssim),
        psnr=-10 * math.log10(losses.l2) if losses.l2 > 0 else math.inf,
        uncovered=float(np.mean(uncovered)),
        loss_covered=float(covered.loss),
        overlap=float(np.count_nonzero(counted) / size),
        gradient_norm=tuple(
            float(np.linalg.norm(gradient[rows].astype(np.float64))) for rows in groups
        ),
        at_low=tuple(float(np.mean(parameters[rows] <= low)) for rows, (low, _) in sides),
        at_high=tuple(float(np.mean(parameters[rows] >= high)) for rows, (_, high) in sides),
    )


@njit
def _advance(parameters, gradient, image, blocks, adam, edge, objective, windows, rates, first):
    """Do one iteration per rate; return the blocks and the iteration that failed, or 0."""
    for i in range(len(rates)):
        blocks = _differentiate(parameters, gradient, image, blocks, edge, objective, windows)
        if not _update(parameters, gradient, adam, first + i, rates[i]):
            return blocks, first + i
    return blocks, 0


@njit
def _differentiate(parameters, gradient, image, blocks, edge, objective, windows):
    """Render, and write the gradient of the objective; return the blocks that were visited."""
    blocks = raster_cpu.render(parameters, image, blocks, edge)
    differentiate_loss(image, objective, windows)
    differentiate(parameters, gradient, image, blocks, edge)
    return blocks


@njit(error_model="numpy")
def _update(parameters, gradient, adam, t, rate):
    """Move the parameters by one step of Adam and clamp them.

    Returns False, and leaves them as they are, if one would not be finite.
    """
    unbias1 = _ONE - _power(adam.beta1, t)
    unbias2 = _ONE - _power(adam.beta2, t)
    finite = True
    for row in adam.trained:
        for g in range(parameters.shape[1]):
            slope = gradient[row, g]
            m = adam.beta1 * adam.m[row, g] + (_ONE - adam.beta1) * slope
            v = adam.beta2 * adam.v[row, g] + (_ONE - adam.beta2) * (slope * slope)
            adam.m[row, g], adam.v[row, g] = m, v
            step = (rate * (m / unbias1)) / (np.sqrt(v / unbias2) + adam.epsilon)
            adam.moved[row, g] = parameters[row, g] - step
            finite &= math.isfinite(adam.moved[row, g])
    if finite:
        for row in adam.trained:
            low, high = adam.low[row], adam.high[row]
            for g in range(parameters.shape[1]):
                parameters[row, g] = min(max(adam.moved[row, g], low), high)
    return finite


@njit
def _power(base, exponent):
    """Return base ** exponent by repeated squaring."""
    result = _ONE
    while True:
        if exponent & 1:
            result *= base
        exponent >>= 1
        if exponent == 0:
            return result
        base *= base

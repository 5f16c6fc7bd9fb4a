"""CPU engine: fits Gaussians in compiled code, float32 and bit for bit as published.

`lgi.gaussians.fits.raster_cpu` renders and differentiates, `lgi.gaussians.fits.loss_cpu` measures;
here the parameters move. `lgi.gaussians.fits.fit` says the same in readable form.
"""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from lgi.checkpoints import NO_CHECKPOINT, NoCheckpoint
from lgi.gaussians.fits import loss_cpu, progress, raster_cpu
from lgi.gaussians.fits.edge import COVERED, Edge
from lgi.gaussians.fits.formulas import (
    Losses,
    Objective,
    bias_of,
    edge32_of,
    moments_of,
    objective_of,
    step_of,
)
from lgi.gaussians.fits.growth import growth_of
from lgi.gaussians.fits.history import History, Measurement
from lgi.gaussians.fits.initial import PARAMETERS, present
from lgi.gaussians.fits.loss_cpu import (
    TargetWindows,
    differentiate_loss,
    target_windows,
)
from lgi.gaussians.fits.raster_cpu import (
    LANES,
    differentiate,
    fits,
    image_of,
    no_blocks,
    render_band,
    widened,
)
from lgi.gaussians.fits.schedule import rates
from lgi.gaussians.fits.settings import Blend, EdgeSettings, RecipeSettings
from lgi.gaussians.fits.team import Team, useful_threads
from lgi.jit import njit

# Iterations are done in pieces of about a second at most, between which the fit may be saved: so
# many channels of pixels, of which a Gaussian costs as much as so many.
_PIECE, _GAUSSIAN = 2**24, 32


class _Aim(NamedTuple):
    """What is rendered how, and minimised."""

    edge: Edge
    objective: Objective
    windows: TargetWindows


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
    steps: np.ndarray  # [n] done so far, by which the moments' bias is corrected
    moved: np.ndarray  # [P, n] parameters before they are clamped


def fit(
    target: np.ndarray,  # [height, width, 3]
    start: np.ndarray,  # [n, P]
    recipe: RecipeSettings,
    seed: int = 0,
    checkpoint: NoCheckpoint = NO_CHECKPOINT,
    threads: int = 1,
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
    seed
        Seed of the run; decides nothing where all Gaussians are there from the start.
    checkpoint
        Where the state of the fit is saved and found again (`lgi.checkpoints`).
    threads
        How many may share the work; decides no bit. A small image is fitted on one.

    Returns
    -------
    History
        Measurements, kept parameters and how the fit ended.
    ndarray
        Parameters [n, P] after the last update; fewer if the fit ended before all were added.
    """
    with Team(min(threads, useful_threads(target.shape[1], target.shape[0]))) as team:
        return _fit(target, start, recipe, seed, team, checkpoint)


def _fit(target, start, recipe, seed, team, checkpoint) -> tuple[History, np.ndarray]:
    history, growth = History(recipe, start), growth_of(recipe, len(start), seed)
    image = image_of(target, recipe.blend)
    aim = _Aim(edge32_of(recipe.cutoff, recipe.edge), objective_of(recipe), target_windows(image))
    done, begin, moments = progress.begin(start, history, checkpoint)
    parameters = np.ascontiguousarray(begin.T)
    adam = _adam(recipe, len(begin))._replace(**moments)
    gradient = np.zeros_like(parameters)
    blocks = no_blocks(parameters.shape[1], image, team.size)

    for before, pause in pairwise([0, *history.pauses(growth.counts)]):
        if pause <= done:
            continue
        # All rates up to the pause at once, as a cosine may be rounded by its place in an array.
        steps, failed = rates(recipe, before + 1, pause), 0
        piece = 1 + _PIECE // (target.size + _GAUSSIAN * parameters.shape[1])
        while done < pause - 1 and not failed:
            checkpoint.reached(done)
            if checkpoint.due():
                moments = {name: getattr(adam, name) for name in progress.MOMENTS}
                progress.save(done, parameters.T, moments, history, checkpoint)
            some = steps[done - before : min(done + piece, pause - 1) - before]
            blocks, failed = _advance(team, parameters, gradient, image, blocks, adam, aim, some)
            done += failed or len(some)
        if failed:
            history.diverge(done)
            break
        blocks = _differentiate(team, parameters, gradient, image, blocks, aim)
        history.keep_snapshot(pause, parameters.T)
        if history.measures_at(pause):
            measurement = _measure(parameters, gradient, image, blocks, aim, recipe)
            if not history.measure(pause, measurement, parameters.T):
                break
        if not _update(parameters, gradient, adam, steps[-1]):
            history.diverge(pause)
            break
        if pause in growth.counts:
            added = growth.added(pause, _rendered(image), target)
            parameters = np.ascontiguousarray(np.hstack([parameters, added.T]))
            gradient, adam = np.zeros_like(parameters), _extended(adam, len(added))
            blocks = no_blocks(parameters.shape[1], image, team.size)
        done = pause
    return history, parameters.T.copy()


def render(
    parameters: np.ndarray,  # [n, P]
    width: int,
    height: int,
    cutoff: float,
    edge: EdgeSettings,
    kind: Blend,
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
    kind
        Whether the weighted colours are averaged or added.

    Returns
    -------
    image : ndarray
        float32 [height, width, 3]; the uncovered pixels of a mean are black.
    weight : ndarray
        float32 [height, width], sum of the weights of all Gaussians and of black.
    """
    image = image_of(np.zeros((height, width, 3), dtype=np.float32), kind)
    columns = np.ascontiguousarray(present(parameters).T)
    blocks = no_blocks(columns.shape[1], image)
    raster_cpu.render(columns, image, blocks, edge32_of(cutoff, edge))
    return _rendered(image), image.weight[: width * height].reshape(height, width)


def gradient(
    parameters: np.ndarray,  # [n, P]
    target: np.ndarray,  # [height, width, 3]
    recipe: RecipeSettings,
) -> np.ndarray:
    """Return the gradient that a fit follows, blind to a hard cut-off, float32 [n, P]."""
    image, columns = image_of(target, recipe.blend), np.ascontiguousarray(parameters.T)
    slopes = np.zeros_like(columns)
    edge, windows = edge32_of(recipe.cutoff, recipe.edge), target_windows(image)
    aim, blocks = _Aim(edge, objective_of(recipe), windows), no_blocks(len(parameters), image)
    _differentiate_alone(columns, slopes, image, blocks, aim)
    return np.ascontiguousarray(slopes.T)


def iterations(
    target: np.ndarray,  # [height, width, 3]
    start: np.ndarray,  # [n, P]
    recipe: RecipeSettings,
    team: Team,
) -> tuple[Callable[[int], None], Callable[[], raster_cpu.Blocks]]:
    """Return a function that does so many iterations more, unmeasured, and one for their blocks."""
    image, parameters = image_of(target, recipe.blend), np.ascontiguousarray(start.T)
    blocks, adam = no_blocks(len(start), image, team.size), _adam(recipe, len(start))
    edge, windows = edge32_of(recipe.cutoff, recipe.edge), target_windows(image)
    aim, slopes = _Aim(edge, objective_of(recipe), windows), np.zeros_like(parameters)

    def advance(count: int) -> None:
        nonlocal blocks
        steps = rates(recipe, 1, count)
        blocks, _ = _advance(team, parameters, slopes, image, blocks, adam, aim, steps)

    return advance, lambda: blocks


def _rendered(image: raster_cpu.Image) -> np.ndarray:
    """Return the image that was rendered last, [height, width, 3]."""
    size = image.width * image.height
    rendered = image.rendered[:, :size].T.reshape(image.height, image.width, 3)
    return np.ascontiguousarray(rendered)


def _adam(recipe: RecipeSettings, n: int) -> _Adam:
    optimiser = recipe.optimiser
    return _Adam(
        *np.float32([optimiser.beta1, optimiser.beta2, optimiser.epsilon]),
        progress.trained_rows(recipe),
        *progress.bounds(recipe),
        *(np.zeros((len(PARAMETERS), n), dtype=np.float32) for _ in range(2)),
        np.zeros(n, dtype=np.int64),
        np.zeros((len(PARAMETERS), n), dtype=np.float32),
    )


def _extended(adam: _Adam, more: int) -> _Adam:
    """Return the optimiser with more Gaussians: their moments are 0, and so are their steps."""

    def with_zeros(values: np.ndarray) -> np.ndarray:
        return np.concatenate([values, np.zeros_like(values, shape=(*values.shape[:-1], more))], -1)

    states = {name: with_zeros(getattr(adam, name)) for name in ("m", "v", "steps", "moved")}
    return adam._replace(**states)


def _measure(parameters, gradient, image, blocks, aim, recipe) -> Measurement:
    """Measure the image that was rendered last, and the parameters with their gradient."""
    size = image.width * image.height
    edge, _, windows = aim
    losses = loss_cpu.measure(image, image.rendered, windows, recipe.loss)
    uncovered = image.weight[:size] <= max(COVERED, edge.background)
    covered = losses
    if uncovered.any():
        painted = image.rendered.copy()
        painted[:, :size][:, uncovered] = image.target[:, :size][:, uncovered]
        covered = loss_cpu.measure(image, painted, windows, recipe.loss)
    reached = (
        np.count_nonzero(blocks.weight[LANES * a : LANES * b] > 0)
        for a, b in blocks.first[:, [0, -1]]
    )
    shares = np.array([uncovered.sum() / size]), np.array([sum(reached) / size])
    losses, covered = (Losses(*np.float32(part)[:, None]) for part in (losses, covered))
    (found,) = progress.measurements(
        recipe, losses, covered, *shares, parameters[None], gradient[None]
    )
    return found


def _advance(team, parameters, gradient, image, blocks, adam, aim, rates):
    """Do one iteration per rate; return the blocks and which of them failed, from 1, or 0."""
    if team.size == 1:
        return _advance_alone(parameters, gradient, image, blocks, adam, aim, rates)
    for i, rate in enumerate(rates):
        blocks = _differentiate(team, parameters, gradient, image, blocks, aim)
        if not _update(parameters, gradient, adam, rate):
            return blocks, i + 1
    return blocks, 0


def _differentiate(team, parameters, gradient, image, blocks, aim):
    """Render, and write the gradient of the objective; return the blocks that were visited."""
    if team.size == 1:
        return _differentiate_alone(parameters, gradient, image, blocks, aim)
    bands = range(len(blocks.first))

    def paint(band: int) -> int:
        return render_band(parameters, image, blocks, aim.edge, band)

    def compare(band: int) -> None:
        differentiate_loss(image, aim.objective, aim.windows, *blocks.top[band : band + 2])

    def follow(share: int) -> None:
        differentiate(parameters, gradient, image, blocks, aim.edge, *ends[share : share + 2])

    while not fits(blocks, needed := np.array(team.each(paint, len(bands)))):
        blocks = widened(blocks, needed, aim.edge)
    team.each(compare, len(bands))
    ends = _shares(blocks, team.size)
    team.each(follow, team.size)
    return blocks


def _shares(blocks, number: int) -> np.ndarray:
    """Return which Gaussians end each of `number` shares of about equally many blocks."""
    before = blocks.first.sum(axis=0) - blocks.first[:, 0].sum()
    ends = np.searchsorted(before, before[-1] * np.arange(number + 1) / number)
    ends[-1] = len(before) - 1
    return ends


@njit
def _advance_alone(parameters, gradient, image, blocks, adam, aim, rates):
    for i in range(len(rates)):
        blocks = _differentiate_alone(parameters, gradient, image, blocks, aim)
        if not _update(parameters, gradient, adam, rates[i]):
            return blocks, i + 1
    return blocks, 0


@njit
def _differentiate_alone(parameters, gradient, image, blocks, aim):
    blocks = raster_cpu.render(parameters, image, blocks, aim.edge)
    differentiate_loss(image, aim.objective, aim.windows, 0, image.height)
    differentiate(parameters, gradient, image, blocks, aim.edge, 0, parameters.shape[1])
    return blocks


@njit(error_model="numpy")
def _update(parameters, gradient, adam, rate):
    """Move the parameters by one step of Adam and clamp them.

    Returns False, and leaves them as they are, if one would not be finite.
    """
    n = parameters.shape[1]
    unbias1, unbias2 = np.empty(n, np.float32), np.empty(n, np.float32)
    for g in range(n):
        adam.steps[g] += 1
        if g and adam.steps[g] == adam.steps[g - 1]:
            unbias1[g], unbias2[g] = unbias1[g - 1], unbias2[g - 1]
        else:
            unbias1[g] = bias_of(adam.beta1, adam.steps[g])
            unbias2[g] = bias_of(adam.beta2, adam.steps[g])
    finite = True
    for row in adam.trained:
        for g in range(parameters.shape[1]):
            slope = gradient[row, g]
            m, v = moments_of(slope, adam.m[row, g], adam.v[row, g], adam.beta1, adam.beta2)
            adam.m[row, g], adam.v[row, g] = m, v
            step = step_of(m, v, unbias1[g], unbias2[g], rate, adam.epsilon)
            adam.moved[row, g] = parameters[row, g] - step
            finite &= math.isfinite(adam.moved[row, g])
    if finite:
        for row in adam.trained:
            low, high = adam.low[row], adam.high[row]
            for g in range(parameters.shape[1]):
                parameters[row, g] = min(max(adam.moved[row, g], low), high)
    return finite

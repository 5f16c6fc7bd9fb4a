"""CUDA engine: many fits side by side, each in a block of its own, with the bits of the CPU engine.

A launch does all iterations of every fit up to a pause some way ahead, and measures on the card at
the pauses in between; then the host fills the histories and decides which fits go on. A fit that
ends at a pause has done some iterations too many, which nobody reads. What a thread does stands in
`lgi.gaussians.fits.phases_cuda`.
"""

from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
from numba import cuda, float32

from lgi.checkpoints import NO_CHECKPOINT, NoCheckpoint
from lgi.cuda import SIMULATED, called, kernel, splitting
from lgi.gaussians.fits import phases_cuda, progress
from lgi.gaussians.fits.formulas import edge32_of, losses_of, objective_of, ssim_scale
from lgi.gaussians.fits.growth import growth_of
from lgi.gaussians.fits.history import History, Measurement
from lgi.gaussians.fits.initial import OPACITY, PARAMETERS
from lgi.gaussians.fits.loss_cpu import target_windows
from lgi.gaussians.fits.phases_cuda import (
    BUFFER,
    CONSTANTS,
    COUNTS,
    GROUP,
    LOSSES,
    ROWS,
    Fit,
    Size,
    size_of,
)
from lgi.gaussians.fits.raster_cpu import image_of
from lgi.gaussians.fits.schedule import rates
from lgi.gaussians.fits.settings import SSIM_WINDOW, RecipeSettings
from lgi.jit import njit

_SECONDS = 0.1  # of a launch, about, in which a fit is alone on its multiprocessor
_PAUSES = 32  # at most, of a fit in a launch
_LANES = 1 if SIMULATED else GROUP  # threads that share a Gaussian: a warp


class Task(NamedTuple):
    """A fit that is to be made; the same as the arguments of `lgi.gaussians.fits.fit_cpu.fit`."""

    target: np.ndarray  # [height, width, 3]
    start: np.ndarray  # [n, P]
    recipe: RecipeSettings
    seed: int = 0
    checkpoint: NoCheckpoint = NO_CHECKPOINT


def fits(tasks: Sequence[Task]) -> list[tuple[History, np.ndarray]]:
    """Fit Gaussians to images, side by side; what else is in the batch decides no bit.

    Parameters
    ----------
    tasks
        The fits, of any sizes and recipes: `Task`, or its values in their order.

    Returns
    -------
    list of (History, ndarray)
        For each, what `lgi.gaussians.fits.fit_cpu.fit` returns.

    Raises
    ------
    MemoryError
        If one fit alone is too large for the card.
    SystemExit
        If the process was asked to end; the state of every fit that has a checkpoint is saved.
    """
    return splitting(_side_by_side, [Task(*task) for task in tasks]) if tasks else []


def _side_by_side(tasks: Sequence[Task]) -> list[tuple[History, np.ndarray]]:
    all_fits = [_Running(task) for task in tasks]
    # The longest first: blocks begin in their order.
    active = sorted((fit for fit in all_fits if fit.goes_on), key=lambda fit: -fit.cost)
    batch = _Batch(active) if active else None
    # Two halves by turns: while the host takes what one has found, the card has the other.
    waiting = deque(batch.launch(half) for half in (active[::2], active[1::2]) if half)
    ended = None
    while waiting:
        launched = waiting.popleft()
        batch.collect(launched)
        half = [fit for fit in launched.fits if fit.goes_on]
        ended = _save(batch, half) or ended
        if half and not ended:
            waiting.append(batch.launch(half, launched.stream))
    if ended:
        raise ended
    return [(fit.history, fit.end) for fit in all_fits]


def _save(batch: "_Batch", fits: Sequence["_Running"]) -> SystemExit | None:
    """Save the states that are due; return how the process is to end, if it is."""
    ended = None
    for fit in fits:
        fit.task.checkpoint.reached(fit.done)
        if fit.task.checkpoint.due():
            try:
                fit.save(*batch.state_of(fit))
            except SystemExit as end:
                ended = end
    return ended


class _Stretch(NamedTuple):
    """Iterations of a fit in one launch."""

    pauses: list[int]  # in it, the last of which ends it
    rates: np.ndarray  # of its iterations


class _Running:
    """A fit, as the host sees it."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.history = History(task.recipe, task.start)
        self.growth = growth_of(task.recipe, len(task.start), task.seed)
        self.done, self.begin, self.moments = progress.begin(
            task.start, self.history, task.checkpoint
        )
        self._pauses = [0, *self.history.pauses(self.growth.counts)]
        self._rates = _all_rates(task.recipe, tuple(self._pauses))
        self.goes_on = self.done < task.recipe.iterations
        self.end = None if self.goes_on else self.begin

    @property
    def n(self) -> int:
        """Gaussians that are there."""
        return len(self.begin)

    @property
    def cost(self) -> float:
        """About how many seconds an iteration takes."""
        return 1e-5 + 1e-8 * self.task.target.size / 3 + 4e-7 * len(self.task.start)

    def stretch(self) -> _Stretch:
        """Return what comes next: about `_SECONDS`, or up to where Gaussians are added."""
        pauses = [pause for pause in self._pauses if pause > self.done]
        far = self.done + _SECONDS / self.cost
        count = 1
        while count < min(len(pauses), _PAUSES) and (
            pauses[count] <= far and pauses[count - 1] not in self.growth.counts
        ):
            count += 1
        pauses = pauses[:count]
        return _Stretch(pauses, self._rates[self.done : pauses[-1]])

    def parameters_of(self, rows: np.ndarray) -> np.ndarray:
        """Return parameters [n, P] from those that may be trained, [n or more, ROWS]."""
        parameters = np.empty((self.n, len(PARAMETERS)), np.float32)
        parameters[:, :ROWS], parameters[:, OPACITY] = rows[: self.n], self.begin[:, OPACITY]
        return parameters

    def take(self, stretch: _Stretch, kept, losses, counts, failed: int) -> None:
        """Go on with the history by what was found at the pauses of a stretch.

        Parameters
        ----------
        stretch
            The iterations.
        kept
            [pauses, n or more, 2 * ROWS] parameters and gradient.
        losses, counts
            [pauses, LOSSES] and [pauses, COUNTS].
        failed
            Iteration, counted from the first of the stretch, whose update was not finite, or 0.
        """
        last = self.done + (failed or len(stretch.rates))
        measured = [self.history.measures_at(pause) for pause in stretch.pauses]
        found = iter(self._measurements(losses[measured], counts[measured], kept[measured]))
        for pause, is_measured, here in zip(stretch.pauses, measured, kept, strict=True):
            if pause > last:
                break
            parameters = self.parameters_of(here[:, :ROWS])
            self.history.keep_snapshot(pause, parameters)
            if is_measured and not self.history.measure(pause, next(found), parameters):
                self.goes_on, self.end = False, parameters
                return
        self.done = last
        if failed:
            self.history.diverge(last)
        self.goes_on = not failed and last < self.task.recipe.iterations

    def add(self, rows: np.ndarray, rendered: np.ndarray) -> None:
        """Begin anew with the Gaussians that are added now, from [room, ROWS] and the image."""
        added = self.growth.added(self.done, rendered, self.task.target)
        self.begin = np.concatenate([self.parameters_of(rows), added])

    def _measurements(self, losses, counts, kept) -> list[Measurement]:
        recipe, pixels = self.task.recipe, self.task.target.size // 3
        shown, painted = (
            losses_of(*part, recipe.loss) for part in losses.reshape(-1, 2, 3).transpose(1, 2, 0)
        )
        parameters, gradient = (
            kept[:, : self.n, begin : begin + ROWS].transpose(0, 2, 1) for begin in (0, ROWS)
        )
        shares = (counts / pixels).T
        return progress.measurements(recipe, shown, painted, *shares, parameters, gradient)

    def save(self, parameters: np.ndarray, m: np.ndarray, v: np.ndarray, steps: np.ndarray) -> None:
        """Save the state, from arrays [room, ROWS] and [room]."""
        moments = [np.zeros((len(PARAMETERS), self.n), np.float32) for _ in range(2)]
        for whole, rows in zip(moments, (m, v), strict=True):
            whole[:ROWS] = rows[: self.n].T
        state = dict(
            zip(progress.MOMENTS, (*moments, steps[: self.n].astype(np.int64)), strict=True)
        )
        progress.save(
            self.done, self.parameters_of(parameters), state, self.history, self.task.checkpoint
        )


@lru_cache(maxsize=64)
def _all_rates(recipe: RecipeSettings, pauses: tuple[int, ...]) -> np.ndarray:
    """Return the rates of all iterations; those between two pauses at once, as on the CPU."""
    return np.concatenate([rates(recipe, before + 1, pause) for before, pause in pairwise(pauses)])


class _Batch:
    """Fits on the card: where each has its numbers, and launches."""

    def __init__(self, fits: Sequence[_Running]) -> None:
        self._fits, sizes = fits, [_size_of(fit) for fit in fits]
        begins = list(accumulate(sizes, _added, initial=Size(0, 0, 0, 0, 0)))
        self._place = {id(fit): place for fit, place in zip(fits, pairwise(begins), strict=True)}
        kinds = Size(np.float32, np.int32, np.float32, np.float32, np.uint32)
        self._arrays = Size(*map(cuda.device_array, begins[-1], kinds))
        known: dict[bytes, np.ndarray] = {}
        for fit in fits:
            target = fit.task.target
            key = np.array(target.shape).tobytes() + target.tobytes()
            if key not in known:
                known[key] = _given_planes(target)
            self._write(fit, "planes", known[key])
            self._write(fit, "places", _places(*target.shape[1::-1]))
            self._write_state(fit, **fit.moments)

    def launch(self, fits: Sequence[_Running], stream=None) -> "_Launched":
        """Begin the next stretch of each fit, in a stream of its own."""
        stream = stream or cuda.stream()
        stretches = [fit.stretch() for fit in fits]
        slots = [0, *accumulate(len(stretch.pauses) for stretch in stretches)]
        parts = [0, *accumulate(len(stretch.rates) for stretch in stretches)]
        lengths = [
            len(stretch.pauses) * 2 * ROWS * len(fit.task.start)
            for fit, stretch in zip(fits, stretches, strict=True)
        ]
        keeps = [0, *accumulate(lengths)]
        rows = list(zip(fits, stretches, slots, parts, keeps, strict=False))
        given = (
            np.array([self._row(*row) for row in rows], np.int64),
            np.concatenate([_constants(fit) for fit in fits]),
            np.concatenate([stretch.rates for stretch in stretches]),
            np.concatenate([_marks(*row[:3]) for row in rows]),
        )
        table, constants, all_rates, marks = (cuda.to_device(part, stream) for part in given)
        found = (
            cuda.device_array(keeps[-1], np.float32),
            cuda.device_array(slots[-1] * LOSSES, np.float32),
            cuda.device_array(slots[-1] * COUNTS, np.int64),
            cuda.to_device(np.zeros(len(fits), np.int32), stream),
        )
        threads = _threads(sum(fit.goes_on for fit in self._fits))
        _advance[len(fits), threads, stream, 4 * BUFFER * (threads // _LANES)](
            table, constants, *self._arrays, all_rates, marks, *found
        )
        return _Launched(stream, fits, stretches, slots, keeps, given, found)

    def collect(self, launched: "_Launched") -> None:
        """Wait for the stretches, and let each fit take what was found."""
        _, fits, stretches, slots, keeps, _, found = launched
        stream = launched.stream
        kept, losses, counts, failed = (array.copy_to_host(stream=stream) for array in found)
        stream.synchronize()
        losses, counts = losses.reshape(-1, LOSSES), counts.reshape(-1, COUNTS)
        own, own_kept = (list(map(slice, ends, ends[1:])) for ends in (slots, keeps))
        for i, (fit, stretch) in enumerate(zip(fits, stretches, strict=True)):
            here = kept[own_kept[i]].reshape(len(stretch.pauses), -1, 2 * ROWS)
            fit.take(stretch, here, losses[own[i]], counts[own[i]], int(failed[i]))
            self._end_or_grow(fit)

    def state_of(self, fit: _Running) -> tuple[np.ndarray, ...]:
        """Return parameters, both moments [room, ROWS] and steps [room] of a fit."""
        columns = self._read(fit, "gaussians").reshape(-1, phases_cuda.GAUSSIAN_COLUMNS)
        whole = self._read(fit, "integers")[: len(columns) * phases_cuda.INTEGER_COLUMNS]
        steps = whole[phases_cuda.STEPS :: phases_cuda.INTEGER_COLUMNS]
        begins = (phases_cuda.PARAMETERS, phases_cuda.M, phases_cuda.V)
        return *(columns[:, begin : begin + ROWS] for begin in begins), steps

    def _end_or_grow(self, fit: _Running) -> None:
        if fit.end is None and not fit.goes_on:
            fit.end = fit.parameters_of(self.state_of(fit)[0])
        elif fit.goes_on and fit.done in fit.growth.counts:
            parameters, m, v, steps = self.state_of(fit)
            fit.add(parameters, self._rendered(fit))
            self._write_state(fit, m.T, v.T, steps)

    def _rendered(self, fit: _Running) -> np.ndarray:
        """Return the image that was rendered last, [height, width, 3]."""
        height, width, _ = fit.task.target.shape
        begin, planes = phases_cuda.RENDERED * height * width, 3 * height * width
        flat = self._part(fit, "planes")[begin : begin + planes].copy_to_host()
        return np.ascontiguousarray(flat.reshape(3, height, width).transpose(1, 2, 0))

    def _write_state(self, fit: _Running, m=None, v=None, steps=None) -> None:
        """Write parameters and state of Adam, `progress.MOMENTS`; 0 where there is none."""
        room = len(fit.task.start)
        rows = np.zeros((room, phases_cuda.GAUSSIAN_COLUMNS), np.float32)
        rows[: fit.n, :ROWS] = fit.begin[:, :ROWS]
        whole = np.zeros((room, phases_cuda.INTEGER_COLUMNS), np.int32)
        if m is not None:
            there = slice(m.shape[1])
            rows[there, phases_cuda.M :][:, :ROWS] = m[:ROWS].T
            rows[there, phases_cuda.V :][:, :ROWS] = v[:ROWS].T
            whole[: len(steps), phases_cuda.STEPS] = steps
        self._write(fit, "gaussians", rows.ravel())
        self._write(fit, "integers", whole.ravel())

    def _part(self, fit: _Running, name: str):
        begin, end = (getattr(place, name) for place in self._place[id(fit)])
        return getattr(self._arrays, name)[begin:end]

    def _read(self, fit: _Running, name: str) -> np.ndarray:
        return self._part(fit, name).copy_to_host()

    def _write(self, fit: _Running, name: str, values: np.ndarray) -> None:
        self._part(fit, name)[: len(values)].copy_to_device(values)

    def _row(self, fit: _Running, stretch: _Stretch, slot: int, part: int, keep: int) -> list[int]:
        recipe, (height, width, _) = fit.task.recipe, fit.task.target.shape
        trained = sum(1 << int(row) for row in progress.trained_rows(recipe))
        shape = [width, height, fit.n, len(fit.task.start), recipe.blend == "sum", trained]
        return [*shape, *self._place[id(fit)][0], part, len(stretch.rates), slot, keep]


class _Launched(NamedTuple):
    """A launch: what it was given and where it writes what it finds."""

    stream: object
    fits: Sequence[_Running]
    stretches: list[_Stretch]
    slots: list[int]  # where the pauses of each fit begin, and one past the last
    keeps: list[int]  # where its numbers begin in what is kept
    given: tuple[np.ndarray, ...]  # not gone before they are copied
    found: tuple  # kept, losses, counts, failed


def _added(first: Size, second: Size) -> Size:
    return Size(*(a + b for a, b in zip(first, second, strict=True)))


def _size_of(fit: _Running) -> Size:
    (height, width, _), objective = fit.task.target.shape, objective_of(fit.task.recipe)
    return size_of(width, height, len(fit.task.start), bool(objective.ssim > 0))


def _given_planes(target: np.ndarray) -> np.ndarray:
    """Return the planes that depend on the target alone."""
    image, pixels = image_of(target, "mean"), target.size // 3
    windows = target_windows(image)
    planes = (image.target, windows.mean_from, windows.variance_from)
    return np.concatenate([plane[:, :pixels].ravel() for plane in planes])


def _places(width: int, height: int) -> np.ndarray:
    sides = (np.arange(size, dtype=np.float32) / np.float32(size) for size in (width, height))
    return np.concatenate(list(sides))


def _constants(fit: _Running) -> np.ndarray:
    recipe, (height, width, _) = fit.task.recipe, fit.task.target.shape
    low, high = (bound[:ROWS] for bound in progress.bounds(recipe))
    optimiser, objective = recipe.optimiser, objective_of(recipe)
    windows = (height - SSIM_WINDOW) * (width - SSIM_WINDOW)
    adam = np.float32([optimiser.beta1, optimiser.beta2, optimiser.epsilon])
    scale = ssim_scale(objective.ssim, height * width, windows)
    edge = edge32_of(recipe.cutoff, recipe.edge)
    return np.concatenate([low, high, adam, [scale], edge, objective]).astype(np.float32)


def _marks(fit: _Running, stretch: _Stretch, slot: int) -> np.ndarray:
    """Return for each iteration twice the slot of its pause, 1 more if it is measured; else -1."""
    marks = np.full(len(stretch.rates), -1, np.int32)
    for i, pause in enumerate(stretch.pauses):
        marks[pause - fit.done - 1] = 2 * (slot + i) + fit.history.measures_at(pause)
    return marks


def _threads(fits: int) -> int:
    """Return how many threads a block has: many while there are fewer blocks than processors."""
    if SIMULATED:
        return 3
    processors = cuda.get_current_device().MULTIPROCESSOR_COUNT
    return next((size for size in (1024, 512) if fits * size <= 1024 * processors), 256)


@njit
def _view(number, table, constants, gaussians, integers, planes, places, reaching):
    """Return what a block needs to know of its fit."""
    row = table[number]
    return Fit(
        row[0],
        row[1],
        row[2],
        row[3],
        row[4] != 0,
        row[5],
        constants[number * CONSTANTS :],
        gaussians[row[6] :],
        integers[row[7] :],
        planes[row[8] :],
        places[row[9] :],
        reaching[row[10] :],
    )


_shown = called(_view)
_has_ssim = called(phases_cuda.has_ssim)
_reach = called(phases_cuda.reach)
_find_rows = called(phases_cuda.find_rows)
_find_tiles = called(phases_cuda.find_tiles)
_paint = called(phases_cuda.paint)
_sum_along_rows = called(phases_cuda.sum_along_rows)
_differentiate_windows = called(phases_cuda.differentiate_windows)
_gather_along_rows = called(phases_cuda.gather_along_rows)
_subtract_ssim = called(phases_cuda.subtract_ssim)
_pixels_of = called(phases_cuda.pixels_of)
_begin_sums = called(phases_cuda.begin_sums)
_make_terms = called(phases_cuda.make_terms)
_add_terms = called(phases_cuda.add_terms)
_end_sums = called(phases_cuda.end_sums)
_copy_out = called(phases_cuda.copy_out)
_compare_pixels = called(phases_cuda.compare_pixels)
_compare_windows = called(phases_cuda.compare_windows)
_sum_up = called(phases_cuda.sum_up)
_move = called(phases_cuda.move)
_settle = called(phases_cuda.settle)


# So few registers that a multiprocessor holds 1024 threads; loops over pixels spill next to none.
@kernel(max_registers=64)
def _advance(
    table,
    constants,
    gaussians,
    integers,
    planes,
    places,
    reaching,
    rates,
    marks,
    kept,
    losses,
    counts,
    failed,
):
    """Do the stretch of a fit in each block."""
    number, thread, threads = cuda.blockIdx.x, cuda.threadIdx.x, cuda.blockDim.x
    fit = _shown(number, table, constants, gaussians, integers, planes, places, reaching)
    by_ssim = _has_ssim(fit)
    first_rate, iterations = table[number, 11], table[number, 12]
    first_slot, first_kept = table[number, 13], table[number, 14]
    group, groups, lane = thread // _LANES, threads // _LANES, thread % _LANES
    shared = cuda.shared.array(0, float32)
    buffer = shared[group * BUFFER : (group + 1) * BUFFER]
    for i in range(iterations):
        _reach(thread, threads, fit)
        cuda.syncthreads()
        _find_rows(thread, threads, fit)
        cuda.syncthreads()
        _find_tiles(thread, threads, fit)
        cuda.syncthreads()
        _paint(thread, threads, fit)
        cuda.syncthreads()
        if by_ssim:
            _sum_along_rows(thread, threads, fit)
            cuda.syncthreads()
            _differentiate_windows(thread, threads, fit)
            cuda.syncthreads()
            _gather_along_rows(thread, threads, fit)
            cuda.syncthreads()
            _subtract_ssim(thread, threads, fit)
            cuda.syncthreads()
        for g in range(group, fit.n, groups):
            _begin_sums(lane, _LANES, buffer)
            for begin in range(0, _pixels_of(fit, g), GROUP):
                _make_terms(lane, _LANES, fit, g, begin, buffer)
                if not SIMULATED:
                    cuda.syncwarp()
                _add_terms(lane, _LANES, buffer)
                if not SIMULATED:
                    cuda.syncwarp()
            _end_sums(lane, _LANES, fit, g, buffer)
        cuda.syncthreads()
        mark = marks[first_rate + i]
        if mark >= 0:
            slot = mark >> 1
            keep = first_kept + (slot - first_slot) * 2 * ROWS * fit.room
            _copy_out(thread, threads, fit, kept[keep:])
            if mark & 1:
                _compare_pixels(thread, threads, fit)
                cuda.syncthreads()
                _compare_windows(thread, threads, fit)
                cuda.syncthreads()
                _sum_up(thread, threads, fit, losses[slot * LOSSES :], counts[slot * COUNTS :])
            cuda.syncthreads()
        finite = _move(thread, threads, fit, rates[first_rate + i])
        if not cuda.syncthreads_and(np.int32(finite)):
            if thread == 0:
                failed[number] = i + 1
            break
        _settle(thread, threads, fit)
        cuda.syncthreads()

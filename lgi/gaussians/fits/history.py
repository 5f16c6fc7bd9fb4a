"""What a fit keeps: measurements at logged iterations, and parameters at a few of them.

Both engines fill the same history; it computes nothing itself.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from lgi.gaussians.fits.settings import RecipeSettings

MEASURES = ("loss", "l1", "l2", "ssim", "psnr", "uncovered", "loss_covered", "overlap")
"""Losses of the rendered image, PSNR in dB, share of pixels without a Gaussian (0 to 1), the
reported loss if these pixels were right, and the mean number of Gaussians that reach a pixel."""


@dataclass(frozen=True)
class Measurement:
    """State of a fit at one logged iteration, before the update of that iteration."""

    loss: float
    l1: float
    l2: float
    ssim: float
    psnr: float
    uncovered: float
    loss_covered: float
    overlap: float
    gradient_norm: tuple[float, ...]  # Euclidean, one per trained group
    at_low: tuple[float, ...]  # share of the group's parameters at the lower bound
    at_high: tuple[float, ...]


def is_logged(iteration: int, iterations: int) -> bool:
    """Tell whether an iteration is measured: powers of two, multiples of 100, and the last one."""
    is_power_of_two = iteration & (iteration - 1) == 0
    return is_power_of_two or iteration % 100 == 0 or iteration == iterations


def snapshot_iterations(count: int, iterations: int) -> np.ndarray:
    """Return up to `count` log-spaced iterations from 1 to the last, each once."""
    return np.unique(np.geomspace(1, iterations, count).round().astype(np.int64))


class History:
    """Collects measurements, snapshots and the best state of one fit.

    A fit may have fewer Gaussians for a while than in the end. What is kept has a row for each all
    the same, of 0 for one that is not there yet; no such state is the best.

    Parameters
    ----------
    recipe
        Recipe of the fit.
    start
        Start parameters [n, P].
    """

    def __init__(self, recipe: RecipeSettings, start: np.ndarray) -> None:
        self._recipe = recipe
        self._wanted = set(snapshot_iterations(recipe.snapshots, recipe.iterations).tolist())
        self._start = start.copy()
        self._best, self._best_loss, self._best_iteration = start.copy(), np.inf, 0
        self._iterations: list[int] = []
        self._measurements: list[Measurement] = []
        self._snapshots: list[tuple[int, np.ndarray]] = []
        self.state = "finished"

    def pauses(self, also: Collection[int] = ()) -> list[int]:
        """Return the iterations at which a measurement or a snapshot is due, ascending.

        Parameters
        ----------
        also
            Further iterations to pause at.
        """
        last = self._recipe.iterations
        due = {last, *range(100, last + 1, 100), *(1 << k for k in range(last.bit_length()))}
        return sorted(k for k in due.union(self._wanted, also) if 1 <= k <= last)

    def measures_at(self, iteration: int) -> bool:
        """Tell whether a measurement is due."""
        return is_logged(iteration, self._recipe.iterations)

    def keep_snapshot(self, iteration: int, parameters: np.ndarray) -> None:
        """Keep the parameters, of all Gaussians that are there, if a snapshot is due."""
        if iteration in self._wanted:
            self._snapshots.append((iteration, self._whole(parameters)))

    def measure(self, iteration: int, measurement: Measurement, parameters: np.ndarray) -> bool:
        """Add a measurement; return False if the fit must end here.

        Parameters
        ----------
        iteration
            Iteration, counted from 1.
        measurement
            What was measured there, after `iteration` - 1 updates.
        parameters
            Parameters that were measured, of all Gaussians that are there.
        """
        self._iterations.append(iteration)
        self._measurements.append(measurement)
        if not np.isfinite(measurement.loss):
            return self.diverge(iteration)
        if measurement.loss < self._best_loss and len(parameters) == len(self._start):
            self._best_loss, self._best_iteration = measurement.loss, iteration
            self._best = parameters.copy()
        factor = self._recipe.early_stop
        if factor is not None and measurement.loss > factor * self._best_loss:
            self.state = f"stopped at iteration {iteration}"
            return False
        return True

    def diverge(self, iteration: int) -> bool:
        """End the fit at an iteration whose loss or update is not finite; return False."""
        self.state = f"diverged at iteration {iteration}"
        return False

    def arrays(self, end: np.ndarray) -> dict[str, np.ndarray]:
        """Return all arrays of the run file.

        Parameters
        ----------
        end
            Parameters after the last update, of all Gaussians that are there.

        Returns
        -------
        dict of str to ndarray
            ``iteration`` [L]; the `MEASURES`, each [L]; ``gradient_norm``, ``at_low``, ``at_high``
            [L, groups]; ``start``, ``best``, ``end`` [n, P]; ``snapshot_iteration`` [T] and
            ``snapshots`` [T, n, P].
        """
        rows = self._measurements
        groups = len(self._recipe.trained)
        arrays = {"iteration": np.array(self._iterations, dtype=np.int64)}
        for name in MEASURES:
            arrays[name] = np.array([getattr(row, name) for row in rows], dtype=np.float64)
        for name in ("gradient_norm", "at_low", "at_high"):
            values = [getattr(row, name) for row in rows]
            arrays[name] = np.array(values, dtype=np.float64).reshape(len(rows), groups)
        arrays |= {"start": self._start, "best": self._best, "end": self._whole(end)}
        iterations = [iteration for iteration, _ in self._snapshots]
        arrays["snapshot_iteration"] = np.array(iterations, dtype=np.int64)
        arrays["snapshots"] = np.array(
            [parameters for _, parameters in self._snapshots], dtype=self._start.dtype
        ).reshape(-1, *self._start.shape)
        return arrays

    def resume(self, saved: Mapping[str, np.ndarray], best_iteration: int) -> None:
        """Take up what was kept until a checkpoint.

        Parameters
        ----------
        saved
            `arrays` of then.
        best_iteration
            `best_iteration` of then.
        """
        names = (*MEASURES, "gradient_norm", "at_low", "at_high")
        rows = zip(*(saved[name].tolist() for name in names), strict=True)
        self._measurements = [Measurement(**dict(zip(names, row, strict=True))) for row in rows]
        self._iterations = saved["iteration"].tolist()
        kept = saved["snapshot_iteration"].tolist()
        self._snapshots = list(zip(kept, saved["snapshots"], strict=True))
        if best_iteration:
            self._best, self._best_iteration = saved["best"], best_iteration
            best = self._measurements[self._iterations.index(best_iteration)]
            self._best_loss = best.loss

    def _whole(self, parameters: np.ndarray) -> np.ndarray:
        """Return a copy with a row for every Gaussian, of 0 for those that are not there yet."""
        whole = np.zeros((len(self._start), parameters.shape[1]), dtype=parameters.dtype)
        whole[: len(parameters)] = parameters
        return whole

    @property
    def best_iteration(self) -> int:
        """Iteration of the lowest logged loss."""
        return self._best_iteration

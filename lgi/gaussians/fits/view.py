"""What a run file of study 1 says, by name: the typed view that tables and figures read it through.

CPU jobs that only read runs import no engine: the one that renders comes with the first image.
"""

import math
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from lgi.engines import load
from lgi.errors import RunFileError
from lgi.gaussians.fits.edge import COVERED, edge_of
from lgi.gaussians.fits.history import MEASURES
from lgi.gaussians.fits.settings import RecipeSettings
from lgi.runs import Run, read_run

RECORD = (
    "image_name",
    "image",
    "recipe_name",
    "recipe",
    "n",
    "seed",
    "state",
    "best_iteration",
)
"""Entries that the record of a run must hold."""

RUN = ["image", "recipe", "n", "seed"]
"""What names a run, and the columns that hold it."""

RENDER = "lgi.gaussians.fits.fit_cpu:render"
"""Renders as the engine does. Named, so that a table of runs does not depend on the engine: a
change of it makes the runs anew."""

STATES = ("start", "best", "end")
"""Arrays of a run file that hold the parameters of a state."""


class Fit:
    """A run of study 1.

    Parameters
    ----------
    run
        Its run file.

    Attributes
    ----------
    path : Path
        The run file.
    record : Mapping
        Its record, as it stands in the file.
    image, recipe_name : str
        Names of the target and of the recipe.
    n, seed : int
        Number of Gaussians, and seed of the start.
    state : str
        How the fit ended.
    best_iteration : int
        Iteration of the least logged loss; 0 if the first one was not finite.
    width, height : int
        Pixels.

    Raises
    ------
    RunFileError
        If the file is not a whole run of study 1; the message names it.
    """

    def __init__(self, run: Run):
        _check(run)
        self._run = run
        self.path: Path = run.path
        self.record: Mapping = run.record
        self.image: str = run.record["image_name"]
        self.recipe_name: str = run.record["recipe_name"]
        self.n: int = run.record["n"]
        self.seed: int = run.record["seed"]
        self.state: str = run.record["state"]
        self.best_iteration: int = run.record["best_iteration"]
        self.height, self.width, _ = run["target"].shape

    def __getitem__(self, name: str) -> np.ndarray:
        """Return the array called `name`, as from `lgi.gaussians.fits.run.fit_run`."""
        return self._run[name]

    @property
    def name(self) -> tuple[str, str, int, int]:
        """Image, recipe, N and seed."""
        return self.image, self.recipe_name, self.n, self.seed

    def identity(self) -> dict[str, str | int]:
        """Return the columns that name the run in a row of a table, `RUN`."""
        return dict(zip(RUN, self.name, strict=True))

    @cached_property
    def recipe(self) -> RecipeSettings:
        """Settings of the recipe; RunFileError if it is not one."""
        try:
            return RecipeSettings.model_validate(self.record["recipe"])
        except ValidationError as error:
            raise RunFileError(f"{self.path}: recipe: {error}") from None

    @property
    def pixels(self) -> int:
        """Number of pixels."""
        return self.width * self.height

    @property
    def diverged(self) -> bool:
        """Whether the fit ended because its loss or an update was not finite."""
        return self.state.startswith("diverged")

    @cached_property
    def best_place(self) -> int | None:
        """Place of the best among the logged iterations; None if no loss was finite."""
        places = np.flatnonzero(self["iteration"] == self.best_iteration)
        return int(places[0]) if len(places) else None

    def at_best(self, name: str) -> float:
        """Return the measure called `name` at the best, NaN where there is none."""
        return math.nan if self.best_place is None else float(self[name][self.best_place])

    def states(self) -> dict[str, np.ndarray]:
        """Return the parameters [n, P] of those of the `STATES` that are finite."""
        return {state: self[state] for state in STATES if np.isfinite(self[state]).all()}

    def columns(self, parameters: np.ndarray, *names: str) -> np.ndarray:
        """Return the columns [n, names] of parameters [n, P] by their names."""
        place = list(self.record["parameters"])
        return parameters[:, [place.index(name) for name in names]]

    def render(self, parameters: np.ndarray) -> np.ndarray:
        """Return the image [height, width, 3] of parameters [n, P], rendered as the run did."""
        return self._rendered(parameters)[0]

    def errors(self, parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what parameters [n, P] leave at each pixel.

        Parameters
        ----------
        parameters
            Of a state of the run.

        Returns
        -------
        absolute, squared : ndarray
            [height, width], absolute and squared difference from the target, means over channels:
            their means over pixels are the run's L1 and L2.
        covered : ndarray
            bool [height, width], whether a Gaussian reaches the pixel.
        """
        image, weight = self._rendered(parameters)
        background = np.float32(edge_of(self.recipe.cutoff, self.recipe.edge).background)
        gap = image.astype(np.float64) - self["target"]
        return np.abs(gap).mean(axis=2), (gap**2).mean(axis=2), weight > max(COVERED, background)

    def _rendered(self, parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        cutoff, edge = self.recipe.cutoff, self.recipe.edge
        return load(RENDER)(parameters, self.width, self.height, cutoff, edge)


def read_fit(path: str | Path) -> Fit:
    """Read a run of study 1.

    Raises
    ------
    RunFileError
        If the file is missing, damaged or not a whole run of study 1; the message names it.
    """
    return Fit(read_run(path))


def _check(run: Run) -> None:
    """Raise RunFileError unless what every table reads is there and fits."""
    record = run.record
    if not isinstance(record, dict) or record.get("study") != "gaussians":
        raise RunFileError(f"{run.path}: not a run of study 1 (gaussians)")
    missing = [name for name in RECORD if name not in record]
    if not missing and not (
        isinstance(record["recipe"], dict) and "iterations" in record["recipe"]
    ):
        missing = ["recipe.iterations"]
    if missing:
        raise RunFileError(f"{run.path}: the record lacks {', '.join(missing)}")
    iteration, target = run["iteration"], run["target"]
    if iteration.ndim != 1 or not len(iteration):
        raise RunFileError(
            f"{run.path}: iteration has shape {iteration.shape}; allowed is [L >= 1]"
        )
    for name in MEASURES:
        if run[name].shape != iteration.shape:
            raise RunFileError(
                f"{run.path}: {name} has shape {run[name].shape}, iteration {iteration.shape}"
            )
    if target.ndim != 3:
        raise RunFileError(f"{run.path}: target has shape {target.shape}; allowed is [H, W, 3]")
    best = record["best_iteration"]
    if best != 0 and best not in iteration:
        raise RunFileError(f"{run.path}: best_iteration {best} is not among the iterations")

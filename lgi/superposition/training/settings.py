"""Typed settings of study 2: data, initialisations, training. Nothing has a default."""

import math
from collections.abc import Iterator
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from lgi import memory
from lgi.settings import MILLION, Count, Settings, at_least

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]


class BinaryData(Settings):
    """Each feature is 1 with probability 1 - S, else 0, independently."""

    kind: Literal["binary"]
    features: Count
    test_samples: Count


class UniformData(Settings):
    """Each feature is drawn from U[0, 1) with probability 1 - S, else 0, independently."""

    kind: Literal["uniform"]
    features: Count
    test_samples: Count


class OneHotData(Settings):
    """Exactly `active` features are 1, every choice of them equally likely; S plays no part."""

    kind: Literal["one_hot"]
    features: Count
    active: Count
    test_samples: Count

    @model_validator(mode="after")
    def _check(self) -> "OneHotData":
        if self.active > self.features:
            raise ValueError(f"active {self.active} must not exceed features {self.features}")
        return self


class OneActiveData(Settings):
    """Exactly one feature is drawn from U[0, 1), the others are 0; S plays no part.

    The limit S -> 1 of `UniformData` without the samples that are 0 (Chen et al. 2023, "Dynamical
    versus Bayesian phase transitions in a toy model of superposition").
    """

    kind: Literal["one_active"]
    features: Count
    test_samples: Count


DataSettings = Annotated[
    BinaryData | UniformData | OneHotData | OneActiveData, Field(discriminator="kind")
]


class NormalBias(Settings):
    """Biases drawn from N(mean, deviation²)."""

    kind: Literal["normal"]
    mean: float
    deviation: NotNegative


class ConstantBias(Settings):
    """All biases equal."""

    kind: Literal["constant"]
    value: float  # of every bias


BiasSettings = Annotated[NormalBias | ConstantBias, Field(discriminator="kind")]


class NormalInitialisation(Settings):
    """W drawn from N(0, deviation²)."""

    kind: Literal["normal"]
    deviation: NotNegative
    bias: BiasSettings

    def misfit(self, hidden: int, features: int) -> str | None:
        """Return None: a normal start fits models of every size."""
        return None


class KgonInitialisation(Settings):
    """The first k columns of W on a regular k-gon, the others 0, plus N(0, noise²) on all of W."""

    kind: Literal["kgon"]
    k: Annotated[int, at_least(2)]  # corners
    radius: Positive  # length of their columns
    rotation: Literal["random", "none"]  # by an angle of its own for each seed, or none
    noise: NotNegative
    bias: BiasSettings

    def misfit(self, hidden: int, features: int) -> str | None:
        """Return why the start does not fit a model of this size, or None if it does."""
        if hidden != 2:
            return f"a kgon start needs hidden 2, not {hidden}"
        if self.k > features:
            return f"a kgon start of k {self.k} needs at least {self.k} features, not {features}"
        return None


InitialisationSettings = Annotated[
    NormalInitialisation | KgonInitialisation, Field(discriminator="kind")
]


class SnapshotSettings(Settings):
    """A grid of `points` epochs, log-spaced from `first` to `last`, going on past `last`.

    The grid only sets the spacing: training may end before `last` or after it.
    """

    first: Count
    last: Count
    points: Annotated[int, at_least(2)]

    @model_validator(mode="after")
    def _check(self) -> "SnapshotSettings":
        if self.last <= self.first:
            raise ValueError(f"last {self.last} must be greater than first {self.first}")
        return self


class TrainingSettings(Settings):
    """Stochastic gradient descent: v ← μ v + g, w ← w - η v, with rate η and momentum μ.

    An epoch is one full-batch step when `batch_size` is not below the samples, else one pass over
    shuffled mini-batches.
    """

    rate: Positive
    momentum: Annotated[float, Field(ge=0, lt=1)]
    batch_size: Count
    epochs: Count
    snapshots: SnapshotSettings

    @model_validator(mode="after")
    def _grid_ends(self) -> Self:
        if self._on_grid() > MILLION:
            raise ValueError(
                f"snapshots: a grid of {self._on_grid():.3g} points up to epoch {self.epochs}; "
                f"allowed are {MILLION:,}"
            )
        return self

    def _on_grid(self) -> float:
        """Return how many points of the grid there are, without a list of them."""
        grid = self.snapshots
        spacing = math.log1p((grid.last - grid.first) / grid.first) / (grid.points - 1)
        if self.epochs <= grid.last:
            return grid.points
        # Points as near as float64's are never left behind.
        return grid.points + math.log(self.epochs / grid.last) / max(spacing - 1e-12, 1e-300)

    def snapshot_epochs(self) -> list[int]:
        """Return the epochs with a snapshot: 0, the grid rounded down, and the last epoch."""
        grid = self.snapshots
        points = np.geomspace(grid.first, grid.last, grid.points)
        if self.epochs > grid.last:
            ratio = (grid.last / grid.first) ** (1 / (grid.points - 1))
            beyond = np.ceil(np.log(self.epochs / grid.last) / np.log(ratio))
            points = np.concatenate([points, grid.last * ratio ** np.arange(1, beyond + 1)])
        inside = {int(point) for point in points if point <= self.epochs}
        return sorted({0, self.epochs} | inside)

    def needs_of(
        self, seeds: int, samples: int, hidden: int, data: "DataSettings"
    ) -> Iterator[memory.Need]:
        """Yield what training models, on so many samples of each seed, takes."""
        parameters = data.features * (hidden + 1)
        snapshots = min(self.epochs, int(self._on_grid())) + 1
        yield memory.models("training", seeds, snapshots, parameters)
        yield memory.samples("runs.samples", seeds, samples, data.features)
        yield memory.samples("data.test_samples", seeds, data.test_samples, data.features)

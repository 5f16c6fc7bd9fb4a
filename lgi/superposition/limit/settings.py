"""Typed settings of the limit of one active feature."""

from collections.abc import Iterator
from itertools import product
from typing import Annotated, Any, Self

from pydantic import model_validator

from lgi import memory
from lgi.llc.settings import PlainEstimate
from lgi.settings import MILLION, Count, OneOrMore, Seed, Settings, at_least
from lgi.superposition.selection import Initialisation
from lgi.superposition.training.settings import OneActiveData, Positive, TrainingSettings

HIDDEN, FEATURES = 2, 6  # those of Chen et al. (2023)

Size = Annotated[int, at_least(2)]


class LimitRuns(Settings):
    """Every start with every number of samples and every seed."""

    init: OneOrMore[Initialisation]
    samples: OneOrMore[Count]
    seeds: OneOrMore[Seed]

    def runs(self) -> list[dict[str, object]]:
        """Return what names each run file."""
        return [{"init": i, "samples": n} for i, n in product(self.init, self.samples)]


class LimitLLC(Settings):
    """The coefficient at the exact minima: the model of the noise, n, and the estimator."""

    noise: Positive  # σ of the Gaussian likelihood, for the sum over features
    samples: OneOrMore[Size]  # n
    estimate: PlainEstimate


class Posterior(Settings):
    """The posterior of n samples, of the expected loss, by sampling and by free energy.

    n L(w) with L = E Σ (x̂ - x)² / (2 σ²), and a normal prior of W and b around 0.
    """

    noise: Positive  # σ; only n / σ² plays a part
    prior: Positive  # deviation of every parameter
    samples: OneOrMore[Size]  # n, ascending
    particles: Annotated[int, at_least(64, MILLION)]  # of one sampling
    chains: Annotated[int, at_least(16, MILLION)]  # of each polygon, for its free energy
    largest: Size  # n from which free energies are integrated, where Laplace's is right
    rungs: Annotated[int, at_least(4, 1000)]  # of that ladder
    repeats: Annotated[int, at_least(2, MILLION)]  # of either, for the errors
    seed: Seed

    @model_validator(mode="after")
    def _ascend(self) -> Self:
        if sorted(self.samples) != self.samples or self.samples[-1] >= self.largest:
            raise ValueError(
                f"samples must ascend and stay below largest ({self.largest}), "
                f"not be {self.samples}"
            )
        return self


class Limit(Settings):
    """Training on one active feature, and what is asked of its minima."""

    test_samples: Count
    training: TrainingSettings
    runs: LimitRuns
    llc: LimitLLC
    posterior: Posterior

    @property
    def data(self) -> OneActiveData:
        """The data."""
        return OneActiveData(kind="one_active", features=FEATURES, test_samples=self.test_samples)

    def needs(self, config: Any) -> Iterator[memory.Need]:
        """Yield what training and estimates take."""
        seeds, largest = len(self.runs.seeds), max(self.runs.samples)
        yield from self.training.needs_of(seeds, largest, HIDDEN, self.data)
        parameters = FEATURES * (HIDDEN + 1)
        yield from self.llc.estimate.needs_of("llc.estimate", 3, parameters)

    def problems(self, config: Any) -> Iterator[tuple[str, str]]:
        """Yield the starts that do not fit the models."""
        for index, name in enumerate(self.runs.init):
            start = config.superposition.initialisations[name]
            if problem := start.misfit(HIDDEN, FEATURES):
                yield f"runs.init.{index}", f"{name}: {problem}"

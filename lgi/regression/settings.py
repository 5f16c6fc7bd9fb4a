"""The section of the study."""

from collections.abc import Iterator
from typing import Annotated, Any, Self

from pydantic import Field, PositiveFloat, model_validator

from lgi import memory
from lgi.llc.settings import PlainEstimate
from lgi.settings import Confidence, Count, Natural, OneOrMore, Seed, Settings, at_least


class Data(Settings):
    """Inputs of some rank, outputs of a linear map, and normal noise of deviation σ."""

    features: Count
    samples: Annotated[int, at_least(2)]
    noise: PositiveFloat


class Training(Settings):
    """Full-batch gradient descent from w = 0."""

    rate: PositiveFloat
    epochs: OneOrMore[Natural]  # that are kept; the last ends the training


class Runs(Settings):
    """Every rank of the inputs with every seed."""

    ranks: OneOrMore[Count]  # of the inputs
    seeds: OneOrMore[Seed]


class Claims(Settings):
    """What it takes to say that the coefficient is the known one."""

    confidence: Confidence
    margin: Annotated[float, Field(gt=0, lt=1)]  # as a share of it


class Regression(Settings):
    """A one-layer regression."""

    data: Data
    training: Training
    runs: Runs
    llc: PlainEstimate
    claims: Claims

    @model_validator(mode="after")
    def _epochs_rise(self) -> Self:
        if sorted(self.training.epochs) != self.training.epochs:
            raise ValueError(f"training.epochs must rise, not be {self.training.epochs}")
        return self

    def needs(self, config: Any) -> Iterator[memory.Need]:
        """Yield what data, weights and estimates take."""
        seeds, epochs, features = (
            len(self.runs.seeds),
            len(self.training.epochs),
            self.data.features,
        )
        yield memory.samples("data", 2 * seeds, self.data.samples, features)
        yield from self.llc.needs_of("llc", seeds * epochs, features)

    def problems(self, config: Any) -> Iterator[tuple[str, str]]:
        """Yield the ranks that inputs of so many features and samples cannot have."""
        largest = min(self.data.features, self.data.samples)
        for place, rank in enumerate(self.runs.ranks):
            if rank > largest:
                yield f"runs.ranks.{place}", f"found {rank}, allowed are 1 to {largest}"

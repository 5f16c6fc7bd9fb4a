"""Settings of an estimate of the local learning coefficient."""

import math
from typing import Literal, Self

from pydantic import Field, PositiveFloat, field_validator, model_validator

from lgi.settings import Settings

MINIMUM_DRAWS = 4  # of a chain: the diagnostics compare its two halves


class Thresholds(Settings):
    """When an estimate is not presented as a coefficient; see `lgi.llc.estimate.verdicts`."""

    share_below: float = Field(ge=0, le=1)
    gradient_norm: float = Field(gt=0)
    acceptance: float = Field(ge=0, le=1)
    rhat: float = Field(gt=1)
    ess: float = Field(gt=0)


class LLCSettings(Settings):
    """How a local learning coefficient is estimated, and at which snapshots."""

    sampler: Literal["sgld"]
    step_size: float = Field(gt=0)  # ε
    chains: int = Field(ge=2)  # R-hat compares chains
    draws: int = Field(ge=1)  # of a chain, burn-in included
    burn_in: int = Field(ge=0)  # first draws of a chain that are left out
    localisation: float = Field(ge=0)  # γ
    inverse_temperature: Literal["1/log n"] | PositiveFloat  # β
    epochs: tuple[int, ...] = Field(min_length=1)  # snapshots
    thresholds: Thresholds

    @field_validator("epochs")
    @classmethod
    def _epochs_are_distinct(cls, epochs: tuple[int, ...]) -> tuple[int, ...]:
        if min(epochs) < 0 or len(set(epochs)) < len(epochs):
            raise ValueError("epochs must be distinct and not negative")
        return epochs

    @model_validator(mode="after")
    def _draws_are_left(self) -> Self:
        if self.draws - self.burn_in < MINIMUM_DRAWS:
            raise ValueError(
                f"burn_in ({self.burn_in}) must leave {MINIMUM_DRAWS} or more "
                f"of the draws ({self.draws})"
            )
        return self

    def n_beta(self, samples: int) -> float:
        """Return nβ, with n the number of training samples: n / ln n for ``1/log n``.

        Raises
        ------
        ValueError
            If there are fewer than 2 samples, where 1 / ln n is not positive.
        """
        if self.inverse_temperature != "1/log n":
            return samples * self.inverse_temperature
        if samples < 2:
            raise ValueError(f"inverse temperature 1/log n needs 2 or more samples, not {samples}")
        return samples / math.log(samples)

"""Settings of an estimate of the local learning coefficient."""

import math
from typing import Annotated, Literal, Self

from pydantic import Field, PositiveFloat, field_validator, model_validator

from lgi.settings import Settings

# β as a number or by n: 1/log n, or 20/n for nβ = 20 whatever n
InverseTemperature = (
    Literal["1/log n"] | Annotated[str, Field(pattern=r"^[1-9]\d*(\.\d+)?/n$")] | PositiveFloat
)
MINIMUM_DRAWS = 4  # of a chain: the diagnostics compare its two halves


class Thresholds(Settings):
    """When an estimate is not presented as a coefficient; see `lgi.llc.estimate.verdicts`."""

    share_below: float = Field(ge=0, le=1)
    gradient_norm: float = Field(gt=0)
    acceptance: float = Field(ge=0, le=1)
    rhat: float = Field(gt=1)
    ess: float = Field(gt=0)


class RMSprop(Settings):
    """Preconditioner of RMSprop-preconditioned SGLD."""

    decay: float = Field(ge=0, lt=1)  # α, of the mean square of the gradient
    stability: float = Field(gt=0)  # λ, added to the root mean square


class EstimateSettings(Settings):
    """How a local learning coefficient is estimated."""

    sampler: Literal["sgld", "rmsprop_sgld", "hmc"]
    step_size: float = Field(gt=0)  # ε; of hmc the square of the leapfrog step
    leapfrog_steps: int | None = Field(None, ge=1)  # of a draw of hmc; 1 is MALA
    target_acceptance: float | None = Field(None, gt=0, lt=1)  # of hmc; none: ε stays as it is
    rmsprop: RMSprop | None = None  # of rmsprop_sgld
    chains: int = Field(ge=2)  # R-hat compares chains
    draws: int = Field(ge=1)  # of a chain, burn-in included
    burn_in: int = Field(ge=0)  # first draws of a chain that are left out
    thin: int = Field(1, ge=1)  # every so many draws one is kept
    localisation: float = Field(ge=0)  # γ
    inverse_temperature: InverseTemperature
    thresholds: Thresholds

    @model_validator(mode="after")
    def _draws_are_left(self) -> Self:
        if self.draws - self.burn_in < MINIMUM_DRAWS * self.thin:
            raise ValueError(
                f"burn_in ({self.burn_in}) must leave {MINIMUM_DRAWS * self.thin} or more "
                f"of the draws ({self.draws})"
            )
        if self.draws % self.thin or self.burn_in % self.thin:
            raise ValueError(
                f"thin ({self.thin}) must divide draws ({self.draws}) and burn_in ({self.burn_in})"
            )
        return self

    @model_validator(mode="after")
    def _options_are_the_samplers_own(self) -> Self:
        for name, sampler, needed in (
            ("leapfrog_steps", "hmc", True),
            ("target_acceptance", "hmc", False),
            ("rmsprop", "rmsprop_sgld", True),
        ):
            given = getattr(self, name) is not None
            if given and self.sampler != sampler:
                raise ValueError(f"{name} belongs to the sampler {sampler}, not to {self.sampler}")
            if needed and not given and self.sampler == sampler:
                raise ValueError(f"the sampler {sampler} needs {name}")
        if self.target_acceptance is not None and self.burn_in == 0:
            raise ValueError("target_acceptance needs a burn_in, in which the step adapts")
        return self

    def n_beta(self, samples: int) -> float:
        """Return nβ, with n the number of training samples: n / ln n for ``1/log n``.

        Raises
        ------
        ValueError
            If there are fewer than 2 samples, where 1 / ln n is not positive.
        """
        if isinstance(self.inverse_temperature, float):
            return samples * self.inverse_temperature
        if self.inverse_temperature != "1/log n":
            return float(self.inverse_temperature.removesuffix("/n"))
        if samples < 2:
            raise ValueError(f"inverse temperature 1/log n needs 2 or more samples, not {samples}")
        return samples / math.log(samples)


class LLCSettings(EstimateSettings):
    """How the coefficients of a run are estimated, and at which snapshots."""

    epochs: tuple[int, ...] = Field(min_length=1)  # snapshots

    @field_validator("epochs")
    @classmethod
    def _epochs_are_distinct(cls, epochs: tuple[int, ...]) -> tuple[int, ...]:
        if min(epochs) < 0 or len(set(epochs)) < len(epochs):
            raise ValueError("epochs must be distinct and not negative")
        return epochs

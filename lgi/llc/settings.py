"""Settings of an estimate of the local learning coefficient."""

import math
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, PositiveFloat, ValidationError, model_validator

from lgi import memory
from lgi.errors import shown
from lgi.llc.samplers import Sampler
from lgi.memory import Need
from lgi.settings import Count, Natural, Settings, at_least

_OverN = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,11}(\.[0-9]{1,12})?/n$")]
# β as a number or by n: 1/log n, or 20/n for nβ = 20 whatever n
InverseTemperature = Literal["1/log n"] | _OverN | PositiveFloat
MINIMUM_DRAWS = 4  # of a chain: the diagnostics compare its two halves


PARAMETERS: Final = "parameters"
WHITENED: Final = "whitened"


def squared_error_factor(sigma: float, outputs: int) -> float:
    """Return what a squared error, averaged over outputs with noise σ, is multiplied by for L.

    Parameters
    ----------
    sigma
        σ; a column of them gives a column.
    outputs
        How many.
    """
    return outputs / (2 * sigma**2)


class GaussianLikelihood(Settings):
    """Each output is what was seen plus noise N(0, σ²): L = Σ_outputs (x̂ - x)² / (2 σ²).

    The model of which L is the mean negative log likelihood, up to a constant.
    """

    kind: Literal["gaussian"]
    sigma: float = Field(gt=0)

    def factor(self, outputs: int) -> float:
        """Return what a squared error, averaged over the outputs, is multiplied by to give L."""
        return squared_error_factor(self.sigma, outputs)

    def noise(self, outputs: int) -> float:
        """Return σ."""
        return self.sigma


class MeanSquaredError(Settings):
    """L is the squared error averaged over the outputs: a Gaussian likelihood by accident."""

    kind: Literal["mean_squared_error"]

    def factor(self, outputs: int) -> float:
        """Return 1: the error is taken as it is."""
        return 1.0

    def noise(self, outputs: int) -> float:
        """Return the σ of the Gaussian likelihood that it is: √(outputs / 2)."""
        return math.sqrt(outputs / 2)


Likelihood = Annotated[GaussianLikelihood | MeanSquaredError, Field(discriminator="kind")]


class Thresholds(Settings):
    """When an estimate is not presented as a coefficient; see `lgi.llc.estimate.statuses`.

    Those of a minimum and of locality are not tested where they are null.
    """

    share_below: float = Field(ge=0, le=1)  # largest share of draws with a loss below that of w*
    gradient_norm: float = Field(gt=0)  # largest gradient at w*
    acceptance: float = Field(ge=0, le=1)
    rhat: float = Field(gt=1)  # largest R-hat
    ess: float = Field(gt=0)  # least effective sample size
    # farthest that the polish moves w*, as a share of its length
    moved: float | None = Field(default=None, gt=0)
    curvature: float | None = Field(default=None, le=0)  # least eigenvalue of the Hessian at w*
    fall: float | None = Field(default=None, gt=0)  # farthest that a draw lies below nβ L(w*)
    free: float | None = Field(default=None, gt=0)  # largest E|w - w*|², as a share of P/γ
    strayed: float | None = Field(default=None, gt=0)  # the same, as a share of |w*|²
    # largest E[L], as a share of the loss of a model that answers 0
    of_trivial: float | None = Field(default=None, gt=0)
    # farthest that λ̂ moves with γ × 3, as a share of it
    shift: float | None = Field(default=None, gt=0)


class EstimateSettings(Settings):
    """How a local learning coefficient is estimated."""

    sampler: Sampler
    chains: Annotated[int, at_least(2)]  # R-hat compares chains
    draws: Count  # of a chain, burn-in included
    burn_in: Natural  # first draws of a chain that are left out
    thin: Count = 1  # every so many draws one is kept
    localisation: float = Field(ge=0)  # γ
    inverse_temperature: InverseTemperature
    n: Annotated[int, at_least(2)] | None = None  # in nβ, where it is not the number of samples
    # In which HMC walks: those of w, or those that make the posterior round at w*.
    coordinates: Literal["parameters", "whitened"] = PARAMETERS
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
        if self.sampler.adapts and self.burn_in == 0:
            raise ValueError("a step that adapts needs a burn_in, in which it does")
        if self.coordinates == WHITENED and (not self.sampler.exact or self.localisation == 0):
            raise ValueError(
                "whitened coordinates need an exact sampler and a localisation above 0: "
                f"found {self.sampler.kind} and {self.localisation:g}"
            )
        return self

    def misfit(self) -> str | None:
        """Say why this is no setting, if it is none: of one that was changed unchecked."""
        try:
            checked = type(self).model_validate(self.model_dump(warnings=False))
        except ValidationError as error:
            first = error.errors()[0]
            place = "".join(f"{part}: " for part in first["loc"])
            return place + first["msg"].removeprefix("Value error, ")
        for name, value in checked:
            if value != (found := getattr(self, name)):  # a dictionary, or a number as text
                return f"{name}: needed is {shown(value)}; found {shown(found)}"
        return None

    def n_beta(self, samples: int) -> float:
        """Return nβ: n / ln n for ``1/log n``, with n that of the setting, else of the samples.

        Raises
        ------
        ValueError
            If there are fewer than 2 samples, where 1 / ln n is not positive.
        """
        samples = self.n or samples
        if isinstance(self.inverse_temperature, float):
            return samples * self.inverse_temperature
        if self.inverse_temperature != "1/log n":
            return float(self.inverse_temperature.removesuffix("/n"))
        if samples < 2:
            raise ValueError(f"inverse temperature 1/log n needs 2 or more samples, not {samples}")
        return samples / math.log(samples)

    def needs_of(self, place: str, models: int, parameters: int) -> Iterator[Need]:
        """Yield what the estimates of some models take that run together."""
        yield memory.chains(place, self.chains, self.draws // self.thin, models, parameters)
        yield memory.curvatures(place, parameters, models)

    def options(self) -> dict[str, Any]:
        """Return what its sampler takes as keyword arguments, in any engine."""
        of_all = ("localisation", "draws", "burn_in", "thin")
        return {name: getattr(self, name) for name in of_all} | self.sampler.options()


class PlainEstimate(EstimateSettings):
    """The same of a problem that comes without a Hessian, by which coordinates are made."""

    coordinates: Literal["parameters"] = PARAMETERS

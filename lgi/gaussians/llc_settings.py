"""Typed settings of the learning coefficients of study 1's fits."""

from typing import Annotated, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from lgi.gaussians.settings import LARGEST_SEED
from lgi.llc.settings import EstimateSettings
from lgi.settings import Settings

Text = Annotated[str, Field(min_length=1)]


class MinimumSettings(Settings):
    """When the search for a minimum ends; see `lgi.gaussians.minimum`."""

    rounds: PositiveInt  # at most
    evaluations: PositiveInt  # of the loss in a round, at most
    tolerance: PositiveFloat  # squared intensity that a step may still take from the loss


class Fits(Settings):
    """Fits whose coefficient is estimated: every N with every seed."""

    image: Text
    recipe: Text  # its edge must be smooth
    n: Annotated[list[PositiveInt], Field(min_length=1)]
    seeds: Annotated[list[Annotated[int, Field(ge=0, le=LARGEST_SEED)]], Field(min_length=1)]


class GaussianEstimate(EstimateSettings):
    """How the coefficient of a fit is estimated."""

    noise: PositiveFloat  # σ of an intensity: the loss is -log of a likelihood with it
    fall: PositiveFloat  # below nβ L(w*), as a share of the prediction: deeper is another basin


class Sweep(Settings):
    """Fits of which one value of a setting is varied at a time."""

    setting: Text  # where everything else is taken from
    fits: Annotated[list[Fits], Field(min_length=1)]
    noise: Annotated[list[PositiveFloat], Field(min_length=1)]
    localisation: Annotated[list[PositiveFloat], Field(min_length=1)]


class CoefficientClaims(Settings):
    """What a verdict on the coefficients asks for."""

    confidence: Annotated[float, Field(gt=0, lt=1)]  # of the intervals of a claim together
    margin: Annotated[float, Field(gt=0, lt=1)]  # a prediction holds within this share
    least: Annotated[int, Field(ge=3)]  # fewer estimates than these decide nothing


class CoefficientSettings(Settings):
    """Learning coefficients of fits; see `lgi.gaussians.llc`."""

    fits: Annotated[list[Fits], Field(min_length=1)]
    minimum: MinimumSettings
    settings: Annotated[dict[Text, GaussianEstimate], Field(min_length=1)]
    sweep: Sweep
    claims: CoefficientClaims

    @model_validator(mode="after")
    def _sweep_varies_a_setting(self) -> Self:
        if self.sweep.setting not in self.settings:
            raise ValueError(
                f"sweep.setting: unknown setting; found {self.sweep.setting!r}, "
                f"there are {', '.join(self.settings)}"
            )
        return self

"""Typed settings of the effective dimensions of study 1's fits."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field, PositiveFloat

from lgi import memory
from lgi.gaussians.selection import Selection
from lgi.llc.settings import PlainEstimate
from lgi.settings import MILLION, Confidence, Count, Name, Reference, Settings, Several, at_least

FREE = 8
"""Values of a Gaussian that may be trained."""

SettingName = Annotated[Name, Reference("gaussians.llc.settings", "setting")]


class MinimumSettings(Settings):
    """When the search for a minimum ends; see `lgi.gaussians.llc.minimum`."""

    rounds: Annotated[int, at_least(1, MILLION)]  # at most
    evaluations: Count  # of the loss in a round, at most
    tolerance: PositiveFloat  # squared intensity that a step may still take from the loss


class GaussianEstimate(PlainEstimate):
    """How the effective dimension of a fit is estimated."""

    noise: PositiveFloat  # σ of an intensity: the loss is -log of a likelihood with it
    fall: PositiveFloat  # below nβ L(w*), as a share of the prediction: deeper is another basin


class Sweep(Settings):
    """Fits of which one value of a setting is varied at a time."""

    setting: SettingName  # where everything else is taken from
    fits: Annotated[list[Selection], Field(min_length=1)]
    noise: Several[PositiveFloat]
    localisation: Several[PositiveFloat]

    def values(self) -> dict[str, list[float]]:
        """Return what is varied, with its values."""
        return {"noise": self.noise, "localisation": self.localisation}


class LLCClaims(Settings):
    """What a verdict on the dimensions asks for."""

    confidence: Confidence  # of the intervals of a claim together
    margin: Annotated[float, Field(gt=0, lt=1)]  # a prediction holds within this share
    least: Annotated[int, at_least(3)]  # fewer seeds than these decide nothing


class GaussiansLLC(Settings):
    """Effective dimensions of fits; see `lgi.gaussians.llc.estimates`."""

    fits: Annotated[list[Selection], Field(min_length=1)]  # of recipes with a smooth edge
    minimum: MinimumSettings
    settings: Annotated[dict[Name, GaussianEstimate], Field(min_length=1)]
    sweep: Sweep
    claims: LLCClaims

    def swept(self) -> dict:
        """Return the setting that a sweep departs from, its name, and the values that it tries."""
        name = self.sweep.setting
        return {"name": name, "setting": self.settings[name], "values": self.sweep.values()}

    def needs(self, config: Any) -> Iterator[memory.Need]:
        """Yield what the minima take, and the chains around them."""
        for place, selections in (("fits", self.fits), ("sweep.fits", self.sweep.fits)):
            for index, selection in enumerate(selections):
                values = FREE * max(selection.n or [1])
                yield memory.curvatures(f"{place}.{index}", values)
                for name, setting in self.settings.items():
                    yield from setting.needs_of(f"settings.{name}", 1, values)

    def problems(self, config: Any) -> Iterator[tuple[str, str]]:
        """Yield the fits that have no minimum."""
        study = config.gaussians
        for place, selections in (("fits", self.fits), ("sweep.fits", self.sweep.fits)):
            for index, selection in enumerate(selections):
                for recipe in dict.fromkeys(fit.recipe for fit in study.select(selection)):
                    if study.recipes[recipe].edge.kind != "smooth":
                        yield (
                            f"{place}.{index}.recipe",
                            f"{recipe} has a hard edge, and no minimum; allowed are recipes with "
                            "a smooth one",
                        )

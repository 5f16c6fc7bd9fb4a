"""Typed settings of study 1's analysis: what is compared, and what a verdict asks for.

They stand apart from `lgi.gaussians.settings`, on which the fits depend.
"""

from typing import Annotated

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from lgi.gaussians.llc_settings import CoefficientSettings
from lgi.gaussians.settings import LARGEST_SEED
from lgi.settings import Settings

Confidence = Annotated[float, Field(gt=0, lt=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]
Text = Annotated[str, Field(min_length=1)]


class TurnSettings(Settings):
    """When a fit has turned."""

    confidence: Confidence  # of the intervals of a statement together
    factor: Annotated[float, Field(gt=1)]  # turned: a later loss is this many times the best
    uncovered: Share  # coverage is lost: more of the image than this is uncovered
    recipes: Annotated[list[Text], Field(min_length=1)]  # that the statements speak of


class CureSettings(Settings):
    """Which recipes are compared, and with what."""

    confidence: Confidence
    image: Text
    reference: Text  # recipe that the others are compared with, run by run
    runs: Text  # list of runs that names the recipes


class ElsewhereSettings(Settings):
    """Where an optimal ratio of Gaussians to pixels is looked for."""

    confidence: Confidence
    runs: Annotated[list[Text], Field(min_length=1)]  # lists of runs
    ratio: tuple[Share, Share]  # the original's optimal N / pixels


class NeighbourSettings(Settings):
    """Fits that are drawn beside each other."""

    image: Text
    recipe: Text
    n: Annotated[list[PositiveInt], Field(min_length=1)]
    seed: Seed


class DetailSettings(NeighbourSettings):
    """Fits that are drawn beside each other, and the one in the middle as an animation."""

    film: Text  # recipe of the animation

    @property
    def middle(self) -> int:
        """The N that is shown in detail."""
        return self.n[len(self.n) // 2]


class Tier(Settings):
    """Runs whose best loss is at most a threshold, and above that of the tier before."""

    name: Text
    at_most: PositiveFloat | None  # None: without limit


class NStudySettings(Settings):
    """The original's N-study; see `lgi.gaussians.n_study`."""

    image: Text
    recipe: Text
    seed: Seed  # the one that the original's statements rest on
    # lists of gaussians.runs
    fine: Text
    gap: Text
    broad: Text
    confidence: Confidence
    tolerance: PositiveFloat  # N is optimal up to this share above the lowest best loss
    tiers: Annotated[list[Tier], Field(min_length=1)]

    @model_validator(mode="after")
    def _tiers_cover_all(self) -> "NStudySettings":
        *limits, last = (tier.at_most for tier in self.tiers)
        if last is not None:
            raise ValueError(f"tiers: at_most of the last one must be null, not {last}")
        if None in limits or sorted(set(limits)) != limits:
            raise ValueError(f"tiers: at_most must rise from tier to tier, not be {limits}")
        if len({tier.name for tier in self.tiers}) < len(self.tiers):
            raise ValueError("tiers: two have the same name")
        return self


class SeedsSettings(Settings):
    """Many seeds for each N; see `lgi.gaussians.seeds`."""

    image: Text
    recipe: Text
    runs: Text  # list of gaussians.runs
    confidence: Confidence
    resamples: PositiveInt  # of the bootstrap
    seed: Seed  # of the bootstrap
    power: Confidence  # chance with which a step is to be seen


class Curve(Settings):
    """Runs of one image and recipe: best loss against N."""

    image: Text
    recipe: Text


class GaussianClaimSettings(Settings):
    """What the original claims, and how it is judged; see `lgi.gaussians.claims`."""

    confidence: Confidence  # of all intervals of a claim together
    least: Annotated[int, Field(ge=3)]  # fewer seeds than these decide nothing
    worse: Annotated[list[PositiveInt], Field(min_length=1)]  # said to do worse than one fewer
    best: PositiveInt  # said to be the best N
    ratio: tuple[PositiveFloat, PositiveFloat]  # per cent of the pixels, said to be optimal
    curves: Annotated[list[Curve], Field(min_length=1)]  # on which the ratio is looked for
    ranking: Share  # one seed ranks N as the others do above this rank correlation
    picking: Share  # and finds the best N in more than this share of the seeds
    size: PositiveFloat  # share of a printed regression that it takes to be as bad as printed
    rise: Annotated[float, Field(ge=0)]  # of the mean best loss: smaller ones do not count
    structure: Share  # share of a curve's ups and downs that N must explain to be their cause
    seed: Seed  # of the seeds that intervals of one seed's merits leave out

    @model_validator(mode="after")
    def _ratio_is_an_interval(self) -> "GaussianClaimSettings":
        if not self.ratio[0] < self.ratio[1]:
            raise ValueError(f"ratio: {self.ratio} is not an interval from small to large")
        return self


class PredictionSettings(Settings):
    """What a fit's features are asked to predict; see `lgi.gaussians.prediction`."""

    runs: Text  # list of gaussians.runs
    confidence: Confidence
    ridge: Annotated[float, Field(ge=0)]  # rows that say that a predictor says nothing
    least: Annotated[float, Field(ge=0, lt=0.5)]  # skill, and AUC above one half, that counts
    spectra: NeighbourSettings  # fits whose singular values are drawn


class AnalysisSettings(Settings):
    """What the tables of study 1 are asked."""

    n_study: NStudySettings
    seeds: SeedsSettings
    claims: GaussianClaimSettings
    turn: TurnSettings
    cures: CureSettings
    elsewhere: ElsewhereSettings
    neighbours: DetailSettings
    prediction: PredictionSettings
    llc: CoefficientSettings

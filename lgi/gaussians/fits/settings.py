"""Typed settings of study 1: images and recipes."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    PositiveFloat,
    model_validator,
)

from lgi.errors import listed
from lgi.settings import MILLION, Count, Natural, Settings, Share, at_least

SSIM_WINDOW = 8
SMALLEST_SIDE = SSIM_WINDOW + 1
"""Smallest width and height in pixels: SSIM needs one window whose centre has a neighbour."""

LARGEST_SEED = 2**64 - 1
"""The published generator is seeded with 64 bits."""

Side = Annotated[int, at_least(SMALLEST_SIDE)]
Scale = Annotated[float, Field(gt=0, le=1000)]  # in units of the image's width or height
CutOff = Annotated[float, Field(gt=0, le=1000)]  # a weight is 0 in float32 from 14.5 sigma on
Fraction = Annotated[float, Field(gt=0, le=1)]
Momentum = Annotated[float, Field(ge=0, lt=1)]


class GradientCheckerboardImage(Settings):
    """The published image: a horizontal gradient plus a checkerboard."""

    kind: Literal["gradient_checkerboard"]
    width: Side
    height: Side


class ScaledGradientCheckerboardImage(Settings):
    """The published picture at any resolution: 8 x 8 cells, whose size follows the image's.

    At 64 x 64 it is the published image; the cells of that one are 8 pixels wide at any size.
    """

    kind: Literal["scaled_gradient_checkerboard"]
    width: Side
    height: Side


class GradientImage(Settings):
    """The gradient of the published image alone."""

    kind: Literal["gradient"]
    width: Side
    height: Side


class CheckerboardImage(Settings):
    """The checkerboard of the published image alone."""

    kind: Literal["checkerboard"]
    width: Side
    height: Side


class SmoothImage(Settings):
    """Broad coloured waves without an edge."""

    kind: Literal["smooth"]
    width: Side
    height: Side


class TexturedImage(Settings):
    """Waves of many directions and sizes, down to a few pixels."""

    kind: Literal["textured"]
    width: Side
    height: Side


class EdgesImage(Settings):
    """Flat coloured areas whose straight edges run at many angles."""

    kind: Literal["edges"]
    width: Side
    height: Side


class PhotographImage(Settings):
    """A photograph of Grace Hopper (U.S. Navy, public domain), which matplotlib ships."""

    kind: Literal["photograph"]
    width: Side
    height: Side


def _colour(value: Any) -> Any:
    """Return red, green and blue in [0, 1] of a colour that CSS has a name for, or #rrggbb."""
    if not isinstance(value, str):
        return value
    from PIL import ImageColor

    try:
        red, green, blue = tuple(ImageColor.getrgb(value))
    except ValueError:
        raise ValueError(
            "must be the name of a colour in CSS, '#rrggbb', or [red, green, blue] from 0 to 1"
        ) from None
    return red / 255, green / 255, blue / 255


Colour = Annotated[
    tuple[Share, Share, Share],
    BeforeValidator(_colour, json_schema_input_type=str | tuple[Share, Share, Share]),
]


class FileImage(Settings):
    """A picture from a file, as a viewer shows it (`lgi.gaussians.fits.pictures`)."""

    kind: Literal["file"]
    # of the file, from the folder of the configuration that states it
    path: Annotated[str, Field(min_length=1, max_length=4096)]
    width: Side | None = None  # None: as in the file
    height: Side | None = None
    background: Colour = (0.0, 0.0, 0.0)  # behind what is transparent; black as an empty canvas
    range: tuple[float, float] | None = None  # samples of black and white; None: by their type
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None  # None: any file

    @model_validator(mode="after")
    def _size_is_whole(self) -> "FileImage":
        if (self.width is None) != (self.height is None):
            raise ValueError("give width and height, or neither to keep the size of the file")
        if self.range is not None and self.range[0] == self.range[1]:
            raise ValueError("range: black and white must differ")
        return self


ImageSettings = Annotated[
    GradientCheckerboardImage
    | ScaledGradientCheckerboardImage
    | GradientImage
    | CheckerboardImage
    | SmoothImage
    | TexturedImage
    | EdgesImage
    | PhotographImage
    | FileImage,
    Field(discriminator="kind"),
]


class ScaleInterval(Settings):
    """Interval of the start scales."""

    scale: tuple[Scale, Scale]

    @model_validator(mode="after")
    def _interval(self) -> "ScaleInterval":
        if not self.scale[0] < self.scale[1]:
            raise ValueError(f"scale: {self.scale} is not an interval from small to large")
        return self


class RandomStart(ScaleInterval):
    """Uniformly random Gaussians, as published."""

    kind: Literal["random"]


class KMeansStart(ScaleInterval):
    """A Gaussian for each cluster of pixels that are alike in place and colour.

    Its scales are the cluster's root mean square distances from its centre, kept in the interval.
    """

    kind: Literal["kmeans"]
    colour_weight: Annotated[float, Field(ge=0, le=1000)]  # of colour against place


class GridStart(Settings):
    """Gaussians on a regular grid, each with the mean colour of its cell."""

    kind: Literal["grid"]
    scale: Scale  # in units of the cell's width and height
    jitter: Share  # uniform displacement, in units of half a cell


class ErrorGuidedStart(ScaleInterval):
    """A share of the Gaussians at first, random as published; the others where the error is.

    They come in rounds, equal and equally far apart, while the fit trains
    (`lgi.gaussians.fits.growth`).
    """

    kind: Literal["error_guided"]
    first: Fraction  # share of N that is there from the start; one Gaussian at least
    rounds: Annotated[int, at_least(1, MILLION)]  # in which the others come
    until: Annotated[float, Field(gt=0, lt=1)]  # share of the iterations at which the last comes


StartSettings = Annotated[
    RandomStart | KMeansStart | GridStart | ErrorGuidedStart,
    Field(discriminator="kind"),
]


class Bounds(Settings):
    """Interval that a parameter is clamped to after each update."""

    low: float
    high: float

    @model_validator(mode="after")
    def _interval(self) -> "Bounds":
        if not self.low < self.high:
            raise ValueError(f"low {self.low} must lie below high {self.high}")
        return self


class PositionBounds(Bounds):
    """Interval of the positions, in units of the image's width and height."""

    low: Annotated[float, Field(ge=-1000)]
    high: Annotated[float, Field(le=1000)]


class ScaleBounds(Bounds):
    """Interval of the scales: they divide, so they stay above 0."""

    low: Scale
    high: Scale


class HardEdge(Settings):
    """The weight ends at the cut-off with a jump, as published; an uncovered pixel is black."""

    kind: Literal["hard"]


class SmoothEdge(Settings):
    """The weight and its slope fall to 0 at the cut-off, so that a gradient sees what it does.

    Of a mean, the image has a continuous gradient only if black has a small weight everywhere. A
    sum has one anyway, and no place for such a weight.
    """

    kind: Literal["smooth"]
    background: Annotated[float, Field(gt=0, le=1)] | None  # weight of black; None for a sum


EdgeSettings = Annotated[HardEdge | SmoothEdge, Field(discriminator="kind")]


class LossWeights(Settings):
    """Weights of the reported loss: l1 L1 + l2 L2 + ssim (1 - SSIM)."""

    l1: Annotated[float, Field(ge=0)]
    l2: Annotated[float, Field(ge=0)]
    ssim: Annotated[float, Field(ge=0)]


class AdamSettings(Settings):
    """The optimiser Adam (Kingma and Ba 2015)."""

    kind: Literal["adam"]
    rate: PositiveFloat
    beta1: Momentum  # decay of the mean of gradients
    beta2: Momentum  # decay of the mean of their squares
    epsilon: PositiveFloat  # added to the root of that mean


class ConstantSchedule(Settings):
    """The rate never changes."""

    kind: Literal["constant"]


class CosineSchedule(Settings):
    """The rate falls along half a cosine to `final` times its start."""

    kind: Literal["cosine"]
    final: Share  # rate at the end, as a share of that at the start


class ExponentialSchedule(Settings):
    """The rate falls by the same factor each iteration, to `final` times its start."""

    kind: Literal["exponential"]
    final: Fraction  # the same, above 0


class StepSchedule(Settings):
    """The rate is multiplied by `factor` after every `every` iterations."""

    kind: Literal["step"]
    factor: Fraction  # of the rate at each step
    every: Count  # iterations between steps


class WarmRestartsSchedule(Settings):
    """Cosines one after the other, each `growth` times as long (Loshchilov and Hutter 2017)."""

    kind: Literal["warm_restarts"]
    period: Count  # iterations of the first cosine
    growth: Count
    final: Share  # rate at the end of each period, as a share of that at its start


ScheduleSettings = Annotated[
    ConstantSchedule | CosineSchedule | ExponentialSchedule | StepSchedule | WarmRestartsSchedule,
    Field(discriminator="kind"),
]

Group = Literal["position", "scale", "rotation", "colour"]

Blend = Literal["mean", "sum"]
"""How the weighted colours of the Gaussians become that of a pixel: Σ w c / Σ w as published, or
Σ w c (Zhang et al. 2024, "GaussianImage", ECCV)."""

_UNNAMED = {"blend": "mean"}


class RecipeSettings(Settings):
    """Everything that decides a fit besides the image, the number of Gaussians and the seed."""

    iterations: Count
    initialisation: StartSettings
    cutoff: CutOff  # in sigma: a Gaussian counts up to here
    edge: EdgeSettings  # how its weight ends there
    blend: Blend  # of the colours of the Gaussians that reach a pixel
    gradient: Literal["l2", "reported"]  # of L2 alone, or of the reported loss with all its parts
    trained: Annotated[tuple[Group, ...], Field(min_length=1)]
    position: PositionBounds
    scale: ScaleBounds
    colour: Bounds
    loss: LossWeights
    optimiser: AdamSettings
    schedule: ScheduleSettings
    early_stop: Annotated[float, Field(gt=1)] | None  # stop at this multiple of the best loss
    snapshots: Natural  # log-spaced parameter states kept, those on one iteration merged

    @model_validator(mode="after")
    def _groups_once(self) -> "RecipeSettings":
        if len(set(self.trained)) < len(self.trained):
            raise ValueError(f"trained: {listed(self.trained)} names a group twice")
        return self

    @model_validator(mode="after")
    def _has_time_to_grow(self) -> "RecipeSettings":
        if self.initialisation.kind == "error_guided" and self.iterations == 1:
            raise ValueError("iterations: 1; allowed with an error_guided start are 2 or more")
        return self

    @model_validator(mode="after")
    def _background_fits_blend(self) -> "RecipeSettings":
        if self.edge.kind == "smooth" and (self.edge.background is None) != (self.blend == "sum"):
            allowed = "null" if self.blend == "sum" else "a number above 0"
            raise ValueError(
                f"edge.background is {self.edge.background}; allowed with blend {self.blend} is "
                f"{allowed}"
            )
        return self

    def bounds(self, group: Group) -> tuple[float, float]:
        """Return the interval that a group is clamped to; an angle needs none."""
        if group == "rotation":
            return -math.inf, math.inf
        interval = getattr(self, group)
        return interval.low, interval.high


def recorded(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Return the recipe of a record, with what recipes did before they had a key for it."""
    return _UNNAMED | dict(recipe)

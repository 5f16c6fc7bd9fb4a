"""Typed settings of fits to pictures of real size."""

from typing import Annotated

from pydantic import Field, PositiveFloat

from lgi.gaussians.selection import Selection
from lgi.settings import Confidence, Settings


class SizesSettings(Settings):
    """Which fits, and the price of a parameter in bits per pixel."""

    confidence: Confidence
    least: Annotated[int, Field(ge=3)]  # fewer seeds than these decide nothing
    fits: Selection
    bits: PositiveFloat  # of a parameter

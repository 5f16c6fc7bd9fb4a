"""Typed settings of fits to pictures of real size."""

from typing import Annotated

from pydantic import PositiveFloat

from lgi.gaussians.selection import Selection
from lgi.settings import Confidence, Settings, at_least


class SizesSettings(Settings):
    """Which fits, and the price of a parameter in bits per pixel."""

    confidence: Confidence
    least: Annotated[int, at_least(3)]  # fewer seeds than these decide nothing
    fits: Selection
    bits: PositiveFloat  # of a parameter

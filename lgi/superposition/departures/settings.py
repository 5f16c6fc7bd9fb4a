"""Typed settings of what it takes to leave a polygon, or a plateau of the loss."""

from typing import Annotated

from pydantic import Field

from lgi.settings import Confidence, Settings
from lgi.superposition.selection import Epoch

OfLoss = Annotated[float, Field(ge=0)]


class Departures(Settings):
    """What it takes to hold, to leave for good, and to leave for something."""

    confidence: Confidence
    hold: Annotated[float, Field(gt=1)]  # from an epoch to this many times it, both counted from 1
    settled: Annotated[float, Field(gt=0, lt=1)]  # share of training at its end
    begin: Epoch  # plateaus of the loss are looked for from here on
    change: OfLoss  # on a plateau less than this, as a share of 1 - S
    gain: OfLoss  # in loss by leaving, as a share of 1 - S

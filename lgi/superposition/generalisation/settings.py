"""Typed settings of the gap between training loss and the loss on other data."""

from typing import Annotated

from pydantic import Field

from lgi.settings import Confidence, Settings, Several
from lgi.superposition.selection import Epoch


class Generalisation(Settings):
    """At which epochs the gap is read, and what counts as a change from the first to the last."""

    confidence: Confidence
    epochs: Several[Epoch]  # the snapshots nearest to these
    improved: Annotated[float, Field(ge=0)]  # as a share of 1 - S

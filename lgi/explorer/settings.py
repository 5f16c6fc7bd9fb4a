"""What the explorer shows."""

from typing import Annotated

from lgi.settings import Count, Settings, at_least
from lgi.superposition.selection import Selection


class Models(Settings):
    """Models of study 2 whose polygon opens, and how much of their training it shows."""

    # With as many training samples every model opens, at the epochs with an estimate; null: the
    # number that the main figures show
    samples: Count | None
    films: Selection  # models that are seen along training as well
    snapshots: Annotated[int, at_least(2, 1000)]  # of these, beside the epochs with an estimate


class Explorer(Settings):
    """The section of the explorer."""

    superposition: Models | None  # none: study 2 is not in the page

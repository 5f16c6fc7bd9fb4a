"""Typed settings of the question whether an optimal ratio holds elsewhere."""

from lgi.gaussians.selection import Selection
from lgi.settings import Confidence, Settings


class ElsewhereSettings(Settings):
    """Where an optimal ratio of Gaussians to pixels is looked for."""

    confidence: Confidence
    fits: Selection

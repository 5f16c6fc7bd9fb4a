"""Numbers that variables of the environment may say."""

import math
import os


def number(variable: str, default: float) -> float:
    """Return what a variable says, `default` where it is not set, NaN for what is no number."""
    try:
        return float(os.environ.get(variable, default))
    except ValueError:
        return math.nan

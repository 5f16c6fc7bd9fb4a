"""About how long a fit lasts: for how many share a job, and what a scheduler is asked for."""

import os

from lgi.environment import number
from lgi.errors import ConfigError

SECONDS = 30.0
"""About how long a job of several fits lasts: starting one takes about a second."""
VARIABLE = "LGI_JOB_SECONDS"
"""Environment variable that replaces it; how runs share jobs decides no byte of them."""

LEAST = 8
"""Fewer fits than these do not share a job: starting it is little beside each of them."""


def job_seconds() -> float:
    """Return about how long a job of several fits lasts.

    Raises
    ------
    ConfigError
        If the environment variable `VARIABLE` is no number of seconds.
    """
    seconds = number(VARIABLE, SECONDS)
    if not 0 <= seconds < float("inf"):
        text = os.environ[VARIABLE]
        raise ConfigError(f"{VARIABLE}: must be a number of seconds, 0 or more; found {text!r}")
    return seconds


def fit_seconds(iterations: int, n: int, size: tuple[int, int]) -> float:
    """Return about how long a fit lasts on one thread, from docs/gaussians_sizes_speed.md.

    Parameters
    ----------
    iterations
        Number of iterations.
    n
        Number of Gaussians.
    size
        Width and height of the image in pixels.
    """
    width, height = size
    return 0.01 + iterations * (6.5e-7 * n + 2e-8 * width * height)


def runs_at_most(seconds: float, each: float) -> int:
    """Return how many runs share a job of about so many seconds: 1, or a power of 2 from `LEAST`.

    Runs of almost the same length share their jobs in the same way, which takes fewer rules.

    Parameters
    ----------
    seconds
        How long the job may last.
    each
        How long a run lasts.
    """
    most = int(seconds / each)
    return 2 ** (most.bit_length() - 1) if most >= LEAST else 1

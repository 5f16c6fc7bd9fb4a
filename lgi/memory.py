"""How much memory the largest jobs of a configuration take, before any of them runs.

Rough from below: what a job holds at once, of the arrays that grow with the settings. That is
enough to tell a slip of some zeros from what a machine can hold.
"""

from typing import NamedTuple

LIMIT = 2**40
"""Bytes, 1 TiB: as much as a large node has. Fixed, and not what the machine has that plans, since
another one may train, and a configuration is right or wrong wherever it is read."""

DOUBLE, SINGLE = 8, 4
"""Bytes of a number."""


class Need(NamedTuple):
    """What a job holds at once."""

    place: str  # of the settings that decide it, below the section that says so
    what: str  # the arrays, with the numbers that make them large
    bytes: int

    @property
    def problem(self) -> str | None:
        """Why the job cannot run, if it cannot."""
        if self.bytes <= LIMIT:
            return None
        return f"{self.what} take {size(self.bytes)} of memory; allowed is {size(LIMIT)} for a job"


def size(count: int) -> str:
    """Return bytes in words, in units of which there are three digits or more, if not all."""
    units = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
    place = min(max(count.bit_length() - 8, 0) // 10, len(units) - 1)
    value = count >> (10 * place)
    return f"{value:,} {units[place]}" if value < 10**9 else f"more than 10^9 {units[place]}"


def image(place: str, width: int, height: int) -> Need:
    """Return what loading a picture takes: three channels, and as many for what is computed."""
    count = width * height
    return Need(place, f"images of {width:,} x {height:,} pixels", count * 3 * 2 * DOUBLE)


def fit(
    place: str, n: int, pixels: int, snapshots: int, iterations: int, clustered: bool = False
) -> Need:
    """Return what a fit of `n` Gaussians takes.

    Parameters
    ----------
    place
        Of the run.
    n, pixels, snapshots, iterations
        Gaussians, pixels, kept states and iterations, every hundredth of which is measured.
    clustered
        Whether it starts from k-means: distances of all pixels from all centres.
    """
    kept = min(snapshots, iterations)
    numbers = (
        n * 9 * (kept + 6) * SINGLE + pixels * 3 * 8 * SINGLE + iterations // 100 * 20 * DOUBLE
    )
    what = f"fits of {n:,} Gaussians to {pixels:,} pixels"
    if kept > 1:
        what += f" with {kept:,} kept states of {iterations:,} iterations"
    return Need(place, what, numbers + (n * pixels * DOUBLE if clustered else 0))


def curvatures(place: str, parameters: int, models: int = 1) -> Need:
    """Return what second derivatives take: those of all parameters, and their eigenvectors."""
    what = f"second derivatives by {parameters:,} parameters"
    if models > 1:
        what += f" of {models:,} models"
    return Need(place, what, (models + 1) * parameters**2 * DOUBLE)


def models(place: str, seeds: int, snapshots: int, parameters: int) -> Need:
    """Return what the states of a run file take, in training and as they are analysed."""
    what = f"{snapshots:,} snapshots of {seeds:,} models of {parameters:,} parameters"
    return Need(place, what, seeds * snapshots * parameters * (2 * SINGLE + DOUBLE))


def samples(place: str, seeds: int, count: int, features: int) -> Need:
    """Return what the samples of a run file take, drawn in float64 and kept in float32."""
    what = f"{count:,} samples of {features:,} features for each of {seeds:,} seeds"
    return Need(place, what, count * features * (seeds * SINGLE + 2 * DOUBLE))


def chains(place: str, count: int, kept: int, models: int, parameters: int) -> Need:
    """Return what chains take: loss and pull of the kept draws, and a few states of each."""
    what = f"{count:,} chains of {kept:,} kept draws for each of {models:,} models"
    return Need(place, what, count * models * (2 * kept + 4 * parameters) * DOUBLE)


def resamples(place: str, count: int, of: int) -> Need:
    """Return what a bootstrap takes."""
    what = f"{count:,} resamples of {of:,} values"
    return Need(place, what, count * of * 2 * DOUBLE)

"""Start parameters of the Gaussians: random as published, of clusters of pixels, or on a grid.

Of a start that is guided by the error, those that are there at first; `lgi.gaussians.fits.growth`
adds the others.
"""

import math
import warnings
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from lgi.errors import ConfigError
from lgi.gaussians.fits.settings import (
    LARGEST_SEED,
    ErrorGuidedStart,
    GridStart,
    KMeansStart,
    RandomStart,
    StartSettings,
)
from lgi.randomness import generator

PARAMETERS = ("x", "y", "sx", "sy", "rotation", "r", "g", "b", "opacity")
"""Columns of a parameter array: position and scales in units of width and height, rotation in
radians, colour and opacity in [0, 1]."""

OPACITY = PARAMETERS.index("opacity")
"""Column of the opacity: 1 and never trained. Where a fit adds Gaussians while it trains, one that
is not there yet has 0, as in its whole row (`present`)."""

COLUMNS = {"position": (0, 1), "scale": (2, 3), "rotation": (4,), "colour": (5, 6, 7)}
"""Columns of each group of parameters that can be trained."""

LLOYD_ITERATIONS = 50
"""Iterations of k-means: on images of 64 x 64, most starts have settled after 15 to 50."""


def start(n: int, seed: int, settings: StartSettings, target: np.ndarray) -> np.ndarray:
    """Return the `n` Gaussians that training starts from.

    Parameters
    ----------
    n
        Number of Gaussians, at least 1.
    seed
        Seed of the start, 0 to 2^64 - 1.
    settings
        Kind of the start and its values.
    target
        float32 [height, width, 3], the image that will be fitted.

    Returns
    -------
    ndarray
        float32 [n, 9], columns as in `PARAMETERS`; rows of 0 for those that are not there yet.

    Raises
    ------
    ConfigError
        If `n` or `seed` is out of range.
    """
    if settings.kind == "random":
        return random_start(n, seed, settings)
    if settings.kind == "kmeans":
        return kmeans_start(n, seed, settings, target)
    if settings.kind == "grid":
        return grid_start(n, seed, settings, target)
    if settings.kind == "error_guided":
        return error_guided_start(n, seed, settings)
    raise ConfigError(f"initialisation.kind: no function makes a start of kind {settings.kind}")


class Variety(NamedTuple):
    """What an image has to make clusters of."""

    pixels: int
    colours: int  # that differ

    @classmethod
    def of(cls, target: np.ndarray) -> "Variety":
        """Count the pixels of an image, float32 [height, width, 3], and their colours."""
        pixels = target.reshape(-1, 3)
        return cls(len(pixels), len(np.unique(pixels, axis=0)))

    def misfit(self, n: int, image: str) -> str | None:
        """Say why `n` clusters cannot be made of the image, if they cannot."""
        if n <= self.colours:
            return None
        return (
            f"too many Gaussians for a k-means start; found {n}, allowed are 1 to {self.colours}: "
            f"{image} has {self.pixels} pixels in {self.colours} distinct colours"
        )


def check_start(n: int, settings: StartSettings, target: np.ndarray) -> None:
    """Raise ConfigError if `start` could not make so many Gaussians of the image."""
    if settings.kind == "kmeans" and (misfit := Variety.of(target).misfit(n, "the image")):
        raise ConfigError(f"n: {misfit}")


def present(parameters: np.ndarray) -> np.ndarray:
    """Return the rows of parameters [n, P] whose Gaussians are there: that are not all 0."""
    return parameters[(parameters != 0).any(1)]


def random_start(n: int, seed: int, settings: RandomStart | ErrorGuidedStart) -> np.ndarray:
    """Return `n` random Gaussians; those of a smaller `n` are the first of a larger one.

    They come from the stream of Rust's `StdRng`, as published.

    Parameters
    ----------
    n
        Number of Gaussians, at least 1.
    seed
        Seed of the stream, 0 to 2^64 - 1.
    settings
        Interval of the scale that both axes start with.

    Returns
    -------
    ndarray
        float32 [n, 9], columns as in `PARAMETERS`.

    Raises
    ------
    ConfigError
        If `n` or `seed` is out of range.
    """
    _check_range(n, seed)
    draws = uniforms(seed, 6 * n).reshape(n, 6)
    low, high = np.float32(settings.scale)
    scale = draws[:, 2] * (high - low) + low
    return upright(draws[:, 0:2], scale[:, None], draws[:, 3:6])


def kmeans_start(n: int, seed: int, settings: KMeansStart, target: np.ndarray) -> np.ndarray:
    """Return a Gaussian for each of `n` clusters of pixels that are alike in place and colour.

    A cluster's mean place and colour are those of its Gaussian, its root mean square distances
    from there the scales. Clusters are found by k-means++ (Arthur and Vassilvitskii 2007) and
    Lloyd's iteration over (x, y, weight * r, weight * g, weight * b).

    Parameters
    ----------
    n
        Number of Gaussians, 1 to the number of distinct colours of the image.
    seed
        Seed of the first centres, 0 to 2^64 - 1. Those of a smaller `n` are the first of a larger
        one.
    settings
        Weight of colour against place, and the interval that the scales are kept in.
    target
        float32 [height, width, 3].

    Returns
    -------
    ndarray
        float32 [n, 9], columns as in `PARAMETERS`.

    Raises
    ------
    ConfigError
        If `n` or `seed` is out of range.
    """
    _check_range(n, seed)
    check_start(n, settings, target)
    place, colour = _pixels(target)
    features = np.hstack([place, settings.colour_weight * colour])
    cluster = _clusters(features, n, generator(seed, "gaussians", "kmeans"))
    position = _means_by(cluster, place)
    scale = np.sqrt(_means_by(cluster, (place - position[cluster]) ** 2))
    return upright(position, np.clip(scale, *settings.scale), _means_by(cluster, colour))


def grid_start(n: int, seed: int, settings: GridStart, target: np.ndarray) -> np.ndarray:
    """Return `n` Gaussians on a grid, each with the mean colour of its cell.

    The cells cover the image and have one area: rows differ by at most one in their number of
    cells, and a row's height is its share of the Gaussians.

    Parameters
    ----------
    n
        Number of Gaussians, at least 1.
    seed
        Seed of the displacements, 0 to 2^64 - 1; without jitter it decides nothing.
    settings
        Scale in units of a cell's width and height; jitter in units of their halves.
    target
        float32 [height, width, 3].

    Returns
    -------
    ndarray
        float32 [n, 9], columns as in `PARAMETERS`.

    Raises
    ------
    ConfigError
        If `n` or `seed` is out of range.
    """
    _check_range(n, seed)
    height, width, _ = target.shape
    centre, cell, colour = _cells(n, target)
    draws = generator(seed, "gaussians", "grid").uniform(-1, 1, (n, 2))
    # Half a pixel less: the pixel in column c, which fills [c, c + 1), has its x at c / width.
    position = centre - 0.5 / np.array([width, height]) + draws * settings.jitter * cell / 2
    return upright(np.clip(position, 0, 1), settings.scale * cell, np.clip(colour, 0, 1))


def error_guided_start(n: int, seed: int, settings: ErrorGuidedStart) -> np.ndarray:
    """Return the first of `n` random Gaussians, and rows of 0 for those that are added later.

    Parameters
    ----------
    n
        Number of Gaussians in the end, at least 1.
    seed
        Seed of the stream, 0 to 2^64 - 1.
    settings
        Share that is there at first, and the interval of the scale that both axes start with.

    Returns
    -------
    ndarray
        float32 [n, 9], columns as in `PARAMETERS`.

    Raises
    ------
    ConfigError
        If `n` or `seed` is out of range.
    """
    parameters = random_start(n, seed, settings)
    parameters[first_of(n, settings) :] = 0
    return parameters


def first_of(n: int, settings: ErrorGuidedStart) -> int:
    """Return how many of `n` Gaussians are there at first, at least 1."""
    return max(1, round(settings.first * n))


def uniforms(seed: int, count: int) -> np.ndarray:
    """Return float32 [count] in [0, 1), as `StdRng::seed_from_u64(seed)` of rand 0.8 draws them."""
    bits = words(seed, count) >> np.uint32(9) | np.uint32(0x3F800000)
    return bits.view(np.float32) - np.float32(1)


def words(seed: int, count: int) -> np.ndarray:
    """Return the first words of the stream of `StdRng::seed_from_u64(seed)`.

    ChaCha (Bernstein 2008) with 12 rounds, a 64-bit block counter from 0 and stream 0; the key
    comes from the seed by PCG32 (O'Neill 2014), as in rand_core 0.6.

    Parameters
    ----------
    seed
        Seed, 0 to 2^64 - 1.
    count
        Number of words.

    Returns
    -------
    ndarray
        uint32 [count].
    """
    blocks = np.arange(-(-count // 16), dtype=np.uint64)
    start = np.empty((16, len(blocks)), dtype=np.uint32)
    start[0:4] = np.frombuffer(b"expand 32-byte k", dtype="<u4")[:, None]
    start[4:12] = _key(seed)[:, None]
    start[12] = blocks.astype(np.uint32)
    start[13] = (blocks >> np.uint64(32)).astype(np.uint32)
    start[14:16] = 0

    state = start.copy()
    for _ in range(6):  # a double round each
        for column in range(4):
            _quarter_round(state, column, 4 + column, 8 + column, 12 + column)
        for column in range(4):
            b, c, d = ((column + shift) % 4 for shift in (1, 2, 3))
            _quarter_round(state, column, 4 + b, 8 + c, 12 + d)
    return (state + start).T.reshape(-1)[:count]


def _key(seed: int) -> np.ndarray:
    """Return the eight key words: outputs of PCG32 whose state starts at the seed."""
    state = seed
    key = np.empty(8, dtype=np.uint32)
    for i in range(8):
        state = (state * 6364136223846793005 + 11634580027462260723) % 2**64
        mixed = ((state >> 18) ^ state) >> 27 & 0xFFFFFFFF
        turn = state >> 59
        key[i] = (mixed >> turn | mixed << (32 - turn)) & 0xFFFFFFFF
    return key


def _quarter_round(state: np.ndarray, a: int, b: int, c: int, d: int) -> None:
    for target, source, mixed, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        state[target] += state[source]
        state[mixed] ^= state[target]
        state[mixed] = state[mixed] << np.uint32(turn) | state[mixed] >> np.uint32(32 - turn)


def _check_range(n: int, seed: int) -> None:
    if n < 1:
        raise ConfigError(f"n: {n} Gaussians; allowed are 1 or more")
    if not 0 <= seed <= LARGEST_SEED:
        raise ConfigError(f"seed: {seed}; allowed are 0 to 2^64 - 1")


def upright(position: np.ndarray, scale: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Return upright, opaque Gaussians as float32 [n, 9]."""
    parameters = np.zeros((len(position), len(PARAMETERS)), dtype=np.float32)
    parameters[:, COLUMNS["position"]] = position
    parameters[:, COLUMNS["scale"]] = scale
    parameters[:, COLUMNS["colour"]] = colour
    parameters[:, OPACITY] = 1
    return parameters


def _pixels(target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return places [pixels, 2] in units of width and height, and colours [pixels, 3]."""
    height, width, _ = target.shape
    row, column = np.divmod(np.arange(height * width), width)
    place = np.stack([column / width, row / height], axis=1)
    return place, target.reshape(-1, 3).astype(np.float64)


def _clusters(features: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return the cluster of each pixel, int [pixels]; none of the `n` clusters is empty."""
    from scipy.cluster.vq import kmeans2  # here, since other starts need not wait for it

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "One of the clusters is empty", UserWarning)
        centre, cluster = kmeans2(features, n, iter=LLOYD_ITERATIONS, minit="++", rng=rng)
    distance = np.sum((features - centre[cluster]) ** 2, axis=1)
    return _filled(cluster, distance, n)


def _filled(cluster: np.ndarray, distance: np.ndarray, n: int) -> np.ndarray:
    """Give each empty cluster the pixel that is farthest from its own centre.

    A pixel that has a cluster of its own stays there; of equally far ones the first is taken.
    """
    cluster, members = cluster.copy(), np.bincount(cluster, minlength=n)
    farthest_first = iter(np.argsort(-distance, kind="stable"))
    for empty in np.flatnonzero(members == 0):
        pixel = next(i for i in farthest_first if members[cluster[i]] > 1)
        members[cluster[pixel]] -= 1
        members[empty] += 1
        cluster[pixel] = empty
    return cluster


def _means_by(cluster: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the mean of each cluster's rows, float64 [n, columns]."""
    sums = [np.bincount(cluster, weights=column) for column in values.T]
    return np.stack(sums, axis=1) / np.bincount(cluster)[:, None]


def _cells(n: int, target: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return centre [n, 2], width and height [n, 2], mean colour [n, 3] of cells of one area.

    There are as many rows as make the cells nearly square in pixels.
    """
    height, width, _ = target.shape
    rows = min(n, max(1, round(math.sqrt(n * height / width))))
    above = np.arange(rows + 1) * n // rows  # cells above each line between rows
    strips = _means_between(above / n, target.astype(np.float64))
    centre, size, colour = np.empty((n, 2)), np.empty((n, 2)), np.empty((n, 3))
    for strip, (first, last) in zip(strips, pairwise(above), strict=True):
        count, row = last - first, slice(first, last)
        centre[row, 0] = (np.arange(count) + 0.5) / count
        centre[row, 1] = (first + last) / 2 / n
        size[row] = 1 / count, count / n
        colour[row] = _means_between(np.arange(count + 1) / count, strip)
    return centre, size, colour


def _means_between(edges: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the means of a step function on [0, 1] between edges.

    Parameters
    ----------
    edges
        Ascending in [0, 1].
    values
        Heights of the steps, which are equally wide; along the first axis.
    """
    shape = (-1,) + (1,) * (values.ndim - 1)
    at = edges * len(values)
    step = np.minimum(at.astype(int), len(values) - 1)
    before = np.concatenate([np.zeros_like(values[:1]), np.cumsum(values, axis=0)])
    integral = before[step] + (at - step).reshape(shape) * values[step]
    return np.diff(integral, axis=0) / np.diff(at).reshape(shape)

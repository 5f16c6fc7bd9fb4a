"""Start parameters of the Gaussians, from the stream of Rust's `StdRng` as published."""

import numpy as np

from lgi.errors import ConfigError
from lgi.gaussians.settings import LARGEST_SEED, RandomStart

PARAMETERS = ("x", "y", "sx", "sy", "rotation", "r", "g", "b", "opacity")
"""Columns of a parameter array: position and scales in units of width and height, rotation in
radians, colour and opacity in [0, 1]."""

COLUMNS = {"position": (0, 1), "scale": (2, 3), "rotation": (4,), "colour": (5, 6, 7)}
"""Columns of each group of parameters that can be trained."""


def random_start(n: int, seed: int, settings: RandomStart) -> np.ndarray:
    """Return `n` random Gaussians; those of a smaller `n` are the first of a larger one.

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
    if n < 1:
        raise ConfigError(f"n: {n} Gaussians; allowed are 1 or more")
    if not 0 <= seed <= LARGEST_SEED:
        raise ConfigError(f"seed: {seed}; allowed are 0 to 2^64 - 1")
    draws = uniforms(seed, 6 * n).reshape(n, 6)
    low, high = np.float32(settings.scale)
    start = np.zeros((n, len(PARAMETERS)), dtype=np.float32)
    start[:, COLUMNS["position"]] = draws[:, 0:2]
    start[:, COLUMNS["scale"]] = (draws[:, 2] * (high - low) + low)[:, None]
    start[:, COLUMNS["colour"]] = draws[:, 3:6]
    start[:, PARAMETERS.index("opacity")] = 1
    return start


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

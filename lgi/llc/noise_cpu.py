"""Counter-based normal noise of many chains at once, in numba; `lgi.llc.noise` is its definition.

Chains, called lanes, are the innermost axis, and logarithm, cosine and sine are series of +, -, ×
and ÷ alone: so all loops over lanes vectorise, and a lane has the same bits wherever it stands.
"""

import math

import numpy as np

from lgi.jit import njit
from lgi.llc.elementary import logarithm

MULTIPLIER_0, MULTIPLIER_1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
KEY_INCREMENT_0, KEY_INCREMENT_1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
ROUNDS = 10
HALF_PI = math.pi / 2.0
COUNTERS = 256

# Typed once: an untyped integer beside a uint64 becomes a float in NumPy's and numba's promotion.
_ONE, _TWO, _THREE = np.uint64(1), np.uint64(2), np.uint64(3)
_30, _32 = np.uint64(30), np.uint64(32)
_LOW, _LOW_30, _EIGHTH = np.uint64(2**32 - 1), np.uint64(2**30 - 1), np.uint64(2**29)


def noise_rows(parameters: int) -> int:
    """Return the rows that `standard_normals` needs for so many parameters: a multiple of four."""
    return 4 * -(-parameters // 4)


@njit
def standard_normals(keys, step, purpose, normals):
    """Fill `normals` with N(0, 1) noise.

    Rows 4j to 4j + 3 come from the counter (j, step, purpose, 0): each two of its four words make
    two normals by the transform of Box and Muller (1958), √(-2 ln u) (cos 2πv, sin 2πv). Uniforms
    have 32 bits, so no number exceeds 6.77 in magnitude.

    Parameters
    ----------
    keys
        uint32 [2, lanes], from `lgi.llc.keys.chain_keys`.
    step
        Number of the step, 0 to 2³² - 1.
    purpose
        Number that keeps apart noise of different use at the same step.
    normals
        Written: float64 [rows, lanes], rows a multiple of four (see `noise_rows`).
    """
    fill_normals(keys, step, purpose, np.empty((4, keys.shape[1]), np.uint32), normals)


@njit
def fill_normals(keys, step, purpose, words, normals):
    """Do what `standard_normals` does, with room for `words`: uint32 [4, lanes]."""
    rows, lanes = normals.shape
    for block in range(rows // 4):
        _random_words(keys, block, step, purpose, words)
        for row in range(0, 4, 2):
            for lane in range(lanes):
                u, v = np.uint64(words[row, lane]), np.uint64(words[row + 1, lane])
                radius = math.sqrt(-2.0 * logarithm(_unit_interval(u)))
                cosine, sine = _cos_sin_of_turn(v)
                normals[4 * block + row, lane] = radius * cosine
                normals[4 * block + row + 1, lane] = radius * sine


@njit
def uniforms(keys, step, purpose, uniform):
    """Fill `uniform` [4, lanes] with numbers in (0, 1), from the counter (0, step, purpose, 0).

    Parameters
    ----------
    keys
        uint32 [2, lanes], from `lgi.llc.keys.chain_keys`.
    step
        Number of the step, 0 to 2³² - 1.
    purpose
        Number that keeps apart numbers of different use at the same step.
    uniform
        Written: float64 [4, lanes].
    """
    fill_uniforms(keys, step, purpose, np.empty((4, keys.shape[1]), np.uint32), uniform)


@njit
def fill_uniforms(keys, step, purpose, words, uniform):
    """Do what `uniforms` does, with room for `words`: uint32 [4, lanes]."""
    _random_words(keys, 0, step, purpose, words)
    for row in range(4):
        for lane in range(keys.shape[1]):
            uniform[row, lane] = _unit_interval(np.uint64(words[row, lane]))


@njit(nogil=True)
def normals_of_chain(key, step, purpose, normals):
    """Fill `normals` [rows] with the noise of one chain: one lane of `standard_normals`.

    Parameters
    ----------
    key
        Two words, a column of the keys.
    step, purpose
        As for `standard_normals`.
    normals
        Written: float64 or float32 [rows], rows a multiple of four (see `noise_rows`).
    """
    # Counters take the place of the lanes, so many at once as a core's first cache holds.
    words, filled = np.empty((4, COUNTERS), np.uint32), np.empty((4, COUNTERS))
    for first in range(0, normals.size // 4, COUNTERS):
        count = min(COUNTERS, normals.size // 4 - first)
        _words_of_chain(key, first, step, purpose, words[:, :count])
        for row in range(0, 4, 2):
            for i in range(count):
                u, v = np.uint64(words[row, i]), np.uint64(words[row + 1, i])
                radius = math.sqrt(-2.0 * logarithm(_unit_interval(u)))
                cosine, sine = _cos_sin_of_turn(v)
                filled[row, i] = radius * cosine
                filled[row + 1, i] = radius * sine
        for i in range(count):
            for row in range(4):
                normals[4 * (first + i) + row] = filled[row, i]


@njit(nogil=True)
def indices_of_chain(key, step, purpose, below, indices):
    """Fill `indices` [size] with whole numbers from 0 to `below` - 1, each as likely.

    Number 4j + i is ⌊`below` × word / 2³²⌋ of word i of the counter (j, step, purpose, 0), so that
    shares differ by less than `below` / 2³².

    Parameters
    ----------
    key, step, purpose
        As for `normals_of_chain`.
    below
        Number of values, up to 2³².
    indices
        Written: int64 [size].
    """
    words = np.empty((4, 1), np.uint32)
    for j in range(-(-indices.size // 4)):
        _words_of_chain(key, j, step, purpose, words)
        for i in range(min(4, indices.size - 4 * j)):
            indices[4 * j + i] = np.int64((np.uint64(below) * np.uint64(words[i, 0])) >> _32)


@njit(nogil=True)
def _words_of_chain(key, first, step, purpose, words):
    """Fill `words` [4, counters] with the Philox words of the counters from `first` on."""
    key = (np.uint64(key[0]), np.uint64(key[1]))
    for i in range(words.shape[1]):
        counter = (np.uint64(first + i), np.uint64(step), np.uint64(purpose), np.uint64(0))
        w0, w1, w2, w3 = philox(counter, key)
        words[0, i] = w0
        words[1, i] = w1
        words[2, i] = w2
        words[3, i] = w3


@njit
def _random_words(keys, block, step, purpose, words):
    """Fill `words` [4, lanes] with Philox words; apart from their use, so that LLVM vectorises."""
    counter = (np.uint64(block), np.uint64(step), np.uint64(purpose), np.uint64(0))
    for lane in range(words.shape[1]):
        key = (np.uint64(keys[0, lane]), np.uint64(keys[1, lane]))
        w0, w1, w2, w3 = philox(counter, key)
        words[0, lane] = w0
        words[1, lane] = w1
        words[2, lane] = w2
        words[3, lane] = w3


@njit(forceinline=True)
def philox(counter, key):
    """Return the four random words of Philox4x32-10 for a counter of four words and a key of two.

    All words are uint64 below 2³².
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(ROUNDS):
        p0 = MULTIPLIER_0 * c0
        p1 = MULTIPLIER_1 * c2
        c0, c1, c2, c3 = (p1 >> _32) ^ c1 ^ k0, p1 & _LOW, (p0 >> _32) ^ c3 ^ k1, p0 & _LOW
        k0 = (k0 + KEY_INCREMENT_0) & _LOW
        k1 = (k1 + KEY_INCREMENT_1) & _LOW
    return c0, c1, c2, c3


@njit(forceinline=True)
def _unit_interval(word):
    """Return (word + 1/2) / 2³², which is never 0 or 1."""
    return (np.float64(np.int64(word)) + 0.5) * 2.0**-32


@njit(forceinline=True)
def _cos_sin_of_turn(word):
    """Return cos and sin of the angle 2π (word + 1/2) / 2³², by their Taylor series.

    The nearest quarter turn is split off exactly, so the rest is below π/4 and the first left out
    terms are below 1e-17.
    """
    quarter = ((word + _EIGHTH) >> _30) & _THREE
    # The word's low 30 bits as a signed number: where it lies around the nearest quarter turn.
    rest = np.int64((word + _EIGHTH) & _LOW_30) - 2**29
    angle = (rest + 0.5) * (HALF_PI * 2.0**-30)
    z = -angle * angle
    cosine = 1.0
    sine = 1.0
    for term in range(9):
        n = 18.0 - 2.0 * term
        cosine = 1.0 + cosine * z * (1.0 / (n * (n - 1.0)))
        sine = 1.0 + sine * z * (1.0 / (n * (n + 1.0)))
    sine *= angle
    swap = (quarter & _ONE) == _ONE
    a = sine if swap else cosine
    b = cosine if swap else sine
    return (
        -a if ((quarter + _ONE) & _TWO) == _TWO else a,
        -b if (quarter & _TWO) == _TWO else b,
    )

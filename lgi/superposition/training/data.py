"""Data of study 2: samples, and the weighted patterns that stand for them.

A seed's data depend on (seed, sparsity, number of samples) and on nothing else, so that starts are
compared on the same data. Its test set is the same for every size of its training set.
"""

import math
from itertools import combinations
from math import comb

import numpy as np

from lgi.randomness import generator
from lgi.superposition.training.settings import BinaryData, DataSettings, OneHotData

EXACT_FEATURES = 16  # up to here all 2^features patterns are summed for the population loss


def training_samples(
    data: DataSettings, seeds: list[int], sparsity: float, samples: int
) -> np.ndarray:
    """Return every seed's own training set.

    Parameters
    ----------
    data
        Kind and size of the data.
    seeds
        Seeds of the models.
    sparsity
        Probability that a feature is 0.
    samples
        Samples per seed.

    Returns
    -------
    array [seeds, samples, features]
        Samples in float32.
    """
    streams = (generator(seed, "superposition", "train", sparsity, samples) for seed in seeds)
    return np.stack([draw(data, stream, sparsity, samples) for stream in streams])


def test_samples(data: DataSettings, seeds: list[int], sparsity: float) -> np.ndarray:
    """Return every seed's own test set, in float32: [seeds, data.test_samples, features]."""
    streams = (generator(seed, "superposition", "test", sparsity) for seed in seeds)
    return np.stack([draw(data, stream, sparsity, data.test_samples) for stream in streams])


def draw(
    data: DataSettings, stream: np.random.Generator, sparsity: float, samples: int
) -> np.ndarray:
    """Draw samples of one kind of data: [samples, features] in float32."""
    x = stream.random((samples, data.features))
    if data.kind == "one_hot":
        # The places of the smallest random numbers are a uniform choice of features.
        return (x.argsort(axis=1).argsort(axis=1) < data.active).astype(np.float32)
    if data.kind == "one_active":
        values = stream.random((samples, 1), dtype=np.float32)
        return np.where(x == x.min(axis=1, keepdims=True), values, np.float32(0))
    active = x < 1 - sparsity
    if data.kind == "binary":
        return active.astype(np.float32)
    return np.where(active, stream.random(x.shape, dtype=np.float32), np.float32(0))


MOST_SAMPLES = 2**62
"""More patterns than these are more than there can be samples."""


def is_discrete(data: DataSettings) -> bool:
    """Tell whether there is a finite number of distinct samples."""
    return data.kind in ("binary", "one_hot")


def possible_patterns(data: DataSettings) -> float:
    """Return how many distinct samples there can be.

    Infinity stands for continuous values, and for more than `MOST_SAMPLES`: no integer of the
    machine would hold them, nor a list.
    """
    if not is_discrete(data):
        return math.inf
    # Of n choose k with both k and n - k of 62 or more there are more than 2^62.
    chosen = min(data.active, data.features - data.active) if data.kind == "one_hot" else 0
    if max(chosen, data.features if data.kind == "binary" else 0) > 62:
        return math.inf
    count = comb(data.features, chosen) if data.kind == "one_hot" else 2**data.features
    return count if count <= MOST_SAMPLES else math.inf


def count_patterns(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct samples of all seeds together and how often each seed has them.

    Parameters
    ----------
    samples : array [seeds, samples, features]
        Each seed's data set.

    Returns
    -------
    patterns : array [K, features]
        Distinct samples, sorted, of the dtype of `samples`.
    counts : array [seeds, K]
        Occurrences; each row sums to the number of samples.
    """
    seeds, _, features = samples.shape
    rows = samples.reshape(-1, features)
    if (listed := _counted(samples)) is not None:
        return listed
    _, first, index = np.unique(_codes(rows), axis=0, return_index=True, return_inverse=True)
    patterns = rows[first]
    offset = np.arange(seeds)[:, None] * len(patterns)
    places = (offset + index.reshape(seeds, -1)).ravel()
    counts = np.bincount(places, minlength=seeds * len(patterns))
    return patterns, counts.reshape(seeds, len(patterns))


def _counted(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return what `count_patterns` does without sorting, where samples are 0 or 1 and many."""
    seeds, length, features = samples.shape
    # A float32 holds 2^24 exactly; with more patterns than samples a list of all would be larger.
    if features > 24 or 2**features > 4 * length or not np.isin(samples, (0, 1)).all():
        return None
    digits = 2.0 ** np.arange(features)[::-1]
    codes = (samples @ digits.astype(samples.dtype)).astype(np.int64)
    codes += np.arange(seeds)[:, None] << features
    counts = np.bincount(codes.ravel(), minlength=seeds << features).reshape(seeds, -1)
    (there,) = counts.any(axis=0).nonzero()
    patterns = there[:, None] // digits.astype(np.int64) % 2
    return patterns.astype(samples.dtype), counts[:, there]


def _codes(rows: np.ndarray) -> np.ndarray:
    """Return an integer for each row, in the order of the rows; the rows where there are too many.

    Integers sort ten times faster than rows.
    """
    codes = np.zeros(len(rows), dtype=np.int64)
    possible = 1
    for column in rows.T:
        levels = np.unique(column)
        possible *= len(levels)
        if possible > np.iinfo(np.int64).max:
            return rows
        codes = codes * len(levels) + levels.searchsorted(column)
    return codes


def population(data: DataSettings, sparsity: float) -> tuple[np.ndarray, np.ndarray] | None:
    """Return all possible patterns and their probabilities, where they can be listed.

    Parameters
    ----------
    data
        Kind and size of the data.
    sparsity
        Probability S that a feature is 0.

    Returns
    -------
    patterns : array [K, features]
        All patterns, in float64.
    probability : array [K]
        (1 - S)^a S^(features - a) for a active features of binary data, equal for one-hot data.
        None in place of both for continuous values, or above `EXACT_FEATURES` features.
    """
    if not is_discrete(data) or data.features > EXACT_FEATURES:
        return None
    if data.kind == "one_hot":
        patterns = _one_hot_patterns(data)
        return patterns, np.full(len(patterns), 1 / len(patterns))
    patterns = _binary_patterns(data)
    active = patterns.sum(axis=1)
    return patterns, (1 - sparsity) ** active * sparsity ** (data.features - active)


def _binary_patterns(data: BinaryData) -> np.ndarray:
    codes = np.arange(2**data.features)[:, None]
    return (codes >> np.arange(data.features)[::-1] & 1).astype(float)


def _one_hot_patterns(data: OneHotData) -> np.ndarray:
    choices = np.array(list(combinations(range(data.features), data.active)))
    patterns = np.zeros((len(choices), data.features))
    np.put_along_axis(patterns, choices, 1, axis=1)
    return patterns

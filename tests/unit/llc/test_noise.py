"""The chains' noise: known answers, the normal transform, independence of the batch."""

import numpy as np
import pytest
import torch
from scipy import stats

from lgi.jit import njit
from lgi.llc import noise, noise_cpu
from lgi.llc.elementary import logarithm
from lgi.llc.keys import chain_keys

# Counter, key and words of philox4x32 10 in kat_vectors of Random123 1.14 (Salmon et al. 2011).
KNOWN_ANSWERS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000",
     "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff",
     "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0",
     "d16cfe09 94fdcceb 5001e420 24126ea1"),
]  # fmt: skip
EDGES = [0, 1, 2**29 - 1, 2**29, 2**30, 2**31 - 1, 2**31, 3 * 2**30, 2**32 - 2**29, 2**32 - 1]


def words(text):
    return [int(word, 16) for word in text.split()]


def normals(keys, step, purpose, size):
    """Return the CPU engine's noise, [size, lanes]."""
    filled = np.empty((noise_cpu.noise_rows(size), keys.shape[1]))
    noise_cpu.standard_normals(keys, step, purpose, filled)
    return filled[:size]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN_ANSWERS)
def test_both_engines_give_the_known_answers(counter, key, expected):
    counter, key = words(counter), words(key)
    numba = noise_cpu.philox(tuple(map(np.uint64, counter)), tuple(map(np.uint64, key)))
    definition = noise.philox(list(map(torch.tensor, counter)), list(map(torch.tensor, key)))
    assert list(map(int, numba)) == words(expected)
    assert list(map(int, definition)) == words(expected)


@njit
def transforms(word, log, cosine, sine):
    for i in range(word.size):
        log[i] = logarithm(noise_cpu._unit_interval(word[i]))
        cosine[i], sine[i] = noise_cpu._cos_sin_of_turn(word[i])


def test_series_equal_the_functions_they_stand_for():
    random = np.random.default_rng(0).integers(0, 2**32, 100_000, dtype=np.uint64)
    word = np.concatenate([np.array(EDGES, dtype=np.uint64), random])
    log, cosine, sine = np.empty((3, word.size))
    transforms(word, log, cosine, sine)
    u = (word + 0.5) / 2**32
    # A few units in the last place; the angle 2πu of the reference is itself rounded.
    np.testing.assert_allclose(log, np.log(u), rtol=1e-15)
    np.testing.assert_allclose(cosine, np.cos(2 * np.pi * u), rtol=0, atol=1.5e-15)
    np.testing.assert_allclose(sine, np.sin(2 * np.pi * u), rtol=0, atol=1.5e-15)


@pytest.mark.parametrize("size", [1, 4, 18])
def test_engines_give_the_same_noise(size):
    keys = chain_keys([(seed, "llc", 85) for seed in range(7)], chains=3)
    definition = noise.standard_normals(torch.tensor(keys.astype(np.int64)), 2**31 + 5, 1, size)
    np.testing.assert_allclose(
        normals(keys, 2**31 + 5, 1, size).T, definition.numpy(), rtol=1e-13, atol=1e-14
    )


def test_noise_is_standard_normal():
    keys = chain_keys([(seed, "normal") for seed in range(500)], chains=2)
    draws = np.stack([normals(keys, step, 0, 20) for step in range(50)])  # [steps, rows, lanes]
    # A million numbers; the seeds are fixed, so a p-value of 1e-3 is a fixed tolerance.
    assert stats.kstest(draws.ravel(), "norm").pvalue > 1e-3
    for row in range(20):
        assert stats.kstest(draws[:, row].ravel(), "norm").pvalue > 1e-3
    # Standard error of the kurtosis: √(24 / 10⁶) = 0.005.
    assert abs(stats.kurtosis(draws.ravel())) < 0.02


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_noise_is_uncorrelated(axis):
    """Neighbouring steps, parameters and chains are independent, in value and in size."""
    keys = chain_keys([(seed, "correlation") for seed in range(500)], chains=2)
    draws = np.stack([normals(keys, step, 0, 20) for step in range(50)])
    for values in (draws, draws**2):
        before = np.delete(values, -1, axis=axis).ravel()
        after = np.delete(values, 0, axis=axis).ravel()
        # Five standard errors 1/√N at N ≥ 950,000.
        assert abs(np.corrcoef(before, after)[0, 1]) < 5e-3


def test_purposes_and_steps_are_different_noise():
    keys = chain_keys([(0, "llc")], chains=2)
    kinds = [normals(keys, step, purpose, 4) for step in (0, 1) for purpose in (0, 1)]
    assert len(np.unique(np.concatenate([kind.ravel() for kind in kinds]))) == 4 * 4 * 2


def test_a_lane_has_the_same_bits_alone_and_among_others():
    keys = chain_keys([(seed, "llc", 0) for seed in range(7)], chains=5)
    together = normals(keys, 3, 0, 18)
    for lane in range(keys.shape[1]):
        alone = normals(keys[:, lane : lane + 1].copy(), 3, 0, 18)
        assert alone.tobytes() == together[:, lane : lane + 1].tobytes()


def test_keys_depend_on_seed_stream_and_chain_alone():
    keys = chain_keys([(3, "llc", 85), (4, "llc", 85), (3, "llc", 13)], chains=5)
    assert keys.dtype == np.uint32
    assert keys.shape == (2, 15)
    assert len(np.unique(keys, axis=1).T) == 15
    np.testing.assert_array_equal(chain_keys([(4, "llc", 85)], chains=2), keys[:, 5:7])


@pytest.mark.parametrize("size", [1, 4, 1_030, 2_057])
def test_the_noise_of_one_chain_is_a_lane_of_many(size):
    """Bit for bit in float64, its rounding in float32, across the 256 counters done at once."""
    keys = chain_keys([(3, "noise")], 3)
    many, chains = normals(keys, 7, 1, size), torch.as_tensor(keys.astype(np.int64))
    for dtype in (torch.float64, torch.float32):
        one = noise.normals(chains, 7, 1, torch.empty(3, size, dtype=dtype))
        assert torch.equal(one, torch.tensor(many.T).to(dtype))


@pytest.mark.parametrize("size", [1, 7, 64])
def test_indices_are_those_of_their_definition(size):
    keys = torch.as_tensor(chain_keys([(3, "noise")], 3).astype(np.int64))
    compiled = noise.indices(keys, 5, 2, size, 60_000)
    assert torch.equal(compiled, noise.standard_indices(keys, 5, 2, size, 60_000))


def test_indices_are_uniform():
    keys = torch.as_tensor(chain_keys([(3, "noise")], 4).astype(np.int64))
    counts = noise.indices(keys, 0, 2, 25_000, 10).flatten().bincount()
    assert len(counts) == 10
    assert stats.chisquare(counts.numpy()).pvalue > 0.01

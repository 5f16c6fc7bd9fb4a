"""Keys of the chains' random numbers, one per (seed, snapshot, chain), and what they are for."""

from collections.abc import Iterable

import numpy as np

from lgi import randomness

# Purposes of a step's random numbers; see `lgi.llc.noise.standard_normals`.
PROPOSAL = 0
ACCEPTANCE = 1
MINI_BATCH = 2


def chain_keys(streams: Iterable[tuple], chains: int) -> np.ndarray:
    """Return the Philox keys of the chains of some models.

    Parameters
    ----------
    streams
        For each model a tuple (seed, *names), as `lgi.randomness.key` takes it: for example
        ``(7, "llc", 3243)`` for the snapshot at epoch 3243 of seed 7.
    chains
        Chains of each model; chain c draws from the stream ``(seed, *names, c)``.

    Returns
    -------
    numpy.ndarray
        uint32 [2, models * chains], the chains of a model next to each other.
    """
    keys = [
        randomness.key(*stream, chain) & 0xFFFFFFFFFFFFFFFF
        for stream in streams
        for chain in range(chains)
    ]
    words = np.array(keys, dtype=np.uint64)
    return np.stack([words & np.uint64(0xFFFFFFFF), words >> np.uint64(32)]).astype(np.uint32)

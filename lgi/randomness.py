"""Explicit, named random streams: (seed, stream name) gives an independent generator.

There is no global seeding anywhere. A stream depends on its seed and its name and on nothing else,
so adding a stream or a seed never changes another one.
"""

import hashlib
import json
from typing import Any

import numpy as np


def key(seed: int, *stream: str | int | float) -> int:
    """Return the 128-bit Philox key of a named stream.

    Parameters
    ----------
    seed
        Seed of the run, at least 0.
    *stream
        Name of the stream: strings and numbers, told apart by type and position.

    Returns
    -------
    int
        First 16 bytes of the SHA-256 of the seed and the name.

    Raises
    ------
    ValueError
        If the seed is negative.
    """
    if seed < 0:
        raise ValueError(f"seed must be at least 0, not {seed}")
    # float.__repr__ is exact, so two sparsities that differ in the last bit are two streams.
    name = [f"{type(part).__name__}:{part!r}" for part in (int(seed), *map(_plain, stream))]
    return int.from_bytes(hashlib.sha256(json.dumps(name).encode()).digest()[:16], "little")


def generator(seed: int, *stream: str | int | float) -> np.random.Generator:
    """Return a generator for a named stream, on the counter-based Philox 4x64 of NumPy.

    Parameters
    ----------
    seed
        Seed of the run, at least 0.
    *stream
        Name of the stream, as for `key`.
    """
    return np.random.Generator(np.random.Philox(key=key(seed, *stream)))


def position(stream: np.random.Generator) -> dict[str, Any]:
    """Return where a generator stands, in JSON values: its ``bit_generator.state`` may be these."""

    def listed(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: listed(part) for name, part in value.items()}
        return value.tolist() if isinstance(value, np.ndarray) else value

    return listed(stream.bit_generator.state)


def _plain(part: str | int | float) -> str | int | float:
    """Return NumPy scalars as the Python values they stand for, so that both name one stream."""
    return part.item() if isinstance(part, np.generic) else part

"""Counter-based normal noise: a pure function of (chain key, step, parameter).

Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") turns a counter
and a key into random bits without any state. Each chain has its own key, so its noise does not
depend on which chains are computed beside it, in which order, by which engine or on which device.
"""

import math
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_INCREMENTS = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10
LOW_32 = 2**32 - 1

COMPILED = 2**17
"""So many parameters and more have compiled noise on the CPU."""


def standard_normals(keys: Tensor, step: int, purpose: int, size: int) -> Tensor:
    """Return N(0, 1) noise for the parameters of every chain.

    Numbers 4j to 4j + 3 come from the counter (j, step, purpose, 0): each two of its four words
    make two normals by the transform of Box and Muller (1958), √(-2 ln u) (cos 2πv, sin 2πv).
    Uniforms have 32 bits, so no number exceeds 6.77 in magnitude.

    Parameters
    ----------
    keys
        int64 [2, chains], values below 2³², from `lgi.llc.keys.chain_keys`.
    step
        Number of the step, 0 to 2³² - 1.
    purpose
        Number that keeps apart noise of different use at the same step.
    size
        Parameters of a chain.

    Returns
    -------
    Tensor
        float64 [chains, size], on the device of `keys`.
    """
    words = _words_of(keys, step, purpose, size)
    u0, v0, u1, v1 = ((word.double() + 0.5) / 2**32 for word in words)
    pairs = [*_box_muller(u0, v0), *_box_muller(u1, v1)]
    return torch.stack(pairs, dim=-1).flatten(start_dim=1)[:, :size]


def normals(keys: Tensor, step: int, purpose: int, like: Tensor) -> Tensor:
    """Return the same for parameters [chains, P], on the CPU without what PyTorch's calls cost.

    Many parameters have compiled noise, few that of NumPy: what compiles takes half a second and
    100 MB to begin with. Which one it is hangs on P alone; they differ in the last bits.

    Parameters
    ----------
    keys, step, purpose
        As for `standard_normals`.
    like
        The parameters.

    Returns
    -------
    Tensor
        Of the shape, dtype and device of `like`.
    """
    chains, size = like.shape
    if like.device.type != "cpu":
        return standard_normals(keys, step, purpose, size).to(like)
    if size < COMPILED:
        u0, v0, u1, v1 = ((w + 0.5) / 2**32 for w in _words_on_cpu(keys, step, purpose, size))
        pairs = [*_box_muller(u0, v0, np), *_box_muller(u1, v1, np)]
        return torch.from_numpy(np.stack(pairs, axis=-1).reshape(chains, -1)[:, :size]).to(like)
    from lgi.llc.noise_cpu import noise_rows, normals_of_chain

    dtype = np.float32 if like.dtype == torch.float32 else np.float64
    noise = np.empty((chains, noise_rows(size)), dtype)
    for chain, key in enumerate(keys.numpy().T.astype(np.uint32)):
        normals_of_chain(key, step, purpose, noise[chain])
    return torch.from_numpy(noise)[:, :size]


def indices(keys: Tensor, step: int, purpose: int, size: int, below: int) -> Tensor:
    """Return whole numbers from 0 to `below` - 1 for every chain, each as likely.

    Number 4j + i is ⌊`below` × word / 2³²⌋ of word i of the counter (j, step, purpose, 0).

    Parameters
    ----------
    keys, step, purpose
        As for `standard_normals`, on the CPU.
    size
        Numbers of a chain.
    below
        Up to 2³¹.

    Returns
    -------
    Tensor
        int64 [chains, size].
    """
    words = np.stack(_words_on_cpu(keys, step, purpose, size), axis=-1)
    return torch.from_numpy((words.reshape(len(words), -1)[:, :size] * below) >> 32)


def uniform(keys: Tensor, step: int, purpose: int, like: Tensor) -> Tensor:
    """Return the first of `uniforms` of every chain.

    Parameters
    ----------
    keys, step, purpose
        As for `uniforms`.
    like
        Numbers [chains] of the dtype and on the device that are wanted.
    """
    if like.device.type != "cpu":
        return uniforms(keys, step, purpose)[:, 0].to(like)
    word = _words_on_cpu(keys, step, purpose, 1)[0]
    return torch.from_numpy((word[:, 0] + 0.5) / 2**32).to(like)


def uniforms(keys: Tensor, step: int, purpose: int) -> Tensor:
    """Return four numbers in (0, 1) for every chain, from the counter (0, step, purpose, 0).

    Parameters
    ----------
    keys
        int64 [2, chains], values below 2³², from `lgi.llc.keys.chain_keys`.
    step
        Number of the step, 0 to 2³² - 1.
    purpose
        Number that keeps apart numbers of different use at the same step.

    Returns
    -------
    Tensor
        float64 [chains, 4], on the device of `keys`.
    """
    counter = [keys.new_tensor(value) for value in (0, step, purpose, 0)]
    words = philox(counter, [keys[0], keys[1]])
    return (torch.stack(words, dim=-1).double() + 0.5) / 2**32


def philox(counter: Sequence, key: Sequence) -> list:
    """Return the four random words of Philox4x32-10 for a counter of four words and a key of two.

    All words are int64 tensors, or arrays of NumPy, of values below 2³² that broadcast against each
    other.
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(ROUNDS):
        # The products wrap around at 2⁶⁴, which leaves their two halves as they are.
        p0, p1 = c0 * MULTIPLIERS[0], c2 * MULTIPLIERS[1]
        c0, c1, c2, c3 = (
            (p1 >> 32 & LOW_32) ^ c1 ^ k0,
            p1 & LOW_32,
            (p0 >> 32 & LOW_32) ^ c3 ^ k1,
            p0 & LOW_32,
        )
        k0, k1 = (k0 + KEY_INCREMENTS[0]) & LOW_32, (k1 + KEY_INCREMENTS[1]) & LOW_32
    return [c0, c1, c2, c3]


def _words_of(keys: Tensor, step: int, purpose: int, size: int) -> list[Tensor]:
    """Return the four words [chains, blocks] of every chain's counters for so many numbers."""
    blocks = torch.arange(-(-size // 4), device=keys.device)
    counter = [blocks, *(torch.full_like(blocks, value) for value in (step, purpose, 0))]
    return philox(counter, [keys[0][:, None], keys[1][:, None]])


def _words_on_cpu(keys: Tensor, step: int, purpose: int, size: int) -> list[np.ndarray]:
    """Return the same of keys on the CPU, as arrays."""
    blocks = np.arange(-(-size // 4))
    counter = [blocks, *(np.full_like(blocks, value) for value in (step, purpose, 0))]
    first, second = keys.numpy()
    return philox(counter, [first[:, None], second[:, None]])


def _box_muller(u: Any, v: Any, library: ModuleType = torch) -> tuple[Any, Any]:
    radius = library.sqrt(-2 * library.log(u))
    return radius * library.cos(2 * math.pi * v), radius * library.sin(2 * math.pi * v)

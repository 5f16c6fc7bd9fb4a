"""Counter-based normal noise: a pure function of (chain key, step, parameter).

Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") turns a counter
and a key into random bits without any state. Each chain has its own key, so its noise does not
depend on which chains are computed beside it, in which order, by which engine or on which device.
"""

import math

import numpy as np
import torch
from torch import Tensor

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_INCREMENTS = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10
LOW_32 = 2**32 - 1


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
    """Return `standard_normals` for parameters [chains, P], compiled where they are on the CPU.

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
    from lgi.llc.noise_cpu import noise_rows, normals_of_chain  # takes half a second

    noise = np.empty((chains, noise_rows(size)), _numpy_dtype(like))
    for chain, key in enumerate(_on_cpu(keys)):
        normals_of_chain(key, step, purpose, noise[chain])
    return torch.from_numpy(noise)[:, :size]


def indices(keys: Tensor, step: int, purpose: int, size: int, below: int) -> Tensor:
    """Return `standard_indices`, compiled where the keys are on the CPU; takes what that takes."""
    if keys.device.type != "cpu":
        return standard_indices(keys, step, purpose, size, below)
    from lgi.llc.noise_cpu import indices_of_chain

    chosen = np.empty((keys.shape[1], size), np.int64)
    for chain, key in enumerate(_on_cpu(keys)):
        indices_of_chain(key, step, purpose, below, chosen[chain])
    return torch.from_numpy(chosen)


def standard_indices(keys: Tensor, step: int, purpose: int, size: int, below: int) -> Tensor:
    """Return whole numbers from 0 to `below` - 1 for every chain, each as likely.

    Number 4j + i is ⌊`below` × word / 2³²⌋ of word i of the counter (j, step, purpose, 0).

    Parameters
    ----------
    keys, step, purpose
        As for `standard_normals`.
    size
        Numbers of a chain.
    below
        Up to 2³¹.

    Returns
    -------
    Tensor
        int64 [chains, size], on the device of `keys`.
    """
    words = torch.stack(_words_of(keys, step, purpose, size), dim=-1)
    return words.flatten(start_dim=1)[:, :size] * below >> 32


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


def uniform(keys: Tensor, step: int, purpose: int, like: Tensor) -> Tensor:
    """Return the first of `uniforms` of every chain, compiled where it is for the CPU.

    Parameters
    ----------
    keys, step, purpose
        As for `uniforms`.
    like
        Numbers [chains] of the dtype and on the device that are wanted.
    """
    if like.device.type != "cpu":
        return uniforms(keys, step, purpose)[:, 0].to(like)
    from lgi.llc.noise_cpu import uniforms as compiled

    numbers = np.empty((4, keys.shape[1]))
    compiled(np.ascontiguousarray(_on_cpu(keys).T), step, purpose, numbers)
    return torch.from_numpy(numbers)[0].to(like)


def philox(counter: list[Tensor], key: list[Tensor]) -> list[Tensor]:
    """Return the four random words of Philox4x32-10 for a counter of four words and a key of two.

    All words are int64 tensors of values below 2³² that broadcast against each other.
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


def _box_muller(u: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    radius = torch.sqrt(-2 * torch.log(u))
    return radius * torch.cos(2 * math.pi * v), radius * torch.sin(2 * math.pi * v)


def _on_cpu(keys: Tensor) -> np.ndarray:
    """Return keys on the CPU as uint32 [chains, 2]."""
    return np.ascontiguousarray(keys.numpy().T.astype(np.uint32))


def _numpy_dtype(like: Tensor) -> type:
    return np.float32 if like.dtype == torch.float32 else np.float64
